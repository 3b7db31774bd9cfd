//! The outside as a doctor may touch it: files that are read, programs that only list. Bounded in bytes and in time.
//!
//! Programs are sought in the folders of the system alone, not in `PATH`: a doctor is asked as root. They get no
//! environment but the neutral language, and nothing to read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Enough for the socket table of a machine with 100,000 connections; a set of addresses in nftables has a few MiB.
const BYTES_MOST: u64 = 16 << 20;
/// For each program, which has nothing to do but to ask this kernel.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at whether a program that has said everything has ended.
const PAUSE: Duration = Duration::from_millis(2);
/// Where the programs of the system are.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
/// Characters of what a program complains.
const COMPLAINT_MOST: usize = 160;

/// Why something was not seen. The texts finish "not seen: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unseen {
    /// There is no such file or program.
    #[error("{0} is not there")]
    Absent(String),
    /// It is there, and not for this user.
    #[error("{0} may not be read by this user")]
    Forbidden(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl Unseen {
    /// Whether there is nothing, as opposed to something that was not legible.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent(_))
    }

    pub(super) fn of(what: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent(what.to_owned()),
            io::ErrorKind::PermissionDenied => Self::Forbidden(what.to_owned()),
            _ => Self::Failed(format!("failed to read {what}: {error}")),
        }
    }
}

/// The text of a file.
pub(super) fn read(path: impl AsRef<Path>) -> Result<String, Unseen> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let bytes = File::open(path).and_then(bounded).map_err(|error| Unseen::of(&name, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a program of the system lists.
pub(super) fn ask(program: &str, args: &[&str]) -> Result<String, Unseen> {
    let found =
        FOLDERS.map(|folder| PathBuf::from(folder).join(program)).into_iter().find(|path| path.exists());
    let path = found.ok_or_else(|| Unseen::Absent(program.to_owned()))?;
    ask_at(&path, args, PATIENCE)
}

fn ask_at(path: &Path, args: &[&str], patience: Duration) -> Result<String, Unseen> {
    let name = path.display().to_string();
    let mut command = Command::new(path);
    command.args(args).env_clear().env("LC_ALL", "C").env("PATH", FOLDERS.join(":"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| Unseen::of(&name, &error))?;
    let ended = listen(&mut child, Instant::now() + patience);
    // Whoever has ended is not hurt by it, and whoever has not is not waited for.
    let _ = child.kill();
    let _ = child.wait();
    let failed = |why: String| Unseen::Failed(format!("{name} {why}"));
    let Ended { success, stdout, stderr } = ended.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => {
            failed(format!("did not answer within {}", humantime::format_duration(patience)))
        }
        _ => failed(format!("is not heard: {error}")),
    })?;
    if success {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&stderr);
    if ["permitted", "ermission denied", "be root"].iter().any(|words| stderr.contains(words)) {
        return Err(Unseen::Forbidden(format!("the answer of {name}")));
    }
    let complaint: String = stderr.trim().chars().take(COMPLAINT_MOST).collect();
    Err(failed(format!("says no: {complaint}")))
}

struct Ended {
    success: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn listen(child: &mut Child, deadline: Instant) -> io::Result<Ended> {
    let stdout = in_background(child.stdout.take());
    let stderr = in_background(child.stderr.take());
    let heard = |channel: mpsc::Receiver<io::Result<Vec<u8>>>| {
        let left = deadline.saturating_duration_since(Instant::now());
        channel.recv_timeout(left).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    };
    let (stdout, stderr) = (heard(stdout)?, heard(stderr)?);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended { success: status.success(), stdout, stderr });
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
}

/// On a thread of its own, which nobody waits for: a pipe has no deadline.
fn in_background(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let bytes = pipe.map_or_else(|| Ok(Vec::new()), bounded);
        // Who asked may have given up.
        let _ = tell.send(bytes);
    });
    told
}

fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(BYTES_MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MOST {
        return Err(io::Error::other(format!("it is longer than {} MiB", BYTES_MOST >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<String, Unseen> {
        ask_at(Path::new("/bin/sh"), &["-c", script], patience)
    }

    #[test]
    fn a_program_is_heard_and_why_it_says_no_is_known() {
        const LONG: Duration = Duration::from_secs(60);
        let failed = |why: &str| Err(Unseen::Failed(format!("/bin/sh {why}")));
        for (script, heard) in [
            ("echo fine; echo noise >&2", Ok("fine\n".to_owned())),
            (
                "echo Operation not permitted >&2; exit 1",
                Err(Unseen::Forbidden("the answer of /bin/sh".to_owned())),
            ),
            ("echo no such table >&2; exit 1", failed("says no: no such table")),
            ("head -c 17000000 /dev/zero", failed("is not heard: it is longer than 16 MiB")),
        ] {
            assert_eq!(shell(script, LONG), heard, "{script}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_not_waited_for() {
        for script in ["exec sleep 600", "exec >&- 2>&-; exec sleep 600"] {
            let unseen = shell(script, Duration::from_millis(20)).expect_err("it never ends");
            assert_eq!(unseen, Unseen::Failed("/bin/sh did not answer within 20ms".to_owned()));
        }
    }

    #[test]
    fn what_is_not_there_is_absent() {
        assert!(ask("sortie-no-such-program", &[]).expect_err("nobody has it").is_absent());
        assert!(read("/nowhere/at/all").expect_err("nobody has it").is_absent());
        assert!(read("/proc/self/status/x").expect_err("no folder").is_absent());
    }
}
