//! A full connection table.
//!
//! `nf_conntrack_max` is one number for the whole machine and read-only in a namespace, while every
//! namespace counts its own entries. So nothing is turned down; this namespace's table is filled to the
//! brim with established connections, through the same netlink interface that `conntrack -I` uses. Entries
//! are assured: a full table evicts the others to make room.

use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;

use anyhow::{Context as _, Result, ensure};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, sendto, socket,
};

use super::netfilter_number;

/// Beyond this many entries a scenario would cost more memory than it is worth (about 320 bytes each).
const MOST: u64 = 1_000_000;
/// Messages per `sendto`, well below the default socket buffer.
const BATCH: u64 = 256;
/// Longer than any run.
const TIMEOUT_SECONDS: u32 = 3600;
const PORTS_PER_ADDRESS: u64 = 32_768;

// linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h, nf_conntrack_common.h, nf_conntrack_tcp.h
const CT_NEW: u16 = 1 << 8;
const REQUEST_CREATE: u16 = 0x0001 | 0x0400;
const NESTED: u16 = 0x8000;
const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const STATUS: u16 = 3;
const PROTOCOL_INFO: u16 = 4;
const TIMEOUT: u16 = 7;
const SEEN_REPLY_ASSURED_CONFIRMED: u32 = 1 << 1 | 1 << 2 | 1 << 3;
const TCP_ESTABLISHED: u8 = 3;

/// Fills the table of the current thread's namespace.
pub(super) fn fill() -> Result<()> {
    let room = netfilter_number("nf_conntrack_max")?;
    ensure!(room <= MOST, "the connection table holds {room} entries, too many to fill in a test");
    let socket =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkNetFilter)
            .context("failed to open netlink")?;
    for first in (0..room).step_by(usize::try_from(BATCH)?) {
        let messages: Vec<u8> = (first..room.min(first + BATCH)).flat_map(new_connection).collect();
        sendto(socket.as_raw_fd(), &messages, &NetlinkAddr::new(0, 0), MsgFlags::empty())
            .context("failed to insert connections")?;
    }
    let count = netfilter_number("nf_conntrack_count")?;
    ensure!(count >= room, "only {count} of {room} connections could be inserted");
    Ok(())
}

/// The message that inserts the connection of this number.
fn new_connection(number: u64) -> Vec<u8> {
    let [.., a, b] = (number / PORTS_PER_ADDRESS).to_be_bytes();
    let there = (Ipv4Addr::new(198, 18, a, b), 443);
    let port = u16::try_from(1024 + number % PORTS_PER_ADDRESS).unwrap_or(u16::MAX);
    let here = (Ipv4Addr::new(203, 0, 113, 11), port);
    let body = [
        // nfgenmsg: AF_INET, version 0, resource 0
        vec![2, 0, 0, 0],
        tuple(TUPLE_ORIGINAL, here, there),
        tuple(TUPLE_REPLY, there, here),
        attribute(STATUS, &SEEN_REPLY_ASSURED_CONFIRMED.to_be_bytes()),
        nested(PROTOCOL_INFO, &nested(1, &attribute(1, &[TCP_ESTABLISHED]))),
        attribute(TIMEOUT, &TIMEOUT_SECONDS.to_be_bytes()),
    ]
    .concat();
    let mut message = Vec::with_capacity(16 + body.len());
    message.extend(u32::try_from(16 + body.len()).unwrap_or(u32::MAX).to_ne_bytes());
    message.extend(CT_NEW.to_ne_bytes());
    message.extend(REQUEST_CREATE.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

type End = (Ipv4Addr, u16);

fn tuple(kind: u16, from: End, to: End) -> Vec<u8> {
    let addresses = [attribute(1, &from.0.octets()), attribute(2, &to.0.octets())].concat();
    let ports =
        [attribute(1, &[6]), attribute(2, &from.1.to_be_bytes()), attribute(3, &to.1.to_be_bytes())].concat();
    nested(kind, &[nested(1, &addresses), nested(2, &ports)].concat())
}

fn nested(kind: u16, content: &[u8]) -> Vec<u8> {
    attribute(kind | NESTED, content)
}

fn attribute(kind: u16, content: &[u8]) -> Vec<u8> {
    let length = 4 + content.len();
    let mut bytes = Vec::with_capacity(length.next_multiple_of(4));
    bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(content);
    bytes.resize(length.next_multiple_of(4), 0);
    bytes
}
