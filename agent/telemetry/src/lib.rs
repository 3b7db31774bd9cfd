//! What Sortie tells metric backends, and the only crate that names OpenTelemetry.
//!
//! ```text
//!   observations ─▶ counters, histogram ─┐                 ┌─▶ page    Prometheus text, pulled
//!                                        ├─▶ one pipeline ─┤
//!   facts ─▶ what is shown ─▶ gauges ────┘                 └─▶ encode ─▶ spool ─▶ OTLP, pushed
//!                                                                │
//!   what happens ─▶ events ──────────────────────────────────────┘
//! ```
//!
//! There is one set of instruments and one reader, so that both ways tell the same. Temporality is cumulative: an
//! export that got lost costs resolution and never correctness.
//!
//! Every name stands once, in the [`registry`]. Every instrument has a limit of series, computed from [`Bounds`]; what
//! goes beyond is counted under `otel.metric.overflow`. No attribute is a resolved address, an error text or a process
//! id: they would make a new series of each incident.
#![forbid(unsafe_code)]

mod bounds;
mod encode;
mod events;
mod exposition;
mod facts;
mod instruments;
mod naming;
mod process;
mod pulse;
#[cfg(test)]
mod reference;
pub mod registry;
mod resource;
mod ship;
mod shown;
mod spool;
mod telemetry;
#[cfg(test)]
mod testing;

pub use bounds::Bounds;
pub use events::{About, Alerted, Event, Exemption};
pub use exposition::CONTENT_TYPE as PROMETHEUS_CONTENT_TYPE;
pub use facts::{Facts, PortFacts, RelayFacts, Skip, SpoolUsage, StoreState};
pub use pulse::pulse;
pub use resource::{CloudIdentity, Identity};
pub use ship::{Compression, Endpoint, Protocol, Proxy, ShipError, ShipSettings, Shipper};
pub use spool::{Encoded, Export, Loss, Signal, Spool};
pub use telemetry::{Telemetry, TelemetryError};
