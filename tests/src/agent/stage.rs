//! A folder of this process under the system's temporary folder: the binary, and a desk for every run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};

use super::Desk;
use crate::netns::{self, is_dead};
use crate::{command, tmpfs};

const PREFIX: &str = "sortielab-";

/// The staged binary. Dropping it removes the folder.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    desks: AtomicU32,
}

impl Stage {
    /// Asks for root and its tools, removes what dead laboratories left behind, and sets the stage.
    pub fn prepare() -> Result<Self> {
        clear()?;
        Self::set()
    }

    /// As [`Stage::prepare`], for those who need no binary.
    pub fn prepare_empty() -> Result<Self> {
        clear()?;
        Self::empty()
    }

    /// Copies the binary to where any user may run it.
    pub fn set() -> Result<Self> {
        let binary = find_binary()?;
        let stage = Self::empty()?;
        fs::copy(&binary, stage.binary()).with_context(|| format!("failed to copy {}", binary.display()))?;
        fs::set_permissions(stage.binary(), fs::Permissions::from_mode(0o755))?;
        Ok(stage)
    }

    /// A stage without the binary.
    pub fn empty() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        Ok(Self { folder, desks: AtomicU32::new(0) })
    }

    pub fn binary(&self) -> PathBuf {
        self.folder.join("sortie")
    }

    /// A fresh desk.
    pub fn desk(&self) -> Result<Desk> {
        let number = self.desks.fetch_add(1, Ordering::Relaxed);
        Desk::new(self.folder.join(number.to_string()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn clear() -> Result<()> {
    command::require_root_and_tools()?;
    netns::sweep()?;
    sweep()
}

/// Removes the folders of laboratories whose process is gone.
pub fn sweep() -> Result<()> {
    for entry in fs::read_dir(std::env::temp_dir())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.strip_prefix(PREFIX).and_then(|pid| pid.parse().ok()).is_some_and(is_dead) {
            tmpfs::sweep(&path)?;
            let _ = fs::remove_dir_all(path);
        }
    }
    Ok(())
}

/// `SORTIE_BIN`, else `sortie` beside the folder of this test executable, else of the other profile.
fn find_binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SORTIE_BIN") {
        return Ok(path.into());
    }
    let executable = std::env::current_exe().context("failed to find this test's own executable")?;
    let profile = executable.parent().and_then(Path::parent).context("this test lies in no target folder")?;
    let target = profile.parent().context("this test lies in no target folder")?;
    let candidates = [profile.join("sortie"), target.join("release/sortie"), target.join("debug/sortie")];
    match candidates.iter().find(|path| path.exists()) {
        Some(found) => Ok(found.clone()),
        None => bail!(
            "no `sortie` beside {}: build it first with `cargo build --bin sortie`, or name it in SORTIE_BIN",
            executable.display()
        ),
    }
}
