//! The only tool that the demonstration needs: `ip` of iproute2.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

const HINT: &str = "install iproute2 (Debian: apt install iproute2)";

/// Refuses to begin without an `ip` that understands policy rules.
pub(super) fn require() -> Result<()> {
    let answer = match Command::new("ip").arg("-V").stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("there is no `ip` on the PATH: {HINT}")
        }
        answer => answer.context("failed to run `ip -V`")?,
    };
    let ours = String::from_utf8_lossy(&answer.stdout).contains("iproute2");
    ensure!(ours, "the `ip` on the PATH is not that of iproute2, as its `ip -V` shows: {HINT}");
    Ok(())
}

/// Runs lines of `ip` in the namespace of the calling thread.
pub(super) fn batch(script: &str) -> Result<()> {
    let mut child = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start `ip`")?;
    if let Some(mut stdin) = child.stdin.take() {
        // `ip` stops at the first line that fails and closes the pipe; its own message says more than EPIPE.
        let _ = stdin.write_all(script.as_bytes());
    }
    let output = child.wait_with_output().context("failed to wait for `ip`")?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let failed = failed_line(&message).and_then(|number| script.lines().nth(number.checked_sub(1)?));
    bail!("`ip {}` failed: {}", failed.unwrap_or("-batch -"), message.lines().next().unwrap_or("no message"))
}

/// `Command failed -:3` names the line.
fn failed_line(message: &str) -> Option<usize> {
    message.lines().find_map(|line| line.strip_prefix("Command failed -:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::failed_line;

    #[test]
    fn the_failed_line_is_found() {
        let message = "RTNETLINK answers: File exists\nCommand failed -:3\n";
        assert_eq!(failed_line(message), Some(3));
        assert_eq!(failed_line("Error: no such thing\n"), None);
    }
}
