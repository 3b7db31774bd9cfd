//! Which verdict a ticket is about: the one that somebody can be asked for first.

use sortie_core::report::{PortVerdict, Report};
use sortie_core::target::{Family, Port};

use crate::exit;

/// States in the order in which they make a case; what this version does not know comes before what is fine.
const CASES: [&str; 9] = [
    "platform_blocked",
    "path_blocked",
    "locally_blocked",
    "intercepted",
    "throttled",
    "refused",
    "partial",
    "no_egress",
    "inconclusive",
];
const FINE: &str = "open";

/// The verdicts of one port with the same state, in one family or both.
#[derive(Clone, Debug)]
pub(super) struct Lead<'a> {
    pub(super) first: &'a PortVerdict,
    pub(super) verdicts: Vec<&'a PortVerdict>,
}

impl<'a> Lead<'a> {
    /// `None` where nothing has a verdict.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let counted = report.verdicts.iter().filter(|verdict| exit::counts(report, verdict));
        let first = counted.min_by_key(|verdict| (rank(verdict), verdict.port))?;
        let same = |verdict: &&PortVerdict| verdict.port == first.port && verdict.state == first.state;
        Some(Self { first, verdicts: report.verdicts.iter().filter(same).collect() })
    }

    pub(super) fn port(&self) -> Port {
        self.first.port
    }

    pub(super) fn state(&self) -> &'static str {
        self.first.state
    }

    pub(super) fn is_open(&self) -> bool {
        self.state() == FINE
    }

    pub(super) fn is_in(&self, family: Family) -> bool {
        self.verdicts.iter().any(|verdict| verdict.family == family)
    }

    /// `IPv4 and IPv6`
    pub(super) fn families(&self) -> String {
        let families: Vec<String> = self.verdicts.iter().map(|verdict| verdict.family.to_string()).collect();
        families.join(" and ")
    }
}

fn rank(verdict: &PortVerdict) -> usize {
    let known = CASES.iter().position(|state| *state == verdict.state);
    known.unwrap_or(if verdict.state == FINE { CASES.len() + 1 } else { CASES.len() })
}

#[cfg(test)]
mod tests {
    use sortie_core::verdict::State;

    use super::*;
    use crate::render::sample;

    #[test]
    fn every_state_has_its_place() {
        for state in State::ALL.map(State::code) {
            assert!(CASES.contains(&state) || state == FINE, "{state}");
        }
    }

    #[test]
    fn the_case_is_the_gravest_verdict_that_counts_in_every_family_that_shares_it() {
        use Family::{Ipv4, Ipv6};
        type Row = (u16, Family, &'static str);
        for (verdicts, expected) in [
            (&[(25, Ipv4, "open"), (587, Ipv4, "open")][..], (25, "open", "IPv4")),
            (&[(25, Ipv4, "open"), (587, Ipv4, "refused")], (587, "refused", "IPv4")),
            (&[(25, Ipv4, "inconclusive"), (587, Ipv4, "open")], (25, "inconclusive", "IPv4")),
            (
                &[(25, Ipv4, "platform_blocked"), (25, Ipv6, "platform_blocked"), (587, Ipv4, "no_egress")],
                (25, "platform_blocked", "IPv4 and IPv6"),
            ),
            (&[(25, Ipv4, "open"), (25, Ipv6, "no_egress")], (25, "open", "IPv4")),
            (&[(25, Ipv4, "open"), (587, Ipv4, "of the future")], (587, "of the future", "IPv4")),
        ] as [(&[Row], _); 6]
        {
            let verdict = |(port, family, state): &Row| PortVerdict {
                port: Port::new(*port).expect("not zero"),
                family: *family,
                state,
                ..sample::verdict()
            };
            let verdicts = verdicts.iter().map(verdict).collect();
            let report = Report { verdicts, ..sample::report() };
            let lead = Lead::of(&report).expect("there are verdicts");
            assert_eq!((lead.port().number(), lead.state(), lead.families().as_str()), expected);
        }
        assert!(Lead::of(&Report { verdicts: Vec::new(), ..sample::report() }).is_none());
    }
}
