//! A device on the path that refuses connections in other people's names.
//!
//! It hears every packet that arrives at its router, one whose time to live ends there included, and answers a SYN to
//! its port with a reset. That the SYN itself goes no further is a policy rule's work.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::libc;
use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::packet::{Flow, PROTOCOL_TCP, Reset, read_ipv4, read_tcp};

use super::node::Node;

/// TTL of what a Linux-based appliance sends by itself.
const TTL: u8 = 64;

/// How often the thread looks whether it should end.
const BREATH: Duration = Duration::from_millis(50);

/// More than any packet on Ethernet has.
const PACKET_MAX: usize = 2048;

/// A device at work. It has stopped by the time its value is dropped.
#[derive(Debug)]
pub(super) struct Forger {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Forger {
    /// Resets connections to `port` at this router from now on.
    pub(super) fn start(node: &Node, port: u16) -> Result<Self> {
        let place = node.place();
        let wire = node.run(|| Ok(Wire::open()?)).with_context(|| format!("failed to listen at {place}"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name(format!("{place} resets"))
            .spawn(move || wire.refuse(port, &seen))
            .context("failed to start a thread")?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Forger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Wire {
    ear: Socket,
    mouth: Socket,
}

impl Wire {
    fn open() -> io::Result<Self> {
        // packet(7): the protocol of a packet socket is in network byte order.
        let ipv4 = i32::from(u16::try_from(libc::ETH_P_IP).map_err(io::Error::other)?.to_be());
        // DGRAM: the link's header is cut off, packets begin with their IP header.
        let ear = Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(ipv4)))?;
        ear.set_read_timeout(Some(BREATH))?;
        // raw(7): with this protocol whoever sends writes the IP header, so the source may be anybody.
        let mouth = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW)))?;
        Ok(Self { ear, mouth })
    }

    fn refuse(&self, port: u16, stop: &AtomicBool) {
        let mut buffer = [0; PACKET_MAX];
        while !stop.load(Ordering::Relaxed) {
            // A timeout is how the loop breathes; any other error ends with the namespace.
            let Ok(length) = (&self.ear).read(&mut buffer) else { continue };
            let Some((reset, to)) = answer(&buffer[..length], port) else { continue };
            // What cannot be sent is lost, as on any network.
            let _ = self.mouth.send_to(&reset, &to.into());
        }
    }
}

/// The reset that a packet draws, and to whom it goes.
fn answer(packet: &[u8], port: u16) -> Option<(Vec<u8>, SocketAddr)> {
    let ip = read_ipv4(packet).ok().filter(|ip| ip.protocol == PROTOCOL_TCP)?;
    let segment = read_tcp(ip.payload).ok().filter(|s| s.syn && !s.ack && s.destination_port == port)?;
    let flow = Flow {
        source: ip.source,
        destination: ip.destination,
        source_port: segment.source_port,
        destination_port: segment.destination_port,
    };
    let reset = Reset::refusing(&flow, &segment, TTL).build().ok()?;
    Some((reset, SocketAddr::new(ip.source, 0)))
}

#[cfg(test)]
mod tests {
    use sortie_core::packet::Syn;

    use super::*;

    fn packet(port: u16) -> Vec<u8> {
        let ip = |text: &str| text.parse().expect("valid");
        let (source, destination) = (ip("203.0.113.10"), ip("192.0.2.10"));
        let flow = Flow { source, destination, source_port: 61_000, destination_port: port };
        Syn { flow, isn: 7, hop_limit: 1, ip_id: 1, timestamp: 1 }.build().expect("one family")
    }

    #[test]
    fn only_a_syn_to_its_port_draws_a_reset() {
        let (reset, to) = answer(&packet(25), 25).expect("a reset");
        assert_eq!(to, "203.0.113.10:0".parse().expect("valid"));
        let ip = read_ipv4(&reset).expect("a packet");
        assert_eq!((ip.source, ip.hop_limit), ("192.0.2.10".parse().expect("valid"), TTL));
        assert!(answer(&packet(587), 25).is_none());
        assert!(answer(&reset, 61_000).is_none(), "a reset draws nothing");
        assert!(answer(&packet(25)[..30], 25).is_none(), "half a packet draws nothing");
    }
}
