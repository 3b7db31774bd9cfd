//! From stored exports to what goes on the wire.
//!
//! One export travels as it was stored, byte by byte. Several become one message: protobuf defines that messages one
//! after the other are one with all their repeated fields (protobuf.dev, "Last One Wins"), and an export is nothing but a
//! repeated field. They are compressed anew as one member, because many receivers read no further than the first.

use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use opentelemetry_http::Bytes;

/// Of a request of several, before compression, in bytes. A quarter of what the OTLP specification recommends as the limit
/// of a receiver over gRPC, little memory, and a few milliseconds to compress.
const MERGED_MOST: u64 = 1 << 20;

/// Of one export, before compression, in bytes: what the OTLP specification recommends as the limit of a receiver over
/// HTTP. More than that is no export of ours.
const SINGLE_MOST: u64 = 20 << 20;

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// The first of the exports, so many.
    pub(super) count: usize,
    /// One message.
    pub(super) message: Bytes,
}

/// None of these bytes are an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Payload {
    /// As many of these stored exports as one request should carry, compressed or not. One that cannot be read travels
    /// alone where the receiver can be left to refuse it.
    pub(super) fn new(stored: &[Bytes], gzip: bool) -> Result<Self, Unreadable> {
        let [first, rest @ ..] = stored else { return Err(Unreadable) };
        let as_stored = || Self { count: 1, message: first.clone() };
        if gzip && rest.is_empty() {
            return Ok(as_stored());
        }
        let Some(message) = gunzip(first, SINGLE_MOST) else {
            return if gzip { Ok(as_stored()) } else { Err(Unreadable) };
        };
        let mut merged = Merged::new(gzip);
        merged.add(&message);
        let mut count = 1;
        for stored in rest {
            let Some(message) = gunzip(stored, MERGED_MOST.saturating_sub(merged.length)) else { break };
            merged.add(&message);
            count += 1;
        }
        Ok(if gzip && count == 1 { as_stored() } else { Self { count, message: merged.finish() } })
    }
}

/// Messages one after the other. One is in memory at a time: what was added is compressed already.
struct Merged {
    packed: Packed,
    /// Before compression, in bytes.
    length: u64,
}

enum Packed {
    Gzip(GzEncoder<Vec<u8>>),
    Bare(Vec<u8>),
}

impl Merged {
    fn new(gzip: bool) -> Self {
        let packed = if gzip { Packed::Gzip(encoder()) } else { Packed::Bare(Vec::new()) };
        Self { packed, length: 0 }
    }

    fn add(&mut self, message: &[u8]) {
        self.length += message.len() as u64;
        let written = match &mut self.packed {
            Packed::Gzip(encoder) => encoder.write_all(message),
            Packed::Bare(bytes) => bytes.write_all(message),
        };
        // Memory takes all that is written to it.
        debug_assert!(written.is_ok());
    }

    fn finish(self) -> Bytes {
        match self.packed {
            Packed::Gzip(encoder) => encoder.finish().unwrap_or_default().into(),
            Packed::Bare(bytes) => bytes.into(),
        }
    }
}

/// The message in one gzip member; `None` where there is none, or one of more than `most` bytes.
pub(crate) fn gunzip(stored: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let read = GzDecoder::new(stored).take(most + 1).read_to_end(&mut message).ok()?;
    (read as u64 <= most).then_some(message)
}

/// The message as one gzip member.
#[cfg(test)]
pub(super) fn gzipped(message: &[u8]) -> Bytes {
    let mut merged = Merged::new(true);
    merged.add(message);
    merged.finish()
}

/// Of one gzip member. Backlog is sent once, and beside probing: speed is worth more than a tenth of its size.
fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(message: &[u8]) -> Bytes {
        gzipped(message)
    }

    fn read(payload: &Payload) -> Vec<u8> {
        gunzip(&payload.message, SINGLE_MOST).expect("one member")
    }

    #[test]
    fn one_export_travels_as_it_was_stored() {
        for bytes in [stored(b"message"), Bytes::from_static(b"damaged")] {
            let payload = Payload::new(std::slice::from_ref(&bytes), true);
            assert_eq!(payload, Ok(Payload { count: 1, message: bytes }));
        }
    }

    #[test]
    fn several_become_one_message_in_one_member() {
        let exports = [stored(b"first, "), stored(b"second, "), stored(b"third")];
        let payload = Payload::new(&exports, true).expect("a payload");
        assert_eq!((payload.count, &*read(&payload)), (3, &b"first, second, third"[..]));
    }

    #[test]
    fn without_compression_the_messages_travel_bare() {
        let exports = [stored(b"first, "), stored(b"second")];
        for (stored, expected) in [(&exports[..1], &b"first, "[..]), (&exports[..], b"first, second")] {
            let message = Bytes::from_static(expected);
            assert_eq!(Payload::new(stored, false), Ok(Payload { count: stored.len(), message }));
        }
    }

    #[test]
    fn a_request_holds_no_more_than_a_receiver_takes() {
        let half = stored(&vec![b'x'; 600 << 10]);
        let small = stored(b"small");
        let huge = stored(&vec![b'x'; 2 << 20]);
        for (exports, count) in [
            (vec![half.clone(), small.clone(), half.clone(), small.clone()], 2),
            (vec![huge.clone(), small.clone()], 1),
            (vec![small.clone(), huge], 1),
        ] {
            let payload = Payload::new(&exports, true).expect("a payload");
            assert_eq!(payload.count, count);
            if count == 1 {
                assert_eq!(payload.message, exports[0], "as it was stored");
            }
        }
    }

    #[test]
    fn damage_spoils_no_neighbour() {
        let damaged = Bytes::from_static(b"damaged");
        let exports = [stored(b"first, "), stored(b"second"), damaged.clone(), stored(b"last")];
        let payload = Payload::new(&exports, true).expect("a payload");
        assert_eq!((payload.count, &*read(&payload)), (2, &b"first, second"[..]));
        let payload = Payload::new(&exports[2..], true);
        assert_eq!(payload, Ok(Payload { count: 1, message: damaged }), "the receiver will refuse it");
        assert_eq!(Payload::new(&exports[2..], false), Err(Unreadable));
        assert_eq!(Payload::new(&[], true), Err(Unreadable));
    }

    #[test]
    fn a_message_that_was_cut_off_is_not_read_as_a_shorter_one() {
        let whole = stored(&vec![b'x'; 10_000]);
        for length in 0..whole.len() {
            assert_eq!(gunzip(&whole[..length], SINGLE_MOST), None, "{length}");
        }
        assert_eq!(gunzip(&whole, 9_999), None);
        assert_eq!(gunzip(&whole, 10_000).map(|message| message.len()), Some(10_000));
    }
}
