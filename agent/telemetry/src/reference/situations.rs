//! Everything that can happen to an agent, once: each word of each closed list, and each attribute with and without.

use std::time::Duration;

use sortie_core::drift::Told;
use sortie_core::errno::Errno;
use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription;
use sortie_core::observation::{
    Answer, DnsFailure, EngineKind, Icmp, Observation, Peer, Seen, Segment, Session, SessionEnd,
};
use sortie_core::outcome::{self, Outcome};
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port, Role};
use sortie_core::verdict::State;

use crate::bounds::Bounds;
use crate::facts::Skip;
use crate::spool::Signal;
use crate::testing::{self, facts, observed, port_facts};
use crate::{Facts, PortFacts, RelayFacts, SpoolUsage, StoreState, Telemetry};

/// Plays them, and lets somebody look whenever something new is on show.
pub(super) fn play(mut look: impl FnMut(&Telemetry)) {
    let bounds = Bounds { destinations: 64, ports: 2 };
    let telemetry = Telemetry::new(&testing::identity(), &bounds).expect("an identity and bounds");
    probe(&telemetry);
    for skip in Skip::ALL {
        telemetry.skipped(skip);
    }
    for ending in
        [None, Some("503"), Some("timeout"), Some("connection"), Some("points_rejected"), Some("_OTHER")]
    {
        for signal in Signal::ALL {
            telemetry.exported(signal, 1, ending);
        }
    }
    for signal in Signal::ALL {
        telemetry.spooled(signal, SpoolUsage { bytes: 1_024, limit: 65_536, oldest: None });
    }
    for facts in standings() {
        for port in &facts.ports {
            telemetry.changed(port.port, port.family);
        }
        telemetry.show(facts);
        look(&telemetry);
    }
}

fn probe(telemetry: &Telemetry) {
    for outcome in Outcome::ALL {
        telemetry.observed(&met(outcome));
    }
    for role in Role::ALL {
        for family in Family::ALL {
            let answered = observed("mx.example:25", role, Some(Duration::from_millis(12)));
            telemetry.observed(&Observation { family, ..answered });
        }
    }
}

/// Each state, expectation, engine and family, with and without what is optional.
fn standings() -> Vec<Facts> {
    let ports = |state, expected| {
        Family::ALL.map(|family| PortFacts { family, state, expected, ..port_facts() }).to_vec()
    };
    let of_states = State::ALL.map(|state| Facts { ports: ports(state, Expectation::Any), ..facts() });
    let of_expectations =
        Expectation::ALL.map(|expected| Facts { ports: ports(State::Open, expected), ..facts() });
    let of_engines = EngineKind::ALL.map(|engine| Facts { engine, ..facts() });
    let relay = |result| vec![RelayFacts { name: "own".to_owned(), result }];
    let of_relays = Usability::ALL.map(|result| Facts { relays: relay(result), ..facts() });
    let sized = Facts { host_type: Some("Standard_B1s".to_owned()), ..facts() };
    let rejected = Facts { config_rejected: true, ..facts() };
    let not_kept = Facts { store: StoreState::Memory, ..facts() };
    let of_types = Subscription::ALL.map(|kind| {
        let bare = Told { kind, ..testing::nothing_told() };
        Facts { subscription: Some(bare), ..facts() }
    });
    let told = Facts { subscription: Some(testing::told()), ..facts() };
    let rest = [sized, rejected, not_kept];
    of_states
        .into_iter()
        .chain(of_expectations)
        .chain(of_engines)
        .chain(of_relays)
        .chain(of_types)
        .chain([told])
        .chain(rest)
        .collect()
}

/// An observation that means this.
fn met(outcome: Outcome) -> Observation {
    let silent = || observed("mx.example:25", Role::Subject, None);
    let answered = |end| Observation {
        session: Some(Session { end, took: Duration::from_millis(40) }),
        ..observed("mx.example:25", Role::Subject, Some(Duration::from_millis(12)))
    };
    let greeting = |code| answered(SessionEnd::Greeting { code, text: "mx.example".to_owned() });
    let saw = |seen| {
        let mut observation = silent();
        observation.attempts[0].answers = vec![Answer { after: Duration::from_millis(3), late: false, seen }];
        observation
    };
    let segment = || Segment { acceptable: true, ..Segment::default() };
    // RFC 792: destination unreachable; code 13 of RFC 1812 is "communication administratively prohibited".
    let icmp = |code| {
        let offender = [198, 51, 100, 1].into();
        saw(Seen::Icmp(Icmp {
            family: Family::Ipv4,
            kind: 3,
            code,
            offender,
            from_self: false,
            hop_limit: None,
        }))
    };
    let observation = match outcome {
        Outcome::Established => observed("mx.example:25", Role::Subject, Some(Duration::from_millis(12))),
        Outcome::Greeted => greeting(220),
        Outcome::RejectedGreeting => greeting(554),
        Outcome::SilentGreeting => answered(SessionEnd::Silent),
        Outcome::Reset => saw(Seen::Reset(segment())),
        Outcome::ResetAfterHandshake => answered(SessionEnd::Reset),
        Outcome::Timeout => silent(),
        Outcome::Prohibited => icmp(13),
        Outcome::Unreachable => icmp(1),
        Outcome::NoRoute => saw(Seen::Refused(Errno::NETUNREACH)),
        Outcome::DeniedLocally => saw(Seen::DroppedOnArrival(segment())),
        Outcome::LocalError => saw(Seen::Refused(Errno::NOMEM)),
        Outcome::DnsError => Observation { peer: Peer::Unresolved(DnsFailure::NxDomain), ..silent() },
    };
    assert_eq!(outcome::classify(&observation), outcome);
    assert_eq!(observation.port(), Port::SMTP);
    observation
}
