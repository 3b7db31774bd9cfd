//! The flags that beat the configuration file, for every command that lives by it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::duration;
use crate::config::{EngineChoice, Overrides};

/// Where the configuration is, and what beats it.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Which engine probes [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Time between two rounds, for example 60s or 5m [default: from the configuration, else 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub interval: Option<Duration>,
    /// Where the page, the API and the metrics are served, or off [default: from the configuration, else 127.0.0.1:9525]
    #[arg(long, value_name = "ADDRESS|off")]
    pub listen: Option<Listen>,
}

impl Settings {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            engine: self.engine,
            interval: self.interval,
            listen: self.listen.map(|listen| listen.0),
            ..Overrides::default()
        }
    }
}

/// `--listen`: an address, or `None` for off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl FromStr for Listen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        let expected = "expected an address and a port, for example 127.0.0.1:9525 or [::1]:9525, or off";
        text.parse().map(|address| Self(Some(address))).map_err(|_| expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_served_somewhere_or_nowhere() {
        let shown = |text: &str| text.parse::<Listen>().map(|l| l.0.map(|a| a.to_string()));
        assert_eq!(shown("off"), Ok(None));
        for text in ["127.0.0.1:9525", "[::1]:9525", "0.0.0.0:0"] {
            assert_eq!(shown(text), Ok(Some(text.to_owned())));
        }
        for text in ["", "on", "OFF", "9525", ":9525", "localhost:9525", "127.0.0.1", "::1:9525", "[::1]"] {
            assert!(text.parse::<Listen>().is_err(), "{text:?} was accepted");
        }
    }
}
