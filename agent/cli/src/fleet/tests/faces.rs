//! What a person and a program see of a fleet.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Counted, NOW, ONE, TWO, agents, answers, args, look, of, types};
use crate::fleet::ask::Look;
use crate::fleet::census::Answers;
use crate::fleet::face;
use crate::fleet::since::Span;
use crate::fleet::vms::{PastOfVms, Vms};
use crate::render::Style;

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
fn a_command_names_everybody_that_it_is_about_and_asks_as_this_one_did() {
    let partly = [("platform_blocked", 2), ("open", 8)];
    let rows: &[Counted<'_>] =
        &[("a", 25, "ipv4", &partly, &[("open", 10)]), ("b", 25, "ipv4", &partly, &[("open", 10)])];
    let flags = ["--region", "westeurope", "--header", "X-Scope-OrgID=mail", "--header", "X-Key=s3cret"];
    let text = face::table(&look(&answers(rows)), &args(&flags), Style::default());
    let command = "    sortie fleet --vms --prometheus https://p.example --header 'x-scope-orgid=mail' --header 'x-key=...' \
                   --region westeurope --subscription a --subscription b\n";
    assert!(text.contains(command), "{text}");
    let blocked: &[Counted<'_>] = &[
        ("a", 25, "ipv4", &[("platform_blocked", 9)], &[("open", 9)]),
        ("b", 25, "ipv4", &[("platform_blocked", 9)], &[("open", 9)]),
    ];
    let text = face::table(&look(&answers(blocked)), &args(&[]), Style::default());
    for id in ["a", "b"] {
        let command = format!("    sortie verify --prometheus https://p.example --subscription {id}\n");
        assert!(text.contains(&command), "{text}");
    }
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
