//! Ports for outgoing connections: when all of them are in use, nothing can be opened any more.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::finding::Finding;
use super::look::{self, Unseen};
use super::sockets::{self, Socket};

const CHECK: &str = "source_ports";
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Percent from which a burst may take the rest.
const HIGH: usize = 80;
/// Fewer than this are used up by one busy mail server.
const FEW: usize = 1024;

pub(super) fn examine() -> Vec<Finding> {
    vec![judge(&look::read(RANGE), &sockets::tcp())]
}

fn judge(range: &Result<String, Unseen>, sockets: &Result<Vec<Socket>, Unseen>) -> Finding {
    let (range, sockets) = match (range, sockets) {
        (Ok(range), Ok(sockets)) => (range, sockets),
        (Err(unseen), _) | (_, Err(unseen)) => {
            return Finding::not_seen(CHECK, format!("not seen: {unseen}"));
        }
    };
    let Some(range) = read(range) else {
        return Finding::not_seen(CHECK, format!("not seen: {RANGE} is no range"));
    };
    let size = range.clone().count();
    let used: BTreeSet<u16> =
        sockets.iter().map(|socket| socket.local.port()).filter(|port| range.contains(port)).collect();
    let text = format!("{} of {size} ports from {} to {} are in use", used.len(), range.start(), range.end());
    let advice =
        "look for processes that hold many connections (`ss -s`), or widen net.ipv4.ip_local_port_range";
    if used.len() == size {
        Finding::broken(CHECK, text).todo(advice)
    } else if used.len() * 100 >= size * HIGH || size < FEW {
        Finding::worth_a_look(CHECK, text).todo(advice)
    } else {
        Finding::fine(CHECK, text)
    }
}

fn read(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_whitespace().map(str::parse);
    let (first, last) = (words.next()?.ok()?, words.next()?.ok()?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::super::finding::Standing::{self, Broken, Fine, NotSeen, WorthALook};
    use super::*;

    fn standing(range: &str, ports: RangeInclusive<u16>) -> Standing {
        let socket =
            |port| Socket { local: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), listens: false, inode: 0 };
        // Two connections of one port are one port.
        let sockets = ports.clone().chain(ports).map(socket).collect();
        judge(&Ok(range.to_owned()), &Ok(sockets)).standing
    }

    #[test]
    fn ports_are_judged_by_how_many_of_the_range_are_in_use() {
        for (range, ports, expected) in [
            ("32768\t60999\n", 1..=40_000, Fine),
            ("32768\t60999\n", 32_768..=56_000, WorthALook),
            ("32768\t60999\n", 1..=65_535, Broken),
            ("40000\t40099\n", 1..=1, WorthALook),
            ("60999 32768", 1..=1, NotSeen),
            ("all", 1..=1, NotSeen),
        ] {
            assert_eq!(standing(range, ports.clone()), expected, "{range:?} with {ports:?}");
        }
    }
}
