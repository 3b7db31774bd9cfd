//! Classic BPF programs: only answers to our own source ports reach a socket.
//!
//! Without them the default buffer of a raw socket holds a few hundred packets of everybody's traffic and then drops
//! ours in silence. They look at ports and flags only; everything else is checked again when a packet is read.

use std::io;
use std::ops::RangeInclusive;

use socket2::{SockFilter, Socket};

/// Drop the packet.
const DROP: SockFilter = ret(0);

/// Keep all of it.
const KEEP: SockFilter = ret(u32::MAX);

/// `BPF_LD | BPF_H | BPF_ABS`
const HALF_AT: u16 = 0x28;
/// `BPF_LD | BPF_B | BPF_ABS`
const BYTE_AT: u16 = 0x30;
/// `BPF_LD | BPF_W | BPF_ABS`
const WORD_AT: u16 = 0x20;
/// `BPF_LD | BPF_H | BPF_IND`
const HALF_AFTER: u16 = 0x48;
/// `BPF_LD | BPF_B | BPF_IND`
const BYTE_AFTER: u16 = 0x50;
/// `BPF_LDX | BPF_B | BPF_MSH`: X = 4 × the low nibble, the length of an IPv4 header.
const HEADER_LENGTH: u16 = 0xb1;
/// `BPF_JMP | BPF_JEQ | BPF_K`
const EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGT | BPF_K`
const GREATER: u16 = 0x25;
/// `BPF_JMP | BPF_JGE | BPF_K`
const AT_LEAST: u16 = 0x35;
/// `BPF_JMP | BPF_JSET | BPF_K`
const ANY_BIT: u16 = 0x45;
/// `BPF_ALU | BPF_AND | BPF_K`
const AND: u16 = 0x54;
/// `BPF_ALU | BPF_LSH | BPF_K`
const SHIFT_LEFT: u16 = 0x64;
/// `BPF_ALU | BPF_ADD | BPF_X`
const ADD_X: u16 = 0x0c;
/// `BPF_MISC | BPF_TAX`
const TO_X: u16 = 0x07;

/// `SKF_AD_OFF + SKF_AD_PKTTYPE` of `linux/filter.h`: whom a link-layer frame was for.
const PACKET_TYPE: u32 = 0xffff_f004;
/// `PACKET_HOST` of `linux/if_packet.h`: for this machine.
const FOR_THIS_HOST: u32 = 0;

const TCP: u32 = 6;
const SYN_OR_RST: u32 = 0x06;
const SYN_AND_ACK: u32 = 0x12;

/// Bytes of an ICMP header before its quote.
const ICMP_HEADER: u32 = 8;
/// Bytes of an IPv6 header without extensions.
const V6_HEADER: u32 = 40;

/// The programs for one range of source ports.
#[derive(Clone, Debug)]
pub(super) struct Filters(RangeInclusive<u16>);

impl Filters {
    pub(super) fn new(ports: RangeInclusive<u16>) -> Self {
        Self(ports)
    }

    /// For a raw TCP socket over IPv4, which sees IP headers.
    pub(super) fn tcp_v4(&self) -> Vec<SockFilter> {
        let mut program = vec![op(HEADER_LENGTH, 0), op(HALF_AFTER, 2)];
        program.extend(self.in_range());
        program.extend([op(BYTE_AFTER, 13)]);
        program.extend(keep_if(ANY_BIT, SYN_OR_RST));
        program
    }

    /// For a raw TCP socket over IPv6, which sees none.
    pub(super) fn tcp_v6(&self) -> Vec<SockFilter> {
        let mut program = vec![op(HALF_AT, 2)];
        program.extend(self.in_range());
        program.extend([op(BYTE_AT, 13)]);
        program.extend(keep_if(ANY_BIT, SYN_OR_RST));
        program
    }

    /// For a raw ICMP socket: errors that quote TCP from our ports.
    pub(super) fn icmp_v4(&self) -> Vec<SockFilter> {
        let mut program = vec![op(HEADER_LENGTH, 0), op(BYTE_AFTER, 0)];
        program.extend(one_of([3, 11, 12]));
        program.extend([op(BYTE_AFTER, ICMP_HEADER + 9)]);
        program.extend(drop_unless(EQUAL, TCP));
        // X moves on by the length of the quoted header.
        program.extend([
            op(BYTE_AFTER, ICMP_HEADER),
            op(AND, 0x0f),
            op(SHIFT_LEFT, 2),
            op(ADD_X, 0),
            op(TO_X, 0),
        ]);
        program.extend([op(HALF_AFTER, ICMP_HEADER)]);
        program.extend(self.in_range());
        program.push(KEEP);
        program
    }

    /// For a raw `ICMPv6` socket, which sees no IP header.
    pub(super) fn icmp_v6(&self) -> Vec<SockFilter> {
        let mut program = vec![op(BYTE_AT, 0)];
        program.extend(one_of([1, 3, 4]));
        program.extend([op(BYTE_AT, ICMP_HEADER + 6)]);
        program.extend(drop_unless(EQUAL, TCP));
        program.extend([op(HALF_AT, ICMP_HEADER + V6_HEADER)]);
        program.extend(self.in_range());
        program.push(KEEP);
        program
    }

    /// For a tap on IPv4: SYN-ACKs for this machine, before any firewall.
    pub(super) fn tap_v4(&self) -> Vec<SockFilter> {
        let mut program = vec![op(WORD_AT, PACKET_TYPE)];
        program.extend(drop_unless(EQUAL, FOR_THIS_HOST));
        program.extend([op(BYTE_AT, 9)]);
        program.extend(drop_unless(EQUAL, TCP));
        program.extend([op(HALF_AT, 6), jump(ANY_BIT, 0x1fff, 0, 1), DROP]);
        program.extend([op(HEADER_LENGTH, 0), op(HALF_AFTER, 2)]);
        program.extend(self.in_range());
        program.extend([op(BYTE_AFTER, 13), op(AND, SYN_AND_ACK)]);
        program.extend(keep_if(EQUAL, SYN_AND_ACK));
        program
    }

    /// For a tap on IPv6.
    pub(super) fn tap_v6(&self) -> Vec<SockFilter> {
        let mut program = vec![op(WORD_AT, PACKET_TYPE)];
        program.extend(drop_unless(EQUAL, FOR_THIS_HOST));
        program.extend([op(BYTE_AT, 6)]);
        program.extend(drop_unless(EQUAL, TCP));
        program.extend([op(HALF_AT, V6_HEADER + 2)]);
        program.extend(self.in_range());
        program.extend([op(BYTE_AT, V6_HEADER + 13), op(AND, SYN_AND_ACK)]);
        program.extend(keep_if(EQUAL, SYN_AND_ACK));
        program
    }

    fn in_range(&self) -> [SockFilter; 4] {
        let [not_below, drop] = drop_unless(AT_LEAST, (*self.0.start()).into());
        [not_below, drop, jump(GREATER, (*self.0.end()).into(), 0, 1), DROP]
    }
}

/// Closes a socket, empties it and only then lets through what `program` keeps, so that nothing that arrived before
/// the filter is ever read.
pub(super) fn attach(socket: &Socket, program: &[SockFilter]) -> io::Result<()> {
    socket.attach_filter(&[DROP])?;
    let mut scrap = [std::mem::MaybeUninit::uninit()];
    while socket.recv(&mut scrap).is_ok() {}
    socket.attach_filter(program)
}

const fn op(code: u16, k: u32) -> SockFilter {
    SockFilter::new(code, 0, 0, k)
}

const fn jump(code: u16, k: u32, if_true: u8, if_false: u8) -> SockFilter {
    SockFilter::new(code, if_true, if_false, k)
}

const fn ret(k: u32) -> SockFilter {
    SockFilter::new(0x06, 0, 0, k)
}

fn drop_unless(code: u16, k: u32) -> [SockFilter; 2] {
    [jump(code, k, 1, 0), DROP]
}

fn keep_if(code: u16, k: u32) -> [SockFilter; 3] {
    [jump(code, k, 0, 1), KEEP, DROP]
}

fn one_of([a, b, c]: [u32; 3]) -> [SockFilter; 4] {
    [jump(EQUAL, a, 3, 0), jump(EQUAL, b, 2, 0), jump(EQUAL, c, 1, 0), DROP]
}
