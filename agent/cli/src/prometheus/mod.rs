//! A Prometheus API that agents report to: asked by HTTP, and read without believing it. Prometheus, Mimir, Thanos and
//! `VictoriaMetrics` have it.
//!
//! It only reads. A token goes nowhere in clear, no redirect is followed, an answer has a limit in time and size.

mod answer;
mod client;
mod header;
pub(crate) mod promql;

#[cfg(test)]
pub(crate) use self::answer::vector;
pub(crate) use self::answer::{Sample, Vector};
pub use self::client::UrlError;
pub(crate) use self::client::{AskError, Prometheus};
pub use self::header::Header;
