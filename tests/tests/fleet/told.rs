//! Notifications, short enough to be compared.

use e2e::fleet::Fleet;
use e2e::notified::Notification;

/// One line for each, in the order of the alphabet: where it went, what it says, about which subscription, region
/// and port, and how many alerts it holds.
pub(crate) fn lines(told: &[Notification]) -> Vec<String> {
    let mut lines: Vec<_> = told.iter().map(line).collect();
    lines.sort();
    lines
}

/// As [`lines`], with the names that a story has for its subscriptions, and without those who say that all is well.
pub(crate) fn lines_of(fleet: &Fleet, told: &[Notification]) -> Vec<String> {
    let script = fleet.script();
    let names: Vec<_> = script.scenario.subscription.iter().map(|subscription| &subscription.name).collect();
    let lines = lines(told).into_iter().filter(|line| !line.starts_with("/watchdog "));
    let with_names = |line: String| {
        let ids = script.population.subscriptions.iter();
        ids.zip(&names).fold(line, |line, (id, name)| line.replace(id, name))
    };
    let mut lines: Vec<_> = lines.map(with_names).collect();
    lines.sort();
    lines
}

fn line(told: &Notification) -> String {
    let group = told.group_labels.iter().filter(|(label, _)| *label != "alertname");
    let group: String = group.flat_map(|(_, value)| [" ", value]).collect();
    format!("{} {} {}{group}: {}", told.path, told.status, told.name(), told.alerts.len())
}
