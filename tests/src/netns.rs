//! Named network namespaces that do not outlive the process.
//!
//! A name is `sortielab-PID-COUNTER-NODE`: two laboratories never meet, and the next one can tell which
//! namespaces a dead one left behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, anyhow};
use nix::sched::{CloneFlags, setns};

use crate::command::feed;
use crate::stop::{Helper, StopFlag};

const PREFIX: &str = "sortielab";
const NAMESPACES: &str = "/run/netns";
const PER_NAMESPACE_ETC: &str = "/etc/netns";

/// The name of a node's namespace in laboratory `run` of this process.
pub fn name_of(run: u32, node: impl std::fmt::Display) -> String {
    format!("{PREFIX}-{}-{run}-{node}", std::process::id())
}

/// Creates the namespaces in one go.
pub fn create(names: &[String]) -> Result<Vec<Namespace>> {
    // The guards exist before the namespaces do: a creation that fails half-way is cleaned up as well.
    let guards: Vec<Namespace> = names.iter().map(|name| Namespace { name: name.clone() }).collect();
    let script = names.iter().fold(String::new(), |script, name| script + "netns add " + name + "\n");
    feed("ip", &["-batch", "-"], &script)?;
    Ok(guards)
}

/// A namespace that is joined to nothing: all that it has is its own loopback.
pub fn alone(node: &str) -> Result<Namespace> {
    static ALONE: AtomicU32 = AtomicU32::new(0);
    let name = name_of(ALONE.fetch_add(1, Ordering::Relaxed), node);
    let namespace = create(&[name])?.pop().context("one namespace was created")?;
    feed("ip", &["-n", namespace.name(), "-batch", "-"], "link set lo up\n")?;
    Ok(namespace)
}

/// A namespace; deleted with everything that belongs to its name when dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `job` inside, on a thread of its own, and waits for it.
    pub fn run<T: Send>(&self, job: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let path = self.path();
        std::thread::scope(|scope| {
            scope
                .spawn(move || {
                    enter(&path)?;
                    job()
                })
                .join()
                .map_err(|_| anyhow!("a job in namespace {} panicked", self.name))?
        })
    }

    /// As [`Helper::start`], inside.
    pub fn spawn<P>(
        &self,
        prepare: impl FnOnce() -> Result<P> + Send + 'static,
        serve: impl FnOnce(P, &StopFlag) + Send + 'static,
    ) -> Result<Helper> {
        let path = self.path();
        Helper::start(&self.name, move || enter(&path).and_then(|()| prepare()), serve)
    }

    /// Writes a file that `ip netns exec` mounts over the one in `/etc`.
    pub fn write_etc(&self, file: &str, content: &str) -> Result<()> {
        let folder = Path::new(PER_NAMESPACE_ETC).join(&self.name);
        fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
        let path = folder.join(file);
        fs::write(&path, content).with_context(|| format!("failed to write {}", path.display()))
    }

    fn path(&self) -> PathBuf {
        Path::new(NAMESPACES).join(&self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

fn enter(path: &Path) -> Result<()> {
    let file = File::open(path).with_context(|| format!("failed to open {}", path.display()))?;
    setns(file, CloneFlags::CLONE_NEWNET).with_context(|| format!("failed to enter {}", path.display()))
}

fn remove(name: &str) {
    let _ = feed("ip", &["-batch", "-"], &format!("netns del {name}\n"));
    let _ = fs::remove_dir_all(Path::new(PER_NAMESPACE_ETC).join(name));
}

/// Removes what laboratories left behind whose process is gone (killed, or out of power).
pub fn sweep() -> io::Result<()> {
    for folder in [Path::new(NAMESPACES), Path::new(PER_NAMESPACE_ETC)] {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if creator_of(&name).is_some_and(is_dead) {
                remove(&name);
            }
        }
    }
    Ok(())
}

/// The process that made the namespace of this name, if a laboratory made it.
fn creator_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.strip_prefix('-')?.split('-').next()?.parse().ok()
}

/// Whether no process of this id runs.
pub fn is_dead(pid: u32) -> bool {
    !Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_a_laboratory_have_a_creator() {
        assert_eq!(creator_of("sortielab-42-7-r1"), Some(42));
        for foreign in ["sortielab", "sortielab-x-7-r1", "cni-42", "sortielabs-42-1-vm"] {
            assert_eq!(creator_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn this_process_is_alive() {
        assert!(!is_dead(std::process::id()));
    }
}
