//! An IPv6 packet off a tap, and the TCP segment in it; a raw socket delivers the segment alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_core::packet::{read_ipv6, read_tcp};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(packet) = read_ipv6(bytes) {
        assert!(packet.payload.len() + 40 <= bytes.len());
        let _ = read_tcp(packet.payload).map(|segment| segment.answer(0, Some(packet.hop_limit), None));
    }
    if let Ok(segment) = read_tcp(bytes) {
        assert!(segment.options.len() <= 40);
    }
});
