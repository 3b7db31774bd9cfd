//! What a rule is. It has nothing that one of the targets could not say: durations are whole minutes, texts are templates
//! of labels and of one value, and an alert without a severity, a sentence or a board does not compile.

use std::fmt;

/// A length of time. Azure counts none shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minutes(pub u32);

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            minutes if minutes >= 60 && minutes.is_multiple_of(60) => write!(f, "{}h", minutes / 60),
            minutes => write!(f, "{minutes}m"),
        }
    }
}

/// What a group evaluates.
#[derive(Clone, Debug)]
pub enum Rule {
    /// A series to keep.
    Record(Record),
    /// A condition to tell somebody of.
    Alert(Alert),
}

/// A series that is kept.
#[derive(Clone, Debug)]
pub struct Record {
    /// `level:metric:operation`, as the catalogue lists it.
    pub name: &'static str,
    /// `PromQL`.
    pub expr: String,
    /// What it tells.
    pub says: &'static str,
}

/// A condition, and what is said when it holds.
#[derive(Clone, Debug)]
pub struct Alert {
    /// `Sortie…`; there is a runbook of that name.
    pub name: &'static str,
    /// Who is told.
    pub severity: Severity,
    /// `PromQL`.
    pub expr: String,
    /// What is added where nothing inhibits one alert by another.
    pub unless: Option<String>,
    /// How long it must hold before it is told.
    pub wait: Option<Minutes>,
    /// How long it is told after it last held.
    pub keep: Option<Minutes>,
    /// One line.
    pub summary: &'static str,
    /// What it means and what to do first. Of both texts `<label>` is the value of a label, `<subscription>` the name of the
    /// subscription; `<value>`, `<percent>`, `<seconds>` and `<rate>` are the number.
    pub description: &'static str,
    /// Where to look.
    pub board: Board,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Somebody is paged.
    Critical,
    /// A ticket.
    Warning,
    /// Nobody; it is there to be looked up.
    Info,
    /// It is its absence that is told.
    None,
}

impl Severity {
    /// The value of the label.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::None => "none",
        }
    }
}

/// A dashboard, opened on what the alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// All subscriptions.
    Fleet,
    /// One subscription, its port and family where the alert has them.
    Subscription,
    /// How an exemption takes effect.
    Exemption,
    /// One machine.
    Vm,
    /// The destinations.
    Targets,
    /// The agents themselves.
    Agents,
    /// The collector between agents and backends.
    Gateway,
}

impl Board {
    /// Its uid.
    pub const fn uid(self) -> &'static str {
        match self {
            Self::Fleet => "sortie-fleet",
            Self::Subscription => "sortie-subscription",
            Self::Exemption => "sortie-exemption",
            Self::Vm => "sortie-vm",
            Self::Targets => "sortie-targets",
            Self::Agents => "sortie-agents",
            Self::Gateway => "sortie-gateway",
        }
    }

    /// Variables of boards, and the labels that fill them.
    pub const VARIABLES: [(&'static str, &'static str); 5] = [
        ("subscription", "cloud_account_id"),
        ("port", "server_port"),
        ("family", "network_type"),
        ("target", "server_address"),
        ("vm", "host_name"),
    ];
}
