//! A verification in sentences: how it ended, what stands in the way, what to do about it, and what is waited for now.
//!
//! Texts of the cloud are in them: whoever shows a sentence makes it printable.

use std::time::{Duration, SystemTime};

use sortie_core::advice::AZURE_SMTP;
use sortie_core::report::{NextStep, PortVerdict};
use sortie_core::verification::{Ending, Reason};

use super::cause::Around;
use super::conclusion::Conclusion;
use super::soak::Soak;
use crate::args::Goal;

/// What a sentence about the end is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct End<'a> {
    pub(super) goal: Goal,
    pub(super) conclusion: Conclusion,
    /// How long it had to be as expected.
    pub(super) least: Duration,
    /// How long it has been; `None` where it is not.
    pub(super) lasts: Option<Duration>,
    /// The verdict that decides.
    pub(super) worst: Option<&'a PortVerdict>,
    pub(super) around: Around<'a>,
}

/// How it ended, in one sentence.
pub(super) fn summary(end: &End<'_>) -> String {
    let Some(worst) = end.worst else { return "Nothing was measured before the deadline".to_owned() };
    let (port, wanted) = (worst.port, wanted(end.goal));
    let said = worst.summary.trim_end_matches('.');
    match (end.conclusion.ending, end.conclusion.reason) {
        (Ending::Verified, _) if end.least.is_zero() => format!("Port {port} is {wanted}"),
        (Ending::Verified, _) => {
            format!("Port {port} has been {wanted} for {}", span(end.lasts.unwrap_or(end.least)))
        }
        (Ending::Expired, Reason::Open | Reason::StillBlocked) => format!(
            "Port {port} is {wanted}, but was seen so for only {} of {} before the deadline",
            span(end.lasts.unwrap_or_default()),
            span(end.least)
        ),
        (_, Reason::Flapping) if worst.as_expected == Some(true) => {
            format!("Port {port} is {wanted} now and then: it was not for {} at a time", span(end.least))
        }
        (_, Reason::Flapping) => format!("Port {port} was {wanted} for a while, and is not any more. {said}"),
        (_, Reason::Open) => format!("Port {port} over {} is open, and should be blocked", worst.family),
        (_, reason) => match because(reason, &end.around) {
            Some(why) => format!("Port {port} over {} is not {wanted}: {why}", worst.family),
            None => said.to_owned(),
        },
    }
}

/// What stands in the way, to follow a colon; `None` where the verdict itself says it all.
pub(super) fn because(reason: Reason, around: &Around<'_>) -> Option<String> {
    match reason {
        Reason::NotDeallocated => not_deallocated(around),
        Reason::NotDirect => {
            let hop = around.cloud?.detour()?;
            Some(format!("its traffic does not go straight to the internet, Azure's next hop is {hop}"))
        }
        Reason::SecurityGroup => Some(match around.denial().and_then(|flow| flow.rule.as_ref()) {
            Some(rule) => format!("the security rule {rule} denies it"),
            None => "a security rule denies it".to_owned(),
        }),
        Reason::StillBlocked => Some(still_blocked(around)),
        _ => None,
    }
}

fn not_deallocated(around: &Around<'_>) -> Option<String> {
    let (since, at) = (moment(around.since?), around.not_deallocated()?);
    Some(if around.booted <= at {
        format!("this machine was not deallocated since {since}, it has been running since {}", moment(at))
    } else {
        format!("this machine was not deallocated since {since}, Azure last provisioned it at {}", moment(at))
    })
}

fn still_blocked(around: &Around<'_>) -> String {
    let (flag, way_out) = match around.cloud {
        Some(cloud) => (cloud.allow_port_25_out, cloud.way_out.as_ref()),
        None => (None, None),
    };
    let is_allowed = way_out.and_then(|way| way.flow.as_ref()).is_some_and(|flow| flow.allowed);
    let who = if is_allowed { "the platform stops it" } else { "the platform or a security group stops it" };
    match flag {
        Some(false) => format!("{who}, and Azure says that its network interface may not send on port 25"),
        Some(true) => format!("{who}, although Azure says that its network interface may send on port 25"),
        None => who.to_owned(),
    }
}

/// What to do about it, where the verdict's own steps do not say so: they know nothing of when the machine was booted.
pub(super) fn step(reason: Reason) -> Option<NextStep> {
    let text = "Stop and deallocate the VM, then start it: a reboot does not bring the network policy of the exemption";
    (reason == Reason::NotDeallocated)
        .then(|| NextStep { text: text.to_owned(), url: Some(AZURE_SMTP.to_owned()) })
}

