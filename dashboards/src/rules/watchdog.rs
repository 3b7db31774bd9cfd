//! The alert that always fires: whoever stops hearing it knows that nobody would hear another one.

use super::{Alert, Board, Rule, Severity};

pub(super) fn alerts() -> Vec<Rule> {
    vec![Rule::Alert(Alert {
        name: "SortieWatchdog",
        severity: Severity::None,
        expr: "vector(1)".to_owned(),
        unless: None,
        wait: None,
        keep: None,
        summary: "Alerts about mail are evaluated and delivered",
        description: "This alert always fires. Send it to something that calls you when it does not come.",
        board: Board::Fleet,
    })]
}
