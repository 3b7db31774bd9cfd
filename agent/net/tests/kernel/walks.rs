//! Walks over a chain of three routers.

use std::time::{Duration, Instant};

use sortie_core::localise::Pair;
use sortie_core::target::{Operator, Port};
use sortie_core::walk::{Reach, Walk};
use sortie_net::{Choice, Settings};

use crate::lab::{At, Lab};
use crate::server::Service;

const ROUTERS: usize = 3;

fn lab() -> Option<Lab> {
    let mut lab = Lab::new(ROUTERS)?;
    lab.serve(25, Service::Mute);
    lab.serve(443, Service::Mute);
    Some(lab)
}

fn walk(lab: &Lab, engine: Choice, v6: bool, repeats: u8) -> (Walk, Duration) {
    let ip = lab.server(v6).trim_matches(['[', ']']).parse().expect("an address");
    let port = |number| Port::new(number).expect("valid");
    let pair = Pair {
        operator: Operator::new("operator").expect("valid"),
        subject: (ip, port(25)),
        control: Some((ip, port(443))),
    };
    let settings = Settings { engine, ..Settings::default() };
    let started = Instant::now();
    let mut walks = lab.with_prober(settings, &["192.0.2.1:25".to_owned()], async move |prober, _| {
        prober.walk(&[pair], 1..=6, repeats).await
    });
    (walks.remove(0), started.elapsed())
}

fn hop(router: usize, v6: bool) -> Reach {
    let link = router - 1;
    let host = if link == 0 { 1 } else { 2 };
    let ip = if v6 { format!("fd00:{link}::{host}") } else { format!("10.0.{link}.{host}") };
    Reach::TimeExceeded(ip.parse().expect("an address"))
}

fn every_hop_and_the_distance_of_the_server_are_seen(engine: Choice) {
    let Some(lab) = lab() else { return };
    for v6 in [false, true] {
        let (walk, took) = walk(&lab, engine, v6, 1);
        assert!(took < Duration::from_millis(1200), "{took:?}");
        for step in &walk.steps {
            let expected = match usize::from(step.ttl) {
                ttl @ 1..=ROUTERS => hop(ttl, v6),
                _ => Reach::SynAck,
            };
            assert_eq!((&step.subject, &step.control), (&vec![expected], &vec![expected]), "{step:?}");
        }
        assert_eq!(walk.control_distance(), Some(4));
    }
}

fn a_drop_two_hops_away_parts_subject_and_control(engine: Choice) {
    let Some(lab) = lab() else { return };
    lab.rule(At::Router(2), "prerouting", "tcp dport 25 drop");
    for v6 in [false, true] {
        let (walk, _) = walk(&lab, engine, v6, 2);
        assert_eq!((walk.subject_reach(), walk.control_reach()), (Some(1), Some(3)), "{walk:?}");
    }
}

fn a_reset_is_drawn_at_its_senders_distance(engine: Choice) {
    let Some(lab) = lab() else { return };
    lab.rule(At::Router(2), "forward", "tcp dport 25 reject with tcp reset");
    for v6 in [false, true] {
        let (walk, _) = walk(&lab, engine, v6, 1);
        assert_eq!(walk.subject_draws(|r| *r == Reach::Reset), Some(3), "{walk:?}");
    }
}

#[test]
fn every_hop_and_the_distance_of_the_server_are_seen_by_raw() {
    every_hop_and_the_distance_of_the_server_are_seen(Choice::Raw);
}

#[test]
fn every_hop_and_the_distance_of_the_server_are_seen_by_connect() {
    every_hop_and_the_distance_of_the_server_are_seen(Choice::Connect);
}

#[test]
fn a_drop_two_hops_away_parts_subject_and_control_for_raw() {
    a_drop_two_hops_away_parts_subject_and_control(Choice::Raw);
}

#[test]
fn a_drop_two_hops_away_parts_subject_and_control_for_connect() {
    a_drop_two_hops_away_parts_subject_and_control(Choice::Connect);
}

#[test]
fn a_reset_is_drawn_at_its_senders_distance_by_raw() {
    a_reset_is_drawn_at_its_senders_distance(Choice::Raw);
}

#[test]
fn a_reset_is_drawn_at_its_senders_distance_by_connect() {
    a_reset_is_drawn_at_its_senders_distance(Choice::Connect);
}

#[test]
fn three_pairs_are_walked_in_about_a_second_and_share_the_routers_ration() {
    for engine in [Choice::Raw, Choice::Connect] {
        let Some(lab) = lab() else { return };
        let ip = lab.server(false).parse().expect("an address");
        let port = |number| Port::new(number).expect("valid");
        let pairs = [25, 26, 27].map(|subject| Pair {
            operator: Operator::new(&format!("operator {subject}")).expect("valid"),
            subject: (ip, port(subject)),
            control: Some((ip, port(443))),
        });
        let settings = Settings { engine, ..Settings::default() };
        let (walks, took) =
            lab.with_prober(settings, &["192.0.2.1:25".to_owned()], async move |prober, _| {
                let started = Instant::now();
                (prober.walk(&pairs, 1..=8, 1).await, started.elapsed())
            });
        assert!(took < Duration::from_millis(1100), "{engine:?}: {took:?}");
        for walk in walks {
            assert_eq!(walk.steps[0].subject, [hop(1, false)], "{engine:?}: {walk:?}");
            assert_eq!(walk.steps[0].control, [hop(1, false)], "{engine:?}: {walk:?}");
        }
    }
}
