//! A body in gzip: one member, or several that mean what they mean one after the other.
//!
//! RFC 1952 lets members be joined, and protobuf lets messages be joined: exports that were compressed once can travel
//! together without being touched.

use std::io::{self, Read as _};

use flate2::Compression;
use flate2::bufread::{GzDecoder, GzEncoder, MultiGzDecoder};

/// No export of an agent comes near: what unpacks to more is a bomb.
const MOST: u64 = 64 << 20;

pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let packing = GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed);
    debug_assert!(packing.is_ok(), "a slice can be read to its end");
    packed
}

/// All members, one after the other.
pub fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    unpack(MultiGzDecoder::new(bytes))
}

/// The members as they are, still compressed.
pub fn members(bytes: &[u8]) -> io::Result<Vec<&[u8]>> {
    let mut members = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut decoder = GzDecoder::new(rest);
        unpack(&mut decoder)?;
        let after = decoder.into_inner();
        let (member, behind) = rest.split_at(rest.len() - after.len());
        members.push(member);
        rest = behind;
    }
    Ok(members)
}

fn unpack(decoder: impl io::Read) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    decoder.take(MOST).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 == MOST {
        return Err(io::Error::other("the body unpacks to more than any export has"));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_apart_byte_for_byte() {
        let [one, two] = [compress(b"one"), compress(b"two")];
        let joined = [one.clone(), two.clone()].concat();
        assert_eq!(members(&joined).expect("gzip"), [&one[..], &two[..]]);
        assert_eq!(decompress(&joined).expect("gzip"), b"onetwo");
        assert_eq!(members(b"").expect("nothing"), [&b""[..]; 0]);
    }

    #[test]
    fn what_is_cut_or_foreign_is_an_error() {
        let whole = compress(b"an export");
        for broken in [&whole[..whole.len() - 1], &whole[1..], b"{}"] {
            assert!(members(broken).is_err() && decompress(broken).is_err(), "{broken:?}");
        }
    }
}
