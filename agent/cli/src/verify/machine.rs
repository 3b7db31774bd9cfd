//! This machine, asked again and again.
//!
//! As long as it is not as expected the whole jury sits, with a pause between two sittings. While it soaks one operator
//! keeps watch, each in its turn, and calls the jury when it is surprised; the last word before the end is the jury's.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use sortie_core::report::{Cloud, PortVerdict, Report};
use sortie_core::schedule::Rotation;
use sortie_core::target::{Family, Port};
use sortie_core::verification::Reason;

use super::announce::{self, Last};
use super::cause::Around;
use super::conclusion::{self, Conclusion, Judged};
use super::face::{Case, Outcome, Subject};
use super::say::{self, End};
use super::soak::Soak;
use super::telling::Telling;
use crate::args::Verify;
use crate::check::{DEFAULT_TIMEOUT, words};
use crate::clock::Reading;
use crate::cloud::{self, Lookup};
use crate::config::Config;
use crate::exit::Standing;
use crate::jury::{Jury, Suspended};
use crate::render::words::headline;
use crate::{assemble, host};

/// Pause between two sittings while it is not as expected, in spacings of confirm rounds: 30 s at the usual pace. A
/// sitting of silence takes as long, and asks every operator three times.
const SITTING_SPACINGS: u32 = 3;
/// Between two looks of one operator while it soaks: 20 s at the usual pace, thirty looks in ten minutes.
const SENTINEL_SPACINGS: u32 = 2;
/// Beyond the deadline: as long as a whole check may take.
const SITTING_MOST: Duration = DEFAULT_TIMEOUT;
/// Azure takes ten seconds and more for the effective routes of an interface, and who waits for hours has them. Where
/// nothing stands in the way they are not worth more than a check waits.
const CLOUD_PATIENCE: Duration = Duration::from_secs(20);
/// What the cloud said is as of now for this long.
const CLOUD_FRESH: Duration = Duration::from_secs(60);

/// Waits, writes the outcome to stdout, tells it by events and returns the exit code.
pub async fn run(args: &Verify, config: &Config, jury: Jury) -> anyhow::Result<u8> {
    let mut watch = Watch::begin(args, config, jury);
    let ended = super::interruptible(watch.wait()).await?;
    let report = watch.report();
    let judged = watch.judge(&report);
    let Some(at) = ended else {
        let known = watch.progress(&judged, &report, watch.awake());
        watch.telling.finish();
        return Ok(super::interrupted(&known));
    };
    let (conclusion, outcome) = watch.outcome(report, &judged, at);
    let cases = watch.cases(&outcome, &judged);
    let Watch { telling, was_met, cloud, .. } = watch;
    telling.finish();
    super::print(&outcome, &cases, args.format)?;
    if let Subject::Machine(report) = &outcome.subject {
        let last = Last { goal: args.expect, conclusion, judged: &judged, was_met: &was_met, report };
        announce::announce(config, cloud.as_ref(), &last).await;
    }
    Ok(conclusion.code)
}

/// Everything that one verification owns.
struct Watch<'a> {
    args: &'a Verify,
    config: &'a Config,
    jury: Jury,
    telling: Telling,
    soak: Soak,
    began: Reading,
    cloud: Option<Cloud>,
    /// When the cloud was last asked.
    asked: Option<Duration>,
    /// Ports and families that were as expected once.
    was_met: BTreeSet<(Port, Family)>,
    /// Whether somebody was told to deallocate the machine.
    has_warned: bool,
}

impl<'a> Watch<'a> {
    fn begin(args: &'a Verify, config: &'a Config, jury: Jury) -> Self {
        Self {
            args,
            config,
            jury,
            telling: Telling::start(args.quiet),
            soak: Soak::new(args.soak()),
            began: Reading::now(),
            cloud: None,
            asked: None,
            was_met: BTreeSet::new(),
            has_warned: false,
        }
    }

