//! This machine's own counters, read before and after a round.
//!
//! They are read below `/proc/thread-self`: plain `/proc/net` shows the namespace of the main thread.

use std::fs::{self, File};
use std::io::{self, Read as _};

use sortie_core::observation::HostFacts;

/// Longer than any of these files is.
const LONGEST: usize = 16 * 1024;

/// Counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    retransmit_failures: Option<u64>,
    undelivered: Option<i64>,
}

impl Counters {
    /// Reads what is there; on a kernel without a counter it stays unknown.
    pub(crate) fn now() -> Self {
        let read = |file: &str| read_whole(&format!("/proc/thread-self/net/{file}")).unwrap_or_default();
        Self::parse(&read("netstat"), &read("snmp"), &read("snmp6"))
    }

    fn parse(netstat: &str, snmp: &str, snmp6: &str) -> Self {
        let v4 = |name| in_columns(snmp, "Ip:", name);
        let v6 = |name| in_lines(snmp6, name);
        let lost = |received: Option<u64>, delivered: Option<u64>, forwarded: Option<u64>| {
            let signed = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
            Some(signed(received)? - signed(delivered)? - signed(forwarded)?)
        };
        let v4 = lost(v4("InReceives"), v4("InDelivers"), v4("ForwDatagrams"));
        let v6 = lost(v6("Ip6InReceives"), v6("Ip6InDelivers"), v6("Ip6OutForwDatagrams"));
        Self {
            retransmit_failures: in_columns(netstat, "TcpExt:", "TCPRetransFail"),
            undelivered: v4.or(v6).map(|_| v4.unwrap_or(0) + v6.unwrap_or(0)),
        }
    }

    /// What happened since `self` was read, and how full connection tracking is now.
    pub(crate) fn until_now(self) -> HostFacts {
        self.until(Self::now(), conntrack())
    }

    fn until(self, now: Self, conntrack: Option<(u64, u64)>) -> HostFacts {
        let failures = self.retransmit_failures.zip(now.retransmit_failures);
        let undelivered = self.undelivered.zip(now.undelivered);
        HostFacts {
            retransmit_failures: failures.map(|(before, after)| after.saturating_sub(before)),
            undelivered: undelivered.map(|(before, after)| u64::try_from(after - before).unwrap_or(0)),
            conntrack,
        }
    }
}

/// `/proc/net/snmp` and `/proc/net/netstat`: a line of names, then a line of numbers, both with the same prefix.
fn in_columns(text: &str, prefix: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(prefix));
    let (names, values) = (lines.next()?, lines.next()?);
    let at = names.split_whitespace().position(|word| word == name)?;
    values.split_whitespace().nth(at)?.parse().ok()
}

/// `/proc/net/snmp6`: one name and one number per line.
fn in_lines(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Reads in one go: these files have no size that could be asked for, and a buffer that grows asks many times.
fn read_whole(path: &str) -> io::Result<String> {
    let mut text = String::with_capacity(LONGEST);
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

fn conntrack() -> Option<(u64, u64)> {
    let read = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{name}")).ok()?;
        text.trim().parse().ok()
    };
    Some((read("count")?, read("max")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETSTAT: &str =
        "TcpExt: SyncookiesSent TCPRetransFail\nTcpExt: 3 17\nIpExt: InNoRoutes\nIpExt: 0\n";
    const SNMP: &str =
        "Ip: Forwarding InReceives ForwDatagrams InDelivers\nIp: 1 100 30 60\nIcmp: InMsgs\nIcmp: 1\n";
    const SNMP6: &str = "Ip6InReceives  \t50\nIp6InDelivers \t40\nIp6OutForwDatagrams\t5\n";

    #[test]
    fn counters_are_found_by_name() {
        let counters = Counters::parse(NETSTAT, SNMP, SNMP6);
        assert_eq!(counters, Counters { retransmit_failures: Some(17), undelivered: Some(15) });
    }

    #[test]
    fn absent_counters_stay_unknown() {
        assert_eq!(Counters::parse("", "", ""), Counters::default());
        assert_eq!(Counters::parse("TcpExt:", "Ip: InReceives\n", "Ip6InReceives x"), Counters::default());
        assert_eq!(Counters::default().until(Counters::parse(NETSTAT, SNMP, ""), None), HostFacts::default());
    }

    #[test]
    fn differences_never_go_below_zero() {
        let before = Counters { retransmit_failures: Some(5), undelivered: Some(9) };
        let after = Counters { retransmit_failures: Some(7), undelivered: Some(4) };
        let facts = before.until(after, Some((2, 10)));
        assert_eq!(facts.retransmit_failures, Some(2));
        assert_eq!(facts.undelivered, Some(0));
        assert_eq!(facts.conntrack, Some((2, 10)));
    }
}
