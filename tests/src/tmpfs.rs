//! A small disk of its own, to be filled to its last byte.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

const BLOCK: usize = 4096;
const FILLER: &str = "filler";

/// A mounted tmpfs; dropping it takes it away with everything in it.
#[derive(Debug)]
pub struct Tmpfs {
    at: PathBuf,
}

impl Tmpfs {
    /// Mounts one of this size over a folder, which is made where there is none.
    pub fn mount(at: &Path, bytes: u64) -> Result<Self> {
        fs::create_dir_all(at).with_context(|| format!("failed to create {}", at.display()))?;
        let size = format!("size={bytes}");
        mount(None::<&Path>, at, Some("tmpfs"), MsFlags::empty(), Some(size.as_str()))
            .with_context(|| format!("failed to mount a tmpfs at {}", at.display()))?;
        Ok(Self { at: at.to_owned() })
    }

    /// Leaves no room for another byte.
    pub fn fill(&self) -> Result<()> {
        let mut filler = File::options().append(true).create(true).open(self.at.join(FILLER))?;
        for size in [BLOCK, 1] {
            loop {
                match filler.write(&[0; BLOCK][..size]) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error).context("failed to fill a tmpfs"),
                }
            }
        }
        Ok(())
    }

    /// Gives the room back.
    pub fn free(&self) -> Result<()> {
        fs::remove_file(self.at.join(FILLER)).context("failed to free a tmpfs")
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Whoever still has a file open there keeps it until then.
        let _ = umount2(&self.at, MntFlags::MNT_DETACH);
    }
}

/// Takes away what is mounted under a folder whose owner is gone.
pub fn sweep(folder: &Path) -> Result<()> {
    let mounts = fs::read_to_string("/proc/self/mounts").context("failed to read /proc/self/mounts")?;
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(Path::new);
    for place in places.filter(|place| place.starts_with(folder)) {
        let _ = umount2(place, MntFlags::MNT_DETACH);
    }
    Ok(())
}
