//! Which configuration this is, in sixteen digits: two machines with the same file show the same ones.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Stands for the built-in defaults, of which there is no file.
pub(super) const BUILT_IN: &str = "built-in";

/// Eight bytes: enough to tell the configurations of a fleet apart, short enough for a label.
const BYTES: usize = 8;

/// The first sixteen hexadecimal digits of the SHA-256 of a file, as `sha256sum` prints them.
pub(super) fn of(file: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * BYTES);
    for byte in &Sha256::digest(file)[..BYTES] {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_of_sha256sum() {
        assert_eq!(of(b""), "e3b0c44298fc1c14");
        assert_eq!(of(b"[agent]\n"), "2fd7d6dfbd4a9aee");
    }
}