    /// Until it was as expected for long enough, or the deadline; returns when it was last seen.
    async fn wait(&mut self) -> Duration {
        let rotation = Rotation::of(&host::identity(self.config));
        let pause_of = |spacings| self.config.pace.confirm_spacing * spacings;
        let (between, sentinel) = (pause_of(SITTING_SPACINGS), pause_of(SENTINEL_SPACINGS));
        let mut looks = 0;
        self.sit().await;
        let mut seen = self.hear();
        let mut is_last_word = true;
        loop {
            let time = self.time_left();
            if time.is_zero() || (is_last_word && self.soak.is_over(seen)) {
                break;
            }
            match self.soak.left(seen) {
                Some(left) if left > sentinel => {
                    tokio::time::sleep(sentinel.min(time)).await;
                    is_last_word = self.glance(rotation, looks).await;
                    looks += 1;
                }
                left => {
                    self.sit_after(left.unwrap_or(between).min(time)).await;
                    is_last_word = true;
                }
            }
            // A sitting that was cut off has seen nothing.
            if !self.jury.is_doubting() {
                seen = self.hear();
            }
        }
        // Whatever is said about the way out is as of now.
        if !self.soak.is_over(seen) && self.is_told_before(CLOUD_FRESH) {
            let lookup = self.ask_cloud();
            self.learn(lookup).await;
        }
        seen
    }

    async fn sit_after(&mut self, pause: Duration) {
        tokio::time::sleep(pause).await;
        self.jury.call(|_| true);
        self.sit().await;
    }

    /// The whole jury and, from time to time, the cloud.
    async fn sit(&mut self) {
        let lookup = self.is_told_before(self.config.cloud.arm_interval).then(|| self.ask_cloud());
        self.sit_to_the_end().await;
        if let Some(lookup) = lookup {
            self.learn(lookup).await;
        }
    }

    /// Whether the cloud was last asked longer ago than this, if at all.
    fn is_told_before(&self, age: Duration) -> bool {
        self.asked.is_none_or(|asked| self.elapsed().saturating_sub(asked) >= age)
    }

    fn ask_cloud(&mut self) -> Lookup {
        self.asked = Some(self.elapsed());
        let lookup = Lookup::begin(self.config);
        lookup.want_way_out();
        lookup
    }

    /// A sitting that was begun is finished: half of one convicts nobody, and the deadline wants a reason. One that takes
    /// too long leaves on show what was known before it.
    async fn sit_to_the_end(&mut self) {
        let time = self.time_left() + SITTING_MOST;
        let telling = &self.telling;
        let tell = |stage| telling.doing(&words(stage));
        let sitting = self.jury.sit(&tell);
        // Cut off or not: the report says what is known.
        let _ = tokio::time::timeout(time, sitting).await;
    }

    async fn learn(&mut self, lookup: Lookup) {
        self.telling.doing("waiting for what the cloud says of this machine");
        let is_fine = conclusion::standing(&self.judge(&self.report())) == Standing::Fine;
        let patience = if is_fine { cloud::PATIENCE } else { CLOUD_PATIENCE };
        // Whoever does not answer takes nothing back.
        let told = lookup.answer_within(patience).await.or_else(|| self.cloud.clone());
        self.cloud = cloud::known_by_now(self.config, told, self.cloud.as_ref());
        self.jury.reconsider(self.cloud.as_ref().and_then(Cloud::detour).as_deref());
    }

    /// One operator, and whether the jury was called.
    async fn glance(&mut self, rotation: Rotation, number: u64) -> bool {
        if let Err(Suspended(_)) = self.jury.glance(rotation, number).await {
            // Nobody knows what passed meanwhile: the jury says how it is now.
            self.jury.call(|_| true);
        }
        let is_called = self.jury.is_doubting();
        if is_called {
            self.sit().await;
        }
        is_called
    }

    /// Takes in how things stand now.
    fn hear(&mut self) -> Duration {
        let (report, at) = (self.report(), self.awake());
        let judged = self.judge(&report);
        let standing = conclusion::standing(&judged);
        // What the jury leans to is no verdict.
        let is_proven = !self.jury.is_doubting() || standing != Standing::Fine;
        self.soak.hear(at, if is_proven { standing } else { Standing::Unknown });
        let met = judged.iter().filter(|one| one.standing == Standing::Fine && is_proven);
        self.was_met.extend(met.map(|one| (one.port, one.family)));
        let progress = self.progress(&judged, &report, at);
        self.telling.seen(&deciding(&report, &judged).map(headline).unwrap_or_default(), &progress);
        self.warn(&judged);
        at
    }

