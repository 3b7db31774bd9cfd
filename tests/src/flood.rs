//! Hostile packets for the VM: truncated, contradictory, absurd, and answers from strangers.
//!
//! The sequence is the same in every run (fixed seed); only its timing is not.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use serde::Deserialize;

use crate::netns::Namespace;
use crate::packet;
use crate::plan::{Family, Host, INWARD, Link, Node};
use crate::stop::Helper;

/// Packets per burst; the rate decides the pause between bursts.
const BURST: u32 = 50;
const SEED: u64 = 0x5027_1e25;
/// Longest random payload: room for every header with all its options.
const LONGEST: usize = 120;

/// A flood from a router's place towards the VM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flood {
    pub at: Node,
    #[serde(default = "usual_rate")]
    pub packets_per_second: u32,
}

fn usual_rate() -> u32 {
    2000
}

/// Starts the flood; it ends when the helper is dropped.
pub fn start(flood: &Flood, namespace: &Namespace) -> Result<Helper> {
    let link = Link(match flood.at {
        Node::Router(number) => number - 1,
        Node::Vm | Node::Net => 0,
    });
    let pause = Duration::from_secs(1) * BURST / flood.packets_per_second.max(1);
    namespace.spawn(
        || crate::forger::open(INWARD),
        move |(mut sender, _), flag| {
            let mut rng = fastrand::Rng::with_seed(SEED);
            let (from, to) = (crate::forger::mac(link.outer_mac()), crate::forger::mac(link.inner_mac()));
            while !flag.is_set() {
                for _ in 0..BURST {
                    if let Some(frame) = hostile(&mut rng).and_then(|ip| packet::frame(from, to, &ip)) {
                        sender.send_to(&frame, None);
                    }
                }
                std::thread::sleep(pause);
            }
        },
    )
}

/// One hostile IP packet for the VM.
fn hostile(rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let family = Family::BOTH[rng.usize(..2)];
    let target = Link(0).inner(family);
    let source = Host::OPERATORS[rng.usize(..Host::OPERATORS.len())].address(family);
    let mut payload = vec![0; rng.usize(..LONGEST)];
    rng.fill(&mut payload);
    let protocol = match rng.u8(..8) {
        0 => return cut_short(rng, source, target, &payload),
        1 => message_about_nothing(rng, family, &mut payload),
        _ => {
            aim_at_a_probe(rng, &mut payload);
            IpNextHeaderProtocols::Tcp
        }
    };
    packet::ip(source, target, 64, protocol, &payload)
}

/// A packet whose header promises more than the frame holds.
fn cut_short(rng: &mut fastrand::Rng, source: IpAddr, target: IpAddr, payload: &[u8]) -> Option<Vec<u8>> {
    let mut whole = packet::ip(source, target, 64, IpNextHeaderProtocols::Tcp, payload)?;
    whole.truncate(rng.usize(1..=whole.len()));
    Some(whole)
}

/// An ICMP error with a random quotation.
fn message_about_nothing(
    rng: &mut fastrand::Rng,
    family: Family,
    payload: &mut [u8],
) -> IpNextHeaderProtocol {
    let (protocol, kind) = match family {
        Family::Ipv4 => (IpNextHeaderProtocols::Icmp, [3, 11][rng.usize(..2)]),
        Family::Ipv6 => (IpNextHeaderProtocols::Icmpv6, [1, 3][rng.usize(..2)]),
    };
    if let [first, code, ..] = payload {
        (*first, *code) = (kind, rng.u8(..16));
    }
    protocol
}

/// Ports of a mail server's answer and flags that matter; data offset and options stay random.
fn aim_at_a_probe(rng: &mut fastrand::Rng, payload: &mut [u8]) {
    if let Some(ports) = payload.first_chunk_mut::<4>() {
        let [a, b] = [25u16, 587, 443][rng.usize(..3)].to_be_bytes();
        let [c, d] = rng.u16(32_768..).to_be_bytes();
        *ports = [a, b, c, d];
    }
    if let Some(flags) = payload.get_mut(13) {
        *flags = [0x12, 0x14, 0x04, 0x10, 0xff, 0x00][rng.usize(..6)];
    }
}
