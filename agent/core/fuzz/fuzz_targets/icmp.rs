//! ICMP errors of both families and what they quote, down to the last byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_core::packet::{read_icmpv4, read_icmpv6, read_ipv4};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(error) = read_icmpv4(bytes) {
        assert!(error.flow.source.is_ipv4() && error.flow.destination.is_ipv4());
        assert!(bytes.len() >= 8 + 20 + 8);
    }
    if let Ok(error) = read_icmpv6(bytes) {
        assert!(error.flow.source.is_ipv6() && error.flow.destination.is_ipv6());
        assert!(bytes.len() >= 8 + 40 + 8);
    }
    let _ = read_ipv4(bytes).map(|packet| read_icmpv4(packet.payload).is_ok());
});
