//! Which machine this is: its id and its name, as far as it has them.

use std::fs;

use sortie_core::report::Host;

use crate::config::Config;

/// Where systemd and its kin keep the identity of a machine (`machine-id(5)`).
const MACHINE_ID: &str = "/etc/machine-id";
/// The kernel's host name of this UTS namespace.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// As every report has it.
pub fn host(config: &Config) -> Host {
    Host { id: config.agent.host_id.clone().or_else(machine_id), name: name() }
}

/// The stable identity of this machine, for spreading a fleet: its id, else its name.
pub fn identity(config: &Config) -> String {
    let host = host(config);
    host.id.or(host.name).unwrap_or_default()
}

/// The identity that the operating system gave the machine.
pub fn machine_id() -> Option<String> {
    first_line(MACHINE_ID)
}

/// The machine's name.
pub fn name() -> Option<String> {
    first_line(HOST_NAME)
}

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned)
}
