//! The real agent with the real engine, at the VM.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

use super::node::Node;
use super::plan::{CONTROLS, HTTPS, OPERATORS, SMTP, SUBMISSION};
use crate::args::DemoWorld;
use crate::terminal;

/// This very program, whatever has become of its file and whatever is mounted over its folder.
const SELF: &str = "/proc/self/exe";

/// A cadence for people who watch. Nothing is far or lost in there, so nothing has to be waited for.
const PROBING: &str = r#"
[probe]
families = ["ipv4"]
attempts = ["0s", "300ms", "900ms"]
window = "2s"
greeting_interval = "30s"

[expect]
port_25 = "open"
port_587 = "open"

[cloud]
imds = "off"
"#;

/// This program again, in the same colours.
pub(super) fn sortie(subcommand: &str) -> Command {
    let mut command = again("sortie");
    command.args(["--color", terminal::color_word(), subcommand]);
    command
}

/// The inner half of the demonstration, in the same colours.
pub(super) fn world() -> Command {
    let mut command = again(DemoWorld::NAME);
    command.args(["--color", terminal::color_word()]);
    command
}

/// This program again, under a name.
pub(super) fn again(name: &str) -> Command {
    let mut command = Command::new(SELF);
    command.arg0(name);
    // An agent of the demonstration has nobody to report to.
    let exporting = |(name, _): &(OsString, OsString)| name.as_encoded_bytes().starts_with(b"OTEL_");
    for (name, _) in env::vars_os().filter(exporting) {
        command.env_remove(name);
    }
    command
}

/// Writes the agent's configuration, with a folder for its state beside it.
pub(super) fn configure(folder: &Path) -> Result<PathBuf> {
    let state = folder.join("sortie");
    fs::create_dir_all(&state).with_context(|| format!("failed to create {}", state.display()))?;
    let path = folder.join("sortie.toml");
    fs::write(&path, configuration(&state)).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}

/// One check at the VM. It writes to our own standard output.
pub(super) fn check(vm: &Node, config: &Path, flags: &[String]) -> Result<Child> {
    let mut command = sortie("check");
    command.args(["--demonstration", "--config"]).arg(config).args(flags);
    command.stdin(Stdio::null());
    vm.run(move || command.spawn().context("failed to start `sortie check`"))
}

/// The agent at the VM, its page behind the socket that is our standard input.
pub(super) fn run(vm: &Node, config: &Path) -> Result<Child> {
    let socket = io::stdin().as_fd().try_clone_to_owned().context("failed to take the page's socket")?;
    let mut command = sortie("run");
    command.args(["--demonstration", "--listen-fd", "0", "--config"]).arg(config);
    command.stdin(socket).stdout(Stdio::null()).stderr(Stdio::piped());
    vm.run(move || command.spawn().context("failed to start `sortie run`"))
}

fn configuration(state: &Path) -> String {
    let mut text = format!(
        "[agent]\ninterval = \"4s\"\nstate_dir = \"{}\"\nhost_id = \"demo\"\n{PROBING}",
        state.display()
    );
    for host in OPERATORS {
        for (port, control) in [(SMTP, SUBMISSION), (SUBMISSION, HTTPS)] {
            let _ = write!(
                text,
                "\n[[target]]\noperator = \"{}\"\naddress = \"{}\"\ncontrol = \"{}\"\n",
                host.name,
                host.at(port),
                host.at(control)
            );
        }
    }
    let relay = OPERATORS[0].at(SUBMISSION);
    let _ = write!(
        text,
        "\n[[relay]]\nname = \"relay\"\naddress = \"{relay}\"\ntls = \"none\"\nrequired = false\n"
    );
    let controls = CONTROLS.map(|host| format!("\"{}\"", host.at(HTTPS)));
    let _ = write!(text, "\n[controls]\nglobal = [{}]\n", controls.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn the_configuration_is_accepted_and_asks_everybody() {
        let path = std::env::temp_dir().join(format!("sortie-demo-{}.toml", std::process::id()));
        fs::write(&path, configuration(Path::new("/run/sortie"))).expect("it can be written");
        let config = config::load(Some(&path));
        fs::remove_file(&path).expect("it was written");
        let config = config.expect("it is accepted");
        for port in config.roster.ports() {
            assert_eq!(config.roster.operators(port).len(), OPERATORS.len(), "port {port}");
        }
        assert_eq!(config.warnings, Vec::<String>::new());
    }
}
