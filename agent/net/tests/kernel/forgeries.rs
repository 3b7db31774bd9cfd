//! Answers that are wrong, doubled, late or no packets at all.

use std::time::Duration;

use sortie_core::observation::{Observation, Seen};
use sortie_net::{Choice, RoundPlan, Settings};

use crate::forger::{Forged, Forger, RST, RST_ACK, SYN_ACK};
use crate::lab::{Lab, plan};

const PORT: u16 = 25;

fn answers(observation: &Observation) -> Vec<Vec<&'static str>> {
    let word = |seen: &Seen| match seen {
        Seen::SynAck(segment) if segment.acceptable => "syn-ack",
        Seen::SynAck(_) => "wrong syn-ack",
        Seen::Reset(segment) if segment.acceptable => "reset",
        Seen::Reset(_) => "wrong reset",
        _ => "something else",
    };
    observation
        .attempts
        .iter()
        .map(|attempt| attempt.answers.iter().map(|a| word(&a.seen)).collect())
        .collect()
}

#[test]
fn resets_that_a_kernel_ignores_are_seen_raw_and_told_apart() {
    let rows = [
        (Forged::new(RST, 0), "wrong reset"),
        (Forged::new(RST_ACK, 0), "wrong reset"),
        (Forged::new(RST_ACK, 77), "wrong reset"),
        (Forged::new(RST_ACK, 1), "reset"),
        (Forged::new(SYN_ACK, 77), "wrong syn-ack"),
    ];
    // Side by side, since what a kernel ignores takes a whole window.
    std::thread::scope(|scope| {
        for (forged, expected) in rows {
            let visible = if expected == "reset" { vec![vec!["reset"]; 3] } else { vec![vec![]; 3] };
            for (engine, expected) in [(Choice::Raw, vec![vec![expected]; 3]), (Choice::Connect, visible)] {
                scope.spawn(move || {
                    let Some(lab) = Lab::new(1) else { return };
                    let _forger = Forger::start(&lab, PORT, vec![forged]);
                    let observation = lab.probe(engine, &format!("{}:{PORT}", lab.server(false)), false);
                    assert_eq!(answers(&observation), expected, "{forged:?} {engine:?}");
                });
            }
        }
    });
}

#[test]
fn a_reset_that_loses_the_race_stands_beside_the_syn_ack() {
    let Some(lab) = Lab::new(1) else { return };
    let script = vec![Forged::new(RST_ACK, 1), Forged::new(SYN_ACK, 1), Forged::new(RST, 1)];
    let _forger = Forger::start(&lab, PORT, script);
    let raw = lab.probe(Choice::Raw, &format!("{}:{PORT}", lab.server(false)), false);
    assert_eq!(answers(&raw)[0], ["reset", "syn-ack", "wrong reset"]);
}

#[test]
fn a_gateway_that_authenticates_syns_is_open_at_the_second_try() {
    for first in [Forged::new(SYN_ACK, 77), Forged::new(RST_ACK, 1)] {
        let Some(lab) = Lab::new(1) else { return };
        let script =
            vec![Forged { syn: Some(0), ..first }, Forged { syn: Some(1), ..Forged::new(SYN_ACK, 1) }];
        let _forger = Forger::start(&lab, PORT, script);
        let raw = lab.probe(Choice::Raw, &format!("{}:{PORT}", lab.server(false)), false);
        assert_eq!(answers(&raw)[1], ["syn-ack"], "{first:?}");
        assert_eq!(raw.attempts.len(), 2, "{first:?}");
    }
}

#[test]
fn segments_that_are_too_short_are_nothing() {
    let Some(lab) = Lab::new(1) else { return };
    let script = [16, 12, 7, 4, 1].map(|cut| Forged { cut, ..Forged::new(SYN_ACK, 1) });
    let _forger = Forger::start(&lab, PORT, [&script[..], &[Forged::new(SYN_ACK, 1)]].concat());
    let raw = lab.probe(Choice::Raw, &format!("{}:{PORT}", lab.server(false)), false);
    assert_eq!(answers(&raw), [["syn-ack"]]);
}

#[test]
fn a_flood_of_answers_is_bounded() {
    let Some(lab) = Lab::new(1) else { return };
    let _forger = Forger::start(&lab, PORT, vec![Forged::new(SYN_ACK, 1); 200]);
    let raw = lab.probe(Choice::Raw, &format!("{}:{PORT}", lab.server(false)), false);
    assert_eq!(raw.attempts[0].answers.len(), 16);
}

#[test]
fn an_answer_between_two_rounds_is_counted_as_late() {
    let Some(lab) = Lab::new(1) else { return };
    let late = Forged { syn: Some(0), delay: Duration::from_millis(800), ..Forged::new(SYN_ACK, 1) };
    let _forger = Forger::start(&lab, PORT, vec![late]);
    let subjects = [format!("{}:{PORT}", lab.server(false))];
    let settings = Settings { engine: Choice::Raw, ..Settings::default() };
    let (first, late) = lab.with_prober(settings, &subjects, async |prober, roster| {
        let short = RoundPlan {
            attempts: Some(vec![Duration::ZERO]),
            window: Some(Duration::from_millis(300)),
            ..plan(1, false)
        };
        let resolved = prober.resolve(roster).await;
        let first = prober.round(&resolved, &short, &|_| {}).await;
        tokio::time::sleep(Duration::from_millis(800)).await;
        let second = prober.round(&resolved, &short, &|_| {}).await;
        (first, second.late)
    });
    assert!(answers(&first.observations[0])[0].is_empty());
    assert_eq!(late.len(), 1, "{late:?}");
}
