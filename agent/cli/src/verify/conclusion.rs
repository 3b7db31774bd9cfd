//! How a verification ends: a pure function of the soak, the last report and the circumstances.

use std::time::Duration;

use sortie_core::expect::Expectation;
use sortie_core::report::{PortVerdict, Report};
use sortie_core::target::{Family, Port};
use sortie_core::verification::{Ending, Reason};

use super::cause::{Around, is_stopped_on_a_detour, obstacles};
use super::soak::Soak;
use crate::args::Goal;
use crate::exit::{self, Standing};

/// The end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conclusion {
    pub(super) ending: Ending,
    pub(super) reason: Reason,
    /// The exit code.
    pub(super) code: u8,
}

/// How one port and family stands at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) port: Port,
    pub(super) family: Family,
    pub(super) standing: Standing,
    /// As [`exit::counts`].
    pub(super) counts: bool,
    /// What stands in the way, the first thing to mend in front; never empty.
    pub(super) obstacles: Vec<Reason>,
}

/// Compares every verdict with what is waited for.
pub(super) fn expect(report: &mut Report, expected: Expectation) {
    use sortie_core::verdict::State;
    for verdict in &mut report.verdicts {
        let state = State::ALL.into_iter().find(|state| state.code() == verdict.state);
        verdict.expected = expected.code();
        verdict.as_expected = state.and_then(|state| expected.is_met(state));
    }
}

/// Every verdict of a report that [`expect`] has seen.
pub(super) fn judge(goal: Goal, report: &Report, around: &Around<'_>) -> Vec<Judged> {
    let standing = |verdict: &PortVerdict| match (goal, Standing::of(verdict)) {
        // Nobody knows who stops it, and it is stopped.
        (Goal::Open, Standing::Unknown) if is_stopped_on_a_detour(verdict) => Standing::Violated,
        (_, standing) => standing,
    };
    let judged = |verdict: &PortVerdict| Judged {
        port: verdict.port,
        family: verdict.family,
        standing: standing(verdict),
        counts: exit::counts(report, verdict),
        obstacles: obstacles(verdict, around),
    };
    report.verdicts.iter().map(judged).collect()
}

/// The verdict that decides: the first of the worst that count.
pub(super) fn worst(judged: &[Judged]) -> Option<&Judged> {
    judged.iter().filter(|one| one.counts).reduce(
        |worst, one| {
            if one.standing > worst.standing { one } else { worst }
        },
    )
}

/// How things stand as a whole. Without any verdict nobody knows.
pub(super) fn standing(judged: &[Judged]) -> Standing {
    worst(judged).map_or(Standing::Unknown, |worst| worst.standing)
}

