//! firewalld: whether it runs, and what its direct rules say. Its own rules are those that nftables lists.

use std::path::Path;

use sortie_core::target::Port;

use super::finding::Finding;
use super::look::{self, Unseen};
use super::rules::spoken;

const CHECK: &str = "firewalld";
const PID: &str = "/run/firewalld.pid";
const CONFIGURED: &str = "/etc/firewalld";
/// Rules in the words of iptables, which no zone and no policy shows.
const DIRECT: &str = "/etc/firewalld/direct.xml";

pub(super) fn examine(ports: &[Port]) -> Vec<Finding> {
    let pid = look::read(PID).ok().filter(|pid| Path::new("/proc").join(pid.trim()).join("comm").exists());
    vec![judge(Path::new(CONFIGURED).exists(), pid.is_some(), &look::read(DIRECT), ports)]
}

fn judge(installed: bool, runs: bool, direct: &Result<String, Unseen>, ports: &[Port]) -> Finding {
    match (installed, runs) {
        (false, false) => return Finding::fine(CHECK, "not installed"),
        (true, false) => return Finding::fine(CHECK, "does not run"),
        (_, true) => {}
    }
    let named = match direct {
        Ok(text) => ports.iter().copied().filter(|port| names(text, *port)).collect::<Vec<_>>(),
        Err(unseen) if unseen.is_absent() => Vec::new(),
        Err(unseen) => {
            return Finding::not_seen(CHECK, format!("it runs; its direct rules not seen: {unseen}"));
        }
    };
    if named.is_empty() {
        return Finding::fine(CHECK, "it runs; its rules are among those of nftables");
    }
    Finding::worth_a_look(
        CHECK,
        format!("it runs, and a direct rule on the way out names {}", spoken(&named)),
    )
    .todo("see `firewall-cmd --direct --get-all-rules`")
}

/// `<rule … chain="OUTPUT" …>-p tcp --dport 25 -j DROP</rule>`
fn names(text: &str, port: Port) -> bool {
    let number = port.to_string();
    text.split("<rule").skip(1).filter(|rule| rule.contains("OUTPUT")).any(|rule| {
        let body = rule.split('>').nth(1).unwrap_or_default().split('<').next().unwrap_or_default();
        body.split([' ', ',', '=']).any(|word| word == number) && body.contains("dport")
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_direct_rule_on_the_way_out_is_worth_a_look() {
        let rule = |chain: &str, body: &str| {
            format!(
                "<direct>\n<rule ipv=\"ipv4\" table=\"filter\" chain=\"{chain}\" priority=\"0\">{body}</rule>\n</direct>"
            )
        };
        for (text, runs, expected) in [
            (rule("OUTPUT", "-p tcp --dport 25 -j DROP"), true, WorthALook),
            (rule("OUTPUT", "-p tcp -m multiport --dports 25,465 -j DROP"), true, WorthALook),
            (rule("OUTPUT", "-p tcp --dport 25 -j DROP"), false, Fine),
            (rule("INPUT", "-p tcp --dport 25 -j DROP"), true, Fine),
            (rule("OUTPUT", "-p tcp --dport 2525 -j DROP"), true, Fine),
            (rule("OUTPUT", "-p tcp --sport 25 -j DROP"), true, Fine),
            ("<rule".to_owned(), true, Fine),
        ] {
            assert_eq!(judge(true, runs, &Ok(text.clone()), &[Port::SMTP]).standing, expected, "{text}");
        }
        let forbidden = Err(Unseen::Forbidden(DIRECT.to_owned()));
        assert_eq!(judge(true, true, &forbidden, &[Port::SMTP]).standing, NotSeen);
        assert_eq!(judge(false, false, &forbidden, &[Port::SMTP]).standing, Fine);
    }
}
