//! A network namespace, held by a thread that lives in it.
//!
//! The namespace has no name anywhere: it goes with the process. Whatever is to happen inside is given to the thread;
//! sockets and child processes that it makes belong to the namespace for good.

use std::fs;
use std::sync::mpsc;

use anyhow::{Context as _, Result, anyhow};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, gettid};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::plan::Place;

/// One node of the cloud.
#[derive(Debug)]
pub(super) struct Node {
    place: Place,
    thread: Pid,
    runtime: Handle,
}

impl Node {
    /// A node with nothing in it.
    pub(super) fn start(place: Place) -> Result<Self> {
        let (born, is_born) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name(place.name().to_owned())
            .spawn(move || match birth() {
                Ok((thread, runtime)) => {
                    let _ = born.send(Ok((thread, runtime.handle().clone())));
                    runtime.block_on(std::future::pending::<()>());
                }
                Err(error) => {
                    let _ = born.send(Err(error));
                }
            })
            .with_context(|| format!("failed to start a thread for {place}"))?;
        let (thread, runtime) = is_born
            .recv()
            .context("the thread died")
            .flatten()
            .with_context(|| format!("failed to make the network namespace of {place}"))?;
        Ok(Self { place, thread, runtime })
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The thread by which `ip link set … netns` finds the namespace.
    pub(super) fn thread(&self) -> Pid {
        self.thread
    }

    /// Runs a short job inside and waits for it.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, is_done) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = done.send(job());
        });
        is_done.recv().map_err(|_| anyhow!("a job at {} panicked", self.place))?
    }

    /// Lets a task live inside.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(task)
    }

    /// Writes kernel settings of this namespace.
    pub(super) fn set(&self, settings: &'static [(&'static str, &'static str)]) -> Result<()> {
        self.run(move || {
            for (name, value) in settings {
                let path = format!("/proc/sys/{}", name.replace('.', "/"));
                fs::write(&path, value).with_context(|| format!("failed to set {name} = {value}"))?;
            }
            Ok(())
        })
    }
}

fn birth() -> Result<(Pid, tokio::runtime::Runtime)> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok((gettid(), runtime))
}
