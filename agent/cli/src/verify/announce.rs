//! The events about an exemption: it took effect, or it did not last.

use std::collections::BTreeSet;

use sortie_core::report::{Cloud, PortVerdict, Report};
use sortie_core::target::{Family, Port};
use sortie_core::verification::{Ending, Reason};
use sortie_telemetry::{Event, Exemption};

use super::conclusion::{Conclusion, Judged};
use crate::args::Goal;
use crate::config::Config;
use crate::exit::Standing;
use crate::run::courier;
use crate::terminal;

/// The end of a verification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last<'a> {
    pub(super) goal: Goal,
    pub(super) conclusion: Conclusion,
    pub(super) judged: &'a [Judged],
    /// Ports and families that were as expected once.
    pub(super) was_met: &'a BTreeSet<(Port, Family)>,
    pub(super) report: &'a Report,
}

/// Delivers what there is to tell, where events go anywhere. What could not be delivered is said on stderr, and changes
/// nothing else.
pub(super) async fn announce(config: &Config, cloud: Option<&Cloud>, last: &Last<'_>) {
    let events = events(last);
    if let Err(undelivered) = courier::deliver(config, cloud, &events).await {
        terminal::warn(&undelivered.to_string());
    }
}

/// One for each port and family. A block that is meant to be is no exemption.
fn events<'a>(last: &Last<'a>) -> Vec<Event<'a>> {
    if last.goal != Goal::Open {
        return Vec::new();
    }
    let is_verified = last.conclusion.ending == Ending::Verified;
    let event = |one: &Judged| {
        let is_of = |verdict: &&PortVerdict| (verdict.port, verdict.family) == (one.port, one.family);
        let verdict = last.report.verdicts.iter().find(is_of)?;
        let was_met = last.was_met.contains(&(one.port, one.family));
        match one.standing {
            Standing::Fine if is_verified => {
                Some(Event::ExemptionVerified(Exemption { reason: Reason::Open, verdict }))
            }
            Standing::Degraded | Standing::Violated if was_met => {
                Some(Event::ExemptionRegressed(Exemption { reason: one.obstacles[0], verdict }))
            }
            _ => None,
        }
    };
    last.judged.iter().filter(|one| one.counts).filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    const PLACE: (Port, Family) = (Port::SMTP, Family::Ipv4);

    fn told(
        goal: Goal,
        ending: Ending,
        standing: Standing,
        counts: bool,
        was_met: bool,
    ) -> Option<&'static str> {
        let report = Report { verdicts: vec![sample::verdict()], ..sample::report() };
        let judged = [Judged {
            port: PLACE.0,
            family: PLACE.1,
            standing,
            counts,
            obstacles: vec![Reason::StillBlocked],
        }];
        let was_met = was_met.then_some(PLACE).into_iter().collect();
        let conclusion = Conclusion { ending, reason: Reason::Unknown, code: 0 };
        let last = Last { goal, conclusion, judged: &judged, was_met: &was_met, report: &report };
        events(&last).first().map(|event| match event {
            Event::ExemptionVerified(_) => "verified",
            Event::ExemptionRegressed(_) => "regressed",
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn an_exemption_is_told_when_it_is_verified_and_when_it_did_not_last() {
        use Ending::{Expired, NotEffective, Verified};
        use Standing::{Degraded, Fine, Unknown, Violated};
        for (ending, standing, counts, was_met, expected) in [
            (Verified, Fine, true, true, Some("verified")),
            (Verified, Unknown, false, false, None),
            (Expired, Fine, true, true, None),
            (NotEffective, Violated, true, false, None),
            (NotEffective, Violated, true, true, Some("regressed")),
            (NotEffective, Degraded, true, true, Some("regressed")),
            (Expired, Unknown, true, true, None),
            (NotEffective, Violated, false, true, None),
        ] {
            let told = told(Goal::Open, ending, standing, counts, was_met);
            assert_eq!(told, expected, "{ending:?} {standing:?} {counts} {was_met}");
        }
        assert_eq!(told(Goal::Blocked, Verified, Fine, true, true), None, "a block is no exemption");
    }
}