    /// Waiting will not help who has to do something first: that is told at once.
    fn warn(&mut self, judged: &[Judged]) {
        let is_idle = judged.iter().any(|one| one.counts && one.obstacles.contains(&Reason::NotDeallocated));
        if !is_idle || std::mem::replace(&mut self.has_warned, true) {
            return;
        }
        let around = self.around();
        let why = say::because(Reason::NotDeallocated, &around).unwrap_or_default();
        let what = say::step(Reason::NotDeallocated).map(|step| step.text).unwrap_or_default();
        self.telling.warn(&format!("{why}. {what}"));
    }

    fn progress(&self, judged: &[Judged], report: &Report, at: Duration) -> String {
        let seen = deciding(report, judged).map_or_else(|| "nothing is known yet".to_owned(), headline);
        say::progress(&seen, &self.soak, at, self.time_left())
    }

    /// How things stand now, compared with what is waited for.
    fn report(&self) -> Report {
        let now = SystemTime::now();
        let mut report = assemble::last_report(&self.jury, self.config, self.cloud.as_ref(), now);
        conclusion::expect(&mut report, self.args.expect.expectation());
        report
    }

    fn judge(&self, report: &Report) -> Vec<Judged> {
        conclusion::judge(self.args.expect, report, &self.around())
    }

    fn around(&self) -> Around<'_> {
        Around { since: self.args.since, booted: self.began.booted(), cloud: self.cloud.as_ref() }
    }

    fn outcome(&self, mut report: Report, judged: &[Judged], at: Duration) -> (Conclusion, Outcome) {
        let worst = conclusion::worst(judged);
        let decides = worst.map(|worst| (worst.standing, worst.obstacles[0]));
        let conclusion = conclusion::conclude(self.args.expect, &self.soak, at, decides);
        let summary = say::summary(&End {
            goal: self.args.expect,
            conclusion,
            least: self.args.soak(),
            lasts: self.soak.lasts(at),
            worst: deciding(&report, judged),
            around: self.around(),
        });
        for one in judged.iter().filter(|one| one.standing != Standing::Fine) {
            let steps = one.obstacles.iter().filter_map(|reason| say::step(*reason));
            for verdict in report.verdicts.iter_mut().filter(|verdict| is_of(verdict, one)) {
                verdict.next_steps.splice(0..0, steps.clone());
            }
        }
        let outcome = Outcome {
            conclusion,
            since: self.args.since.map(assemble::rfc3339),
            waited: self.elapsed(),
            summary,
            subject: Subject::Machine(Box::new(report)),
        };
        (conclusion, outcome)
    }

    fn cases(&self, outcome: &Outcome, judged: &[Judged]) -> Vec<Case> {
        let Subject::Machine(report) = &outcome.subject else { return Vec::new() };
        let case = |one: &Judged| {
            let verdict = report.verdicts.iter().find(|verdict| is_of(verdict, one))?;
            let why = say::because(one.obstacles[0], &self.around());
            let why = why.map(|why| format!(". Reason: {why}")).unwrap_or_default();
            Some(Case {
                name: crate::render::words::place(verdict),
                standing: one.counts.then_some(one.standing),
                reason: one.obstacles[0].code(),
                says: format!("{}{why}", verdict.summary),
            })
        };
        judged.iter().filter_map(case).collect()
    }

    /// Until the deadline.
    fn time_left(&self) -> Duration {
        self.args.deadline.saturating_sub(self.elapsed())
    }

    /// Since the beginning, sleep left out: while this machine slept nobody saw anything.
    fn awake(&self) -> Duration {
        Reading::now().awake.saturating_sub(self.began.awake)
    }

    /// Since the beginning, sleep included.
    fn elapsed(&self) -> Duration {
        Reading::now().boot.saturating_sub(self.began.boot)
    }
}

/// The verdict that decides.
fn deciding<'r>(report: &'r Report, judged: &[Judged]) -> Option<&'r PortVerdict> {
    let worst = conclusion::worst(judged)?;
    report.verdicts.iter().find(|verdict| is_of(verdict, worst))
}

fn is_of(verdict: &PortVerdict, judged: &Judged) -> bool {
    (verdict.port, verdict.family) == (judged.port, judged.family)
}
