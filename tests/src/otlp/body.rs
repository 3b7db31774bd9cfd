//! What is in a body: gzip, and in it one message whose elements are exports.
//!
//! A request of OTLP is nothing but a repeated field, so that several exports joined are one request (protobuf, "Last One
//! Wins"). Its elements are looked at as they lie on the wire: two copies of an export have to be equal byte for byte.

use std::io::{self, Read as _};

use flate2::Compression;
use flate2::bufread::{GzEncoder, MultiGzDecoder};
use hyper::body::Bytes;
use prost::encoding::decode_varint;

/// No export of an agent comes near: what unpacks to more is a bomb.
const MOST: u64 = 64 << 20;
/// Field 1, with a length before it: `resource_metrics` and `resource_logs`.
const ELEMENT: u8 = 0x0a;

pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let packing = GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed);
    debug_assert!(packing.is_ok(), "a slice can be read to its end");
    packed
}

/// All members, one after the other (RFC 1952).
pub fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes).take(MOST).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 == MOST {
        return Err(io::Error::other("the body unpacks to more than any export has"));
    }
    Ok(unpacked)
}

/// The elements of a request's message as they are; `None` where it has anything else.
pub fn elements(message: Bytes) -> Option<Vec<Bytes>> {
    let mut rest = message;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        if rest.split_to(1)[0] != ELEMENT {
            return None;
        }
        let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
        if length > rest.len() {
            return None;
        }
        elements.push(rest.split_to(length));
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_one_message() {
        let joined = [compress(b"one"), compress(b"two")].concat();
        assert_eq!(decompress(&joined).expect("gzip"), b"onetwo");
    }

    #[test]
    fn what_is_cut_or_foreign_is_an_error() {
        let whole = compress(b"an export");
        for broken in [&whole[..whole.len() - 1], &whole[1..], b"{}"] {
            assert!(decompress(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn elements_are_cut_where_the_next_one_begins() {
        let bytes = |bytes: &'static [u8]| Bytes::from_static(bytes);
        let both = elements(bytes(b"\x0a\x02hi\x0a\x00")).expect("two elements");
        assert_eq!(both, [bytes(b"hi"), bytes(b"")]);
        assert_eq!(elements(bytes(b"")), Some(Vec::new()));
        for foreign in [&b"\x12\x00"[..], b"\x0a\x03hi", b"\x0a"] {
            assert_eq!(elements(bytes(foreign)), None, "{foreign:?}");
        }
    }
}
