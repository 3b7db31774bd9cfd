//! What came back, without opinion.
//!
//! An engine never fails and never interprets: whatever happens to a probe, including a refusal by this machine's
//! own kernel, becomes part of an [`Observation`]. Times are offsets from the start of the round.
//!
//! ```text
//! Round ─┬─ Observation (one peer, one role) ─┬─ Attempt (one source port) ─┬─ Answer
//!        │                                    └─ Attempt …                  └─ Answer …
//!        └─ HostFacts (this machine's counters over the round)
//! ```

use std::net::IpAddr;
use std::time::Duration;

use crate::errno::Errno;
use crate::target::{Address, Family, Operator, Port, Role};

/// How a probe was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// Hand-built SYNs through a raw socket (`CAP_NET_RAW`).
    Raw,
    /// The kernel's own `connect()`, no privilege.
    Connect,
}

impl EngineKind {
    /// Every engine, the one that sees most first.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Connect];

    /// The word in configuration and report.
    pub fn code(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Connect => "connect",
        }
    }
}

/// A TCP segment that answered a SYN. Fields are `None` where the engine cannot see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// TTL or hop limit on arrival.
    pub hop_limit: Option<u8>,
    /// Window as sent, unscaled.
    pub window: Option<u16>,
    /// IPv4 identification.
    pub ip_id: Option<u16>,
    /// TCP options as they stood on the wire.
    pub options: Vec<u8>,
    /// Whether a kernel in SYN-SENT would accept it: ACK set and acknowledging our ISN + 1 (RFC 9293 §3.10.7.3).
    pub acceptable: bool,
}

/// An ICMP error that quotes one of our SYNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Icmp {
    /// ICMP (RFC 792) or `ICMPv6` (RFC 4443).
    pub family: Family,
    /// Type on the wire.
    pub kind: u8,
    /// Code on the wire.
    pub code: u8,
    /// Who sent it.
    pub offender: IpAddr,
    /// Whether the offender is an address of this machine.
    pub from_self: bool,
    /// TTL or hop limit of the ICMP packet on arrival.
    pub hop_limit: Option<u8>,
}

impl Icmp {
    /// Administratively prohibited: RFC 1812 §5.2.7.1 codes 9, 10 and 13; RFC 4443 §3.1 codes 1, 5 and 6.
    pub fn is_prohibited(&self) -> bool {
        match self.family {
            Family::Ipv4 => self.kind == 3 && matches!(self.code, 9 | 10 | 13),
            Family::Ipv6 => self.kind == 1 && matches!(self.code, 1 | 5 | 6),
        }
    }

    /// TTL or hop limit exceeded in transit: the packet travelled as far as the offender.
    pub fn is_time_exceeded(&self) -> bool {
        match self.family {
            Family::Ipv4 => self.kind == 11 && self.code == 0,
            Family::Ipv6 => self.kind == 3 && self.code == 0,
        }
    }

    /// Network or host unreachable: routing failed for this address, which says nothing about a port.
    pub fn is_routing(&self) -> bool {
        match self.family {
            Family::Ipv4 => self.kind == 3 && matches!(self.code, 0 | 1 | 6 | 7 | 8 | 11 | 12),
            Family::Ipv6 => self.kind == 1 && matches!(self.code, 0 | 2 | 3),
        }
    }
}

/// One thing that came back for one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// SYN and ACK.
    SynAck(Segment),
    /// RST, with or without ACK.
    Reset(Segment),
    /// An ICMP error that quotes the SYN.
    Icmp(Icmp),
    /// The kernel of this machine refused: the SYN never left.
    Refused(Errno),
    /// A SYN-ACK that reached this machine's interface and then never reached a socket.
    DroppedOnArrival(Segment),
}

/// Something seen, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From the SYN's departure, by kernel timestamps where the engine has them.
    pub after: Duration,
    /// After the window of the probe had closed.
    pub late: bool,
    /// What it was.
    pub seen: Seen,
}

/// What the kernel's own TCP knew when the attempt ended (`TCP_INFO`); only the `connect` engine has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelView {
    /// SYNs sent again after a timeout, counted when the timer fired.
    pub retransmits: u8,
    /// Retransmissions that left the IP layer and are unacknowledged. Zero beside a non-zero `retransmits` means
    /// that this machine dropped them (an output hook, an egress hook, a full queue).
    pub left_machine: u32,
    /// The handshake was reset before `connect()` returned, and no interface but loopback had sent a packet: the
    /// reset is this machine's own.
    pub never_left: bool,
    /// Retransmissions handed down in total. Zero beside a non-zero `retransmits` means that the next hop's link
    /// address was never resolved.
    pub handed_down: u32,
}

impl KernelView {
    /// The SYN was sent again and the kernel itself reported that the copy did not get out.
    pub fn dropped_locally(&self) -> bool {
        self.retransmits > 0 && self.handed_down > 0 && self.left_machine == 0
    }
}

