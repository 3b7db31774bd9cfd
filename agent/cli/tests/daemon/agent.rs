//! One running agent, its files, and what it says.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

/// Nothing that is waited for takes longer, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

/// The files of one test, removed with it.
pub(crate) struct Desk(PathBuf);

impl Desk {
    pub(crate) fn new(name: &str) -> Self {
        static DESKS: AtomicU32 = AtomicU32::new(0);
        let number = DESKS.fetch_add(1, Ordering::Relaxed);
        let folder = format!("sortie-daemon-{}-{number}-{name}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        fs::create_dir_all(&path).expect("the temporary folder can be written to");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("sortie.toml")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

/// An answer of the page's server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A running `sortie run`. Killed when dropped.
pub(crate) struct Agent {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
    address: Option<SocketAddr>,
}

impl Agent {
    pub(crate) fn start(desk: &Desk, config: &str, flags: &[&str]) -> Self {
        Self::start_with(desk, config, flags, &[], Stdio::null())
    }

    pub(crate) fn start_with(
        desk: &Desk,
        config: &str,
        flags: &[&str],
        environment: &[(&str, &str)],
        stdin: Stdio,
    ) -> Self {
        Self::launch(Command::new(env!("CARGO_BIN_EXE_sortie")), desk, config, flags, environment, stdin)
    }

    /// The same where nothing of the desk that has this name can be written to.
    pub(crate) fn start_with_read_only(name: &str, desk: &Desk, config: &str) -> Self {
        // In a mount namespace that ends with the agent, which takes the shell's place.
        let mut command = Command::new("unshare");
        command.args(["--mount", "--user", "--map-root-user", "sh", "-c"]);
        command.arg("mount --bind -o ro \"$0\" \"$0\" && exec \"$@\"");
        command.arg(desk.path(name)).arg(env!("CARGO_BIN_EXE_sortie"));
        Self::launch(command, desk, config, &[], &[], Stdio::null())
    }

    fn launch(
        mut command: Command,
        desk: &Desk,
        config: &str,
        flags: &[&str],
        environment: &[(&str, &str)],
        stdin: Stdio,
    ) -> Self {
        fs::write(desk.config(), config).expect("the desk can be written to");
        let mut child = command
            .args(["run", "--log-level", "debug", "--config"])
            .arg(desk.config())
            .args(flags)
            .envs(environment.iter().copied())
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut log = kept.lock().expect("nobody panics with the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, log, reader: Some(reader), address: None }
    }

    /// The same agent, with the page at an address that it does not tell.
    pub(crate) fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Where its page is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.await_log(|log| announced(log).is_some());
        announced(&self.log()).expect("it was announced")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, which: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        signal::kill(pid, which).expect("the agent runs");
    }

    /// Waits until it ends.
    pub(crate) fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().expect("it is ours").is_none() {
            assert!(Instant::now() < deadline, "it does not end; so far:\n{}", self.log());
            thread::sleep(POLL);
        }
        if let Some(reader) = self.reader.take() {
            reader.join().expect("reading does not panic");
        }
        Ended { code: self.child.wait().expect("it has ended").code(), log: self.log() }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("nobody panics with the log").clone()
    }

    /// Waits until the log is as wanted.
    pub(crate) fn await_log(&self, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(&self.log()) {
            assert!(Instant::now() < deadline, "not in the log:\n{}", self.log());
            thread::sleep(POLL);
        }
    }

    /// Asks until the answer is as wanted.
    pub(crate) fn await_body(&self, path: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        while Instant::now() < deadline {
            if let Some(answer) = self.try_get(path) {
                if answer.status == 200 && wanted(&answer.body) {
                    return;
                }
                last = answer.body;
            }
            thread::sleep(POLL);
        }
        panic!("{path} never became what was expected; last:\n{last}\nlog:\n{}", self.log());
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|| panic!("no answer for {path}; log:\n{}", self.log()))
    }

    fn try_get(&self, path: &str) -> Option<Answer> {
        let address = self.address.or_else(|| announced(&self.log()))?;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, body: body.to_owned() })
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The page's address, from the line that announces it.
fn announced(log: &str) -> Option<SocketAddr> {
    let (_, after) = log.split_once("the page is on http://")?;
    after.split('/').next()?.parse().ok()
}

/// What a service manager was told, line by line and in order.
pub(crate) struct Messages(UnixDatagram);

impl Messages {
    pub(crate) fn of(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("it is a socket");
        Self(socket)
    }

    /// Reads on until a message has this beginning of a line; what came before it is passed over.
    pub(crate) fn await_line(&self, beginning: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0; 4096];
        let mut passed = Vec::new();
        while Instant::now() < deadline {
            let length = self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("{error} after {passed:?}"));
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.lines().any(|line| line.starts_with(beginning)) {
                return text;
            }
            passed.push(text);
        }
        panic!("`{beginning}` was never told; passed over: {passed:?}");
    }
}
