//! How long it took until somebody was told, in its parts. They are printed and nobody is held to them.

#![expect(clippy::print_stdout, reason = "whoever runs it reads the timing")]

use anyhow::{Context as _, Result};
use e2e::notified::Notification;

/// From the rule that fired to the person who was told.
pub(crate) fn print(what: &str, told: &Notification) -> Result<()> {
    let fired = told.alerts.iter().map(|alert| alert.starts_at).min().context("it holds an alert")?;
    let waited = told.at.duration_since(fired).unwrap_or_default();
    println!("{what}: told {:.1} s after its rule fired", waited.as_secs_f64());
    Ok(())
}
