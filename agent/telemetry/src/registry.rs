//! Everything that Sortie exports, as data: instruments and events are made from it, the reference (`docs/telemetry.md`,
//! `docs/telemetry.json`) is written from it, dashboards and rules are checked against it.
//!
//! Names follow the OpenTelemetry conventions: dots between namespaces, no unit and no `_total` in a name. A unit in
//! braces counts things; the unit `1` is for ratios alone, because Prometheus renames gauges that have it. What is not
//! exported yet is not here.

mod attributes;
mod event_attributes;
mod events;
mod metrics;
mod resource;
mod subscription;

pub use self::attributes::*;
pub use self::event_attributes::*;
pub use self::events::*;
pub use self::metrics::*;
pub use self::resource::*;
pub use self::subscription::*;
use crate::bounds::Bounds;
use crate::naming;

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// OpenTelemetry name.
    pub name: &'static str,
    /// Which instrument it is.
    pub kind: Kind,
    /// UCUM unit, or an annotation in braces.
    pub unit: &'static str,
    /// How far others may rely on it.
    pub stability: Stability,
    /// What tells its series apart, sorted by key.
    pub attributes: &'static [Attribute],
    /// One sentence: the help text, and the line in the reference.
    pub says: &'static str,
    /// Series at most, of everything that there is room for; what goes beyond is one series with [`OVERFLOW`].
    pub limit: fn(&Bounds) -> usize,
}

impl Metric {
    /// The name under which Prometheus knows it.
    pub fn prometheus_name(&self) -> String {
        naming::metric(self.name, self.unit, matches!(self.kind, Kind::Counter))
    }
}

/// The instrument of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only ever rises.
    Counter,
    /// One for what holds, zero for what held earlier; nothing for what never did.
    StateSet,
    /// The latest value.
    Gauge,
    /// An amount that rises and falls, and may be added up over machines.
    UpDownCounter,
    /// Distribution over buckets with these upper bounds, in the unit of the metric.
    Histogram(&'static [f64]),
}

/// One kind of event: a log record with this name.
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    /// The name of the event.
    pub name: &'static str,
    /// How urgent it is, each level with the end of the sentence "only where …"; `None` where it is always so.
    pub levels: &'static [(Level, Option<&'static str>)],
    /// How far others may rely on it.
    pub stability: Stability,
    /// What is on it, sorted by key.
    pub attributes: &'static [Attribute],
    /// One sentence: when it happens.
    pub says: &'static str,
}

/// How urgent an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warn,
    /// Somebody has to act.
    Error,
}

impl Level {
    /// The severity number on the wire (OpenTelemetry logs data model, "Severity Fields").
    pub fn number(self) -> u8 {
        match self {
            Self::Info => 9,
            Self::Warn => 13,
            Self::Error => 17,
        }
    }

    /// The name of that range of numbers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// A promise about a metric or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// Name, kind, unit and attributes stay until the next major version.
    Stable,
    /// May change with any release.
    Development,
}

/// An attribute of a metric, of an event or of the resource.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// OpenTelemetry key.
    pub key: &'static str,
    /// What may stand in it.
    pub holds: Holds,
    /// When it is there.
    pub presence: Presence,
    /// One sentence: what it means.
    pub says: &'static str,
}

impl Attribute {
    /// The same, where it is not always there.
    const fn only_where(self, holds: &'static str) -> Self {
        Self { presence: Presence::Where(holds), ..self }
    }

    /// The name of the label by which Prometheus knows it.
    pub fn prometheus_label(&self) -> String {
        naming::label(self.key)
    }
}

/// The values of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// One word of a closed list.
    Word(fn() -> Vec<&'static str>),
    /// Any text; these are examples.
    Text(&'static [&'static str]),
    /// An integer; these are examples.
    Integer(&'static [i64]),
    /// A number with a fraction; these are examples.
    Double(&'static [f64]),
    /// Several texts; this is one of them.
    Texts(&'static str),
    /// Several numbers; this is one of them.
    Doubles(f64),
    /// Yes or no.
    Boolean,
    /// A boolean that is true wherever it stands.
    Yes,
}

/// When an attribute is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// On every series, and on every event that has it.
    Always,
    /// Only where this holds: the end of a sentence.
    Where(&'static str),
}
