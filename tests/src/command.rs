//! Running a tool with a script on its standard input, with the script in the error when it fails.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// Feeds `script` to `program`; refuses any exit but zero.
pub fn feed(program: &str, arguments: &[&str], script: &str) -> Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start `{program}`: is it installed?"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A tool that stops at the first bad line closes the pipe; its own message says more than EPIPE.
        let _ = stdin.write_all(script.as_bytes());
    }
    let output = child.wait_with_output().with_context(|| format!("failed to wait for `{program}`"))?;
    ensure!(
        output.status.success(),
        "`{program} {}` failed: {}\nscript:\n{script}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// What a laboratory cannot do without.
///
/// # Errors
/// Names the missing right or tool: a laboratory that skips silently proves nothing.
pub fn require_root_and_tools() -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        bail!("the laboratory builds network namespaces and needs root: run it with sudo");
    }
    for (tool, version, package) in
        [("ip", "-V", "iproute2"), ("nft", "-v", "nftables"), ("setpriv", "-V", "util-linux")]
    {
        Command::new(tool)
            .arg(version)
            .output()
            .with_context(|| format!("the laboratory needs `{tool}` (package {package})"))?;
    }
    Ok(())
}
