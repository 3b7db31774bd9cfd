//! What the command line says beats what the file says.

use std::net::SocketAddr;
use std::time::Duration;

use sortie_core::schedule::Pace;
use sortie_core::target::Family;

use super::agent::INTERVAL;
use super::{Cloud, Config, EngineChoice, PortExpectation, ROUND_SLACK, Service, Source};

/// Values given as flags; `None` and empty leave the file's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--engine`
    pub engine: Option<EngineChoice>,
    /// `--family`, in the order given
    pub families: Vec<Family>,
    /// `--interval`
    pub interval: Option<Duration>,
    /// `--listen`; inside, `None` is off
    pub listen: Option<Option<SocketAddr>>,
    /// `--expect`, for port 25
    pub port_25: Option<PortExpectation>,
    /// `--demonstration`
    pub demonstration: bool,
}

/// A flag that does not fit the file. A usage error: the exit code is 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// Out of bounds by itself.
    #[error(
        "--interval {} is out of bounds: from {} to {}",
        humantime::format_duration(*.0),
        humantime::format_duration(*INTERVAL.start()),
        humantime::format_duration(*INTERVAL.end())
    )]
    IntervalBounds(Duration),
    /// Too short for the window.
    #[error(
        "--interval {} is too short for a window of {}: rounds would overlap",
        humantime::format_duration(*.interval),
        humantime::format_duration(*.window)
    )]
    IntervalWindow {
        /// As given.
        interval: Duration,
        /// As configured.
        window: Duration,
    },
    /// The source address belongs to a family that `--family` leaves out.
    #[error("--family leaves out {family}, but the configured source is the address {source_text}")]
    SourceFamily {
        /// Of the source address.
        family: Family,
        /// The source address.
        source_text: String,
    },
}

impl Config {
    /// The same configuration with the flags' values in place.
    pub fn with(mut self, flags: &Overrides) -> Result<Self, OverrideError> {
        if let Some(engine) = flags.engine {
            self.probe.engine = engine;
        }
        if let Some(port_25) = flags.port_25 {
            self.expect.port_25 = port_25;
        }
        if let Some(listen) = flags.listen {
            self.web.listen = listen;
        }
        if flags.demonstration {
            self.pace = Pace::DEMONSTRATION;
        }
        if let Some(interval) = flags.interval {
            if !INTERVAL.contains(&interval) {
                return Err(OverrideError::IntervalBounds(interval));
            }
            let window = self.probe.window;
            if interval < window + ROUND_SLACK {
                return Err(OverrideError::IntervalWindow { interval, window });
            }
            self.agent.interval = interval;
        }
        if !flags.families.is_empty() {
            self.probe.families = Family::ALL.into_iter().filter(|f| flags.families.contains(f)).collect();
            if let Some(Source::Address(ip)) = &self.probe.source
                && !self.probe.families.contains(&Family::of(*ip))
            {
                return Err(OverrideError::SourceFamily {
                    family: Family::of(*ip),
                    source_text: ip.to_string(),
                });
            }
        }
        Ok(self)
    }

    /// Sentences about what is asked for and not done, or most likely not meant.
    pub fn unheeded(&self) -> Vec<String> {
        let Cloud { imds, arm, .. } = &self.cloud;
        let is_without_identity = *arm != Service::Off && *imds == Service::Off;
        let sentence = "cloud.arm is set and cloud.imds is off: without the metadata service there is no token, so Azure Resource Manager is not asked";
        is_without_identity.then(|| sentence.to_owned()).into_iter().chain(self.otlp.sentences()).collect()
    }
}
