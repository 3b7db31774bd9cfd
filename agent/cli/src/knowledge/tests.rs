//! What a person sees, as a person sees it.

use serde_json::Value;
use sortie_core::knowledge::PROVIDERS;

use super::*;
use crate::args::RELAYS;

/// Not half a year after any comparison in the files.
const TODAY: &str = "2026-11-26T12:00:00Z";

/// More than half a year later.
const LATER: &str = "2027-08-01T12:00:00Z";

fn shown(topic: Option<&str>, at: &str) -> String {
    table(topic, Style::default(), humantime::parse_rfc3339(at).expect("a moment"))
}

fn topics() -> impl Iterator<Item = Option<&'static str>> {
    PROVIDERS.iter().copied().chain([RELAYS]).map(Some).chain([None])
}

#[test]
fn everything_at_a_glance() {
    insta::assert_snapshot!(shown(None, TODAY));
}

#[test]
fn azure_by_resource_and_subscription() {
    insta::assert_snapshot!(shown(Some("azure"), TODAY));
}

#[test]
fn a_provider_that_treats_all_alike() {
    insta::assert_snapshot!(shown(Some("hetzner"), TODAY));
}

#[test]
fn relays_and_what_they_take() {
    insta::assert_snapshot!(shown(Some(RELAYS), TODAY));
}

#[test]
fn every_topic_fits_into_80_columns_but_for_addresses() {
    for topic in topics() {
        let text = shown(topic, LATER);
        for line in text.lines().filter(|line| !line.contains("https://")) {
            assert!(line.chars().count() <= 80, "{topic:?}: {line}");
        }
    }
}

#[test]
fn what_is_old_is_called_old_and_how_old() {
    for topic in topics() {
        assert!(!shown(topic, TODAY).contains(" ago"), "{topic:?}");
        assert!(shown(topic, LATER).contains(" ago"), "{topic:?}");
    }
    assert!(shown(Some("azure"), LATER).contains("that was 304 days ago"));
}

#[test]
fn programs_read_the_facts_as_they_stand_in_their_files() {
    let read = |topic| -> Value {
        serde_json::from_str(&document::json(topic).expect("it can be written")).expect("it is JSON")
    };
    let everything = read(None);
    assert_eq!(everything["schema"], "sortie.knowledge/1");
    assert_eq!(everything["providers"].as_array().map(Vec::len), Some(PROVIDERS.len()));
    assert_eq!(everything["relays"]["relays"][0]["host"], "smtp.azurecomm.net");
    let azure = read(Some("azure"));
    assert_eq!(azure["relays"], Value::Null);
    let azure = &azure["providers"][0];
    assert_eq!(azure["policy"][1]["state"], "exemptible");
    assert_eq!(azure["policy"][1]["subscriptions"][0], "ea-devtest");
    assert_eq!(azure["sources"][0]["date"], "2025-07-28");
    assert_eq!(read(Some(RELAYS))["providers"], Value::Array(Vec::new()));
}
