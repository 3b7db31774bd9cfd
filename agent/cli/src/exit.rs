//! What the process says when it ends.
//!
//! `check` follows the monitoring-plugin convention (0 to 3), everything else `sysexits.h`, so that a broken
//! configuration is never taken for a blocked port.

use sortie_core::relay::Usability;
use sortie_core::report::{PortVerdict, Relay, Report};
use sortie_core::verdict::State;

use crate::relays::is_missed;

/// Open, or as expected.
pub const OK: u8 = 0;
/// Partial, throttled, refused or intercepted, or a required relay is unusable.
pub const DEGRADED: u8 = 1;
/// Blocked against expectation, or unexpectedly open.
pub const BLOCKED: u8 = 2;
/// No egress, or inconclusive.
pub const UNKNOWN: u8 = 3;
/// Ended by Ctrl-C, as a shell says it (128 + SIGINT).
pub const INTERRUPTED: u8 = 130;
/// The command line makes no sense (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// Sortie itself failed (`EX_SOFTWARE`).
pub const INTERNAL: u8 = 70;
/// The configuration file is missing, unreadable or wrong (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// How a state compares with what was expected; the order is the order of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Open, or as expected.
    Fine,
    /// Not known, whatever was expected.
    Unknown,
    /// Some mail leaves, or not to where it should, whatever was expected.
    Degraded,
    /// Blocked against expectation, or unexpectedly open.
    Violated,
}

impl Standing {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => OK,
            Self::Unknown => UNKNOWN,
            Self::Degraded => DEGRADED,
            Self::Violated => BLOCKED,
        }
    }

    /// How one verdict compares. A word that this version does not know is unknown.
    pub fn of(verdict: &PortVerdict) -> Self {
        Self::new(State::ALL.into_iter().find(|state| state.code() == verdict.state), verdict.as_expected)
    }

    /// How a state compares, where it is known; `None` is a word that this version does not know.
    pub fn new(state: Option<State>, as_expected: Option<bool>) -> Self {
        match (state, as_expected) {
            (None | Some(State::NoEgress | State::Inconclusive), _) => Self::Unknown,
            (Some(State::Partial | State::Throttled | State::Refused | State::Intercepted), _) => {
                Self::Degraded
            }
            (Some(_), Some(true)) => Self::Fine,
            (Some(_), Some(false)) => Self::Violated,
            (Some(_), None) => Self::Unknown,
        }
    }

    /// How one relay compares: other mail leaves without it, so it never weighs more than a port that is degraded.
    pub fn of_relay(relay: &Relay) -> Self {
        let known = Usability::ALL.map(Usability::code).contains(&relay.result);
        match known {
            _ if is_missed(relay) => Self::Degraded,
            true => Self::Fine,
            false => Self::Unknown,
        }
    }
}

/// The code of a whole report: the worst of its verdicts and relays that count. A report without verdicts is unknown.
pub fn of_report(report: &Report) -> u8 {
    let counted = report.verdicts.iter().filter(|verdict| counts(report, verdict));
    let ports = counted.map(Standing::of).max().unwrap_or(Standing::Unknown);
    let required = report.relays.iter().filter(|relay| relay.required);
    required.map(Standing::of_relay).fold(ports, Standing::max).code()
}

/// Whether a verdict counts for the whole.
///
/// A family in which nothing leaves does not count where the other one was measured: most machines have no IPv6,
/// and mail leaves without it.
pub fn counts(report: &Report, verdict: &PortVerdict) -> bool {
    let mut others = report.verdicts.iter().filter(|other| other.port == verdict.port);
    verdict.state != "no_egress" || !others.any(|other| !matches!(other.state, "no_egress" | "inconclusive"))
}

#[cfg(test)]
mod tests {
    use sortie_core::target::{Family, Port};

    use super::*;
    use crate::render::sample;

    fn code(verdicts: &[(u16, Family, &'static str, &'static str)]) -> u8 {
        let verdicts = verdicts.iter().map(|(port, family, state, expected)| PortVerdict {
            port: Port::new(*port).expect("not zero"),
            family: *family,
            state,
            as_expected: match (*state, *expected) {
                (_, "any") | ("open", "open") | ("platform_blocked", "blocked") => Some(true),
                ("no_egress" | "inconclusive", _) => None,
                _ => Some(false),
            },
            ..sample::verdict()
        });
        of_report(&Report { verdicts: verdicts.collect(), relays: Vec::new(), ..sample::report() })
    }

    #[test]
    fn the_worst_port_decides() {
        use Family::{Ipv4, Ipv6};
        for (verdicts, expected) in [
            (&[][..], UNKNOWN),
            (&[(25, Ipv4, "open", "open"), (587, Ipv4, "open", "open")], OK),
            (&[(25, Ipv4, "platform_blocked", "blocked"), (587, Ipv4, "open", "open")], OK),
            (&[(25, Ipv4, "platform_blocked", "open"), (587, Ipv4, "partial", "open")], BLOCKED),
            (&[(25, Ipv4, "open", "blocked")], BLOCKED),
            (&[(25, Ipv4, "inconclusive", "any"), (587, Ipv4, "throttled", "open")], DEGRADED),
            (&[(25, Ipv4, "open", "any"), (587, Ipv4, "inconclusive", "open")], UNKNOWN),
            (&[(25, Ipv4, "open", "open"), (25, Ipv6, "no_egress", "open")], OK),
            (&[(25, Ipv4, "no_egress", "open"), (25, Ipv6, "no_egress", "open")], UNKNOWN),
            (&[(25, Ipv4, "a word from the future", "open")], UNKNOWN),
        ] {
            assert_eq!(code(verdicts), expected, "{verdicts:?}");
        }
    }

    #[test]
    fn a_required_relay_that_is_unusable_makes_what_is_fine_degraded_and_nothing_better() {
        let [usable, degraded, unusable] = sample::relays();
        let optional = Relay { required: false, ..unusable.clone() };
        let foreign = Relay { result: sortie_core::report::FOREIGN, ..usable.clone() };
        for (state, relays, expected) in [
            ("open", vec![usable.clone(), degraded], OK),
            ("open", vec![optional], OK),
            ("open", vec![usable, unusable.clone()], DEGRADED),
            ("open", vec![foreign], UNKNOWN),
            ("platform_blocked", vec![unusable.clone()], BLOCKED),
            ("inconclusive", vec![unusable], DEGRADED),
        ] {
            let as_expected = match state {
                "open" => Some(true),
                "inconclusive" => None,
                _ => Some(false),
            };
            let verdict = PortVerdict { state, as_expected, ..sample::verdict() };
            let report = Report { verdicts: vec![verdict], relays: relays.clone(), ..sample::report() };
            assert_eq!(of_report(&report), expected, "{state} {relays:?}");
        }
    }
}
