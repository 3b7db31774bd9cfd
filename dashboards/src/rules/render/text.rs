//! The texts of an alert in the template language of a target. All of them are Go's templates with other names in them.

use serde::Serialize;

use crate::boards;
use crate::catalog::labels_of;
use crate::rules::{Alert, Board};

/// Where a runbook stands that everybody can read.
pub(crate) const RUNBOOKS: &str = "https://github.com/sortie-agent/sortie/blob/main/docs/runbooks";

/// Whose templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Prometheus, Mimir, the Prometheus operator and vmalert.
    Prometheus,
    /// Azure documents `$labels` and `$value`, and no functions.
    Azure,
    /// Grafana's own alerts: the value is that of a query with a name.
    Grafana,
}

/// What every alert says, in every target.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Annotations {
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) runbook_url: String,
    pub(super) dashboard_url: String,
}

impl Annotations {
    pub(super) fn new(alert: &Alert, dialect: Dialect) -> Self {
        Self {
            summary: template(alert.summary, dialect),
            description: template(alert.description, dialect),
            runbook_url: format!("{RUNBOOKS}/{}.md", alert.name),
            dashboard_url: dashboard(alert),
        }
    }
}

/// The path of the board, opened on what the alert is about: each of the board's variables that is a label of the alert.
fn dashboard(alert: &Alert) -> String {
    let labels = labels_of(&alert.expr).expect("a test parses every expression");
    let boards = boards::all();
    let variables =
        boards.iter().filter(|board| board.uid == alert.board.uid()).flat_map(|board| &board.variables);
    let filled: Vec<String> = variables
        .filter_map(|variable| {
            let (_, label) = Board::VARIABLES.iter().find(|(name, _)| *name == variable.name)?;
            labels.contains(*label).then(|| format!("var-{}={{{{ $labels.{label} }}}}", variable.name))
        })
        .collect();
    let query = if filled.is_empty() { String::new() } else { format!("?{}", filled.join("&")) };
    format!("/d/{}{query}", alert.board.uid())
}

fn template(text: &str, dialect: Dialect) -> String {
    let mut rest = text;
    let mut made = String::new();
    while let Some((before, (token, after))) =
        rest.split_once('<').and_then(|(before, behind)| Some((before, behind.split_once('>')?)))
    {
        made.push_str(before);
        made.push_str(&placeholder(token, dialect));
        rest = after;
    }
    made + rest
}

fn placeholder(token: &str, dialect: Dialect) -> String {
    let value = match dialect {
        Dialect::Prometheus | Dialect::Azure => "$value",
        Dialect::Grafana => "$values.A.Value",
    };
    match (token, dialect) {
        // In Azure there is always one, and there is no `with`.
        ("subscription", Dialect::Azure) => "subscription {{ $labels.cloud_account_id }}".to_owned(),
        ("subscription", _) => {
            "{{ with $labels.cloud_account_id }}subscription {{ . }}{{ else }}no known cloud{{ end }}"
                .to_owned()
        }
        ("percent", Dialect::Azure) => format!("{{{{ {value} }}}} (1 is all)"),
        ("seconds", Dialect::Azure) => format!("{{{{ {value} }}}} seconds"),
        ("value" | "rate", Dialect::Azure) => format!("{{{{ {value} }}}}"),
        ("value", _) => format!("{{{{ printf \"%.0f\" {value} }}}}"),
        ("rate", _) => format!("{{{{ humanize {value} }}}}"),
        ("percent", _) => format!("{{{{ humanizePercentage {value} }}}}"),
        ("seconds", _) => format!("{{{{ humanizeDuration {value} }}}}"),
        (label, _) => format!("{{{{ $labels.{label} }}}}"),
    }
}
