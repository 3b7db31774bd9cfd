//! Sources, exhausted ports and families that are switched off: refusals that are nobody's but this machine's.

use std::time::{Duration, Instant};

use sortie_core::localise::Pair;
use sortie_core::observation::{Observation, Seen, SessionEnd};
use sortie_core::target::{Family, Operator, Port};
use sortie_core::walk::Reach;
use sortie_net::{Choice, Settings, Source};

use crate::lab::{At, Lab, plan};
use crate::server::Service;

const ENGINES: [Choice; 2] = [Choice::Raw, Choice::Connect];

fn open_lab() -> Option<Lab> {
    let mut lab = Lab::new(1)?;
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    Some(lab)
}

fn observe(lab: &Lab, settings: Settings, v6: bool) -> Observation {
    let subject = [format!("{}:25", lab.server(v6))];
    let mut round = lab.with_prober(settings, &subject, async |prober, roster| {
        prober.round(&prober.resolve(roster).await, &plan(1, true), &|_| {}).await
    });
    round.observations.remove(0)
}

fn first(observation: &Observation) -> String {
    match observation.attempts[0].answers.first().map(|answer| &answer.seen) {
        Some(Seen::SynAck(_)) => "syn-ack".to_owned(),
        Some(Seen::Refused(errno)) => errno.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn probes_leave_from_the_configured_source() {
    let Some(lab) = open_lab() else { return };
    lab.sh(At::Agent, "ip addr add 10.0.0.5/24 dev down0");
    lab.rule(At::Router(1), "forward", "ip saddr 10.0.0.2 drop");
    for engine in ENGINES {
        for (source, expected) in [("10.0.0.5", "syn-ack"), ("down0", "None"), ("10.0.0.2", "None")] {
            let settings = Settings { engine, source: Some(Source::parse(source)), ..Settings::default() };
            assert_eq!(first(&observe(&lab, settings, false)), expected, "{engine:?} from {source}");
        }
    }
}

#[test]
fn an_interface_that_is_not_there_is_refused_by_the_kernel() {
    let Some(lab) = open_lab() else { return };
    let source = Some(Source::Interface("nowhere0".to_owned()));
    let settings = Settings { engine: Choice::Auto, source, ..Settings::default() };
    assert_eq!(first(&observe(&lab, settings, false)), "ENODEV");
}

#[test]
fn exhausted_ports_stop_connect_and_the_session_of_raw() {
    let Some(mut lab) = open_lab() else { return };
    for port in [40_000, 40_001] {
        lab.serve_at(At::Agent, port, Service::Mute);
    }
    lab.sh(At::Agent, "sysctl -qw net.ipv4.ip_local_port_range=40000\\ 40001");
    for v6 in [false, true] {
        let engine = |engine| Settings { engine, ..Settings::default() };
        assert_eq!(first(&observe(&lab, engine(Choice::Connect), v6)), "EADDRNOTAVAIL");
        let raw = observe(&lab, engine(Choice::Raw), v6);
        assert_eq!(first(&raw), "syn-ack");
        let end = raw.session.expect("a session").end;
        assert!(
            matches!(end, SessionEnd::Refused(errno) if errno.name() == Some("EADDRNOTAVAIL")),
            "{end:?}"
        );
    }
}

#[test]
fn a_family_that_is_switched_off_is_refused_at_once_and_the_other_one_works() {
    let Some(lab) = open_lab() else { return };
    lab.sh(At::Agent, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    for engine in ENGINES {
        let settings = || Settings { engine, ..Settings::default() };
        assert_eq!(first(&observe(&lab, settings(), false)), "syn-ack", "{engine:?}");
        let six = observe(&lab, settings(), true);
        assert_eq!(six.family, Family::Ipv6);
        assert!(["EADDRNOTAVAIL", "ENETUNREACH"].contains(&first(&six).as_str()), "{engine:?}: {six:?}");
    }
}

#[test]
fn a_walk_that_this_machine_does_not_let_out_is_refused_step_by_step() {
    let Some(lab) = open_lab() else { return };
    lab.rule(At::Agent, "output", "tcp dport 25 drop");
    let pair = Pair {
        operator: Operator::new("operator").expect("valid"),
        subject: (lab.server(false).parse().expect("an address"), Port::SMTP),
        control: None,
    };
    let settings = Settings { engine: Choice::Raw, ..Settings::default() };
    let (walks, took) = lab.with_prober(settings, &["192.0.2.1:25".to_owned()], async move |prober, _| {
        let started = Instant::now();
        (prober.walk(&[pair], 1..=4, 1).await, started.elapsed())
    });
    assert!(walks[0].steps.iter().all(|step| step.subject == [Reach::Refused]), "{walks:?}");
    assert!(took < Duration::from_millis(200), "{took:?}");
}
