//! On what, and when: figures without that are rumours.

use std::fs;
use std::time::SystemTime;

/// One line about this machine.
pub(crate) fn describe() -> String {
    let first_of = |path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().next().unwrap_or("unknown").to_owned()
    };
    format!(
        "sortie {}, {}: {} × {}, Linux {}, load {} before",
        env!("CARGO_PKG_VERSION"),
        humantime::format_rfc3339_seconds(SystemTime::now()),
        std::thread::available_parallelism().map_or(1, usize::from),
        processor(),
        first_of("/proc/sys/kernel/osrelease"),
        first_of("/proc/loadavg"),
    )
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or(std::env::consts::ARCH, |(_, name)| name.trim()).to_owned()
}
