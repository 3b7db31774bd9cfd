//! What the connect engine makes of each condition, in both families.

use std::time::Duration;

use sortie_core::errno::Errno;
use sortie_core::observation::{Observation, Seen, SessionEnd};
use sortie_net::Choice;

use crate::lab::{At, Lab};
use crate::server::Service;

/// Everything that came back, in words.
fn seen(observation: &Observation) -> Vec<String> {
    let answers = observation.attempts.iter().flat_map(|attempt| &attempt.answers);
    answers.map(|answer| word(&answer.seen)).collect()
}

fn word(seen: &Seen) -> String {
    match seen {
        Seen::SynAck(_) => "syn-ack".to_owned(),
        Seen::Reset(_) => "reset".to_owned(),
        Seen::Icmp(icmp) => {
            let own = if icmp.from_self { " own" } else { "" };
            format!("icmp {}/{} {}{own}", icmp.kind, icmp.code, icmp.offender)
        }
        Seen::Refused(errno) => format!("refused {errno}"),
        Seen::DroppedOnArrival(_) => "dropped on arrival".to_owned(),
    }
}

fn both(lab: &Lab, port: u16) -> [String; 2] {
    [false, true].map(|v6| format!("{}:{port}", lab.server(v6)))
}

#[test]
fn an_open_port_establishes_and_greets_within_a_second() {
    let Some(mut lab) = Lab::new(1) else { return };
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    for observation in lab.round(Choice::Connect, &both(&lab, 25), true).observations {
        assert_eq!(seen(&observation), ["syn-ack"], "{observation:?}");
        assert!(observation.took < Duration::from_millis(600), "{:?}", observation.took);
        let greeting = SessionEnd::Greeting { code: 220, text: "mx.lab ESMTP".to_owned() };
        assert_eq!(observation.session.expect("a session").end, greeting);
    }
}

#[test]
fn a_closed_port_resets_every_attempt() {
    let Some(lab) = Lab::new(1) else { return };
    for observation in lab.round(Choice::Connect, &both(&lab, 25), true).observations {
        assert_eq!(seen(&observation), ["reset", "reset", "reset"]);
        assert!(observation.took < Duration::from_secs(4), "{:?}", observation.took);
    }
}

#[test]
fn an_output_drop_and_an_egress_drop_are_local_and_a_router_drop_is_not() {
    for (at, hook, rule, local) in [
        (At::Agent, "output", "tcp dport 25 drop", true),
        (At::Agent, "postrouting", "tcp dport 25 drop", true),
        (At::Router(1), "forward", "tcp dport 25 drop", false),
        (At::Router(1), "prerouting", "tcp dport 25 drop", false),
        (At::Agent, "input", "tcp sport 25 drop", false),
    ] {
        let Some(mut lab) = Lab::new(1) else { return };
        lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
        lab.rule(at, hook, rule);
        for observation in lab.round(Choice::Connect, &both(&lab, 25), true).observations {
            assert_eq!(seen(&observation), Vec::<String>::new(), "{hook}");
            assert_eq!(observation.session, None);
            assert_eq!(observation.attempts.len(), 3);
            for attempt in &observation.attempts {
                let kernel = attempt.kernel.expect("a view");
                assert!(kernel.retransmits > 0, "{hook}: {kernel:?}");
                assert_eq!(kernel.dropped_locally(), local, "{hook}: {kernel:?}");
            }
        }
    }
}

#[test]
fn an_egress_hook_drop_is_local() {
    let Some(lab) = Lab::new(1) else { return };
    lab.sh(At::Agent, "nft add table netdev lab");
    lab.sh(At::Agent, "nft add chain netdev lab out { type filter hook egress device down0 priority 0; }");
    lab.sh(At::Agent, "nft add rule netdev lab out tcp dport 25 drop");
    for observation in lab.round(Choice::Connect, &both(&lab, 25), false).observations {
        assert!(observation.attempts.iter().all(|a| a.kernel.expect("a view").dropped_locally()));
    }
}

#[test]
fn rejections_name_who_rejected() {
    for (at, hook, rule, expected) in [
        (At::Agent, "output", "reject", ["icmp 3/3 10.0.0.2 own", "icmp 1/4 fd00::2 own"]),
        (
            At::Agent,
            "output",
            "reject with icmpx admin-prohibited",
            ["icmp 3/13 10.0.0.2 own", "icmp 1/1 fd00::2 own"],
        ),
        (At::Router(1), "forward", "reject", ["icmp 3/3 10.0.0.1", "icmp 1/4 fd00::1"]),
        (
            At::Router(1),
            "forward",
            "reject with icmpx admin-prohibited",
            ["icmp 3/13 10.0.0.1", "icmp 1/1 fd00::1"],
        ),
        (At::Router(1), "forward", "reject with tcp reset", ["reset", "reset"]),
        (At::Agent, "output", "reject with tcp reset", ["reset", "reset"]),
    ] {
        let Some(mut lab) = Lab::new(1) else { return };
        lab.serve(25, Service::Mute);
        lab.rule(at, hook, &format!("tcp dport 25 {rule}"));
        let round = lab.round(Choice::Connect, &both(&lab, 25), false);
        for (observation, expected) in round.observations.iter().zip(expected) {
            let answers = seen(observation);
            assert!(answers.iter().all(|a| a == expected), "{hook} {rule}: {answers:?}");
            assert_eq!(answers.len(), 3, "{hook} {rule}: {answers:?}");
        }
    }
}

#[test]
fn routes_that_lead_nowhere_are_refused_by_the_kernel() {
    for (route, errno) in
        [("blackhole", Errno::INVAL), ("unreachable", Errno::HOSTUNREACH), ("prohibit", Errno::ACCES)]
    {
        let Some(lab) = Lab::new(1) else { return };
        lab.sh(At::Agent, &format!("ip route replace {route} 10.0.1.0/24"));
        lab.sh(At::Agent, "ip -6 route del fd00:1::/64");
        lab.sh(At::Agent, &format!("ip -6 route add {route} fd00:1::/64"));
        for observation in lab.round(Choice::Connect, &both(&lab, 25), true).observations {
            let answers = seen(&observation);
            assert_eq!(answers, vec![format!("refused {errno}"); 3], "{route} {}", observation.family);
        }
    }
    let Some(lab) = Lab::new(1) else { return };
    lab.sh(At::Agent, "ip route del 10.0.1.0/24");
    lab.sh(At::Agent, "ip -6 route del fd00:1::/64");
    for observation in lab.round(Choice::Connect, &both(&lab, 25), true).observations {
        assert_eq!(seen(&observation), ["refused ENETUNREACH"; 3], "{}", observation.family);
    }
}

#[test]
fn a_dead_gateway_is_reported_by_this_machine_itself() {
    let Some(lab) = Lab::new(1) else { return };
    lab.sh(At::Agent, "ip route replace 10.0.1.0/24 via 10.0.0.99");
    lab.sh(At::Agent, "ip -6 route replace fd00:1::/64 via fd00:0::99");
    let round = lab.round(Choice::Connect, &both(&lab, 25), false);
    for (observation, expected) in
        round.observations.iter().zip(["icmp 3/1 10.0.0.2 own", "icmp 1/3 fd00::2 own"])
    {
        assert!(seen(observation).iter().all(|s| s == expected), "{:?}", seen(observation));
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
        let session = lab.probe(Choice::Connect, &both(&lab, 25)[0], true).session.expect("a session");
        assert_eq!(session.end, expected, "{service:?}");
    }
}
