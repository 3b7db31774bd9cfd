//! A device on the path that answers in other people's names.
//!
//! It watches the wire towards the VM with a packet socket, so it sees a SYN before any filter does, even
//! one whose time to live ends here. Where the original must not simply pass, nft takes it off the road and
//! the forger puts it back when the scenario wants it back.

mod answer;

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use pnet::datalink::{self, Channel, DataLinkReceiver, DataLinkSender, NetworkInterface};
use pnet::packet::tcp::TcpFlags;
use pnet::util::MacAddr;
use serde::Deserialize;

use crate::netns::Namespace;
use crate::packet::{self, Segment};
use crate::plan::{INWARD, Link, Node, outward};
use crate::stop::{Helper, StopFlag};

/// Short enough that held packets leave on time.
const READ_TIMEOUT: Duration = Duration::from_millis(5);

/// What one forger does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgerSpec {
    pub at: Node,
    #[serde(default = "port_25")]
    pub ports: Vec<u16>,
    #[serde(default)]
    pub on: Trigger,
    #[serde(default)]
    pub send: Vec<Forgery>,
    /// Of the forged packets as they leave the forger.
    #[serde(default = "usual_ttl")]
    pub ttl: u8,
    #[serde(default)]
    pub original: Original,
}

/// Which packet of the handshake provokes it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    #[default]
    Syn,
    SynAck,
}

/// A packet that the real peer never sent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// Acceptable: acknowledges ISN + 1.
    Rst,
    RstWithoutAck,
    RstAckIsn,
    RstWrongAck,
    /// Completes the handshake, with nothing behind it.
    SynAck,
    SynAckWrongAck,
    /// ICMP errors as `[type, code]` for each family.
    Icmp {
        ipv4: [u8; 2],
        ipv6: [u8; 2],
    },
}

/// What becomes of the SYN itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Original {
    #[default]
    Pass,
    Drop,
    /// The first between two addresses is answered and dropped, later ones pass untouched.
    PassSecond,
    /// Passes this many milliseconds after the forged answer.
    PassAfterMs(u64),
}

fn port_25() -> Vec<u16> {
    vec![25]
}

fn usual_ttl() -> u8 {
    64
}

impl ForgerSpec {
    /// nft rules of the prerouting hook that take the original off the road.
    pub fn rules(&self) -> Vec<String> {
        if self.original == Original::Pass {
            return Vec::new();
        }
        self.ports
            .iter()
            .map(|port| format!("iifname {INWARD} tcp dport {port} tcp flags & (syn | ack) == syn drop"))
            .collect()
    }

    fn wants(&self, segment: &Segment) -> bool {
        let kind = segment.flags & (TcpFlags::SYN | TcpFlags::ACK);
        match self.on {
            Trigger::Syn => kind == TcpFlags::SYN && self.ports.contains(&segment.target_port),
            Trigger::SynAck => {
                kind == TcpFlags::SYN | TcpFlags::ACK && self.ports.contains(&segment.source_port)
            }
        }
    }
}

struct Wire {
    inward: (Box<dyn DataLinkSender>, Box<dyn DataLinkReceiver>),
    outward: Box<dyn DataLinkSender>,
}

/// Starts a forger; it watches by the time this returns.
pub fn start(spec: ForgerSpec, namespace: &Namespace) -> Result<Helper> {
    let node = spec.at;
    namespace.spawn(
        move || Ok(Wire { inward: open(INWARD)?, outward: open(outward(node))?.0 }),
        move |wire, flag| Forger { spec, wire, met: HashSet::new(), held: Vec::new() }.work(flag),
    )
}

/// Opens a packet socket on an interface of the current thread's namespace.
pub(crate) fn open(interface: &str) -> Result<(Box<dyn DataLinkSender>, Box<dyn DataLinkReceiver>)> {
    let found: NetworkInterface = datalink::interfaces()
        .into_iter()
        .find(|candidate| candidate.name == interface)
        .with_context(|| format!("no interface {interface} here"))?;
    let config = datalink::Config { read_timeout: Some(READ_TIMEOUT), ..datalink::Config::default() };
    match datalink::channel(&found, config).with_context(|| format!("failed to tap {interface}"))? {
        Channel::Ethernet(sender, receiver) => Ok((sender, receiver)),
        _ => bail!("{interface} is no Ethernet"),
    }
}

struct Forger {
    spec: ForgerSpec,
    wire: Wire,
    /// Pairs of addresses whose first SYN was answered.
    met: HashSet<(IpAddr, IpAddr, u16)>,
    held: Vec<(Instant, Vec<u8>)>,
}

impl Forger {
    fn work(mut self, flag: &StopFlag) {
        while !flag.is_set() {
            // A timeout is how the loop breathes; other errors end with the interface.
            let segment = self.wire.inward.1.next().ok().and_then(packet::read);
            if let Some(segment) = segment.filter(|segment| self.spec.wants(segment)) {
                self.meet(&segment);
            }
            self.release(Instant::now());
        }
    }

    fn meet(&mut self, segment: &Segment) {
        let first = self.met.insert((segment.source, segment.target, segment.target_port));
        if self.spec.original == Original::PassSecond && !first {
            self.pass_on(segment, Duration::ZERO);
            return;
        }
        for &forgery in &self.spec.send {
            let (from, to) = match self.spec.on {
                Trigger::Syn => (segment.target_mac, segment.source_mac),
                Trigger::SynAck => (segment.source_mac, segment.target_mac),
            };
            let forged = answer::to(segment, forgery, self.spec.on, self.spec.at, self.spec.ttl);
            if let Some(frame) = forged.and_then(|ip| packet::frame(from, to, &ip)) {
                self.wire.inward.0.send_to(&frame, None);
            }
        }
        if let Original::PassAfterMs(hold) = self.spec.original {
            self.pass_on(segment, Duration::from_millis(hold));
        }
    }

    fn pass_on(&mut self, segment: &Segment, hold: Duration) {
        let link = Link(match self.spec.at {
            Node::Router(number) => number,
            Node::Vm | Node::Net => return,
        });
        let frame = packet::one_hop_later(&segment.ip)
            .and_then(|ip| packet::frame(mac(link.inner_mac()), mac(link.outer_mac()), &ip));
        if let Some(frame) = frame {
            self.held.push((Instant::now() + hold, frame));
        }
    }

    fn release(&mut self, now: Instant) {
        let outward = &mut self.wire.outward;
        self.held.retain(|(due, frame)| {
            if *due <= now {
                outward.send_to(frame, None);
            }
            *due > now
        });
    }
}

pub(crate) fn mac(bytes: [u8; 6]) -> MacAddr {
    MacAddr::new(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5])
}
