//! What may be chosen: parts, and how long each takes.

use std::time::Duration;

use clap::{Parser, ValueEnum};

const SECONDS_PER_MINUTE: f64 = 60.0;

/// One group of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Size of the release binary
    Size,
    /// CPU time of a handshake attempt, both engines
    Cpu,
    /// Round-trip times against a packet capture, all cores loaded
    Rtt,
    /// Duration of `sortie check`: everything open, port 25 silently dropped
    Check,
    /// Memory and CPU time of `sortie run`
    Run,
    /// What it costs to tell a receiver, and what a kill costs
    Delivery,
    /// First paint and weight of the page in Chromium
    Paint,
    /// From the onset of a block until the metrics show it
    Detection,
    /// What a fleet costs the gateway, Prometheus and the rules
    Fleet,
    /// The simulator's table
    Simulator,
    /// The laboratory's duration
    Laboratory,
}

impl Part {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Size => "release binary",
            Self::Cpu => "CPU time of a handshake attempt, in a laboratory with one router",
            Self::Rtt => "round-trip time against a packet capture, all cores loaded",
            Self::Check => "sortie check, from the start of the process to its end",
            Self::Run => "sortie run, default cadence and probes",
            Self::Delivery => "sortie run with a receiver, default interval",
            Self::Paint => "the page of sortie run, in headless Chromium",
            Self::Detection => "sortie run, from the onset of a block until /metrics shows it",
            Self::Fleet => "a fleet, and what stands behind it",
            Self::Simulator => "simulator",
            Self::Laboratory => "laboratory",
        }
    }

    pub(crate) fn needs_root(self) -> bool {
        !matches!(self, Self::Size | Self::Simulator)
    }

    pub(crate) fn needs_binary(self) -> bool {
        !matches!(self, Self::Cpu | Self::Rtt | Self::Fleet | Self::Simulator)
    }
}

/// Prints what Sortie costs, one line a figure, with its budget beside it.
#[derive(Debug, Parser)]
#[command(name = "cargo bench -p e2e --")]
pub(crate) struct Arguments {
    /// Only these parts, separated by commas; all of them by default
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Part>,
    /// How long `sortie run` is watched
    #[arg(long, default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// Fewest handshake attempts whose CPU time is measured, each engine
    #[arg(long, default_value_t = 2_400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) attempts: u32,
    /// Fewest handshakes whose round-trip time is compared, each engine
    #[arg(long, default_value_t = 480, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) handshakes: u32,
    /// How often each `sortie check` is repeated
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) repetitions: u32,
    /// How often a running agent is killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) kills: u32,
    /// How often the onset of each block is repeated
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=40))]
    pub(crate) onsets: u32,
    /// How many agents a fleet has
    #[arg(long, default_value_t = 10_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(10..=100_000))]
    pub(crate) agents: usize,
    /// Cargo says so to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// The parts that are wanted, in the order of the sheet.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let wanted = |part: &Part| self.only.is_empty() || self.only.contains(part);
        Part::value_variants().iter().copied().filter(wanted).collect()
    }

    pub(crate) fn minutes(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * SECONDS_PER_MINUTE)
    }
}

/// Half a minute at least: the first round of all takes some of it. A day at most.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.5..=1440.0).contains(&minutes) => Ok(minutes),
        _ => Err("give a number of minutes from 0.5 to 1440".into()),
    }
}
