//! Other targets of this repository, built and run with the cargo that runs this one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Builds the release binary into the target folder that this benchmark lies in.
pub(crate) fn build_sortie() -> Result<()> {
    let arguments = ["build", "--quiet", "--release", "-p", "sortie-cli", "--bin", "sortie"];
    let status = command(&arguments)?.status();
    let status = status.context("failed to start cargo")?;
    ensure!(status.success(), "failed to build sortie: cargo ended with {status}");
    Ok(())
}

/// Runs a test target and returns what it printed, passed or not; its standard error is passed on.
pub(crate) fn test(arguments: &[&str], binary: Option<&Path>) -> Result<String> {
    let mut command = command(&["test"])?;
    command.args(arguments).envs(binary.map(|binary| ("SORTIE_BIN", binary))).stderr(Stdio::inherit());
    let output = command.output().context("failed to start cargo")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn command(arguments: &[&str]) -> Result<Command> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg(arguments[0]).args(["--locked", "--target-dir"]).arg(target_folder()?);
    command.args(&arguments[1..]).stdin(Stdio::null()).current_dir(env!("CARGO_MANIFEST_DIR"));
    Ok(command)
}

/// This executable is `TARGET/PROFILE/deps/figures-HASH`.
fn target_folder() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("failed to find this benchmark's own executable")?;
    Ok(executable.ancestors().nth(3).context("this benchmark lies in no target folder")?.to_owned())
}
