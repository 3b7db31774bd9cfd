//! The list of all alerts, which is where somebody begins who has been called.

use std::fmt::Write as _;

use super::MADE;
use crate::rules::{Alert, Group, Rule, Severity};

/// The text of `docs/runbooks/README.md`.
pub fn runbooks(groups: &[Group]) -> String {
    let mut text = format!(
        "<!-- {MADE} -->\n\n\
         # Runbooks\n\n\
         What an alert means, what to look at, what to do, and when it is wrong. Each alert links its own. How they relate, and\n\
         where they come from, stands in [dashboards](../../dashboards/README.md). In queries put your own subscription in the\n\
         place of `SUBSCRIPTION`; a machine outside a known cloud has no `cloud_account_id`.\n"
    );
    for (severity, title) in [
        (Severity::Critical, "Pages"),
        (Severity::Warning, "Tickets"),
        (Severity::Info, "To be looked up"),
        (Severity::None, "Always there"),
    ] {
        write!(text, "\n## {title}\n\n| alert | holds for | tells |\n|---|---|---|\n")
            .expect("a String takes everything");
        for alert in alerts(groups).filter(|alert| alert.severity == severity) {
            let wait = alert.wait.map_or_else(|| "at once".to_owned(), |wait| wait.to_string());
            let summary = alert.summary.replace("<subscription>", "a subscription").replace(['<', '>'], "*");
            writeln!(text, "| [{name}]({name}.md) | {wait} | {summary} |", name = alert.name)
                .expect("a String takes everything");
        }
    }
    text
}

fn alerts(groups: &[Group]) -> impl Iterator<Item = &Alert> {
    let rules = groups.iter().flat_map(|group| &group.rules);
    rules.filter_map(|rule| if let Rule::Alert(alert) = rule { Some(alert) } else { None })
}
