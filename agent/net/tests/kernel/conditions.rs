//! What each engine makes of each condition, in both families: science in the form of a table.
//!
//! `own` is an ICMP error from this machine, `near` one from the first router. A dash is nothing at all.

use sortie_core::observation::{Attempt, Observation, Seen};
use sortie_core::target::Family;
use sortie_net::Choice;

use crate::lab::{At, Lab};
use crate::server::Service;

/// One condition and what comes back under it.
struct Condition {
    name: &'static str,
    /// Commands before the probe: where, and what.
    setup: &'static [(At, Setup)],
    /// What every attempt draws with raw packets, in v4 and v6.
    raw: [&'static str; 2],
    /// The same with `connect()`.
    connect: [&'static str; 2],
}

enum Setup {
    Rule(&'static str, &'static str),
    Shell(&'static str),
}

use Setup::{Rule, Shell};

const EGRESS: &[(At, Setup)] = &[
    (At::Agent, Shell("nft add table netdev lab")),
    (At::Agent, Shell("nft add chain netdev lab out { type filter hook egress device down0 priority 0; }")),
    (At::Agent, Shell("nft add rule netdev lab out tcp dport 25 drop")),
];

const CONDITIONS: &[Condition] = &[
    Condition {
        name: "everything open",
        setup: &[],
        raw: ["syn-ack hop 63", "syn-ack hop 63"],
        connect: ["syn-ack", "syn-ack"],
    },
    Condition {
        name: "this machine's output hook drops",
        setup: &[(At::Agent, Rule("output", "tcp dport 25 drop"))],
        raw: ["EPERM", "EPERM"],
        connect: ["- dropped locally", "- dropped locally"],
    },
    Condition {
        name: "this machine's postrouting hook drops",
        setup: &[(At::Agent, Rule("postrouting", "tcp dport 25 drop"))],
        raw: ["EPERM", "EPERM"],
        connect: ["- dropped locally", "- dropped locally"],
    },
    Condition {
        name: "this machine's output hook rejects",
        setup: &[(At::Agent, Rule("output", "tcp dport 25 reject"))],
        raw: ["EPERM, 3/3 own", "EPERM, 1/4 own"],
        connect: ["3/3 own", "1/4 own"],
    },
    Condition {
        name: "this machine's output hook rejects as prohibited",
        setup: &[(At::Agent, Rule("output", "tcp dport 25 reject with icmpx admin-prohibited"))],
        raw: ["EPERM, 3/13 own", "EPERM, 1/1 own"],
        connect: ["3/13 own", "1/1 own"],
    },
    Condition {
        name: "this machine's output hook resets",
        setup: &[(At::Agent, Rule("output", "tcp dport 25 reject with tcp reset"))],
        raw: ["EPERM, reset hop 64", "EPERM, reset hop 64"],
        connect: ["reset", "reset"],
    },
    Condition {
        name: "this machine's input hook drops the answers",
        setup: &[(At::Agent, Rule("input", "tcp sport 25 drop"))],
        raw: ["dropped on arrival hop 63", "dropped on arrival hop 63"],
        connect: ["-", "-"],
    },
    Condition {
        name: "this machine's egress hook drops",
        setup: EGRESS,
        raw: ["ENOBUFS", "ENOBUFS"],
        connect: ["- dropped locally", "- dropped locally"],
    },
    Condition {
        name: "blackhole routes",
        setup: &[
            (At::Agent, Shell("ip route replace blackhole 10.0.1.0/24")),
            (At::Agent, Shell("ip -6 route del fd00:1::/64")),
            (At::Agent, Shell("ip -6 route add blackhole fd00:1::/64")),
        ],
        raw: ["EINVAL", "EINVAL"],
        connect: ["EINVAL", "EINVAL"],
    },
    Condition {
        name: "unreachable routes",
        setup: &[
            (At::Agent, Shell("ip route replace unreachable 10.0.1.0/24")),
            (At::Agent, Shell("ip -6 route del fd00:1::/64")),
            (At::Agent, Shell("ip -6 route add unreachable fd00:1::/64")),
        ],
        raw: ["EHOSTUNREACH", "EHOSTUNREACH"],
        connect: ["EHOSTUNREACH", "EHOSTUNREACH"],
    },
    Condition {
        name: "prohibit routes",
        setup: &[
            (At::Agent, Shell("ip route replace prohibit 10.0.1.0/24")),
            (At::Agent, Shell("ip -6 route del fd00:1::/64")),
            (At::Agent, Shell("ip -6 route add prohibit fd00:1::/64")),
        ],
        raw: ["EACCES", "EACCES"],
        connect: ["EACCES", "EACCES"],
    },
    Condition {
        name: "no route",
        setup: &[
            (At::Agent, Shell("ip route del 10.0.1.0/24")),
            (At::Agent, Shell("ip -6 route del fd00:1::/64")),
        ],
        raw: ["ENETUNREACH", "ENETUNREACH"],
        connect: ["ENETUNREACH", "ENETUNREACH"],
    },
    Condition {
        name: "the gateway is dead",
        setup: &[
            (At::Agent, Shell("ip route replace 10.0.1.0/24 via 10.0.0.99")),
            (At::Agent, Shell("ip -6 route replace fd00:1::/64 via fd00:0::99")),
        ],
        raw: ["3/1 own", "1/3 own"],
        connect: ["3/1 own", "1/3 own"],
    },
    Condition {
        name: "the router drops",
        setup: &[(At::Router(1), Rule("forward", "tcp dport 25 drop"))],
        raw: ["-", "-"],
        connect: ["-", "-"],
    },
    Condition {
        name: "the router drops the answers",
        setup: &[(At::Router(1), Rule("forward", "tcp sport 25 drop"))],
        raw: ["-", "-"],
        connect: ["-", "-"],
    },
    Condition {
        name: "the router rejects",
        setup: &[(At::Router(1), Rule("forward", "tcp dport 25 reject"))],
        raw: ["3/3 near", "1/4 near"],
        connect: ["3/3 near", "1/4 near"],
    },
    Condition {
        name: "the router rejects as prohibited",
        setup: &[(At::Router(1), Rule("forward", "tcp dport 25 reject with icmpx admin-prohibited"))],
        raw: ["3/13 near", "1/1 near"],
        connect: ["3/13 near", "1/1 near"],
    },
    Condition {
        name: "the router resets",
        setup: &[(At::Router(1), Rule("forward", "tcp dport 25 reject with tcp reset"))],
        raw: ["reset hop 64", "reset hop 64"],
        connect: ["reset", "reset"],
    },
    Condition {
        name: "the server resets",
        setup: &[(At::Server, Rule("input", "tcp dport 25 reject with tcp reset"))],
        raw: ["reset hop 63", "reset hop 63"],
        connect: ["reset", "reset"],
    },
    Condition {
        name: "the router redirects to itself",
        setup: &[
            (At::Router(1), Shell("nft add table inet lab")),
            (At::Router(1), Shell("nft add chain inet lab pre { type nat hook prerouting priority -100; }")),
            (At::Router(1), Shell("nft add rule inet lab pre tcp dport 25 redirect to :2525")),
        ],
        raw: ["syn-ack hop 64", "syn-ack hop 64"],
        connect: ["syn-ack", "syn-ack"],
    },
];

/// What an attempt drew, in words.
fn drew(attempt: &Attempt) -> String {
    let mut words: Vec<String> = attempt.answers.iter().map(|answer| word(&answer.seen)).collect();
    words.dedup();
    if words.is_empty() {
        words.push("-".to_owned());
        if attempt.kernel.is_some_and(|kernel| kernel.dropped_locally()) {
            words[0].push_str(" dropped locally");
        }
    }
    words.join(", ")
}

fn word(seen: &Seen) -> String {
    let hop = |limit: Option<u8>| limit.map(|limit| format!(" hop {limit}")).unwrap_or_default();
    match seen {
        Seen::SynAck(segment) => format!("syn-ack{}", hop(segment.hop_limit)),
        Seen::Reset(segment) => format!("reset{}", hop(segment.hop_limit)),
        Seen::DroppedOnArrival(segment) => format!("dropped on arrival{}", hop(segment.hop_limit)),
        Seen::Icmp(icmp) => {
            let near = ["10.0.0.1", "fd00::1"].contains(&icmp.offender.to_string().as_str());
            let who = if icmp.from_self {
                "own"
            } else if near {
                "near"
            } else {
                "far"
            };
            format!("{}/{} {who}", icmp.kind, icmp.code)
        }
        Seen::Refused(errno) => errno.to_string(),
    }
}

fn observe(condition: &Condition, engine: Choice) -> Vec<Observation> {
    let Some(mut lab) = Lab::new(1) else { return Vec::new() };
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    lab.serve_at(At::Router(1), 2525, Service::Greet("220 proxy\r\n"));
    for (at, setup) in condition.setup {
        match setup {
            Rule(hook, rule) => lab.rule(*at, hook, rule),
            Shell(command) => lab.sh(*at, command),
        }
    }
    let subjects = [false, true].map(|v6| format!("{}:25", lab.server(v6)));
    lab.round(engine, &subjects, false).observations
}

/// Checks every condition with one engine; conditions run side by side, they mostly wait.
fn check(engine: Choice) {
    let failures: Vec<String> = std::thread::scope(|scope| {
        let checks: Vec<_> =
            CONDITIONS.iter().map(|condition| scope.spawn(move || failure(condition, engine))).collect();
        checks.into_iter().flat_map(|check| check.join().expect("a laboratory")).collect()
    });
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn failure(condition: &Condition, engine: Choice) -> Vec<String> {
    let expected = if engine == Choice::Raw { condition.raw } else { condition.connect };
    let complaint = |observation: &Observation| {
        let expected = expected[usize::from(observation.family == Family::Ipv6)];
        let drawn: Vec<String> = observation.attempts.iter().map(drew).collect();
        let count = if expected.starts_with("syn-ack") { 1 } else { 3 };
        let as_expected = drawn.len() == count && drawn.iter().all(|words| words == expected);
        (!as_expected).then(|| {
            format!(
                "{} ({engine:?}, {}): expected {expected:?}, got {drawn:?}",
                condition.name, observation.family
            )
        })
    };
    observe(condition, engine).iter().filter_map(complaint).collect()
}

#[test]
fn raw_packets_show_every_condition() {
    check(Choice::Raw);
}

#[test]
fn connect_shows_every_condition_as_far_as_it_can() {
    check(Choice::Connect);
}
