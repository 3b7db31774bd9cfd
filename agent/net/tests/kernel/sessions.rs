//! What a session tells about whoever answers, and how long things take.

use std::time::Duration;

use sortie_core::errno::Errno;
use sortie_core::observation::{Seen, SessionEnd};
use sortie_net::Choice;

use crate::lab::{At, Lab};
use crate::server::Service;

const ENGINES: [Choice; 2] = [Choice::Raw, Choice::Connect];

#[test]
fn an_open_port_greets_and_the_round_is_over_within_a_second() {
    let Some(mut lab) = Lab::new(1) else { return };
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    for engine in ENGINES {
        let subjects = [false, true].map(|v6| format!("{}:25", lab.server(v6)));
        for observation in lab.round(engine, &subjects, true).observations {
            assert!(observation.took < Duration::from_millis(600), "{:?}", observation.took);
            let greeting = SessionEnd::Greeting { code: 220, text: "mx.lab ESMTP".to_owned() };
            assert_eq!(observation.session.expect("a session").end, greeting);
        }
    }
}

#[test]
fn sessions_tell_what_answers() {
    for (service, expected) in [
        (Service::Greet("554 go away\r\n"), SessionEnd::Greeting { code: 554, text: "go away".to_owned() }),
        (Service::Greet("SSH-2.0-x\r\n"), SessionEnd::NotSmtp("SSH-2.0-x".to_owned())),
        (Service::Mute, SessionEnd::Silent),
        (Service::Close, SessionEnd::Closed),
        (Service::Reset, SessionEnd::Reset),
    ] {
        let Some(mut lab) = Lab::new(1) else { return };
        lab.serve(25, service);
        for engine in ENGINES {
            let observation = lab.probe(engine, &format!("{}:25", lab.server(false)), true);
            assert_eq!(observation.session.expect("a session").end, expected, "{service:?} {engine:?}");
        }
    }
}

#[test]
fn a_policy_rule_that_raw_packets_slip_past_shows_in_the_session() {
    let Some(mut lab) = Lab::new(1) else { return };
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    lab.sh(At::Agent, "ip rule add ipproto tcp dport 25 prohibit");
    let observation = lab.probe(Choice::Raw, &format!("{}:25", lab.server(false)), true);
    assert!(matches!(observation.attempts[0].answers[0].seen, Seen::SynAck(_)), "{observation:?}");
    assert_eq!(observation.session.expect("a session").end, SessionEnd::Refused(Errno::ACCES));
}

#[test]
fn a_silent_subject_gets_a_session_that_ends_with_the_probe() {
    let Some(lab) = Lab::new(1) else { return };
    lab.rule(At::Router(1), "forward", "tcp dport 25 drop");
    let observation = lab.probe(Choice::Raw, &format!("{}:25", lab.server(false)), true);
    let session = observation.session.expect("a session");
    assert_eq!(session.end, SessionEnd::NotConnected);
    assert!(session.took < Duration::from_millis(6500), "{:?}", session.took);
}
