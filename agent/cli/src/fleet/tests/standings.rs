//! How a fleet stands, and what is to be done about it.

use std::fmt::Write as _;

use serde_json::json;
use sortie_core::knowledge::Subscription as Kind;

use super::{Counted, ONE, agents, answers, args, look, of, types};
use crate::exit::Standing;
use crate::fleet::ask::{Look, Remarks};
use crate::fleet::census::{Answers, Subscription};
use crate::fleet::{advise, code, face};
use crate::render::Style;

#[test]
fn how_a_row_stands() {
    use Standing::{Degraded, Fine, Unknown, Violated};
    for (states, expected, standing) in [
        (&[("open", 40)][..], &[("open", 40)][..], Fine),
        (&[("platform_blocked", 40)], &[("blocked", 40)], Fine),
        (&[("platform_blocked", 40)], &[("any", 40)], Fine),
        (&[("platform_blocked", 36), ("open", 4)], &[("open", 40)], Violated),
        (&[("platform_blocked", 20), ("locally_blocked", 20)], &[("open", 40)], Violated),
        (&[("open", 40)], &[("blocked", 40)], Violated),
        (&[("platform_blocked", 35), ("open", 5)], &[("open", 40)], Degraded),
        (&[("open", 39), ("path_blocked", 1)], &[("open", 40)], Degraded),
        (&[("open", 39), ("throttled", 1)], &[("open", 40)], Degraded),
        (&[("partial", 40)], &[("any", 40)], Degraded),
        // Neither is a block, however many there are.
        (&[("no_egress", 40)], &[("open", 40)], Unknown),
        (&[("open", 31), ("no_egress", 9)], &[("open", 40)], Unknown),
        (&[("open", 32), ("no_egress", 8)], &[("open", 40)], Fine),
        (&[("inconclusive", 9), ("open", 31)], &[("blocked", 40)], Violated),
        (&[("word of the future", 40)], &[("open", 40)], Unknown),
        (&[("open", 40)], &[], Unknown),
        (&[("platform_blocked", 40)], &[], Unknown),
    ] {
        let look = look(&answers(&[(ONE, 25, "ipv4", states, expected)]));
        assert_eq!(look.census.subscriptions[0].rows[0].standing(), standing, "{states:?} {expected:?}");
        assert_eq!(code(&look), standing.code());
    }
}

#[test]
fn where_different_things_are_expected_vm_by_vm_was_compared() {
    let rows: &[Counted<'_>] =
        &[(ONE, 25, "ipv4", &[("open", 20), ("platform_blocked", 20)], &[("open", 20), ("blocked", 20)])];
    let place = json!({"cloud_account_id": ONE, "server_port": "25", "network_type": "ipv4"});
    for (blocked, open, standing) in
        [(0.0, 0.0, Standing::Fine), (2.0, 0.0, Standing::Degraded), (20.0, 20.0, Standing::Violated)]
    {
        let against = Some((of([(place.clone(), blocked)]), of([(place.clone(), open)])));
        let look = look(&Answers { against, ..answers(rows) });
        assert_eq!(look.census.standing(), standing, "{blocked} {open}");
    }
}

#[test]
fn a_family_that_most_vms_do_not_have_does_not_count() {
    let open: &[(&str, u64)] = &[("open", 1_000)];
    for (rows, standing) in [
        (
            vec![(ONE, 25, "ipv4", open, open), (ONE, 25, "ipv6", &[("no_egress", 1_000)][..], open)],
            Standing::Fine,
        ),
        // Of those with IPv6 all are open.
        (
            vec![
                (ONE, 25, "ipv4", open, open),
                (ONE, 25, "ipv6", &[("open", 30), ("no_egress", 970)][..], open),
            ],
            Standing::Fine,
        ),
        // IPv4 was lost in a region.
        (
            vec![
                (ONE, 25, "ipv4", &[("open", 500), ("no_egress", 500)][..], open),
                (ONE, 25, "ipv6", &[("open", 30), ("no_egress", 970)][..], open),
            ],
            Standing::Unknown,
        ),
        (
            vec![
                (ONE, 25, "ipv4", &[("no_egress", 1_000)][..], open),
                (ONE, 25, "ipv6", &[("no_egress", 1_000)][..], open),
            ],
            Standing::Unknown,
        ),
        (
            vec![(ONE, 25, "ipv4", open, open), (ONE, 25, "ipv6", &[("platform_blocked", 1_000)][..], open)],
            Standing::Violated,
        ),
    ] {
        assert_eq!(look(&answers(&rows)).census.standing(), standing, "{rows:?}");
    }
}

#[test]
fn a_few_silent_agents_are_those_that_a_fleet_loses_and_more_are_told() {
    let rows: &[Counted<'_>] = &[(ONE, 25, "ipv4", &[("open", 95)], &[("open", 95)])];
    for (seen, standing) in
        [(95.0, Standing::Fine), (100.0, Standing::Fine), (101.0, Standing::Unknown), (90.0, Standing::Fine)]
    {
        let (now, seen_then) = (agents(&[(ONE, 95.0)]), agents(&[(ONE, seen)]));
        let look = look(&Answers { agents: now, seen: seen_then, ..answers(rows) });
        assert_eq!(look.census.standing(), standing, "{seen}");
    }
}

#[test]
fn nobody_is_no_success_and_an_answer_with_holes_neither() {
    let nobody = look(&Answers::default());
    assert_eq!((nobody.census.subscriptions.len(), code(&nobody)), (0, crate::exit::UNKNOWN));
    insta::assert_snapshot!(face::table(&nobody, &args(&[]), Style::default()), @r"
    ? nobody reports

    as of 2026-11-26T21:53:20Z, by the recording rules
    ");
    let fine = look(&answers(&[(ONE, 25, "ipv4", &[("open", 4)], &[("open", 4)])]));
    assert_eq!(code(&fine), crate::exit::OK);
    let incomplete = vec!["a store is away".to_owned()];
    let partly = Look { remarks: Remarks { incomplete, notes: Vec::new() }, ..fine };
    assert_eq!(code(&partly), crate::exit::UNKNOWN);
}

#[test]
fn advice_is_in_the_words_of_the_documents_and_for_many_machines() {
    let mut told = String::new();
    for kind in [None, Some(Kind::Ea), Some(Kind::EaDevtest), Some(Kind::Other)] {
        let rows: &[Counted<'_>] = &[(ONE, 25, "ipv4", &[("platform_blocked", 9)], &[("open", 9)])];
        let kinds: Vec<(&str, &str)> = kind.iter().map(|kind| (ONE, kind.code())).collect();
        let look = look(&Answers { types: types(&kinds), ..answers(rows) });
        let first = first_step(&look.census.subscriptions[0]);
        let _ = writeln!(told, "{}: {first}", kind.map_or("-", Kind::code));
    }
    for state in [
        "path_blocked",
        "locally_blocked",
        "intercepted",
        "throttled",
        "refused",
        "partial",
        "no_egress",
        "inconclusive",
    ] {
        let rows: &[Counted<'_>] = &[(ONE, 25, "ipv4", &[(state, 9)], &[("open", 9)])];
        let _ = writeln!(told, "{state}: {}", first_step(&look(&answers(rows)).census.subscriptions[0]));
    }
    assert!(!told.contains("this machine"), "{told}");
    insta::assert_snapshot!("advice", told);
}

fn first_step(of: &Subscription) -> String {
    advise::of_row(of, &of.rows[0]).expect("something is wrong").steps[0].text.clone()
}
