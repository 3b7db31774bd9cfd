//! Operators on loopback: each greets on its subject port and accepts on its control port.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use nix::sys::socket::{Backlog, listen};

use super::agent::{Desk, PATIENCE};

/// Long enough for a question to the agent beside a check, and within the window of a probe.
const LATE: Duration = Duration::from_millis(700);

/// The operators of one test. Their threads end with the test process.
pub(crate) struct Servers {
    subjects: Vec<SocketAddr>,
    controls: Vec<SocketAddr>,
    closed: Arc<AtomicBool>,
    late: Arc<AtomicBool>,
    _full: Vec<(TcpListener, TcpStream)>,
}

impl Servers {
    /// This many operators, one address of 127.0.0.0/8 each, all on one port.
    pub(crate) fn start(operators: u8) -> Self {
        let (closed, late) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let (subjects, listeners) = listen_on_one_port(operators);
        for listener in listeners {
            let (closed, late) = (Arc::clone(&closed), Arc::clone(&late));
            thread::spawn(move || greet(&listener, &closed, &late));
        }
        let (controls, listeners) = listen_on_one_port(operators);
        for listener in listeners {
            thread::spawn(move || while listener.accept().is_ok() {});
        }
        Self { subjects, controls, closed, late, _full: Vec::new() }
    }

    /// The same, but nobody answers on the port under test: the queue of connections that wait to be accepted is
    /// full, and the kernel drops every further SYN (`tcp_conn_request`).
    pub(crate) fn mute(operators: u8) -> Self {
        let (subjects, listeners) = listen_on_one_port(operators);
        let mut waiting = Vec::new();
        for (listener, address) in listeners.iter().zip(&subjects) {
            listen(listener, Backlog::new(0).expect("no backlog is a backlog")).expect("it listens already");
            waiting.push(TcpStream::connect(address).expect("the queue has room for one"));
        }
        let (controls, accepting) = listen_on_one_port(operators);
        for listener in accepting {
            thread::spawn(move || while listener.accept().is_ok() {});
        }
        Self {
            subjects,
            controls,
            closed: Arc::default(),
            late: Arc::default(),
            _full: listeners.into_iter().zip(waiting).collect(),
        }
    }

    /// The port under test.
    pub(crate) fn port(&self) -> u16 {
        self.subjects[0].port()
    }

    /// From now on greetings take a while.
    pub(crate) fn greet_late(&mut self) {
        self.late.store(true, Ordering::Relaxed);
    }

    /// From now on the port under test is closed everywhere.
    pub(crate) fn close_subjects(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // The threads wait for a connection: it is the last one that they accept.
        self.subjects.iter().for_each(|address| drop(TcpStream::connect(address)));
    }

    /// A configuration that asks them every three seconds, with more lines for `[agent]`.
    pub(crate) fn config(&self, desk: &Desk, agent: &str) -> String {
        self.text(desk, agent, "[web]\nlisten = \"127.0.0.1:0\"\n")
    }

    /// The same with a `[web]` section of its own.
    pub(crate) fn config_with_web(&self, desk: &Desk, web: &str) -> String {
        self.text(desk, "", web)
    }

    /// The same with a `[cloud]` section of its own.
    pub(crate) fn config_with_cloud(&self, desk: &Desk, imds: &str) -> String {
        let config = self.config(desk, "");
        config.replace("imds = \"off\"", &format!("imds = \"{imds}\""))
    }

    fn text(&self, desk: &Desk, agent: &str, web: &str) -> String {
        let state = desk.path("state");
        let mut text = format!(
            "[agent]\ninterval = \"3s\"\nstate_dir = \"{}\"\n{agent}\n{web}\n\
             [probe]\nengine = \"connect\"\nfamilies = [\"ipv4\"]\nattempts = [\"0s\", \"500ms\"]\nwindow = \"2s\"\n\
             [controls]\nglobal = []\n[cloud]\nimds = \"off\"\n",
            state.display()
        );
        for (number, (subject, control)) in self.subjects.iter().zip(&self.controls).enumerate() {
            let _ = writeln!(
                text,
                "[[target]]\noperator = \"o{number}\"\naddress = \"{subject}\"\ncontrol = \"{control}\""
            );
        }
        text
    }
}

fn greet(listener: &TcpListener, closed: &AtomicBool, late: &AtomicBool) {
    for stream in listener.incoming().flatten() {
        if closed.load(Ordering::Relaxed) {
            return;
        }
        let late = late.load(Ordering::Relaxed);
        thread::spawn(move || {
            if late {
                thread::sleep(LATE);
            }
            let mut stream = stream;
            let _ = stream.write_all(b"220 mx.example ESMTP\r\n");
        });
    }
}

/// One request to a receiver of telemetry, which accepts it: its head, and its body uncompressed. Bytes that are no text
/// are replaced. An agent that nobody heard for its whole patience gives a connection up and comes again.
pub(crate) fn receive(receiver: &TcpListener) -> String {
    let (mut stream, bytes) =
        iter::repeat_with(|| whole_request(receiver)).flatten().next().expect("somebody stays");
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("the answer is taken");
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("it is whole") + 4;
    let (head, body) = bytes.split_at(head);
    let mut text = String::from_utf8_lossy(head).into_owned();
    let mut message = Vec::new();
    GzDecoder::new(body).read_to_end(&mut message).expect("one member of gzip");
    text.push_str(&String::from_utf8_lossy(&message));
    text
}

/// What the next one who comes has to say, if it stays to the end of it.
fn whole_request(receiver: &TcpListener) -> Option<(TcpStream, Vec<u8>)> {
    let (mut stream, _) = receiver.accept().expect("somebody comes");
    stream.set_read_timeout(Some(PATIENCE)).expect("it is a socket");
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&bytes) {
        match stream.read(&mut chunk).expect("the rest comes") {
            0 => return None,
            length => bytes.extend_from_slice(&chunk[..length]),
        }
    }
    Some((stream, bytes))
}

/// The first request for this path; what comes before it is taken as well.
pub(crate) fn receive_at(receiver: &TcpListener, path: &str) -> String {
    let begins = format!("POST {path} HTTP/1.1\r\n");
    std::iter::repeat_with(|| receive(receiver))
        .find(|request| request.starts_with(&begins))
        .expect("endless")
}

/// The first request that says this; what comes before it is taken as well.
pub(crate) fn receive_saying(receiver: &TcpListener, text: &str) -> String {
    std::iter::repeat_with(|| receive(receiver)).find(|request| request.contains(text)).expect("endless")
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let lengths = head
        .lines()
        .filter_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let announced: usize = lengths.filter_map(|length| length.trim().parse::<usize>().ok()).sum();
    bytes.len() >= head.len() + "\r\n\r\n".len() + announced
}

/// Listeners on 127.0.0.2 and upwards, all on the same free port.
fn listen_on_one_port(operators: u8) -> (Vec<SocketAddr>, Vec<TcpListener>) {
    for _ in 0..100 {
        let Ok(first) = TcpListener::bind("127.0.0.2:0") else { continue };
        let port = first.local_addr().expect("it is bound").port();
        let rest =
            (1..operators).map(|number| TcpListener::bind(SocketAddr::from(([127, 0, 0, 2 + number], port))));
        if let Ok(rest) = rest.collect::<Result<Vec<_>, _>>() {
            let listeners: Vec<_> = std::iter::once(first).chain(rest).collect();
            let addresses = listeners.iter().map(|l| l.local_addr().expect("it is bound")).collect();
            return (addresses, listeners);
        }
    }
    panic!("there is no port that is free on {operators} addresses")
}
