//! Headless Chromium, told what to look at (`tests/browser/`).

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// One look at a page, going on.
#[derive(Debug)]
pub struct Look {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Look {
    /// Begins to look.
    pub fn begin(name: &str, url: &str, arguments: &[&str]) -> Result<Self> {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/browser"));
        ensure!(folder.join("node_modules").exists(), "run `npm ci --prefix tests/browser` first");
        let mut child = Command::new("node")
            .arg(folder.join("look.mjs"))
            .args([name, url])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to start `node`: is it installed?")?;
        let said = BufReader::new(child.stdout.take().context("standard output is piped")?);
        Ok(Self { child, said })
    }

    /// Waits until it says `watching`.
    pub fn watch(&mut self) -> Result<()> {
        let mut line = String::new();
        self.said.read_line(&mut line).context("failed to read what the browser says")?;
        if line.trim_end() == "watching" {
            return Ok(());
        }
        self.finish().map(drop).and_then(|()| anyhow::bail!("it said `{}`", line.trim_end()))
    }

    /// Waits for its end, and gives what it measured.
    pub fn end(mut self) -> Result<String> {
        self.finish()
    }

    fn finish(&mut self) -> Result<String> {
        let said = std::io::read_to_string(&mut self.said).context("failed to read what the browser says")?;
        let status = self.child.wait().context("failed to wait for the browser")?;
        let complaint = self.child.stderr.take().map(std::io::read_to_string).transpose()?;
        ensure!(status.success(), "{}", complaint.unwrap_or_default().trim());
        Ok(said)
    }
}

/// Looks once, from beginning to end.
pub fn look(name: &str, url: &str, arguments: &[&str]) -> Result<String> {
    Look::begin(name, url, arguments)?.end()
}

impl Drop for Look {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
