//! The interfaces that lead out: whether they are up, and how large a packet may be.

use super::finding::Finding;
use super::look::{self, Unseen};

const CHECK: &str = "interfaces";

/// The least that IPv6 runs over (RFC 8200 §5); below it large answers and TLS handshakes are lost where ICMP is.
const SMALL: u32 = 1280;
/// What every IPv4 host takes in one piece (RFC 791 §3.2).
const TINY: u32 = 576;

pub(super) fn examine(names: &[&str]) -> Vec<Finding> {
    let of = |name: &&str| {
        let read = |file: &str| look::read(format!("/sys/class/net/{name}/{file}"));
        judge(name, &read("mtu"), &read("operstate"))
    };
    names.iter().map(of).collect()
}

fn judge(name: &str, mtu: &Result<String, Unseen>, state: &Result<String, Unseen>) -> Finding {
    // Tunnels and loopback have no state of their own ("unknown").
    if state.as_ref().is_ok_and(|state| state.trim() == "down") {
        return Finding::broken(CHECK, format!("{name} is down"))
            .todo("look at `ip link` and the cable or the hypervisor");
    }
    let mtu = match mtu {
        Ok(text) => text.trim().parse::<u32>().map_err(|_| "its MTU is no number".to_owned()),
        Err(unseen) => Err(unseen.to_string()),
    };
    let advice =
        "compare with the other end of the path; answers that are larger are lost where ICMP is filtered";
    match mtu {
        Err(why) => Finding::not_seen(CHECK, format!("{name}: not seen: {why}")),
        Ok(mtu @ ..TINY) => Finding::broken(CHECK, format!("{name} has an MTU of {mtu}")).todo(advice),
        Ok(mtu @ ..SMALL) => Finding::worth_a_look(CHECK, format!("{name} has an MTU of {mtu}")).todo(advice),
        Ok(mtu) => Finding::fine(CHECK, format!("{name} has an MTU of {mtu}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn interfaces_are_judged_by_what_they_let_through() {
        for (mtu, state, expected) in [
            ("1500\n", "up\n", Fine),
            ("9001\n", "up\n", Fine),
            ("1420\n", "unknown\n", Fine),
            ("1279\n", "up\n", WorthALook),
            ("68\n", "up\n", Broken),
            ("1500\n", "down\n", Broken),
            ("many", "up\n", NotSeen),
        ] {
            let finding = judge("eth0", &Ok(mtu.to_owned()), &Ok(state.to_owned()));
            assert_eq!(finding.standing, expected, "{mtu:?} {state:?}");
        }
        let absent = || Err(Unseen::Absent("/sys/class/net/eth0/mtu".to_owned()));
        assert_eq!(judge("eth0", &absent(), &absent()).standing, NotSeen);
    }
}
