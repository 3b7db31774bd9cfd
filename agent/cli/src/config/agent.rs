//! `[agent]`: the daemon's own habits.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::section::{Refusal, Section};
use super::value::{self, Read};

/// Below a second rounds would overlap with their own retries; a verdict older than a day is a rumour.
pub(super) const INTERVAL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);

/// `host.id` becomes an attribute on every record: an id, not a document.
const HOST_ID_MAX: usize = 255;

/// `[agent]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Time between two rounds in a settled state.
    pub interval: Duration,
    /// Where history and state are kept.
    pub state_dir: PathBuf,
    /// Overrides the cloud's id of the machine and the machine-id.
    pub host_id: Option<String>,
}

impl Default for Agent {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60), state_dir: PathBuf::from("/var/lib/sortie"), host_id: None }
    }
}

impl Agent {
    /// The section, and the interval with its place if the file has one.
    pub(super) fn read(section: &mut Section<'_, '_>) -> (Self, Option<Spanned<Duration>>) {
        let defaults = Self::default();
        let interval = section.value("interval", |v| {
            value::duration(
                v,
                &INTERVAL,
                "one round has to end before the next one, and a day is too long to be blind",
            )
        });
        let state_dir = section.value("state_dir", state_dir);
        let host_id = section.value("host_id", host_id);
        let agent = Self {
            interval: interval.as_ref().map_or(defaults.interval, |i| *i.get_ref()),
            state_dir: state_dir.map_or(defaults.state_dir, Spanned::into_inner),
            host_id: host_id.map(Spanned::into_inner),
        };
        (agent, interval)
    }
}

fn state_dir(value: &toml::de::DeValue<'_>) -> Read<PathBuf> {
    let hint =
        "a daemon has no working directory to rely on: write the whole path, for example \"/var/lib/sortie\"";
    value::absolute_path(&value::text(value)?, hint)
}

fn host_id(value: &toml::de::DeValue<'_>) -> Read<String> {
    let id = value::text(value)?;
    if (1..=HOST_ID_MAX).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(id);
    }
    let hint = "leave the key out to use the cloud's id of the machine, or its machine-id";
    Err(Refusal::new("must be 1 to 255 visible ASCII characters", "not an id", hint))
}
