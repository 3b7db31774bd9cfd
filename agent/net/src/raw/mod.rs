//! The engine that builds its own SYNs and sees what really comes back. Needs `CAP_NET_RAW`.
//!
//! ```text
//! Ports ─▶ SYN ─▶ Mouth ──────▶ network ──────▶ Listener ×4 (TCP, ICMP; v4, v6) ─▶ Flights ─▶ Attempt
//!                   └─ time of departure ─▶ Flights      Tap ×2 (before the firewall) ─┘
//! ```
//!
//! The kernel knows nothing of these connections, so it closes what a SYN-ACK opens with a RST of its own: a mail
//! server never sees an accept. That RST is welcome and never suppressed.

mod ears;
mod filter;
mod flights;
mod mouth;
mod ports;
mod receive;
mod tap;

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::join_all;
use nix::sys::socket::MsgFlags;
use socket2::Socket;
use sortie_core::observation::{Answer, Attempt, Seen};
use sortie_core::packet::{Cookie, Flow, Syn};
use sortie_core::target::{Family, Port};
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::own::OwnAddresses;
use crate::patience::{Patience, until};
use crate::progress::Progress;
use crate::settings::Source;
use ears::{Ear, Listener};
use filter::Filters;
use flights::{Flights, Key, key};
use mouth::{Mouth, source_address};
use ports::Ports;
use receive::{Packet, Reader};
use tap::Tap;

/// TTL of a SYN that is meant to arrive: what Linux uses.
const HOP_LIMIT: u8 = 64;

/// Packets that are read before others get their turn.
const BURST: usize = 64;

/// Probes by hand-built SYNs.
pub(crate) struct RawEngine {
    source: Option<Source>,
    families: Vec<Family>,
    mouths: Vec<(Family, Mouth)>,
    listeners: Vec<Listener>,
    filters: Filters,
    ports: RefCell<Ports>,
    flights: RefCell<Flights>,
    reader: RefCell<Reader>,
    cookie: Cookie,
    epoch: Cell<u64>,
    born: Instant,
    tap_wanted: Notify,
    tap_missing: Cell<bool>,
}

/// SYNs of one probe, to be turned into attempts when the round is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Vec<Key>);

impl RawEngine {
    /// Opens every socket; fails where the capability or the ports are missing.
    pub(crate) fn open(families: &[Family], source: Option<Source>) -> io::Result<Self> {
        let ports = Ports::reserve()?;
        let filters = Filters::new(ports.range());
        let (mut mouths, mut listeners) = (Vec::new(), Vec::new());
        for family in families {
            match open_family(*family, source.as_ref(), &filters) {
                Ok((mouth, ears)) => {
                    mouths.push((*family, mouth));
                    listeners.extend(ears);
                }
                // A kernel without this family refuses its SYNs one by one, which is an observation.
                Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            source,
            families: families.to_vec(),
            mouths,
            listeners,
            filters,
            ports: RefCell::new(ports),
            flights: RefCell::default(),
            reader: RefCell::new(Reader::new()),
            cookie: Cookie::new(random_key()),
            epoch: Cell::new(0),
            born: Instant::now(),
            tap_wanted: Notify::new(),
            tap_missing: Cell::new(false),
        })
    }

