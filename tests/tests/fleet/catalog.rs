//! The alerts that we ship, by name.

use anyhow::{Context as _, Result};
use e2e::backend::Labels;
use sortie_dashboards::rules::{Rule, groups};

/// What the labels of an alert are called, in the order in which a trial writes them.
const LABELS: [&str; 3] = ["cloud_account_id", "server_port", "network_type"];

/// The labels of an alert that is written as `NAME SUBSCRIPTION PORT FAMILY`, from the left as many as it has; `-` is
/// none, and others are written as `label=value`.
pub(crate) fn labels(text: &str) -> Result<Labels> {
    let (others, words): (Vec<_>, Vec<_>) = text.split(' ').partition(|word| word.contains('='));
    let mut words = words.into_iter();
    let name = words.next().context("an alert has a name")?;
    let own = [("alertname", name), ("severity", severity(name)?)];
    let usual = LABELS.into_iter().zip(words).filter(|(_, value)| *value != "-");
    let others = others.into_iter().filter_map(|word| word.split_once('='));
    let labels = own.into_iter().chain(usual).chain(others);
    Ok(labels.map(|(label, value)| (label.to_owned(), value.to_owned())).collect())
}

fn severity(name: &str) -> Result<&'static str> {
    let mut alerts = groups().into_iter().flat_map(|group| group.rules).filter_map(|rule| match rule {
        Rule::Alert(alert) => Some(alert),
        Rule::Record(_) => None,
    });
    let alert =
        alerts.find(|alert| alert.name == name).with_context(|| format!("there is no alert {name}"))?;
    Ok(alert.severity.code())
}
