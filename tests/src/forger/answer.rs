//! The forged packet itself: pure, from what was seen to the bytes to send.

use std::net::IpAddr;

use pnet::packet::tcp::TcpFlags;

use super::{Forgery, Trigger};
use crate::packet::{Forged, Segment, icmp, tcp};
use crate::plan::{Family, Link, Node};

/// Far outside any window that the handshake could open.
const WRONG_BY: u32 = 0x1000_0000;
const WINDOW: u16 = 64_240;
/// A forger's own initial sequence number: nobody checks it, a reader of a capture recognises it.
const FORGED_ISN: u32 = 0x0F0F_0F0F;

/// The IP packet that `forgery` sends because of `seen`.
pub(super) fn to(seen: &Segment, forgery: Forgery, on: Trigger, at: Node, ttl: u8) -> Option<Vec<u8>> {
    if let Forgery::Icmp { ipv4, ipv6 } = forgery {
        let [kind, code] = if seen.source.is_ipv4() { ipv4 } else { ipv6 };
        return icmp(own_address(at, seen.source)?, seen.source, ttl, kind, code, &seen.ip);
    }
    tcp(&match on {
        Trigger::Syn => answer_to_syn(seen, forgery, ttl),
        Trigger::SynAck => follower_of_syn_ack(seen, ttl),
    })
}

fn answer_to_syn(syn: &Segment, forgery: Forgery, ttl: u8) -> Forged {
    let accepted = syn.sequence.wrapping_add(1);
    let (flags, sequence, acknowledgement) = match forgery {
        Forgery::RstWithoutAck => (TcpFlags::RST, accepted, 0),
        Forgery::RstAckIsn => (TcpFlags::RST | TcpFlags::ACK, 0, syn.sequence),
        Forgery::RstWrongAck => (TcpFlags::RST | TcpFlags::ACK, 0, accepted.wrapping_add(WRONG_BY)),
        Forgery::SynAck => (TcpFlags::SYN | TcpFlags::ACK, FORGED_ISN, accepted),
        Forgery::SynAckWrongAck => {
            (TcpFlags::SYN | TcpFlags::ACK, FORGED_ISN, accepted.wrapping_add(WRONG_BY))
        }
        Forgery::Rst | Forgery::Icmp { .. } => (TcpFlags::RST | TcpFlags::ACK, 0, accepted),
    };
    let window = if flags & TcpFlags::SYN == 0 { 0 } else { WINDOW };
    Forged {
        source: syn.target,
        target: syn.source,
        source_port: syn.target_port,
        target_port: syn.source_port,
        sequence,
        acknowledgement,
        flags,
        window,
        ttl,
    }
}

fn follower_of_syn_ack(answer: &Segment, ttl: u8) -> Forged {
    Forged {
        source: answer.source,
        target: answer.target,
        source_port: answer.source_port,
        target_port: answer.target_port,
        sequence: answer.sequence.wrapping_add(1),
        acknowledgement: answer.acknowledgement,
        flags: TcpFlags::RST | TcpFlags::ACK,
        window: 0,
        ttl,
    }
}

/// The address with which a router at this place would complain.
fn own_address(at: Node, to: IpAddr) -> Option<IpAddr> {
    let family = if to.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    match at {
        Node::Router(number) => Some(Link(number - 1).outer(family)),
        Node::Vm | Node::Net => None,
    }
}
