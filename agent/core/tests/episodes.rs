//! A settled open port, and what a few rounds make of it: the cases that the simulator found.

use std::time::Duration;

use sortie_core::hearing::{Control, Greeting, Hearing, Symptom, Tally, Testimony};
use sortie_core::observation::EngineKind;
use sortie_core::schedule::Pace;
use sortie_core::target::{Family, Operator, Port};
use sortie_core::verdict::State;
use sortie_core::verdict::machine::Machine;

/// Five operators.
const NAMES: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

/// One round of everybody; `.` is silence, `v` a valid greeting, `g` a handshake without one, `x` silence of the
/// control as well.
fn round(second: u64, words: &str) -> Hearing {
    let witness = |(name, word): (&str, char)| {
        let (symptom, control) = match word {
            'v' => (Symptom::Answered(Greeting::Valid), Control::SameHost),
            'g' => (Symptom::Answered(Greeting::Silent), Control::SameHost),
            '.' => (Symptom::Silent, Control::SameHost),
            _ => (Symptom::Silent, Control::Failed),
        };
        Testimony::new(Operator::new(name).expect("a valid name"), symptom, control)
    };
    let silent = words.chars().filter(|word| *word == '.').count();
    let silent = 3 * u32::try_from(silent).expect("five at most");
    let globals = if words.contains(['v', 'g', '.']) { 2 } else { 0 };
    Hearing {
        globals: (globals, 2),
        subject_tally: Tally { sent: 15, unanswered: silent },
        control_tally: Tally { sent: 5, unanswered: 0 },
        ..Hearing::new(
            Duration::from_secs(second),
            EngineKind::Raw,
            NAMES.into_iter().zip(words.chars()).map(witness).collect(),
        )
    }
}

/// The states that a port shows after `rounds` of the jury, in turn. It was open at second 0 and is doubted then.
fn shown(rounds: &[(u64, &str)]) -> Vec<State> {
    let mut machine = Machine::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT);
    machine.hear(round(0, "vvvvv"), Duration::ZERO);
    let mut states = vec![State::Open];
    for (second, words) in rounds {
        machine.doubt();
        if machine.rounds() == 0 {
            machine.add_walks([]);
        }
        let change = machine.hear(round(*second, words), Duration::from_secs(*second));
        states.extend(change.map(|change| change.state));
    }
    states
}

/// Episode, rounds, what is shown in turn.
type Row<'a> = (&'a str, &'a [(u64, &'a str)], &'a [State]);

#[test]
fn every_episode_is_shown_as_what_it_is_and_without_a_detour() {
    use State::{Open, Partial, PlatformBlocked, Throttled};
    let rows: [Row<'_>; 9] = [
        ("a block", &[(90, "....."), (100, ".....")], &[Open, PlatformBlocked]),
        (
            "a block within a minute of the last answers",
            &[(56, "....."), (66, "....."), (76, ".....")],
            &[Open, PlatformBlocked],
        ),
        (
            "a block that begins in the middle of a round",
            &[
                (90, "vv..."),
                (100, "....."),
                (110, "....."),
                (120, "....."),
                (130, "....."),
                (140, "....."),
                (150, "....."),
                (160, "....."),
            ],
            &[Open, PlatformBlocked],
        ),
        (
            "a block that begins between handshake and greeting",
            &[
                (90, "ggggg"),
                (100, "....."),
                (110, "....."),
                (120, "....."),
                (130, "....."),
                (140, "....."),
                (150, "....."),
                (160, "....."),
            ],
            &[Open, PlatformBlocked],
        ),
        (
            "a throttle that lets one pass now and then",
            &[(90, "vvv.."), (100, "....."), (110, "v...."), (120, ".v...")],
            &[Open, Throttled],
        ),
        ("loss that hits others in every round", &[(90, ".vv.v"), (100, ".v.vv"), (110, ".vvv.")], &[Open]),
        (
            "two operators that fail for good",
            &[(90, ".vv.v"), (100, ".vv.v"), (110, ".vv.v")],
            &[Open, Partial],
        ),
        ("a frozen machine in a confirm round", &[(90, ".v.vv"), (100, "xxxxx"), (110, "vvvvv")], &[Open]),
        (
            "a lift that one round interrupts",
            &[(90, "....."), (100, "....."), (200, "vvvvv"), (210, "....."), (220, "vvvvv"), (230, "vvvvv")],
            &[Open, PlatformBlocked, Open],
        ),
    ];
    for (episode, rounds, expected) in rows {
        assert_eq!(shown(rounds), expected, "{episode}");
    }
}
