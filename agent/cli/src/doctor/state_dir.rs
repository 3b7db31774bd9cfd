//! The state directory: whether an agent can keep there what it must not forget, and who does.
//!
//! The lock is looked up in `/proc/locks` and not tried: an agent that starts at that moment would be refused.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::finding::Finding;
use super::look::{self, Unseen};
use crate::config::Config;

const CHECK: &str = "state_dir";
const LOCK: &str = "sortie.lock";

/// An empty database is 72 KiB; below this nothing is kept.
const LEAST: u64 = 1 << 20;
/// A week of history, and room for the database to be rewritten.
const COMFORTABLE: u64 = 32 << 20;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let dir = &config.agent.state_dir;
    let name = dir.display().to_string();
    let kind = fs::metadata(dir).map(|metadata| metadata.is_dir());
    let mut findings = vec![usable(&name, kind, access(dir, AccessFlags::W_OK | AccessFlags::X_OK))];
    // Without the directory, room is needed where it will be made.
    let nearest = dir.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let exports = config.otlp.endpoint.is_some();
    match statvfs(nearest) {
        Ok(room) => {
            #[allow(clippy::useless_conversion, reason = "narrower on 32-bit machines")]
            let free = u64::from(room.blocks_available()).saturating_mul(u64::from(room.fragment_size()));
            findings.push(roomy(&name, free, if exports { config.otlp.max_bytes } else { 0 }));
        }
        Err(errno) => findings.push(Finding::not_seen(CHECK, format!("room in {name} not seen: {errno}"))),
    }
    if let Ok(metadata) = fs::metadata(dir.join(LOCK)) {
        findings.push(held(&name, &look::read("/proc/locks"), &metadata));
    }
    findings
}

fn usable(name: &str, is_dir: io::Result<bool>, writable: Result<(), Errno>) -> Finding {
    match (is_dir, writable) {
        (Ok(false), _) => Finding::broken(CHECK, format!("{name} is no directory"))
            .todo("move it away, or set [agent] state_dir"),
        (Ok(true), Ok(())) => Finding::fine(CHECK, format!("{name} can be written to")),
        (Ok(true), Err(Errno::EROFS)) => {
            Finding::broken(CHECK, format!("{name} is on a read-only file system")).todo(
                "set [agent] state_dir to a place that can be written to; an agent forgets all at its end",
            )
        }
        (Ok(true), Err(Errno::EACCES)) => Finding::not_seen(
            CHECK,
            format!("{name} is not for this user: whether the agent's user may write is not seen"),
        )
        .todo("ask as the user that the agent runs as"),
        (Ok(true), Err(errno)) => Finding::broken(CHECK, format!("{name} cannot be written to: {errno}")),
        (Err(error), _) => match error.kind() {
            io::ErrorKind::NotFound => {
                Finding::fine(CHECK, format!("{name} is not there yet: `sortie run` makes it"))
            }
            io::ErrorKind::PermissionDenied => {
                Finding::not_seen(CHECK, format!("{name} not seen: this user may not go there"))
                    .todo("ask as the user that the agent runs as")
            }
            _ => Finding::broken(CHECK, format!("failed to look at {name}: {error}"))
                .todo("set [agent] state_dir to a directory"),
        },
    }
}

fn roomy(name: &str, free: u64, queue: u64) -> Finding {
    let text = format!("{} MiB are free for {name}", free >> 20);
    let advice = "make room; on a full disk an agent goes on from memory and forgets at its end";
    if free < LEAST {
        Finding::broken(CHECK, text).todo(advice)
    } else if free < COMFORTABLE {
        Finding::worth_a_look(CHECK, text).todo(advice)
    } else if free < queue {
        let text = format!("{text}, and [otlp] max_bytes may take {} MiB", queue >> 20);
        Finding::worth_a_look(CHECK, text).todo("make room, or lower [otlp] max_bytes")
    } else {
        Finding::fine(CHECK, text)
    }
}

fn held(name: &str, locks: &Result<String, Unseen>, file: &Metadata) -> Finding {
    match locks {
        Err(unseen) => Finding::not_seen(CHECK, format!("who holds {name} is not seen: {unseen}")),
        Ok(locks) => match holder(locks, file.ino()) {
            Some(pid) => Finding::fine(CHECK, format!("process {pid} holds {name}: an agent runs")),
            None => {
                Finding::fine(CHECK, format!("nobody holds {name}: no agent runs, or in another container"))
            }
        },
    }
}

/// `1: FLOCK  ADVISORY  WRITE 812 fe:00:10068309 0 EOF`. The device is left out: some file systems give another one here
/// than to who asks for a file.
fn holder(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, place, ..] = words.as_slice() else { return None };
        let same = place.rsplit(':').next()?.parse() == Ok(inode);
        if same { pid.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_directory_is_judged_by_what_an_agent_could_do_there() {
        let error = |kind: io::ErrorKind| Err(kind.into());
        for (kind, writable, expected) in [
            (Ok(true), Ok(()), Fine),
            (Ok(true), Err(Errno::EROFS), Broken),
            (Ok(true), Err(Errno::EACCES), NotSeen),
            (Ok(true), Err(Errno::EIO), Broken),
            (Ok(false), Ok(()), Broken),
            (error(io::ErrorKind::NotFound), Err(Errno::ENOENT), Fine),
            (error(io::ErrorKind::PermissionDenied), Err(Errno::EACCES), NotSeen),
            (error(io::ErrorKind::NotADirectory), Err(Errno::ENOTDIR), Broken),
        ] {
            let finding = usable("/var/lib/sortie", kind, writable);
            assert_eq!(finding.standing, expected, "{finding:?}");
        }
    }

    #[test]
    fn room_is_measured_against_what_will_wait() {
        for (free, queue, expected) in [
            (0, 0, Broken),
            (LEAST, 0, WorthALook),
            (COMFORTABLE, 0, Fine),
            (COMFORTABLE, COMFORTABLE, Fine),
            (COMFORTABLE, 2 * COMFORTABLE, WorthALook),
        ] {
            assert_eq!(roomy("/var/lib/sortie", free, queue).standing, expected, "{free} of {queue}");
        }
    }

    #[test]
    fn the_holder_of_a_lock_is_known_without_trying_it() {
        let locks = "1: POSIX  ADVISORY  WRITE 9 fe:00:77 0 EOF\n2: FLOCK  ADVISORY  READ 8 fe:00:77 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 812 fe:00:77 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 813 fe:00:77 0 EOF\n";
        assert_eq!(holder(locks, 77), Some(812));
        assert_eq!(holder(locks, 7), None);
        assert_eq!(holder("nonsense\n", 77), None);
    }
}
