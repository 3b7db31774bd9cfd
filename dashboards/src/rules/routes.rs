//! The routes of `dashboards/alertmanager/alertmanager.yaml`, which is written by hand: its comments are half of it. Here it
//! is held against the alerts.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::tests::{alerts, labels};
use super::{Alert, Severity};

const CONFIGURATION: &str = include_str!("../../alertmanager/alertmanager.yaml");

#[derive(Deserialize)]
struct Configuration {
    route: Route,
    inhibit_rules: Vec<Inhibition>,
    receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
struct Route {
    receiver: String,
    #[serde(default)]
    matchers: Vec<String>,
    group_by: Option<Vec<String>>,
    #[serde(default)]
    routes: Vec<Route>,
}

#[derive(Deserialize)]
struct Inhibition {
    source_matchers: Vec<String>,
    target_matchers: Vec<String>,
    #[serde(default)]
    equal: Vec<String>,
}

#[derive(Deserialize)]
struct Receiver {
    name: String,
    #[serde(default)]
    webhook_configs: Vec<Webhook>,
}

#[derive(Deserialize)]
struct Webhook {
    url: String,
}

fn configuration() -> Configuration {
    serde_saphyr::from_str(CONFIGURATION).expect("the configuration is YAML of this shape")
}

/// The value of a matcher of this label: `=` or `=~` with nothing but alternatives.
fn values<'a>(matchers: &'a [String], label: &str) -> Vec<&'a str> {
    let of_label = matchers.iter().filter_map(|matcher| matcher.strip_prefix(label));
    let value = of_label.map(|rest| rest.trim_start_matches([' ', '=', '~']).trim_matches('"'));
    value.flat_map(|alternatives| alternatives.split('|')).collect()
}

fn known(name: &str) -> Alert {
    alerts().into_iter().find(|alert| alert.name == name).unwrap_or_else(|| panic!("{name} is no alert"))
}

#[test]
fn an_inhibition_compares_labels_that_both_sides_always_have() {
    for Inhibition { source_matchers, target_matchers, equal } in configuration().inhibit_rules {
        let sources = values(&source_matchers, "alertname");
        let targets = values(&target_matchers, "alertname");
        assert!(!sources.is_empty() && !targets.is_empty());
        for name in sources.iter().chain(&targets) {
            let carried = labels(&known(name));
            for label in &equal {
                assert!(
                    carried.contains(label),
                    "{name} has no {label}: missing on both sides counts as equal"
                );
            }
        }
        let both: BTreeSet<_> = sources.iter().filter(|name| targets.contains(name)).collect();
        assert!(both.is_empty(), "{both:?} would inhibit itself");
        assert!(targets.iter().all(|name| known(name).name != "SortieWatchdog"));
    }
}

#[test]
fn only_what_speaks_for_others_inhibits_a_page() {
    for Inhibition { source_matchers, target_matchers, .. } in configuration().inhibit_rules {
        for target in values(&target_matchers, "alertname") {
            let pages = |name: &&str| known(name).severity == Severity::Critical;
            if pages(&target) {
                assert!(values(&source_matchers, "alertname").iter().all(pages), "{target}");
            }
        }
    }
}

#[test]
fn every_severity_goes_where_it_belongs() {
    let root = configuration().route;
    for alert in alerts() {
        let wanted = match alert.severity {
            Severity::Critical => "page",
            Severity::Warning => "ticket",
            Severity::Info => "info",
            Severity::None => "watchdog",
        };
        let takes = |route: &&Route| {
            let matches = |label: &str, value: &str| {
                let values = values(&route.matchers, label);
                values.is_empty() || values.contains(&value)
            };
            matches("alertname", alert.name) && matches("severity", alert.severity.code())
        };
        let route = root.routes.iter().find(takes).unwrap_or(&root);
        assert_eq!(route.receiver, wanted, "{}", alert.name);
        let grouped = route.group_by.as_ref().or(root.group_by.as_ref()).expect("the root groups");
        assert!(grouped.contains(&"alertname".to_owned()), "{}", alert.name);
    }
    for name in root.routes.iter().flat_map(|route| values(&route.matchers, "alertname")) {
        known(name);
    }
}

#[test]
fn receivers_are_places_to_fill_in() {
    let receivers = configuration().receivers;
    let urls: Vec<_> =
        receivers.iter().flat_map(|receiver| &receiver.webhook_configs).map(|of| &of.url).collect();
    assert_eq!(
        urls,
        ["http://notify.example/page", "http://notify.example/ticket", "http://notify.example/watchdog"]
    );
    assert!(receivers.iter().any(|receiver| receiver.name == "info" && receiver.webhook_configs.is_empty()));
}
