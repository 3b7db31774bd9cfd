//! Headless Chromium, told what to look at (`tests/browser/`), and which dashboards to render (`tests/perses/`).

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::netns::Namespace;

/// One look at a page, going on.
#[derive(Debug)]
pub struct Look {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Look {
    /// Begins to look.
    pub fn begin(name: &str, url: &str, arguments: &[&str]) -> Result<Self> {
        let script = folder("browser")?.join("look.mjs");
        Self::run(&script, &[&[name, url], arguments].concat())
    }

    fn run(script: &Path, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(script)
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

/// Packs the page that renders dashboards, with everything that it needs.
pub fn pack() -> Result<()> {
    let folder = folder("perses")?;
    let packed = Command::new("npm")
        .args(["run", "--silent", "build", "--prefix"])
        .arg(&folder)
        .output()
        .context("failed to start `npm`: is it installed?")?;
    ensure!(packed.status.success(), "failed to pack: {}", String::from_utf8_lossy(&packed.stderr).trim());
    Ok(())
}

/// Renders dashboards of a folder with what a Prometheus in this namespace answers; `jobs` is JSON, as
/// `tests/perses/render.mjs` tells. Gives what was seen.
pub fn render(prometheus: &str, boards: &Path, jobs: &str, at: &Namespace) -> Result<String> {
    // The one brings the browser, the other the components of Perses.
    folder("browser")?;
    let script = folder("perses")?.join("render.mjs");
    let boards = boards.to_str().context("the folder of the boards is text")?;
    at.run(|| Look::run(&script, &[prometheus, boards, jobs])?.end())
}

/// A folder of scripts whose packages are there.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    ensure!(folder.join("node_modules").exists(), "run `npm ci --prefix tests/{name}` first");
    Ok(folder)
}

impl Drop for Look {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
