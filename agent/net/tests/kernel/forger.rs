//! A host that answers SYNs with whatever it is told to, right or wrong.
//!
//! It works in the server's namespace on a raw socket; the kernel there keeps quiet because its own segments from
//! that port are dropped, all but the marked ones.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::packet::{read_ipv4, read_tcp};

use crate::lab::{At, Lab};

/// Marks what the forger sends.
const MARK: u32 = 7;

pub(crate) const SYN_ACK: u8 = 0x12;
pub(crate) const RST: u8 = 0x04;
pub(crate) const RST_ACK: u8 = 0x14;

/// One forged segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forged {
    pub(crate) flags: u8,
    /// Acknowledgement, counted from the SYN's own number: 1 is right.
    pub(crate) ack: u32,
    /// Which SYN it answers, counted from 0; `None` for every one.
    pub(crate) syn: Option<usize>,
    /// How long it takes its time.
    pub(crate) delay: Duration,
    /// Bytes that are cut off the end of the segment.
    pub(crate) cut: usize,
}

impl Forged {
    pub(crate) const fn new(flags: u8, ack: u32) -> Self {
        Self { flags, ack, syn: None, delay: Duration::ZERO, cut: 0 }
    }
}

/// A forger at work; it stops with its value.
pub(crate) struct Forger {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Forger {
    /// Answers every SYN to `port` of the lab's server with `script`, IPv4 only.
    pub(crate) fn start(lab: &Lab, port: u16, script: Vec<Forged>) -> Self {
        lab.rule(At::Server, "output", &format!("tcp sport {port} meta mark != {MARK} drop"));
        let socket = lab.inside(At::Server, || {
            let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP)).expect("root");
            socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket");
            socket.set_mark(MARK).expect("root");
            socket
        });
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || forge(&socket, port, &script, &seen));
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Forger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn forge(mut socket: &Socket, port: u16, script: &[Forged], stop: &AtomicBool) {
    let mut buffer = [0; 1500];
    let mut syns = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = socket.read(&mut buffer) else { continue };
        let Ok(ip) = read_ipv4(&buffer[..length]) else { continue };
        let Ok(syn) = read_tcp(ip.payload) else { continue };
        let (IpAddr::V4(from), IpAddr::V4(own)) = (ip.source, ip.destination) else { continue };
        if syn.destination_port != port || !syn.syn {
            continue;
        }
        for forged in script.iter().filter(|forged| forged.syn.is_none_or(|number| number == syns)) {
            std::thread::sleep(forged.delay);
            let mut segment = segment((port, syn.source_port), forged, syn.sequence, (own, from));
            segment.truncate(segment.len() - forged.cut);
            let _ = socket.send_to(&segment, &SocketAddr::from((from, 0)).into());
        }
        syns += 1;
    }
}

fn segment((port, to): (u16, u16), forged: &Forged, isn: u32, (own, peer): (Ipv4Addr, Ipv4Addr)) -> Vec<u8> {
    let mut bytes = vec![0; 20];
    bytes[..2].copy_from_slice(&port.to_be_bytes());
    bytes[2..4].copy_from_slice(&to.to_be_bytes());
    bytes[4..8].copy_from_slice(&0x1000_u32.to_be_bytes());
    bytes[8..12].copy_from_slice(&isn.wrapping_add(forged.ack).to_be_bytes());
    (bytes[12], bytes[13], bytes[14]) = (5 << 4, forged.flags, 0x20);
    let pseudo = [&own.octets()[..], &peer.octets(), &[0, 6, 0, 20], &bytes].concat();
    let sum: u32 = pseudo.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = u16::try_from((folded & 0xffff) + (folded >> 16)).expect("folded");
    bytes[16..18].copy_from_slice(&(!folded).to_be_bytes());
    bytes
}