/// What is seen now, since when, and how long still.
pub(super) fn progress(seen: &str, soak: &Soak, at: Duration, time: Duration) -> String {
    let left = span(time);
    match (soak.lasts(at), soak.left(at)) {
        (Some(lasts), Some(still)) => {
            format!("{seen}, for {}, {} to go, {left} to the deadline", span(lasts), span(still))
        }
        _ => format!("{seen}, waiting, {left} to the deadline"),
    }
}

/// The word for what is waited for.
pub(super) fn wanted(goal: Goal) -> &'static str {
    match goal {
        Goal::Open => "open",
        Goal::Blocked => "blocked",
    }
}

/// Whole seconds: nobody waits for less.
pub(super) fn span(of: Duration) -> String {
    humantime::format_duration(Duration::from_secs(of.as_secs())).to_string()
}

/// RFC 3339 in UTC, whole seconds.
pub(super) fn moment(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string()
}

#[cfg(test)]
mod tests {
    use sortie_core::report::{Cloud, Flow, WayOut};

    use super::*;
    use crate::exit::Standing;
    use crate::render::sample;

    fn at(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + hour * 3_600)
    }

    fn azure() -> Cloud {
        let flow = Flow { allowed: false, rule: Some("DenySmtp".to_owned()) };
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            way_out: Some(WayOut {
                next_hop: Some("VirtualAppliance".to_owned()),
                next_hop_address: Some("10.0.0.4".to_owned()),
                flow: Some(flow),
            }),
            ..Cloud::default()
        }
    }

    fn said(goal: Goal, ending: Ending, reason: Reason, lasts: Option<u64>, around: Around<'_>) -> String {
        let verdict = PortVerdict { as_expected: Some(lasts.is_some()), ..sample::verdict() };
        summary(&End {
            goal,
            conclusion: Conclusion { ending, reason, code: 0 },
            least: Duration::from_secs(600),
            lasts: lasts.map(Duration::from_secs),
            worst: Some(&verdict),
            around,
        })
    }

    #[test]
    fn the_end_reads_like_this() {
        use Ending::{Expired, NotEffective, Verified};
        let azure = azure();
        let flow = Flow { allowed: true, rule: None };
        let way_out = WayOut { flow: Some(flow), ..WayOut::default() };
        let no = Cloud { allow_port_25_out: Some(false), way_out: Some(way_out), ..azure.clone() };
        let yes = Cloud { allow_port_25_out: Some(true), way_out: None, ..azure.clone() };
        let rebooted = Cloud { provisioned_at: Some("2026-11-18T19:26:40.000Z".to_owned()), ..azure.clone() };
        let around = |booted, cloud| Around { since: Some(at(10)), booted: at(booted), cloud };
        let bare = around(11, None);
        let all = [
            said(Goal::Open, Verified, Reason::Open, Some(605), bare),
            said(Goal::Blocked, Verified, Reason::StillBlocked, Some(605), bare),
            said(Goal::Open, Expired, Reason::Open, Some(65), bare),
            said(Goal::Open, NotEffective, Reason::Flapping, Some(5), bare),
            said(Goal::Open, NotEffective, Reason::Flapping, None, bare),
            said(Goal::Blocked, NotEffective, Reason::Open, None, bare),
            said(Goal::Open, NotEffective, Reason::NotDeallocated, None, around(9, None)),
            said(Goal::Open, NotEffective, Reason::NotDeallocated, None, around(11, Some(&rebooted))),
            said(Goal::Open, NotEffective, Reason::NotDirect, None, around(11, Some(&azure))),
            said(Goal::Open, NotEffective, Reason::NotDirect, None, bare),
            said(Goal::Open, NotEffective, Reason::SecurityGroup, None, around(11, Some(&azure))),
            said(Goal::Open, NotEffective, Reason::SecurityGroup, None, bare),
            said(Goal::Open, NotEffective, Reason::StillBlocked, None, bare),
            said(Goal::Open, NotEffective, Reason::StillBlocked, None, around(11, Some(&no))),
            said(Goal::Open, NotEffective, Reason::StillBlocked, None, around(11, Some(&yes))),
            said(Goal::Open, Expired, Reason::NoEgress, None, bare),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn progress_says_what_is_seen_and_how_long_still() {
        let seconds = Duration::from_secs;
        let mut soak = Soak::new(seconds(600));
        let told = |soak: &Soak, seen, at| progress(seen, soak, seconds(at), seconds(7_200 - at));
        let waiting = told(&soak, "port 25, IPv4: platform blocked", 30);
        assert_eq!(waiting, "port 25, IPv4: platform blocked, waiting, 1h 59m 30s to the deadline");
        soak.hear(seconds(60), Standing::Fine);
        let soaking = told(&soak, "port 25, IPv4: open", 240);
        assert_eq!(soaking, "port 25, IPv4: open, for 3m, 7m to go, 1h 56m to the deadline");
    }
}
