//! The documents that the boards become.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;

const DASHBOARDS: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_committed_files_are_what_the_boards_are_rendered_to() {
    let write = std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always");
    for (path, rendered) in rendered() {
        let path = Path::new(DASHBOARDS).join(path);
        if write {
            std::fs::create_dir_all(path.parent().expect("below the crate")).expect("a folder");
            std::fs::write(&path, &rendered).expect("a file of the repository");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == rendered,
            "{} is not what the source says: INSTA_UPDATE=always cargo test -p sortie-dashboards",
            path.display()
        );
    }
}

#[test]
fn no_file_is_left_of_a_board_that_is_gone() {
    let rendered: BTreeSet<_> =
        rendered().into_iter().map(|(path, _)| Path::new(DASHBOARDS).join(path)).collect();
    for folder in ["grafana", "perses"] {
        for entry in std::fs::read_dir(Path::new(DASHBOARDS).join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            assert!(
                path.extension().is_none_or(|kind| kind != "json") || rendered.contains(&path),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn no_panel_of_grafana_lies_on_another() {
    for board in all() {
        let document = grafana::dashboard(&board);
        let panels = document["panels"].as_array().expect("panels");
        let mut ids = BTreeSet::new();
        let mut cells = BTreeSet::new();
        for panel in panels {
            assert!(ids.insert(panel["id"].as_u64()), "{}: a number twice", board.uid);
            let of = |side: &str| panel["gridPos"][side].as_u64().expect("a number");
            assert!(of("x") + of("w") <= u64::from(model::WIDTH), "{}: {}", board.uid, panel["title"]);
            for x in of("x")..of("x") + of("w") {
                for y in of("y")..of("y") + of("h") {
                    assert!(cells.insert((x, y)), "{}: {} lies on another", board.uid, panel["title"]);
                }
            }
        }
    }
}

#[test]
fn every_panel_of_grafana_has_a_unit_a_source_and_questions_that_differ() {
    for board in all() {
        let document = grafana::dashboard(&board);
        for panel in document["panels"].as_array().expect("panels") {
            let kind = panel["type"].as_str().expect("a kind");
            if kind == "row" {
                continue;
            }
            let at = format!("{} / {}", board.uid, panel["title"]);
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{at}");
            assert!(panel["description"].is_string(), "{at}");
            if kind == "text" {
                continue;
            }
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{at}");
            assert!(panel["fieldConfig"]["defaults"]["noValue"].is_string(), "{at}");
            let targets = panel["targets"].as_array().expect("questions");
            let letters: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str()).collect();
            assert_eq!(letters.len(), targets.len(), "{at}");
            assert!(!letters.contains(&Some("?")), "{at}");
            for target in targets {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{at}");
                // Azure Monitor answers a span of two days and more in steps of a minute at least.
                assert_eq!(target["interval"], "1m", "{at}");
            }
        }
    }
}

#[test]
fn a_board_of_grafana_is_what_its_linter_asks_for() {
    for board in all() {
        let document = grafana::dashboard(&board);
        assert_eq!(document["editable"], false, "{}", board.uid);
        let variables = document["templating"]["list"].as_array().expect("variables");
        assert_eq!(variables[0]["type"], "datasource", "{}", board.uid);
        let queries = variables.iter().filter(|variable| variable["type"] == "query");
        for variable in queries {
            assert_eq!(variable["refresh"], 2, "{}: with the time that is looked at", variable["name"]);
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{}", variable["name"]);
        }
        // Azure Monitor refuses a query over more than 32 days.
        assert!(board.hours <= 32 * 24, "{}", board.uid);
    }
}

#[test]
fn every_panel_of_perses_stands_in_a_grid_once() {
    for board in all() {
        let document = perses::dashboard(&board);
        let panels = document["spec"]["panels"].as_object().expect("panels");
        let layouts = document["spec"]["layouts"].as_array().expect("grids");
        let items = layouts.iter().flat_map(|grid| grid["spec"]["items"].as_array().expect("items"));
        let placed: Vec<_> = items
            .map(|item| {
                item["content"]["$ref"].as_str().expect("a reference").trim_start_matches("#/spec/panels/")
            })
            .collect();
        assert_eq!(
            placed.iter().copied().collect::<BTreeSet<_>>(),
            panels.keys().map(String::as_str).collect()
        );
        assert_eq!(placed.len(), panels.len(), "{}", board.uid);
    }
}

/// Cut off, the names of two machines are the same.
#[test]
fn a_table_of_perses_has_room_for_the_names_that_tell_rows_apart() {
    // At eight pixels a character: a UUID, our longest alert, a region, the longest of the destinations that we ship.
    let longest = [
        ("cloud_account_id", "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
        ("host_id", "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
        ("alertname", "SortieSubscriptionPartiallyBlocked"),
        ("cloud_region", "australiasoutheast"),
        ("server_address", "outlook-com.olc.protection.outlook.com"),
        ("azure_subscription_quota_id", "EnterpriseAgreement_2014-09-01"),
        ("sortie_port_state", "platform_blocked"),
        ("host_name", "mail-gateway-westeurope-000012"),
    ];
    // Words of closed lists, numbers, and hashes of a few characters.
    let short = [
        "azure_subscription_offer",
        "azure_subscription_spending_limit",
        "azure_subscription_state",
        "host_type",
        "network_type",
        "reason",
        "server_port",
        "service_version",
        "severity",
        "sortie_config_hash",
        "sortie_expected_state",
        "sortie_probe_mode",
        "sortie_signal",
        "sortie_subscription_type",
        "sortie_target_role",
    ];
    let mut met = BTreeSet::new();
    for board in all() {
        let document = perses::dashboard(&board);
        let panels = document["spec"]["panels"].as_object().expect("panels");
        let tables = panels.values().filter(|panel| panel["spec"]["plugin"]["kind"] == "Table");
        for column in tables
            .flat_map(|table| table["spec"]["plugin"]["spec"]["columnSettings"].as_array().expect("columns"))
        {
            let name = column["name"].as_str().expect("a name");
            let label = name.split(" #").next().unwrap_or(name);
            if label == "timestamp" || label == "value" || short.contains(&label) {
                continue;
            }
            let (_, longest) = longest
                .iter()
                .find(|(of, _)| *of == label)
                .unwrap_or_else(|| panic!("{}: how long is {label}?", board.uid));
            let width = column["width"].as_u64().unwrap_or_default();
            assert!(width >= longest.len() as u64 * 8, "{} / {label}: {width} pixels", board.uid);
            met.insert(label.to_owned());
        }
    }
    assert_eq!(met.len(), longest.len(), "{met:?}");
}

/// Both programs are asked the same questions.
#[test]
fn grafana_and_perses_ask_the_same() {
    fn expressions<'a>(document: &'a Value, key: &str, found: &mut Vec<&'a str>) {
        match document {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if name == key => found.push(text),
                        _ => expressions(value, key, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| expressions(value, key, found)),
            _ => {}
        }
    }
    for board in all() {
        let (grafana, perses) = (grafana::dashboard(&board), perses::dashboard(&board));
        let (mut there, mut here) = (Vec::new(), Vec::new());
        expressions(&grafana["panels"], "expr", &mut there);
        expressions(&perses["spec"]["panels"], "query", &mut here);
        there.sort_unstable();
        here.sort_unstable();
        assert_eq!(there, here, "{}", board.uid);
    }
}
