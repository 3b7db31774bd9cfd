//! Whether a packet has left this machine.
//!
//! An output rule that rejects with a reset answers over loopback, inside the very `connect()` that sent the SYN. To
//! the socket that reset looks like any other, but no interface has sent a packet meanwhile.

use std::fs;

/// Packets that all interfaces but loopback have sent, from `/proc/net/dev` of this thread's namespace (kernel: `dev_seq_printf_stats`, the
/// tenth number of a line); `None` where it cannot be read.
pub(super) fn count() -> Option<u64> {
    fs::read_to_string("/proc/thread-self/net/dev").ok().map(|text| sent(&text))
}

fn sent(text: &str) -> u64 {
    let interfaces = text.lines().filter_map(|line| line.split_once(':'));
    let wired = interfaces.filter(|(name, _)| name.trim() != "lo");
    wired.filter_map(|(_, numbers)| numbers.split_whitespace().nth(9)?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::sent;

    #[test]
    fn loopback_is_not_counted() {
        let text = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  840       8    0    0    0     0          0         0      840       8    0    0    0     0       0          0
  eth0: 1500      11    0    0    0     0          0         0     2200      17    0    0    0     0       0          0
 veth1:   70       1    0    0    0     0          0         0      140       2    0    0    0     0       0          0
";
        assert_eq!(sent(text), 19);
        assert_eq!(sent("nonsense: 1 2\n:"), 0);
    }
}
