//! What a verdict is can be written down, and the next life of an agent goes on from it.

use std::time::Duration;

use super::{round, walks};
use crate::evidence::Evidence;
use crate::hearing::{Control, Greeting, Symptom};
use crate::schedule::Pace;
use crate::target::{Family, Port};
use crate::verdict::machine::Machine;
use crate::verdict::{Attribution, Finding, Signature, State};
use crate::walk::Reach;

#[test]
fn a_word_is_written_down_as_it_is_shown() {
    for state in State::ALL {
        assert_eq!(serde_json::to_value(state).expect("plain data"), state.code());
    }
    for signature in [Signature::SilentDrop, Signature::Prohibited, Signature::NoAnswer] {
        assert_eq!(serde_json::to_value(signature).expect("plain data"), signature.code());
    }
}

#[test]
fn a_finding_that_was_written_down_is_the_same_when_it_is_read() {
    let finding = Finding {
        state: State::PlatformBlocked,
        signature: Some(Signature::SilentDrop),
        attribution: Some(Attribution::PlatformOrSecurityGroup),
        confidence: 0.9997,
        rule: "silent_all",
        because: "is blocked by the network provider".to_owned(),
        evidence: vec![Evidence::new(1.95, "alpha: no answer in 2 rounds, control answered")],
        settled: true,
    };
    let text = serde_json::to_string(&finding).expect("plain data");
    assert_eq!(serde_json::from_str::<Finding>(&text).expect("it was written by us"), finding);
    let foreign = text.replace("silent_all", "a_rule_of_another_version");
    assert!(serde_json::from_str::<Finding>(&foreign).is_err(), "its meaning is not known");
}

#[test]
fn another_life_goes_on_from_what_was_on_show() {
    let blocked = Finding { state: State::PlatformBlocked, rule: "silent_all", ..Finding::unfinished() };
    let resumed = || {
        let mut machine = Machine::resumed(Port::SMTP, Family::Ipv4, Pace::DEFAULT, blocked.clone());
        machine.add_walks(walks(1, Reach::Silent));
        machine
    };
    let mut same = resumed();
    assert!(same.is_doubting(), "the jury is due at once");
    let mut changes = Vec::new();
    for second in [0, 10, 20, 30] {
        let silent = round(second, &vec![Symptom::Silent; 5], Control::SameHost);
        changes.extend(same.hear(silent, Duration::from_secs(second)));
        assert_eq!(same.shown().map(|shown| shown.state), Some(State::PlatformBlocked));
    }
    assert_eq!(changes, [], "it is still so");
    let mut lifted = resumed();
    for second in [0, 10, 20, 30] {
        if lifted.is_doubting() {
            let open = round(second, &vec![Symptom::Answered(Greeting::Valid); 5], Control::SameHost);
            changes.extend(lifted.hear(open, Duration::from_secs(second)));
        }
    }
    let told: Vec<_> = changes.iter().map(|change| (change.previous, change.state)).collect();
    assert_eq!(told, [(State::PlatformBlocked, State::Open)], "one change, from what was on show");
}
