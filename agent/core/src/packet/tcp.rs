//! TCP segments (RFC 9293) that may answer one of our SYNs.

use pnet::packet::tcp::{TcpFlags, TcpPacket};

use super::Malformed;
use crate::observation::{Seen, Segment};

/// The header of a segment, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number, meaningless without [`Self::ack`].
    pub acknowledgement: u32,
    /// SYN flag.
    pub syn: bool,
    /// ACK flag.
    pub ack: bool,
    /// RST flag.
    pub rst: bool,
    /// Window as sent.
    pub window: u16,
    /// Options as they stand on the wire, at most 40 bytes.
    pub options: &'a [u8],
}

/// Reads the header of a segment.
pub fn read_tcp(bytes: &[u8]) -> Result<TcpSegment<'_>, Malformed> {
    let malformed = Malformed("TCP segment");
    let packet = TcpPacket::new(bytes).ok_or(malformed)?;
    let header = usize::from(packet.get_data_offset()) * 4;
    let has = |flag| packet.get_flags() & flag != 0;
    Ok(TcpSegment {
        source_port: packet.get_source(),
        destination_port: packet.get_destination(),
        sequence: packet.get_sequence(),
        acknowledgement: packet.get_acknowledgement(),
        syn: has(TcpFlags::SYN),
        ack: has(TcpFlags::ACK),
        rst: has(TcpFlags::RST),
        window: packet.get_window(),
        // Also refuses a data offset that points into the fixed header.
        options: bytes.get(TcpPacket::minimum_packet_size()..header).ok_or(malformed)?,
    })
}

impl TcpSegment<'_> {
    /// What this segment says to a SYN with initial sequence number `isn`, if it is an answer at all.
    pub fn answer(&self, isn: u32, hop_limit: Option<u8>, ip_id: Option<u16>) -> Option<Seen> {
        let segment = Segment {
            hop_limit,
            window: Some(self.window),
            ip_id,
            options: self.options.to_vec(),
            // RFC 9293 §3.10.7.3, first and second: in SYN-SENT an ACK has to cover the SYN and nothing more, and a
            // RST counts only with such an ACK.
            acceptable: self.ack && self.acknowledgement == isn.wrapping_add(1),
        };
        match (self.rst, self.syn, self.ack) {
            (true, _, _) => Some(Seen::Reset(segment)),
            (false, true, true) => Some(Seen::SynAck(segment)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ISN: u32 = u32::MAX;

    fn segment(flags: u8, acknowledgement: u32) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..4].copy_from_slice(&[0, 25, 0xee, 0x48]);
        bytes[8..12].copy_from_slice(&acknowledgement.to_be_bytes());
        (bytes[12], bytes[13], bytes[15]) = (6 << 4, flags, 9);
        bytes[20..].copy_from_slice(&[2, 4, 5, 0xb4]);
        bytes
    }

    #[test]
    fn acceptable_answers_acknowledge_the_syn_and_nothing_else() {
        const SYN_ACK: u8 = 0x12;
        const RST: u8 = 0x04;
        const RST_ACK: u8 = 0x14;
        for (flags, acknowledgement, expected) in [
            (SYN_ACK, 0, Some(("syn-ack", true))),
            (SYN_ACK, ISN, Some(("syn-ack", false))),
            (SYN_ACK, 1, Some(("syn-ack", false))),
            (RST_ACK, 0, Some(("reset", true))),
            (RST_ACK, ISN, Some(("reset", false))),
            (RST, 0, Some(("reset", false))),
            (0x02, 0, None),
            (0x10, 0, None),
        ] {
            let bytes = segment(flags, acknowledgement);
            let answer = read_tcp(&bytes).expect("a whole segment").answer(ISN, Some(63), None);
            let described = answer.as_ref().map(|seen| match seen {
                Seen::SynAck(segment) => ("syn-ack", segment.acceptable),
                Seen::Reset(segment) => ("reset", segment.acceptable),
                other => panic!("{other:?}"),
            });
            assert_eq!(described, expected, "flags {flags:#x}, ack {acknowledgement}");
        }
    }

    #[test]
    fn options_and_window_are_kept_as_they_were_sent() {
        let bytes = segment(0x12, 0);
        let segment = read_tcp(&bytes).expect("a whole segment");
        assert_eq!((segment.options, segment.window), (&[2, 4, 5, 0xb4][..], 9));
    }

    #[test]
    fn offsets_that_lie_are_refused() {
        let mut bytes = segment(0x12, 0);
        for (offset, readable) in [(0, false), (4, false), (5, true), (6, true), (7, false), (15, false)] {
            bytes[12] = offset << 4;
            assert_eq!(read_tcp(&bytes).is_ok(), readable, "offset {offset}");
        }
        assert!(read_tcp(&bytes[..19]).is_err());
        assert!(read_tcp(&[]).is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), isn: u32) {
            if let Ok(segment) = read_tcp(&bytes) {
                prop_assert!(segment.options.len() <= 40);
                let _ = segment.answer(isn, None, None);
            }
        }
    }
}
