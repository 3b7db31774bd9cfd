//! Fleets as Prometheus answers, and what a person and a program see of them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use serde_json::{Value, json};
use sortie_core::knowledge::Subscription as Kind;

use super::ask::{Look, Remarks};
use super::census::{Answers, Census, Subscription};
use super::observed::Observed;
use super::query::{Against, Scope, Source};
use super::since::{Since, Span};
use super::vms::{PastOfVms, Vms};
use super::{advise, code, face};
use crate::args::{Cli, Command, Fleet};
use crate::exit::Standing;
use crate::prometheus::{Vector, vector};
use crate::render::Style;

const NOW: f64 = 1_795_730_000.0;
const ONE: &str = "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10";
const TWO: &str = "77aa01bc-0000-4000-8000-000000000002";

/// A row as rules count it: subscription, port, family, VMs by state, VMs by expectation.
type Counted<'a> = (&'a str, u16, &'a str, &'a [(&'a str, u64)], &'a [(&'a str, u64)]);

fn args(flags: &[&str]) -> Fleet {
    let usual = ["sortie", "fleet", "--prometheus", "https://p.example"];
    match Cli::try_parse_from(usual.iter().chain(flags)).expect("good flags").command {
        Command::Fleet(fleet) => fleet,
        other => panic!("{other:?}"),
    }
}

fn of(samples: impl IntoIterator<Item = (Value, f64)>) -> Vector {
    let elements = samples.into_iter();
    let elements: Vec<Value> = elements
        .map(|(labels, value)| json!({"metric": labels, "value": [NOW, value.to_string()]}))
        .collect();
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": elements}});
    vector(body.to_string().as_bytes()).expect("a vector")
}

#[expect(clippy::cast_precision_loss, reason = "a few VMs")]
fn answers(rows: &[Counted<'_>]) -> Answers {
    let labels = |row: &Counted<'_>, label: &str, word: &str| {
        let mut labels =
            json!({"cloud_account_id": row.0, "server_port": row.1.to_string(), "network_type": row.2});
        labels[label] = word.into();
        labels
    };
    let states = rows.iter().flat_map(|row| {
        row.3.iter().map(move |(word, vms)| (labels(row, "sortie_port_state", word), *vms as f64))
    });
    let expected = rows.iter().flat_map(|row| {
        row.4.iter().map(move |(word, vms)| (labels(row, "sortie_expected_state", word), *vms as f64))
    });
    Answers { states: of(states), expected: of(expected), ..Answers::default() }
}

fn agents(of_each: &[(&str, f64)]) -> Vector {
    of(of_each.iter().map(|(id, count)| (json!({"cloud_account_id": id}), *count)))
}

fn types(of_each: &[(&str, &str)]) -> Vector {
    let labels =
        |(id, kind): &(&str, &str)| json!({"cloud_account_id": id, "sortie_subscription_type": kind});
    of(of_each.iter().map(|one| (labels(one), 1.0)))
}

fn look(answers: &Answers) -> Look {
    let mut census = Census::of(answers);
    for (number, (_, row)) in (0_u8..).zip(census.rows_mut()) {
        let changed = row.tally.observed() != Observed::One(sortie_core::verdict::State::Open);
        let ago = if changed { 720.0 + 3_600.0 * f64::from(number) } else { 604_800.0 };
        row.since = Some(Since { at: NOW - ago, changed, resolution: 60 });
    }
    Look { at: NOW, source: Source::Recorded, census, vms: None, remarks: Remarks::default() }
}

/// Every situation that a subscription may be in.
fn situations() -> Look {
    const RELAYED: &str = "d0d0d0d0-0000-4000-8000-000000000004";
    const GONE: &str = "f0f0f0f0-0000-4000-8000-000000000006";
    const LOST: &str = "e0e0e0e0-0000-4000-8000-000000000005";
    const LEAKS: &str = "90909090-0000-4000-8000-000000000007";
    const OTHER: &str = "1c1c1c1c-0000-4000-8000-000000000003";
    let open = |vms| [("open", vms)];
    let answers = answers(&[
        (ONE, 25, "ipv4", &[("platform_blocked", 39), ("inconclusive", 1)], &open(40)),
        (ONE, 25, "ipv6", &[("no_egress", 40)], &open(40)),
        (ONE, 587, "ipv4", &open(40), &open(40)),
        (TWO, 25, "ipv4", &open(812), &open(812)),
        (TWO, 25, "ipv6", &open(812), &open(812)),
        (RELAYED, 25, "ipv4", &[("open", 24), ("platform_blocked", 16)], &open(40)),
        (RELAYED, 25, "ipv6", &open(12), &open(12)),
        (RELAYED, 587, "ipv4", &[("open", 37), ("refused", 3)], &open(40)),
        (LOST, 25, "ipv4", &[("no_egress", 20)], &open(20)),
        (LEAKS, 25, "ipv4", &open(5), &[("blocked", 5)]),
        (OTHER, 25, "ipv4", &[("platform_blocked", 30)], &[("blocked", 30)]),
        ("", 25, "ipv4", &[("locally_blocked", 3)], &[("any", 3)]),
    ]);
    look(&Answers {
        agents: agents(&[
            (ONE, 40.0),
            (TWO, 812.0),
            (RELAYED, 40.0),
            (LOST, 20.0),
            (LEAKS, 5.0),
            (OTHER, 30.0),
            ("", 3.0),
        ]),
        seen: agents(&[(ONE, 42.0), (TWO, 815.0), (RELAYED, 40.0), (LOST, 20.0), (GONE, 10.0)]),
        types: types(&[
            (ONE, "ea-devtest"),
            (TWO, "ea"),
            (OTHER, "other"),
            (LEAKS, "other"),
            (LOST, "ea"),
            (LOST, "other"),
        ]),
        ..answers
    })
}

#[test]
fn each_subscription_has_a_line_and_what_to_do() {
    insta::assert_snapshot!("table", face::table(&situations(), &args(&[]), Style::default()));
}

#[test]
fn the_same_fits_into_80_columns() {
    let style = Style { width: Some(80), colour: false };
    let text = face::table(&situations(), &args(&[]), style);
    let table: Vec<&str> = text.lines().take_while(|line| *line != "What to do").collect();
    assert!(table.iter().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!("table_80", table.join("\n"));
}

#[test]
fn a_program_reads_all_of_it() {
    let json = face::json(&situations(), &args(&[])).expect("plain data");
    insta::assert_snapshot!("json", json);
    let lines = face::json(&situations(), &args(&["--watch"])).expect("plain data");
    let same: Value = serde_json::from_str(&lines).expect("JSON");
    assert_eq!((lines.lines().count(), same), (1, serde_json::from_str(&json).expect("JSON")));
}

#[test]
fn colours_are_for_who_wants_them() {
    let [plain, coloured] =
        [false, true].map(|colour| face::table(&situations(), &args(&[]), Style { width: None, colour }));
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

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

#[test]
fn vms_are_listed_worst_first_and_the_others_counted() {
    let vm = |name: &str, more: Value, value: f64| {
        let mut labels = json!({"host_id": format!("{name}-id"), "host_name": name, "cloud_account_id": ONE, "cloud_region": "westeurope"});
        for (key, word) in more.as_object().into_iter().flatten() {
            labels[key] = word.clone();
        }
        (labels, value)
    };
    let place =
        |state: &str| json!({"server_port": "25", "network_type": "ipv4", "sortie_port_state": state});
    let listed = of([
        vm("gone-1", json!({}), 1.0),
        vm("odd-1", place("refused"), 4.0),
        vm("mail-2", place("platform_blocked"), 6.0),
        vm("mail-1", place("platform_blocked"), 6.0),
        vm("leak-1\u{1b}[31m", place("open"), 5.0),
        vm("lost-1", place("no_egress"), 2.0),
        vm("from the future", place("open"), 9.0),
    ]);
    let mut vms = Vms::of(&listed, Some(&of([(json!({}), 412.0)])));
    let held = |host: &str, state: &str, ago: f64| {
        (
            json!({"host_id": host, "server_port": "25", "network_type": "ipv4", "sortie_port_state": state}),
            NOW - ago,
        )
    };
    let past = PastOfVms {
        recent: vec![of([held("mail-1-id", "open", 780.0), held("mail-1-id", "platform_blocked", 0.0)])],
        whole: vec![of([held("mail-2-id", "open", 90_000.0), held("mail-2-id", "platform_blocked", 0.0)])],
        first: vec![of([(
            json!({"host_id": "odd-1-id", "server_port": "25", "network_type": "ipv4"}),
            NOW - 7_200.0,
        )])],
    };
    vms.hear_states(NOW, &past, (Span::recent(12), Span::whole(12)));
    vms.hear_silence(
        &[of([(json!({"host_id": "gone-1-id"}), NOW - 2_460.0)])],
        Span::silence(Duration::from_secs(21_600)),
    );
    let seen =
        Look { vms: Some(vms), ..look(&answers(&[(ONE, 25, "ipv4", &[("open", 9)], &[("open", 9)])])) };
    let text = face::table(&seen, &args(&["--vms"]), Style::default());
    let (_, list) = text.split_once("\n\nVMs").expect("a list");
    insta::assert_snapshot!("vms", list);
    assert_eq!(seen.vms.as_ref().expect("asked for").hosts(true), ["gone-1-id"]);
    let json: Value =
        serde_json::from_str(&face::json(&seen, &args(&["--vms"])).expect("data")).expect("JSON");
    assert_eq!(
        (&json["vms_left_off"], &json["vms"][0]["wrong"]),
        (&405.into(), &"blocked_unexpectedly".into())
    );
}

#[test]
fn an_id_from_outside_moves_no_cursor_and_ends_no_command() {
    let row = |id| look(&answers(&[(id, 25, "ipv4", &[("platform_blocked", 9)], &[("open", 9)])]));
    let hostile = face::table(&row("a\u{1b}[2Jb"), &args(&[]), Style::default());
    assert!(!hostile.contains('\u{1b}') && !hostile.contains("sortie verify"), "{hostile}");
    let quoted = face::table(&row("a'; reboot"), &args(&[]), Style::default());
    assert!(quoted.contains(r"--subscription 'a'\''; reboot'"), "{quoted}");
    let outside = face::table(&row(""), &args(&[]), Style::default());
    assert!(outside.contains("no subscription, port 25") && !outside.contains("sortie verify"), "{outside}");
    let mut with_token = args(&[]);
    with_token.bearer_token_file = Some(PathBuf::from("/run/token"));
    assert!(
        face::table(&row(ONE), &with_token, Style::default()).contains("--bearer-token-file /run/token ")
    );
}

#[test]
fn the_rows_come_in_the_order_that_was_asked_for() {
    let rows: &[Counted<'_>] = &[
        ("a", 25, "ipv4", &[("open", 9)], &[("open", 9)]),
        ("b", 25, "ipv4", &[("platform_blocked", 5)], &[("blocked", 5)]),
        ("c", 25, "ipv4", &[("platform_blocked", 2)], &[("open", 2)]),
    ];
    let answers = Answers {
        agents: agents(&[("a", 9.0), ("b", 5.0), ("c", 2.0)]),
        seen: agents(&[("a", 9.0), ("b", 6.0), ("c", 2.0)]),
        ..answers(rows)
    };
    let look = look(&answers);
    for (order, expected) in [
        ("worst", "cba"),
        ("subscription", "abc"),
        ("vms", "abc"),
        ("blocked", "bca"),
        ("silent", "bac"),
        ("since", "bca"),
    ] {
        let json = face::json(&look, &args(&["--sort", order])).expect("plain data");
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let ids: String = json["subscriptions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["subscription"].as_str())
            .collect();
        assert_eq!(ids, expected, "{order}");
    }
}

#[test]
fn the_questions_read_like_this() {
    let plain = Scope::of(&args(&[]));
    let narrow = Scope::of(&args(&[
        "--subscription",
        ONE,
        "--subscription",
        "none",
        "--region",
        "uksouth",
        "--port",
        "25",
        "--window",
        "1h",
    ]));
    let state = Observed::One(sortie_core::verdict::State::PlatformBlocked);
    let lost = Observed::One(sortie_core::verdict::State::NoEgress);
    let mut told = Vec::new();
    for (name, scope) in [("plain", &plain), ("narrow", &narrow)] {
        for source in [Source::Recorded, Source::Raw] {
            told.push(format!("\n# {name}, {}", source.code()));
            told.extend([
                scope.states(source),
                scope.expected(source),
                scope.against(source, Against::Blocked),
                scope.against(source, Against::Open),
                scope.agents(source),
                scope.seen(source),
                scope.first(source, Span::whole(1)),
                scope.otherwise(source, state, Span::recent(1)),
                scope.otherwise(source, lost, Span::recent(1)),
                scope.otherwise(source, Observed::Mixed, Span::recent(1)),
            ]);
        }
        told.extend([scope.types(), scope.nameless(), scope.wrong(20), scope.wrong_count()]);
    }
    let hosts = ["a.b", "c\""];
    told.extend([
        "\n# hosts".to_owned(),
        Scope::held(&hosts, Span::recent(1)),
        Scope::held_first(&hosts, Span::whole(1)),
        Scope::heard(&hosts, Span::silence(Duration::from_secs(3_600))),
        Scope::anything(),
    ]);
    insta::assert_snapshot!("questions", told.join("\n"));
}
