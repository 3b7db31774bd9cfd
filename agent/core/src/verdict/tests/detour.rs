//! Traffic that does not go straight to the internet.

use super::*;
use crate::verdict::machine::Machine;

const APPLIANCE: &str = "VirtualAppliance 10.0.0.4";

fn silence() -> Vec<Hearing> {
    steady(&Symptom::Silent, 3, Control::SameHost)
}

fn heard(detour: Option<&str>, hearings: Vec<Hearing>) -> Machine {
    let mut machine = Machine::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT);
    machine.heed(detour);
    machine.add_walks(vec![]);
    for hearing in hearings {
        let at = hearing.at;
        machine.hear(hearing, at);
    }
    machine
}

fn shown(machine: &Machine) -> (State, &'static str) {
    machine.shown().map(|shown| (shown.state, shown.rule)).expect("it has settled")
}

#[test]
fn an_appliance_on_the_way_convicts_no_platform_however_it_stops_the_port() {
    let reset_near = icmp(3, 13, router(1), Some(64));
    for symptom in [Symptom::Silent, reset_near] {
        let hearings = steady(&symptom, 3, Control::SameHost);
        assert_eq!(shown(&heard(None, hearings.clone())).0, State::PlatformBlocked, "{symptom:?}");
        let machine = heard(Some(APPLIANCE), hearings);
        assert_eq!(shown(&machine), (State::Inconclusive, "not_direct"), "{symptom:?}");
        let finding = machine.shown().expect("it has settled");
        assert!(finding.because.contains(APPLIANCE) && finding.attribution.is_none(), "{finding:?}");
    }
}

#[test]
fn it_changes_nothing_where_the_platform_is_not_the_cause() {
    for symptom in [Symptom::Answered(Greeting::Valid), Symptom::Local(LocalCause::Output)] {
        let hearings = steady(&symptom, 3, Control::SameHost);
        assert_eq!(shown(&heard(Some(APPLIANCE), hearings.clone())), shown(&heard(None, hearings)));
    }
}

#[test]
fn a_way_that_is_learned_later_calls_the_jury_where_it_could_make_a_difference() {
    let mut blocked = heard(None, silence());
    assert!(blocked.heed(Some(APPLIANCE)), "whoever was convicted is judged anew");
    assert!(!blocked.heed(Some(APPLIANCE)), "it is no news");
    blocked.reconsider();
    assert_eq!(shown(&blocked), (State::Inconclusive, "not_direct"));
    assert!(blocked.heed(None), "the way is straight again");
    blocked.reconsider();
    assert_eq!(shown(&blocked), (State::PlatformBlocked, "silent_all"));

    let mut open = heard(None, steady(&Symptom::Answered(Greeting::Valid), 2, Control::SameHost));
    assert!(!open.heed(Some(APPLIANCE)));
}
