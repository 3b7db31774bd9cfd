//! Classic BPF programs: only answers to our own source ports reach a socket.
//!
//! Without them the default buffer of a raw socket holds a few hundred packets of everybody's traffic and then drops
//! ours in silence. They look at ports and flags only; everything else is checked again when a packet is read.

mod bpf;

use std::ops::RangeInclusive;

use bpf::{
    ADD_X, AND, ANY_BIT, AT_LEAST, BYTE_AFTER, BYTE_AT, DROP, EQUAL, GREATER, HALF_AFTER, HALF_AT,
    HEADER_LENGTH, KEEP, PACKET_TYPE, SHIFT_LEFT, TO_X, WORD_AT, drop_unless, jump, keep_if, one_of, op,
};
pub(super) use bpf::{Instruction, attach};

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
    pub(super) fn tcp_v4(&self) -> Vec<Instruction> {
        let mut program = vec![op(HEADER_LENGTH, 0), op(HALF_AFTER, 2)];
        program.extend(self.in_range());
        program.extend([op(BYTE_AFTER, 13)]);
        program.extend(keep_if(ANY_BIT, SYN_OR_RST));
        program
    }

    /// For a raw TCP socket over IPv6, which sees none.
    pub(super) fn tcp_v6(&self) -> Vec<Instruction> {
        let mut program = vec![op(HALF_AT, 2)];
        program.extend(self.in_range());
        program.extend([op(BYTE_AT, 13)]);
        program.extend(keep_if(ANY_BIT, SYN_OR_RST));
        program
    }

    /// For a raw ICMP socket: errors that quote TCP from our ports.
    pub(super) fn icmp_v4(&self) -> Vec<Instruction> {
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
    pub(super) fn icmp_v6(&self) -> Vec<Instruction> {
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
    pub(super) fn tap_v4(&self) -> Vec<Instruction> {
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
    pub(super) fn tap_v6(&self) -> Vec<Instruction> {
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

    fn in_range(&self) -> [Instruction; 4] {
        let [not_below, drop] = drop_unless(AT_LEAST, (*self.0.start()).into());
        [not_below, drop, jump(GREATER, (*self.0.end()).into(), 0, 1), DROP]
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::packet::{Flow, Syn};

    use super::bpf::keeps;
    use super::*;

    const PORTS: RangeInclusive<u16> = 61000..=61127;

    /// An answer to `port` with these flags, made from a SYN.
    fn answer(v6: bool, port: u16, flags: u8) -> Vec<u8> {
        let [a, b] = if v6 { ["2001:db8::1", "2001:db8::2"] } else { ["192.0.2.1", "192.0.2.2"] };
        let flow = Flow {
            source: a.parse().expect("valid"),
            destination: b.parse().expect("valid"),
            source_port: 25,
            destination_port: port,
        };
        let mut bytes =
            Syn { flow, isn: 1, hop_limit: 9, ip_id: 2, timestamp: 3 }.build().expect("one family");
        bytes[if v6 { 53 } else { 33 }] = flags;
        bytes
    }

    /// An ICMP error that quotes a SYN from `port`, with its own IPv4 header.
    fn icmp(v6: bool, kind: u8, port: u16) -> Vec<u8> {
        let mut quote = answer(v6, 25, 2);
        let at = if v6 { 40 } else { 20 };
        quote[at..at + 2].copy_from_slice(&port.to_be_bytes());
        let header = if v6 { Vec::new() } else { vec![0x46; 24] };
        [&header[..], &[kind, 0, 0, 0, 0, 0, 0, 0], &quote].concat()
    }

    #[test]
    fn only_syns_and_resets_to_our_ports_are_kept() {
        let filters = Filters::new(PORTS);
        for v6 in [false, true] {
            for (port, flags, kept) in [
                (61000, 0x12, true),
                (61127, 0x04, true),
                (61060, 0x14, true),
                (60999, 0x12, false),
                (61128, 0x12, false),
                (61000, 0x10, false),
                (61000, 0x18, false),
            ] {
                let packet = answer(v6, port, flags);
                let (program, bytes) =
                    if v6 { (filters.tcp_v6(), &packet[40..]) } else { (filters.tcp_v4(), &packet[..]) };
                assert_eq!(keeps(&program, bytes, 0), kept, "v6 {v6}, port {port}, flags {flags:#x}");
            }
        }
    }

    #[test]
    fn only_icmp_errors_about_our_ports_are_kept() {
        let filters = Filters::new(PORTS);
        for (v6, kinds) in [(false, [3, 11, 12]), (true, [1, 3, 4])] {
            let program = if v6 { filters.icmp_v6() } else { filters.icmp_v4() };
            for kind in kinds {
                assert!(keeps(&program, &icmp(v6, kind, 61000), 0), "v6 {v6}, type {kind}");
                assert!(!keeps(&program, &icmp(v6, kind, 60999), 0), "v6 {v6}, type {kind}");
            }
            for kind in [0, 5, 8, 128, 135] {
                assert!(!keeps(&program, &icmp(v6, kind, 61000), 0), "v6 {v6}, type {kind}");
            }
            let whole = icmp(v6, kinds[0], 61000);
            let (header, needed) = if v6 { (0, 50) } else { (24, 30) };
            for length in 0..whole.len() {
                assert_eq!(
                    keeps(&program, &whole[..length], 0),
                    length >= header + needed,
                    "cut to {length}"
                );
            }
        }
    }

    #[test]
    fn a_tap_keeps_syn_acks_for_this_host() {
        const OUTGOING: u32 = 4;
        let filters = Filters::new(PORTS);
        for v6 in [false, true] {
            let program = if v6 { filters.tap_v6() } else { filters.tap_v4() };
            for (port, flags, packet_type, kept) in [
                (61000, 0x12, 0, true),
                (61000, 0x12, OUTGOING, false),
                (61000, 0x02, 0, false),
                (61000, 0x14, 0, false),
                (443, 0x12, 0, false),
            ] {
                assert_eq!(
                    keeps(&program, &answer(v6, port, flags), packet_type),
                    kept,
                    "v6 {v6}, port {port}"
                );
            }
        }
        let mut fragment = answer(false, 61000, 0x12);
        fragment[7] = 1;
        assert!(!keeps(&filters.tap_v4(), &fragment, 0));
    }
}
