//! An IPv4 packet off a raw socket or a tap, and the TCP segment in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_core::observation::Seen;
use sortie_core::packet::{read_ipv4, read_tcp};

fuzz_target!(|bytes: &[u8]| {
    let Ok(packet) = read_ipv4(bytes) else { return };
    assert!(packet.payload.len() + 20 <= bytes.len());
    let Ok(segment) = read_tcp(packet.payload) else { return };
    assert!(segment.options.len() <= 40);
    let isn = segment.acknowledgement.wrapping_sub(1);
    match segment.answer(isn, Some(packet.hop_limit), packet.ip_id) {
        Some(Seen::SynAck(answer)) => assert!(answer.acceptable && segment.syn && !segment.rst),
        Some(Seen::Reset(answer)) => assert_eq!(answer.acceptable, segment.ack),
        Some(other) => panic!("{other:?}"),
        None => assert!(!segment.rst),
    }
});
