//! The greeting of whoever answers, in pieces of every size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_core::smtp::{Capabilities, Progress, ReplyReader};

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let mut reader = ReplyReader::default();
    for piece in bytes.chunks(usize::from(size).max(1)) {
        match reader.push(piece) {
            Progress::NeedMore => {}
            Progress::Reply(reply) => {
                assert!((200..=559).contains(&reply.code));
                let mut lines = reply.more.iter().chain([&reply.text]);
                assert!(lines.all(|line| line.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
                assert!(reader.surplus() < piece.len());
                let offered = Capabilities::of(&reply);
                assert!(offered.auth.iter().all(|name| name.len() <= 20 && !name.contains(' ')));
                return;
            }
            Progress::NotSmtp(text) => {
                assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                return;
            }
        }
    }
    // Whatever is still unread must be small: a reply is cut off long before this.
    assert!(bytes.len() <= 8192);
});
