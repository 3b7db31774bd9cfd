//! What the agent itself costs this machine, as the kernel counts it: three metrics of the semantic conventions.

use std::fs;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tracing::warn;

use crate::registry;

/// Clock ticks in a second: `USER_HZ`, which is 100 wherever Rust runs on Linux (`proc_pid_stat(5)`, `utime`).
const TICKS: f64 = 100.0;

/// Makes the instruments. They read `/proc` whenever they are asked, and have no series where it cannot be read.
pub(crate) fn instruments(meter: &Meter) {
    if Stat::read().is_none() || resident().is_none() {
        warn!("there are no metrics of this process: failed to read /proc/self");
    }
    let metric = registry::PROCESS_UPTIME;
    let builder = meter.f64_observable_gauge(metric.name).with_unit(metric.unit);
    let uptime = || Stat::read().and_then(Stat::uptime);
    builder
        .with_description(metric.says)
        .with_callback(move |at| {
            if let Some(seconds) = uptime() {
                at.observe(seconds, &[]);
            }
        })
        .build();
    let metric = registry::PROCESS_MEMORY_USAGE;
    let builder = meter.i64_observable_up_down_counter(metric.name).with_unit(metric.unit);
    builder
        .with_description(metric.says)
        .with_callback(|at| {
            if let Some(bytes) = resident() {
                at.observe(bytes, &[]);
            }
        })
        .build();
    let metric = registry::PROCESS_CPU_TIME;
    let builder = meter.f64_observable_counter(metric.name).with_unit(metric.unit);
    builder
        .with_description(metric.says)
        .with_callback(|at| {
            let Some(stat) = Stat::read() else { return };
            for (mode, seconds) in CpuMode::ALL.into_iter().zip([stat.user, stat.system]) {
                at.observe(seconds, &[KeyValue::new(registry::CPU_MODE.key, mode.code())]);
            }
        })
        .build();
}

/// Where CPU time is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CpuMode {
    /// In this program.
    User,
    /// In the kernel, on its behalf.
    System,
}

impl CpuMode {
    /// Both modes.
    pub(crate) const ALL: [Self; 2] = [Self::User, Self::System];

    /// The word of the semantic conventions.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// Of `/proc/self/stat`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    user: f64,
    system: f64,
    /// After the machine was booted.
    began: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name of the program is the second field, in parentheses, and may hold anything.
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<_> = fields.split_ascii_whitespace().collect();
        // The manual counts from one; the third field is the first behind the name.
        let seconds = |number: usize| Some(fields.get(number - 3)?.parse::<f64>().ok()? / TICKS);
        Some(Self { user: seconds(14)?, system: seconds(15)?, began: seconds(22)? })
    }

    /// `None` where a container shows the age of itself in place of that of the machine.
    fn uptime(self) -> Option<f64> {
        let booted = fs::read_to_string("/proc/uptime").ok()?;
        let booted: f64 = booted.split_ascii_whitespace().next()?.parse().ok()?;
        // Both are whole ticks; their difference as a float is not.
        Some(((booted - self.began) * TICKS).round() / TICKS).filter(|seconds| *seconds >= 0.0)
    }
}

/// Bytes of memory that are resident.
fn resident() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    // Always in units of 1024 bytes, which the kernel calls kB (`proc_pid_status(5)`).
    line.trim().strip_suffix("kB")?.trim_end().parse::<i64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_has_memory() {
        let stat = Stat::read().expect("/proc/self/stat");
        assert!(stat.user >= 0.0 && stat.system >= 0.0 && stat.uptime().is_some(), "{stat:?}");
        let bytes = resident().expect("/proc/self/status");
        assert!(bytes > 100_000, "{bytes}");
    }

    #[test]
    fn a_program_of_any_name_is_read() {
        let after = " S 1 1 1 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 1 0 360000 1000 200";
        let expected = Stat { user: 1.5, system: 0.25, began: 3_600.0 };
        for name in ["sortie", "a) R 9 (b", ""] {
            assert_eq!(Stat::parse(&format!("7 ({name}){after}")), Some(expected), "{name}");
        }
        for text in
            ["", "7 (sortie", "7 (sortie) S 1 1", "7 (sortie) S 1 1 1 0 -1 0 1 0 0 0 x y 0 0 20 0 1 0 z"]
        {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }
}
