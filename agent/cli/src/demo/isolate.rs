//! Leaving the host: namespaces of our own for processes, network, mounts and the host's name.
//!
//! Whoever is in them sees nothing of the host's network and can change nothing of it, and when their first process
//! ends the kernel ends everything in them. Without root a user namespace gives the rights, where the kernel allows it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, getegid, geteuid, sethostname};

/// The host's name inside: what a report of the demonstration shows.
const HOST_NAME: &str = "demo-vm";

/// A folder that every Linux has and nothing inside needs; `ip` looks into it for names of namespaces.
const SCRATCH: &str = "/run";

/// Leaves the host. The caller itself stays in its process namespace; its next child is the first process of the new
/// one. Must be called before there is a second thread.
pub(super) fn leave_host() -> Result<()> {
    let cloud = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS;
    let (uid, gid) = (geteuid(), getegid());
    match unshare(cloud) {
        Ok(()) => Ok(()),
        Err(Errno::EPERM) => {
            unshare(CloneFlags::CLONE_NEWUSER | cloud).map_err(|errno| anyhow!(refusal(errno, switch)))?;
            become_root(uid, gid)
        }
        Err(errno) => Err(errno).context("failed to make namespaces"),
    }
}

/// Ends this process when the thread that started it is gone.
pub(super) fn die_with_parent() -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("failed to ask for the parent's death signal")
}

/// What the first process inside does: a name of its own, and a folder in memory that vanishes with it.
pub(super) fn settle() -> Result<&'static Path> {
    sethostname(HOST_NAME).context("failed to name the demonstration's host")?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .context("failed to make mounts private")?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), SCRATCH, Some("tmpfs"), flags, Some("mode=755,size=16m"))
        .with_context(|| format!("failed to mount a folder in memory over {SCRATCH}"))?;
    Ok(Path::new(SCRATCH))
}

/// Inside a user namespace, whoever made it is root (`user_namespaces(7)`).
fn become_root(uid: Uid, gid: Gid) -> Result<()> {
    for (file, line) in [
        // Without privilege the group map may be written only where setgroups(2) is denied for good.
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {uid} 1")),
        ("gid_map", format!("0 {gid} 1")),
    ] {
        let path = format!("/proc/self/{file}");
        fs::write(&path, line).with_context(|| format!("failed to write {path}"))?;
    }
    Ok(())
}

/// The kernel's switches against namespaces of unprivileged users, with the value that forbids them.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
];

fn switch(name: &str) -> Option<String> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    fs::read_to_string(path).ok().map(|value| value.trim().to_owned())
}

/// Why an unprivileged user gets no namespaces, and what to do.
fn refusal(errno: Errno, switch: impl Fn(&str) -> Option<String>) -> String {
    let set = SWITCHES.iter().find(|(name, forbids, _)| switch(name).as_deref() == Some(forbids));
    match set {
        Some((name, forbids, allows)) => format!(
            "this kernel gives namespaces to root only ({name} is {forbids}): run the demonstration as root, or allow \
             it with `sysctl {name}={allows}`"
        ),
        None => format!(
            "this machine gives namespaces to root only ({}; in a container its runtime decides): run the \
             demonstration as root",
            errno.desc()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_forbids_is_named() {
        for (set, value, words) in [
            ("kernel.unprivileged_userns_clone", "0", "`sysctl kernel.unprivileged_userns_clone=1`"),
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict_unprivileged_userns=0"),
            ("user.max_user_namespaces", "0", "(user.max_user_namespaces is 0)"),
            ("kernel.unprivileged_userns_clone", "1", "in a container its runtime decides"),
        ] {
            let text = refusal(Errno::EPERM, |name| (name == set).then(|| value.to_owned()));
            assert!(text.contains(words) && text.contains("as root"), "{text}");
        }
    }
}
