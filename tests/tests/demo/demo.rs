//! One running demonstration, and what the kernel shows of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::agent::Stage;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Longer than the longest scene and the whole story on a machine at work.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long what was killed may take to be gone: the kernel ends a process namespace in its own time.
const GONE: Duration = Duration::from_secs(10);

const POLL: Duration = Duration::from_millis(20);

/// In the environment of every process of one demonstration, so that they can be found.
const MARK: &str = "SORTIE_DEMO_UNDER_TEST";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A demonstration of this test. It is killed when dropped.
pub(crate) struct Demo {
    child: Child,
    mark: String,
    desk: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
    namespaces: BTreeSet<PathBuf>,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Demo {
    /// Starts `sortie demo` with these arguments.
    pub(crate) fn start(stage: &Stage, arguments: &[&str]) -> Result<Self> {
        // Whoever starts the tests in the background of a script has them ignore SIGINT.
        Self::start_as(&["env", "--default-signal=INT"], stage, arguments, |_| ())
    }

    /// Starts it behind other words, with changes of the command.
    pub(crate) fn start_as(
        before: &[&str],
        stage: &Stage,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // An empty folder: whatever is in it afterwards was left behind.
        let desk = stage.desk()?.state_dir();
        let beside = |name: &str| desk.with_file_name(name);
        let binary = stage.binary();
        let mut words = before.iter().map(Path::new).chain([binary.as_path()]);
        let mut command = Command::new(words.next().context("there is a program")?);
        command
            .args(words)
            .arg("demo")
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TMPDIR", &desk)
            .env(MARK, &mark)
            .current_dir(&desk)
            .stdin(Stdio::piped())
            .stdout(File::create(beside("stdout"))?)
            .stderr(File::create(beside("stderr"))?);
        change(&mut command);
        let child = command.spawn().context("failed to start the demonstration")?;
        let (stdout, stderr) = (beside("stdout"), beside("stderr"));
        Ok(Self { child, mark, desk, stdout, stderr, namespaces: BTreeSet::new() })
    }

    /// Sends a signal to the process that was started.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal)
    }

    /// Presses Enter.
    pub(crate) fn enter(&mut self) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("its input is closed")?;
        stdin.write_all(b"\n").context("failed to press Enter")
    }

    /// Ends what it reads.
    pub(crate) fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for a process of this demonstration whose command line holds all these words.
    pub(crate) fn wait_for(&mut self, words: &[&str]) -> Result<u32> {
        let deadline = Instant::now() + GONE;
        loop {
            for pid in self.processes() {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                let line: Vec<_> = line.split(|byte| *byte == 0).collect();
                if words.iter().all(|word| line.contains(&word.as_bytes())) {
                    self.namespaces.extend(namespaces(&self.processes()));
                    return Ok(pid);
                }
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended ({status}) before there was a process {words:?}: {}", read(&self.stderr));
            }
            ensure!(Instant::now() < deadline, "there is no process {words:?}");
            std::thread::sleep(POLL);
        }
    }

    /// Waits until standard output holds this text.
    pub(crate) fn wait_for_text(&mut self, text: &str) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let told = read(&self.stdout);
            if told.contains(text) {
                return Ok(told);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended ({status}) without {text:?}: {}", read(&self.stderr));
            }
            ensure!(Instant::now() < deadline, "it does not say {text:?} but:\n{told}");
            std::thread::sleep(POLL);
        }
    }

    /// Waits for its end, by itself or by a signal.
    pub(crate) fn end(&mut self) -> Result<Ended> {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < deadline, "it does not end:\n{}", read(&self.stdout));
            std::thread::sleep(POLL);
        };
        Ok(Ended { status, stdout: read(&self.stdout), stderr: read(&self.stderr) })
    }

    /// Whether nothing of it is there any more: no process, no namespace, no link, no mount, no file.
    pub(crate) fn left_nothing(&self) -> Result<()> {
        let deadline = Instant::now() + GONE;
        while !self.processes().is_empty() {
            ensure!(Instant::now() < deadline, "processes are left behind: {:?}", self.processes());
            std::thread::sleep(POLL);
        }
        // The kernel gives a number that became free to the next namespace, so other demonstrations do not count.
        let foreign = || pids().filter(|pid| !marks(*pid, MARK.as_bytes())).collect::<Vec<_>>();
        while !namespaces(&foreign()).is_disjoint(&self.namespaces) {
            ensure!(Instant::now() < deadline, "namespaces are left behind: {:?}", self.namespaces);
            std::thread::sleep(POLL);
        }
        let links = Command::new("ip").args(["-brief", "link"]).output()?.stdout;
        let links = String::from_utf8_lossy(&links).into_owned();
        let ours = |line: &&str| ["west", "east"].iter().any(|name| line.starts_with(name));
        ensure!(!links.lines().any(|line| ours(&line)), "links are left behind:\n{links}");
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        ensure!(
            !mounts.lines().any(|line| line.contains(" /run tmpfs") && line.contains("size=16384k")),
            "{mounts}"
        );
        let files: Vec<_> = fs::read_dir(&self.desk)?.collect();
        ensure!(files.is_empty(), "files are left behind: {files:?}");
        Ok(())
    }

    /// Namespaces of networks that were seen while [`Self::wait_for`] looked.
    pub(crate) fn networks(&self) -> usize {
        self.namespaces.len()
    }

    fn processes(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}\0", self.mark);
        pids().filter(|pid| marks(*pid, mark.as_bytes())).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The exit code, or 128 and the signal as a shell says it.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// Refuses any other exit code.
    pub(crate) fn with(self, code: i32) -> Result<Self> {
        let (found, stderr, stdout) = (self.code(), &self.stderr, &self.stdout);
        ensure!(found == code, "exit code {found} instead of {code}: {stderr}\n{stdout}");
        Ok(self)
    }
}

/// Sends a signal to a process.
pub(crate) fn send(pid: u32, signal: Signal) -> Result<()> {
    let process = Pid::from_raw(i32::try_from(pid)?);
    kill(process, signal).with_context(|| format!("failed to send {signal} to {pid}"))
}

/// The network namespaces of all threads of these processes, but for our own.
fn namespaces(pids: &[u32]) -> BTreeSet<PathBuf> {
    let own = fs::read_link("/proc/self/ns/net").ok();
    let tasks =
        pids.iter().filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok()).flatten().flatten();
    let networks = tasks.filter_map(|task| fs::read_link(task.path().join("ns/net")).ok());
    networks.filter(|network| Some(network) != own.as_ref()).collect()
}

/// Whether an entry of a process's environment begins so.
fn marks(pid: u32, entry: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .windows(entry.len())
        .enumerate()
        .any(|(at, found)| found == entry && (at == 0 || environment[at - 1] == 0))
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