/// The end as of this moment.
pub(super) fn conclude(
    goal: Goal,
    soak: &Soak,
    at: Duration,
    worst: Option<(Standing, Reason)>,
) -> Conclusion {
    let met = match goal {
        Goal::Open => Reason::Open,
        Goal::Blocked => Reason::StillBlocked,
    };
    let (standing, reason) = worst.unwrap_or((Standing::Unknown, Reason::Unknown));
    if soak.is_over(at) {
        return Conclusion { ending: Ending::Verified, reason: met, code: exit::OK };
    }
    match standing {
        Standing::Fine if soak.has_lapsed() => {
            Conclusion { ending: Ending::NotEffective, reason: Reason::Flapping, code: exit::DEGRADED }
        }
        // It became so too late to be seen for long enough.
        Standing::Fine => Conclusion { ending: Ending::Expired, reason: met, code: exit::UNKNOWN },
        Standing::Unknown => Conclusion { ending: Ending::Expired, reason, code: exit::UNKNOWN },
        Standing::Degraded | Standing::Violated => {
            let reason = if soak.has_lapsed() { Reason::Flapping } else { reason };
            let ending = if reason == Reason::Unknown { Ending::Expired } else { Ending::NotEffective };
            Conclusion { ending, reason, code: standing.code() }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::render::sample;

    const MINUTE: Duration = Duration::from_secs(60);

    /// What comes out after one look a minute, with a soak of two minutes.
    fn ended(goal: Goal, states: &[&'static str]) -> (&'static str, &'static str, u8) {
        let mut soak = Soak::new(2 * MINUTE);
        let (mut at, mut last) = (Duration::ZERO, None);
        for state in states {
            let verdict = PortVerdict { state, ..sample::verdict() };
            let mut report = Report { verdicts: vec![verdict], ..sample::report() };
            expect(&mut report, goal.expectation());
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
            let around = Around { since: None, booted: now, cloud: None };
            let judged = judge(goal, &report, &around);
            at += MINUTE;
            soak.hear(at, standing(&judged));
            last = worst(&judged).map(|worst| (worst.standing, worst.obstacles[0]));
        }
        let Conclusion { ending, reason, code } = conclude(goal, &soak, at, last);
        (ending.code(), reason.code(), code)
    }

    #[test]
    fn every_way_to_end() {
        const OPEN: &str = "open";
        const BLOCKED: &str = "platform_blocked";
        for (states, expected) in [
            (&[][..], ("expired", "unknown", 3)),
            (&[OPEN, OPEN, OPEN], ("verified", "open", 0)),
            (&[BLOCKED, OPEN, OPEN, OPEN], ("verified", "open", 0)),
            (&[OPEN, BLOCKED, OPEN, OPEN, OPEN], ("verified", "open", 0)),
            (&[BLOCKED, OPEN, OPEN], ("expired", "open", 3)),
            (&[OPEN, "inconclusive", OPEN, OPEN], ("expired", "open", 3)),
            (&[OPEN, BLOCKED, OPEN], ("not_effective", "flapping", 1)),
            (&[OPEN, BLOCKED], ("not_effective", "flapping", 2)),
            (&[OPEN, "throttled"], ("not_effective", "flapping", 1)),
            (&[BLOCKED], ("not_effective", "still_blocked", 2)),
            (&["locally_blocked"], ("not_effective", "local_firewall", 2)),
            (&["path_blocked"], ("not_effective", "not_direct", 2)),
            (&["intercepted"], ("not_effective", "not_direct", 1)),
            (&["refused"], ("not_effective", "destinations_refuse", 1)),
            (&["partial"], ("expired", "unknown", 1)),
            (&["throttled"], ("expired", "unknown", 1)),
            (&["no_egress"], ("expired", "no_egress", 3)),
            (&["inconclusive"], ("expired", "unknown", 3)),
            (&[OPEN, BLOCKED, "no_egress"], ("expired", "no_egress", 3)),
            (&[OPEN, "inconclusive"], ("expired", "unknown", 3)),
        ] {
            assert_eq!(ended(Goal::Open, states), expected, "{states:?}");
        }
    }

    #[test]
    fn a_block_that_is_meant_to_be_is_verified_in_the_mirror() {
        for (states, expected) in [
            (&["platform_blocked"; 3][..], ("verified", "still_blocked", 0)),
            (&["platform_blocked"], ("expired", "still_blocked", 3)),
            (&["open"; 3], ("not_effective", "open", 2)),
            (&["platform_blocked", "open"], ("not_effective", "flapping", 2)),
            (&["refused"], ("not_effective", "destinations_refuse", 1)),
            (&["no_egress"], ("expired", "no_egress", 3)),
        ] {
            assert_eq!(ended(Goal::Blocked, states), expected, "{states:?}");
        }
    }

    #[test]
    fn what_is_stopped_on_a_detour_is_not_open_and_proves_no_block() {
        let detour =
            PortVerdict { state: "inconclusive", rule: "not_direct", as_expected: None, ..sample::verdict() };
        let report = Report { verdicts: vec![detour], ..sample::report() };
        let around = Around { since: None, booted: SystemTime::UNIX_EPOCH, cloud: None };
        for (goal, expected) in [(Goal::Open, Standing::Violated), (Goal::Blocked, Standing::Unknown)] {
            assert_eq!(standing(&judge(goal, &report, &around)), expected, "{goal:?}");
        }
    }

    #[test]
    fn the_worst_family_decides_and_one_without_a_way_out_does_not_count() {
        let of = |ipv4, ipv6| {
            let verdict = |family, state| PortVerdict { family, state, ..sample::verdict() };
            let verdicts = vec![verdict(Family::Ipv4, ipv4), verdict(Family::Ipv6, ipv6)];
            let mut report = Report { verdicts, ..sample::report() };
            expect(&mut report, Expectation::Open);
            let around = Around { since: None, booted: SystemTime::UNIX_EPOCH, cloud: None };
            let judged = judge(Goal::Open, &report, &around);
            (standing(&judged), worst(&judged).map(|worst| worst.family))
        };
        assert_eq!(of("open", "no_egress"), (Standing::Fine, Some(Family::Ipv4)));
        assert_eq!(of("open", "platform_blocked"), (Standing::Violated, Some(Family::Ipv6)));
        assert_eq!(of("refused", "platform_blocked"), (Standing::Violated, Some(Family::Ipv6)));
        assert_eq!(of("no_egress", "no_egress"), (Standing::Unknown, Some(Family::Ipv4)));
        assert_eq!(of("open", "open"), (Standing::Fine, Some(Family::Ipv4)));
    }
}