    /// What this machine keeps from this engine.
    pub(crate) fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        let stamped = self.mouths.iter().all(|(_, mouth)| mouth.stamped())
            && self.listeners.iter().all(|listener| listener.stamped);
        if !stamped {
            limits.push("the kernel gives no time stamps here, so times are less exact".to_owned());
        }
        if self.tap_missing.get() {
            limits.push(
                "no tap could be opened, so answers dropped by this machine's own firewall look like silence"
                    .to_owned(),
            );
        }
        limits
    }

    /// Who completed a handshake after its probe was over, since the last call.
    pub(crate) fn take_late(&self) -> Vec<(IpAddr, Port)> {
        let late = self.flights.borrow_mut().take_late();
        late.into_iter().filter_map(|(ip, port)| Some((ip, Port::new(port)?))).collect()
    }

    /// Answers beyond those that are kept of each SYN.
    pub(crate) fn surplus_answers(&self) -> u64 {
        self.flights.borrow().surplus()
    }

    /// Probes one peer until `patience` ends. Somebody has to [`Self::listen`] meanwhile.
    pub(crate) async fn probe(
        &self,
        destination: (IpAddr, Port),
        mut patience: Patience,
        progress: &Progress,
    ) -> Trace {
        let told = Rc::new(Notify::new());
        let mut keys: Vec<Key> = Vec::new();
        loop {
            let deadline = patience.deadline();
            let next = patience.next_send().filter(|at| *at < deadline);
            tokio::select! {
                () = told.notified() => {}
                () = until(next.unwrap_or(deadline)) => {
                    if next.is_none() {
                        break;
                    }
                    if !keys.is_empty() {
                        self.tap_wanted.notify_one();
                    }
                    keys.push(self.send(destination, patience.sent(), HOP_LIMIT, &told));
                }
            }
            self.take_note(&keys, &mut patience, progress);
        }
        self.flights.borrow_mut().close(&keys, Instant::now());
        Trace(keys)
    }

    fn take_note(&self, keys: &[Key], patience: &mut Patience, progress: &Progress) {
        let (flights, now) = (self.flights.borrow(), Instant::now());
        for (number, key) in keys.iter().enumerate() {
            let answers = flights.answers(key);
            if let Some(answer) = answers.iter().find(|answer| completes(answer)) {
                patience.established(now, answer.after);
                progress.established();
            } else if !answers.is_empty() {
                patience.answered(number, now);
            }
        }
    }

    /// Sends one SYN with a limited TTL and says what it drew, if anything, within `wait`.
    pub(crate) async fn cast(&self, destination: (IpAddr, Port), ttl: u8, wait: Duration) -> Option<Seen> {
        let told = Rc::new(Notify::new());
        let key = self.send(destination, Duration::ZERO, ttl, &told);
        let deadline = Instant::now() + wait;
        let seen = loop {
            let decisive = |answer: &&Answer| completes(answer) || !matches!(answer.seen, Seen::SynAck(_));
            let seen = self.flights.borrow().answers(&key).iter().find(decisive).map(|a| a.seen.clone());
            if seen.is_some() || Instant::now() >= deadline {
                break seen;
            }
            tokio::select! {
                () = told.notified() => {}
                () = sleep_until(deadline.into()) => {}
            }
        };
        self.flights.borrow_mut().close(&[key], Instant::now());
        seen
    }

    /// The attempts behind a trace, with everything that has come back by now.
    pub(crate) fn attempts(&self, trace: &Trace) -> Vec<Attempt> {
        self.flights.borrow().attempts(&trace.0)
    }

    /// Sends one SYN, or notes why the kernel would not.
    fn send(&self, (ip, port): (IpAddr, Port), at: Duration, hop_limit: u8, told: &Rc<Notify>) -> Key {
        let source_port = self.ports.borrow_mut().next((ip, port));
        let source = source_address(ip, port, self.source.as_ref());
        let flow = Flow {
            source: source.unwrap_or(ip),
            destination: ip,
            source_port,
            destination_port: port.number(),
        };
        let epoch = self.epoch.get();
        self.epoch.set(epoch + 1);
        let isn = self.cookie.isn(&flow, epoch);
        // RFC 7323 §5.4: a timestamp clock of milliseconds. It wraps, as it must.
        let timestamp =
            u32::try_from(self.born.elapsed().as_millis() & u128::from(u32::MAX)).unwrap_or_default();
        let syn = Syn { flow, isn, hop_limit, ip_id: fastrand::u16(..), timestamp };
        let key = key(&flow);
        // The flight is there before its SYN: a local reset is back before `sendto` returns.
        self.flights.borrow_mut().depart(&flow, isn, at, Instant::now(), Rc::clone(told));
        let sent = source.and_then(|_| {
            let mouth = self.mouths.iter().find(|(family, _)| *family == Family::of(ip));
            mouth.ok_or(sortie_core::errno::Errno::AFNOSUPPORT)?.1.send(&syn)
        });
        if let Err(errno) = sent {
            self.flights.borrow_mut().refused(&key, Seen::Refused(errno));
        }
        self.note_departures();
        key
    }

    fn note_departures(&self) {
        let (mut reader, mut flights) = (self.reader.borrow_mut(), self.flights.borrow_mut());
        for (_, mouth) in &self.mouths {
            mouth.departures(&mut reader, &mut flights);
        }
    }

    /// Listens for as long as it is polled. First come the answers that arrived while nobody did.
    pub(crate) async fn listen(&self, own: &OwnAddresses) {
        self.flights.borrow_mut().forget(Instant::now());
        // A wish from an earlier round is not this round's.
        let _ = self.tap_wanted.notified().now_or_never();
        let listening = self.listeners.iter().map(async |listener| {
            let file = |packet: &Packet<'_>, flights: &mut Flights| listener.file(packet, own, flights);
            self.pump(&listener.socket, file).await;
        });
        tokio::join!(join_all(listening), self.tap());
    }

    /// Opens the taps once somebody has waited long enough to want them.
    async fn tap(&self) {
        self.tap_wanted.notified().await;
        let taps: Vec<Tap> =
            self.families.iter().filter_map(|family| Tap::open(*family, &self.filters).ok()).collect();
        self.tap_missing.set(taps.is_empty());
        join_all(taps.iter().map(async |tap| {
            self.pump(&tap.socket, |packet, flights| tap.file(packet, flights)).await;
        }))
        .await;
    }

    async fn pump(&self, socket: &AsyncFd<Socket>, file: impl Fn(&Packet<'_>, &mut Flights)) {
        while let Ok(mut ready) = socket.readable().await {
            if self.drain(socket.get_ref(), &file) {
                ready.clear_ready();
            } else {
                // A flood must not starve those who wait for something else.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Files what has arrived; whether that was all.
    fn drain(&self, socket: &impl AsRawFd, file: impl Fn(&Packet<'_>, &mut Flights)) -> bool {
        self.note_departures();
        let (mut reader, mut flights) = (self.reader.borrow_mut(), self.flights.borrow_mut());
        for _ in 0..BURST {
            match reader.read(socket, MsgFlags::empty()) {
                Ok(packet) => file(&packet, &mut flights),
                Err(error) => return error.kind() != io::ErrorKind::Interrupted,
            }
        }
        false
    }
}

impl std::fmt::Debug for RawEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawEngine").field("ports", &self.ports.borrow().range()).finish_non_exhaustive()
    }
}

/// An acceptable SYN-ACK.
fn completes(answer: &Answer) -> bool {
    matches!(&answer.seen, Seen::SynAck(segment) if segment.acceptable)
}

fn open_family(
    family: Family,
    source: Option<&Source>,
    filters: &Filters,
) -> io::Result<(Mouth, Vec<Listener>)> {
    let mouth = Mouth::open(family, source)?;
    let ears = [Ear::Tcp(family), Ear::Icmp(family)];
    let listeners = ears.into_iter().map(|ear| Listener::open(ear, filters)).collect::<io::Result<_>>()?;
    Ok((mouth, listeners))
}

/// 128 bits that nobody else knows: the standard library keys its hash maps from the system's randomness, and what
/// such a hash gives is as secret as its key.
fn random_key() -> [u8; 16] {
    let state = RandomState::new();
    let [high, low] = [0_u8, 1].map(|half| state.hash_one(half));
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs the capability; without it nothing is measured.
    fn engine() -> Option<RawEngine> {
        match RawEngine::open(&Family::ALL, None) {
            Ok(engine) => Some(engine),
            Err(error) => {
                eprintln!("skipped: {error}");
                None
            }
        }
    }

    #[tokio::test]
    async fn departures_and_arrivals_carry_kernel_stamps() {
        let Some(engine) = engine() else { return };
        let own = OwnAddresses::now();
        for ip in ["127.0.0.1", "::1"] {
            let closed = (ip.parse().expect("valid"), Port::new(1).expect("valid"));
            let seen = tokio::select! {
                seen = engine.cast(closed, HOP_LIMIT, Duration::from_secs(1)) => seen,
                () = engine.listen(&own) => None,
            };
            let Some(Seen::Reset(segment)) = seen else { panic!("{ip}: {seen:?}") };
            assert!(segment.acceptable, "{ip}");
        }
        let flights = engine.flights.borrow();
        assert_eq!(flights.stamped(), 2, "both SYNs were stamped when they left");
        assert!(engine.limits().is_empty());
    }
}
