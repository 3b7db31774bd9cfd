//! Bytes of packets, in both directions. Only this module uses `pnet`'s packets.
//!
//! ```text
//! Syn, Reset ─▶ bytes of a whole IP packet
//! bytes ─▶ IpPacket ─┬─▶ Segment of TCP ─▶ what it answers to a SYN with this ISN
//!                    └─▶ IcmpError ─▶ the SYN that it quotes
//! ```
//!
//! Everything received is hostile: every length is compared with the bytes that are really there before a view is
//! made, nothing is allocated from a length on the wire, and what cannot be read is [`Malformed`], never a panic.

mod cookie;
mod envelope;
mod icmp;
mod ip;
mod reset;
mod syn;
mod tcp;

pub use cookie::Cookie;
pub use icmp::{IcmpError, read_icmpv4, read_icmpv6};
pub use ip::{IpPacket, read_ipv4, read_ipv6};
pub use reset::Reset;
pub use syn::{Flow, MixedFamilies, Syn};
pub use tcp::{TcpSegment, read_tcp};

/// Protocol number of TCP (IANA).
pub const PROTOCOL_TCP: u8 = 6;

/// An IPv6 header without extensions, in bytes.
const V6_HEADER: usize = 40;

/// Bytes that are not the packet that they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a whole {0}")]
pub struct Malformed(pub &'static str);
