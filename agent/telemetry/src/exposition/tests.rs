//! The page as Prometheus reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use sortie_core::expect::Expectation;
use sortie_core::target::{Family, Port, Role};
use sortie_core::verdict::State;

use super::*;
use crate::testing::{
    self, facts, is_name, lines, observed, port_facts, read_labels, without_arch, without_costs,
};
use crate::{Facts, Loss, PortFacts, Signal, Skip, SpoolUsage};

/// Fails where Prometheus would refuse the page or `promtool check metrics` would complain.
fn lint(page: &str) {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut current = "";
    let mut series: BTreeMap<(&str, BTreeMap<String, String>), f64> = BTreeMap::new();
    assert!(page.ends_with('\n'));
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            current = help.split_once(' ').expect("a text behind the name").0;
            assert!(is_name(current), "{line}");
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            assert_eq!(name, current, "TYPE follows HELP");
            assert!(types.insert(name, kind).is_none(), "{name} is announced twice");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = sample.split_once('{').unwrap_or((sample, "}"));
            let family = match types[current] {
                "histogram" => ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)),
                _ => Some(name),
            };
            assert_eq!(family, Some(current), "{line} stands under another metric");
            let labels = read_labels(labels.strip_suffix('}').expect("a closing brace"));
            let value: f64 = value.parse().expect("a number");
            assert!(series.insert((name, labels), value).is_none(), "{line} is there twice");
        }
    }
    for ((name, labels), count) in &series {
        if let Some(family) =
            name.strip_suffix("_count").filter(|family| types.get(family) == Some(&"histogram"))
        {
            let bucket = format!("{family}_bucket");
            let infinite = labels.iter().map(|(k, v)| (k.clone(), v.clone()));
            let infinite = infinite.chain([("le".to_owned(), "+Inf".to_owned())]).collect();
            assert_eq!(series.get(&(bucket.as_str(), infinite)), Some(count), "{name}{labels:?}");
        }
    }
}

fn week() -> crate::Telemetry {
    let telemetry = testing::telemetry();
    for (host, millis) in
        [("mx.example:25", Some(12)), ("mx2.example:25", Some(140)), ("mx2.example:25", None)]
    {
        telemetry.observed(&observed(host, Role::Subject, millis.map(Duration::from_millis)));
    }
    telemetry.observed(&observed("smtp.example:587", Role::Control, Some(Duration::from_millis(9))));
    telemetry.show(facts());
    telemetry.changed(Port::SMTP, Family::Ipv4);
    telemetry.skipped(Skip::Suspended);
    let blocked = PortFacts { state: State::PlatformBlocked, expected: Expectation::Blocked, ..port_facts() };
    let open = PortFacts { port: Port::SUBMISSION, family: Family::Ipv6, ..port_facts() };
    telemetry.show(Facts {
        ports: vec![blocked, open],
        host_type: Some("Standard_B1s".to_owned()),
        ..facts()
    });
    let usage = SpoolUsage { bytes: 1_024, limit: 16_777_216, oldest: None };
    telemetry.spooled(Signal::Metrics, usage);
    telemetry.dropped(Signal::Metrics, Loss::Age, 47);
    telemetry.exported(Signal::Metrics, 3, None);
    telemetry.exported(Signal::Metrics, 1, Some("503"));
    telemetry
}

#[test]
fn the_page_reads_like_this() {
    let page = week().prometheus();
    lint(&page);
    insta::assert_snapshot!(without_arch(&without_costs(&page)));
}

#[test]
fn text_from_outside_breaks_no_page() {
    let telemetry = testing::telemetry();
    let hostile = "a\"} 1\nup{x=\"\\";
    telemetry.show(Facts { host_type: Some(hostile.to_owned()), ..facts() });
    let page = telemetry.prometheus();
    lint(&page);
    let [info] = lines(&page, "sortie_agent_info")[..] else { panic!("one series in\n{page}") };
    let labels = read_labels(info.trim_start_matches("sortie_agent_info{").trim_end_matches("} 1"));
    assert_eq!(labels.get("host_type").map(String::as_str), Some(hostile));
}

#[test]
fn keys_that_become_one_label_share_it() {
    let keys = [("team.a", "1"), ("team_a", "2"), ("__name__", "up"), ("1st", "3")];
    let resource =
        Resource::builder_empty().with_attributes(keys.map(|(key, value)| KeyValue::new(key, value)));
    let mut text = String::new();
    target_info(&mut text, &resource.build());
    lint(&text);
    let expected = r#"target_info{key_1st="3",key__name__="up",team_a="1;2"} 1"#;
    assert_eq!(text.lines().last(), Some(expected));
}
