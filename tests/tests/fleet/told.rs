//! Notifications, short enough to be compared.

use e2e::notified::Notification;

/// One line for each, in the order of the alphabet: where it went, what it says, about which subscription and port, and
/// how many alerts it holds.
pub(crate) fn lines(told: &[Notification]) -> Vec<String> {
    let mut lines: Vec<_> = told.iter().map(line).collect();
    lines.sort();
    lines
}

fn line(told: &Notification) -> String {
    let label = |name| told.group_labels.get(name).map_or("-", |value: &String| value.as_str());
    let [name, subscription, port] = ["alertname", "cloud_account_id", "server_port"].map(label);
    format!("{} {} {name} {subscription} {port}: {}", told.path, told.status, told.alerts.len())
}