/// One SYN from one source port (for `connect`: one socket, whose kernel repeats the SYN by itself).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Offset from the start of the probe.
    pub at: Duration,
    /// Source port, where known.
    pub source_port: Option<u16>,
    /// Everything that came back, in order of arrival. Empty: nothing did.
    pub answers: Vec<Answer>,
    /// The kernel's view, `connect` only.
    pub kernel: Option<KernelView>,
}

/// How a short SMTP conversation ended (greeting, QUIT; never MAIL, never AUTH).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// A complete reply arrived (RFC 5321 §4.2).
    Greeting {
        /// Reply code.
        code: u16,
        /// First line after the code, printable characters only.
        text: String,
    },
    /// Connected, then nothing until the deadline.
    Silent,
    /// Connected, then RST before a greeting.
    Reset,
    /// Connected, then FIN before a greeting.
    Closed,
    /// Connected, then bytes that are no SMTP reply; the first of them, printable characters only.
    NotSmtp(String),
    /// The handshake of the session itself was not completed in time.
    NotConnected,
    /// The handshake of the session itself was answered by RST or ICMP.
    Rejected,
    /// This machine refused to open the session.
    Refused(Errno),
}

/// A session and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// How it ended.
    pub end: SessionEnd,
    /// From `connect()` to the end.
    pub took: Duration,
}

/// Why a name gave no address. A failure of names is never a verdict about a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DnsFailure {
    /// The name does not exist (RFC 1035 RCODE 3).
    NxDomain,
    /// The name exists and has no address in this family.
    NoData,
    /// The server could not answer (RCODE 2).
    ServFail,
    /// The server would not answer (RCODE 5).
    Refused,
    /// No server answered.
    Timeout,
    /// The answer could not be read, or no server is configured.
    Broken,
    /// The answer names an address that no mail server on the internet can have (loopback, unspecified, multicast).
    Bogus,
}

impl DnsFailure {
    /// Every failure.
    pub const ALL: [Self; 7] = [
        Self::NxDomain,
        Self::NoData,
        Self::ServFail,
        Self::Refused,
        Self::Timeout,
        Self::Broken,
        Self::Bogus,
    ];

    /// A word for tables and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::NxDomain => "nxdomain",
            Self::NoData => "no_data",
            Self::ServFail => "servfail",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Bogus => "bogus",
        }
    }
}

/// Where the observation pointed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address was probed.
    Ip(IpAddr),
    /// The name gave none.
    Unresolved(DnsFailure),
}

/// Everything that one round learned about one peer in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Who runs it; `None` for a global control.
    pub operator: Option<Operator>,
    /// Why it was probed.
    pub role: Role,
    /// As configured.
    pub address: Address,
    /// The address that was probed, or why there is none.
    pub peer: Peer,
    /// The family of the probe.
    pub family: Family,
    /// Whether the peer is in a network of one of this machine's own interfaces (no router between).
    pub on_link: bool,
    /// Whether this machine has an address of the probe's family to send from, loopback and link-local aside.
    pub has_source: bool,
    /// Where this machine refused a SYN: whether it has a route to the peer apart from the port.
    pub is_routed: bool,
    /// The attempts in the order in which they were sent.
    pub attempts: Vec<Attempt>,
    /// The SMTP conversation, where one was held.
    pub session: Option<Session>,
    /// From the first SYN until the probe was settled.
    pub took: Duration,
    /// Time that the name took, where one was resolved in this round.
    pub dns_took: Option<Duration>,
}

impl Observation {
    /// The port that was probed.
    pub fn port(&self) -> Port {
        self.address.port
    }

    /// The probed address, where there was one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.peer {
            Peer::Ip(ip) => Some(ip),
            Peer::Unresolved(_) => None,
        }
    }
}

/// This machine's counters over a round (`/proc/net/snmp`, `/proc/net/netstat`, conntrack), as differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// `TcpExt:TCPRetransFail`: retransmissions that this machine could not send.
    pub retransmit_failures: Option<u64>,
    /// `Ip:InReceives − Ip:InDelivers − Ip:ForwDatagrams` (both families): packets that arrived and were delivered
    /// to nobody.
    pub undelivered: Option<u64>,
    /// Entries in the connection tracking table and its size.
    pub conntrack: Option<(u64, u64)>,
}

impl HostFacts {
    /// The connection tracking table is full: new connections are refused whatever the rules say.
    pub fn conntrack_full(&self) -> bool {
        self.conntrack.is_some_and(|(count, max)| max > 0 && count >= max)
    }
}

/// One pass over the roster: everything that was asked within one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Start, as an offset from the start of the agent or the check.
    pub started: Duration,
    /// What came back, subjects and controls alike.
    pub observations: Vec<Observation>,
    /// Who completed a handshake after the window of an earlier round had closed: late is not lost.
    pub late: Vec<(IpAddr, Port)>,
    /// What this machine's counters did meanwhile.
    pub host: HostFacts,
}
