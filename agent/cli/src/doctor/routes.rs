//! Whether there is a way out at all, in each family that is probed, and through which interfaces.

use sortie_core::target::Family;

use super::finding::Finding;
use super::look::{self, Unseen};

const CHECK: &str = "routes";

/// `RTF_UP` of `linux/route.h`.
const UP: u32 = 0x1;
/// `RTF_REJECT`: a route that refuses.
const REJECT: u32 = 0x200;
/// The masks of everything and of half of everything (VPNs lay two halves over the default route), as in memory; the
/// halves begin at the same two addresses.
const WIDE_MASKS: [[u8; 4]; 2] = [[0; 4], [0x80, 0, 0, 0]];
/// All that is routed on the internet is `2000::/3`.
const WIDE_PREFIX: u8 = 3;

/// The interfaces that lead out, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WaysOut {
    v4: Vec<String>,
    v6: Vec<String>,
}

/// What the kernel has. Rules may lead to tables that are not shown here.
pub(super) fn examine(families: &[Family], other_tables: bool) -> (Vec<Finding>, WaysOut) {
    let v4 = look::read("/proc/self/net/route").map(|text| v4(&text));
    let v6 = look::read("/proc/self/net/ipv6_route").map(|text| v6(&text));
    let global = look::read("/proc/self/net/if_inet6").is_ok_and(|text| has_global(&text));
    let ways = WaysOut { v4: v4.clone().unwrap_or_default(), v6: v6.clone().unwrap_or_default() };
    let judged = |(family, ways): (Family, Result<Vec<String>, Unseen>)| {
        let alone = families.len() == 1;
        families.contains(&family).then(|| judge(family, &ways, global, other_tables, alone))
    };
    ([(Family::Ipv4, v4), (Family::Ipv6, v6)].into_iter().filter_map(judged).collect(), ways)
}

