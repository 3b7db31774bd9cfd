//! A whole subscription, as its agents report to a Prometheus backend. Nothing is probed from here.
//!
//! ```text
//!   query ─▶ prometheus ─▶ census ─▶ roll: how many are as expected, and who is not
//! ```

mod census;
mod query;
mod roll;

use std::time::{Duration, SystemTime};

use self::census::{Aim, Answers, Nameless};
use self::query::Queries;
pub(super) use self::roll::{Fleet, table};
use super::conclusion::conclude;
use super::face::{Outcome, Subject};
use super::say;
use super::soak::Soak;
use super::telling::Telling;
use crate::args::Verify;
use crate::assemble;
use crate::clock::Reading;
use crate::exit::Standing;
use crate::prometheus::{AskError, Prometheus};

/// Agents report each minute.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why there is no census.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Nameless(#[from] Nameless),
}

/// Waits, writes the outcome to stdout and returns the exit code.
pub async fn run(args: &Verify) -> anyhow::Result<u8> {
    let mut watch = Watch::begin(args)?;
    let ended = super::interruptible(watch.wait()).await?;
    let (waited, summary) = (watch.elapsed(), watch.sentence());
    let Watch { telling, fleet, soak, .. } = watch;
    telling.finish();
    let Some(seen) = ended else { return Ok(super::interrupted(&summary)) };
    let conclusion = conclude(args.expect, &soak, seen?, fleet.worst());
    let cases = fleet.cases();
    let outcome = Outcome {
        conclusion,
        since: args.since.map(assemble::rfc3339),
        waited,
        summary,
        subject: Subject::Fleet(fleet),
    };
    super::print(&outcome, &cases, args.format)?;
    Ok(conclusion.code)
}

/// Everything that one verification owns.
struct Watch<'a> {
    args: &'a Verify,
    subscription: &'a str,
    prometheus: Prometheus,
    telling: Telling,
    soak: Soak,
    began: Reading,
    /// As it was last seen.
    fleet: Fleet,
    /// Why it could not be seen the last time.
    trouble: Option<String>,
    has_warned: bool,
}

impl<'a> Watch<'a> {
    fn begin(args: &'a Verify) -> anyhow::Result<Self> {
        let subscription = args.subscription.as_deref().unwrap_or_default();
        let url = args.prometheus.as_deref().unwrap_or_default();
        Ok(Self {
            args,
            subscription,
            prometheus: Prometheus::at(url, args.bearer_token_file.as_deref(), &args.headers)?,
            telling: Telling::start(args.quiet),
            soak: Soak::new(args.soak()),
            began: Reading::now(),
            fleet: Fleet::new(subscription, Vec::new()),
            trouble: Some("the Prometheus API has not answered yet".to_owned()),
            has_warned: false,
        })
    }

    /// Until all were as expected for long enough, or the deadline; returns when they were last seen. Whoever cannot be asked the first time is not waited
    /// for: most likely it is the question.
    async fn wait(&mut self) -> anyhow::Result<Duration> {
        self.telling.doing("asking the Prometheus API");
        let fleet = self.look().await?;
        let mut seen = self.hear(Ok(fleet));
        loop {
            let time = self.time_left();
            if self.soak.is_over(seen) || time.is_zero() {
                return Ok(seen);
            }
            let left = self.soak.left(seen).unwrap_or(LOOK_EVERY);
            tokio::time::sleep(LOOK_EVERY.min(left).min(time)).await;
            let looked = self.look().await;
            seen = self.hear(looked);
        }
    }

    async fn look(&mut self) -> Result<Fleet, LookError> {
        let since = self.args.since;
        let ago = since.map(|since| SystemTime::now().duration_since(since).unwrap_or_default());
        let queries = Queries::new(self.subscription, self.args.port, &self.args.families(), ago);
        let answers = Answers {
            states: self.prometheus.ask(&queries.states).await?,
            conclusive: self.prometheus.ask(&queries.conclusive).await?,
            boots: self.prometheus.ask(&queries.boots).await?,
            known: self.prometheus.ask(&queries.known).await?,
        };
        self.pass_on(&answers);
        let aim = Aim { expected: self.args.expect.expectation(), since: since.map(census::unix) };
        Ok(Fleet::new(self.subscription, census::machines(&answers, &aim)?))
    }

    /// An answer that is not whole is told once.
    fn pass_on(&mut self, answers: &Answers) {
        let Answers { states, conclusive, boots, known } = answers;
        let warning =
            [states, conclusive, boots, known].into_iter().find_map(|vector| vector.warnings.first());
        if let Some(warning) = warning.filter(|_| !self.has_warned) {
            self.telling
                .warn(&format!("the Prometheus API warns that its answers may not be whole: {warning}"));
            self.has_warned = true;
        }
    }

    /// Takes in how the fleet stands now, and returns the moment, sleep left out: while this machine slept nobody looked.
    /// While the fleet cannot be seen nobody knows.
    fn hear(&mut self, looked: Result<Fleet, LookError>) -> Duration {
        let at = Reading::now().awake.saturating_sub(self.began.awake);
        match looked {
            Ok(fleet) => {
                self.soak.hear(at, fleet.worst().map_or(Standing::Unknown, |(standing, _)| standing));
                (self.fleet, self.trouble) = (fleet, None);
            }
            Err(error) => {
                self.soak.hear(at, Standing::Unknown);
                self.fleet = Fleet::new(self.subscription, Vec::new());
                let is_passing = matches!(&error, LookError::Ask(error) if error.is_passing());
                let again = if is_passing {
                    "it is asked again"
                } else {
                    "it is asked again, and most likely in vain"
                };
                let (former, now) = (self.trouble.take(), error.to_string());
                if former.as_ref() != Some(&now) {
                    self.telling.warn(&format!("{now}; {again}"));
                }
                self.trouble = Some(now);
            }
        }
        let seen = self.sentence();
        self.telling.seen(&seen, &say::progress(&seen, &self.soak, at, self.time_left()));
        at
    }

    /// How the fleet stands, or why nobody knows.
    fn sentence(&self) -> String {
        let since = self.args.since.map(say::moment);
        match &self.trouble {
            Some(why) => format!("Nobody knows how the subscription {} stands: {why}", self.subscription),
            None => self.fleet.sentence(self.args.expect, since.as_deref()),
        }
    }

    fn time_left(&self) -> Duration {
        self.args.deadline.saturating_sub(self.elapsed())
    }

    /// Since the beginning, sleep included.
    fn elapsed(&self) -> Duration {
        Reading::now().boot.saturating_sub(self.began.boot)
    }
}
