//! The alerts that we ship, by name.

use anyhow::{Context as _, Result};
use e2e::backend::Labels;

/// What the labels of an alert are called, in the order in which a trial writes them.
const LABELS: [&str; 3] = ["cloud_account_id", "server_port", "network_type"];

/// The labels of an alert that is written as `NAME SUBSCRIPTION PORT FAMILY`, from the left as many as it has; `-` is
/// none.
pub(crate) fn labels(text: &str) -> Result<Labels> {
    let mut words = text.split(' ');
    let name = words.next().context("an alert has a name")?;
    let own = [("alertname", name), ("severity", severity(name))];
    let labels = own.into_iter().chain(LABELS.into_iter().zip(words).filter(|(_, value)| *value != "-"));
    Ok(labels.map(|(label, value)| (label.to_owned(), value.to_owned())).collect())
}

fn severity(name: &str) -> &'static str {
    match name {
        "SortieSubscriptionPortBlocked"
        | "SortieTenantWideBlock"
        | "SortieExpectationViolated"
        | "SortieRegionNoEgress"
        | "SortieTelemetryAbsent" => "critical",
        "SortieSubscriptionPortUnblocked" | "SortieTargetUnreachable" | "SortieVMPortBlocked" => "info",
        "SortieWatchdog" => "none",
        _ => "warning",
    }
}