impl WaysOut {
    /// Of both families, each once.
    pub(super) fn interfaces(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.v4.iter().chain(&self.v6).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn judge(
    family: Family,
    ways: &Result<Vec<String>, Unseen>,
    global: bool,
    other_tables: bool,
    alone: bool,
) -> Finding {
    let ways = match ways {
        Ok(ways) => ways.as_slice(),
        Err(unseen) if unseen.is_absent() => &[],
        Err(unseen) => return Finding::not_seen(CHECK, format!("{family}: not seen: {unseen}")),
    };
    if !ways.is_empty() {
        return Finding::fine(CHECK, format!("{family}: a default route leads through {}", ways.join(", ")));
    }
    let none = format!("{family}: no default route");
    if other_tables {
        return Finding::not_seen(CHECK, none + " in the main table, and rules lead to others");
    }
    // Most machines have no IPv6, and mail leaves without it.
    if family == Family::Ipv6 && !global && !alone {
        return Finding::fine(CHECK, none + " and no global address: this machine has no IPv6");
    }
    let advice = match family {
        Family::Ipv4 => "look at `ip address` and `ip route`",
        Family::Ipv6 => "look at `ip -6 route`, or leave ipv6 out of [probe] families",
    };
    match family {
        Family::Ipv6 if !alone => {
            Finding::worth_a_look(CHECK, none + ", though there is a global address").todo(advice)
        }
        _ => Finding::broken(CHECK, none).todo(advice),
    }
}

/// `/proc/net/route`: the interface, then destination, gateway, flags and more in columns.
fn v4(text: &str) -> Vec<String> {
    let wide = |words: &[&str]| {
        let word = |at: usize| u32::from_str_radix(words.get(at)?, 16).ok();
        let mask = word(7)?.to_ne_bytes();
        let flags = word(3)?;
        (WIDE_MASKS.contains(&word(1)?.to_ne_bytes()) && WIDE_MASKS.contains(&mask) && usable(flags))
            .then_some(())
    };
    interfaces(text, 0, wide)
}

/// `/proc/net/ipv6_route`: destination and length first, flags and the interface last.
fn v6(text: &str) -> Vec<String> {
    let wide = |words: &[&str]| {
        let length = u8::from_str_radix(words.get(1)?, 16).ok()?;
        let flags = u32::from_str_radix(words.get(8)?, 16).ok()?;
        (length <= WIDE_PREFIX && usable(flags) && *words.get(9)? != "lo").then_some(())
    };
    interfaces(text, 9, wide)
}

fn interfaces(text: &str, column: usize, wide: impl Fn(&[&str]) -> Option<()>) -> Vec<String> {
    let mut names = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if wide(&words).is_some()
            && let Some(name) = words.get(column)
            && !names.iter().any(|known| known == name)
        {
            names.push((*name).to_owned());
        }
    }
    names
}

fn usable(flags: u32) -> bool {
    flags & UP != 0 && flags & REJECT == 0
}

/// `/proc/net/if_inet6`: scope 0 is global.
fn has_global(text: &str) -> bool {
    text.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(3) == Some(&"00") && words.get(5) != Some(&"lo")
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn only_a_route_to_everything_that_does_not_refuse_is_a_way_out() {
        let heading = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        for (line, expected) in [
            ("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0", &["eth0"][..]),
            ("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0", &[]),
            ("*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0", &[]),
            ("wg0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0", &["wg0"]),
            ("eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0", &[]),
            ("eth0\tnonsense", &[]),
        ] {
            assert_eq!(v4(&format!("{heading}{line}\n{line}\n")), expected, "{line}");
        }
        let zero = "0".repeat(32);
        let line = |destination: &str, length: &str, flags: &str, name: &str| {
            format!("{destination} {length} {zero} 00 {zero} 00000400 00000003 00000000 {flags} {name}")
        };
        let local = "fe800000000000000000000000000000";
        for (line, expected) in [
            (line(&zero, "00", "00000003", "eth0"), &["eth0"][..]),
            (line(&zero, "00", "00200200", "lo"), &[]),
            (line(local, "40", "00000001", "eth0"), &[]),
            (line(&zero, "00", "00000203", "eth0"), &[]),
        ] {
            assert_eq!(v6(&line), expected, "{line}");
        }
    }

    #[test]
    fn a_machine_without_ipv6_is_fine_and_one_with_half_of_it_is_not() {
        let none = || Ok(Vec::new());
        let absent = || Err(Unseen::Absent("/proc/self/net/ipv6_route".to_owned()));
        let forbidden = || Err(Unseen::Forbidden("/proc/self/net/route".to_owned()));
        for (family, ways, global, other_tables, alone, expected) in [
            (Family::Ipv4, Ok(vec!["eth0".to_owned()]), false, false, false, Fine),
            (Family::Ipv4, none(), false, false, false, Broken),
            (Family::Ipv4, none(), false, true, false, NotSeen),
            (Family::Ipv4, forbidden(), false, false, false, NotSeen),
            (Family::Ipv6, none(), false, false, false, Fine),
            (Family::Ipv6, absent(), false, false, false, Fine),
            (Family::Ipv6, none(), true, false, false, WorthALook),
            (Family::Ipv6, none(), true, false, true, Broken),
            (Family::Ipv6, absent(), false, false, true, Broken),
        ] {
            let finding = judge(family, &ways, global, other_tables, alone);
            assert_eq!(finding.standing, expected, "{finding:?}");
        }
    }

    #[test]
    fn a_global_address_is_told_from_a_local_one() {
        let of = |ip: &str, scope: &str, name: &str| has_global(&format!("{ip} 02 40 {scope} 80 {name}\n"));
        assert!(of("20010db8000000000000000000000007", "00", "eth0"));
        assert!(!of("fe8000000000000000fc00fffe000001", "20", "eth0"));
        assert!(!of("00000000000000000000000000000001", "10", "lo"));
    }
}
