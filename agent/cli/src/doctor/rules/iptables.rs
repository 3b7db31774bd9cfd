//! iptables, as its four `*-save` programs list it: both families, through nftables or the legacy tables.
//!
//! The legacy program is asked only where the kernel has legacy tables: it would make them otherwise.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use sortie_core::target::Port;

use super::{Chain, Does, Rule, Ruleset, judge};
use crate::doctor::finding::Finding;
use crate::doctor::look::{self, Unseen};

const CHECK: &str = "iptables";

/// Each program, and the file that names the tables that it may ask for without making them.
const PROGRAMS: [(&str, Option<&str>); 4] = [
    ("iptables-nft-save", None),
    ("ip6tables-nft-save", None),
    ("iptables-legacy-save", Some("/proc/net/ip_tables_names")),
    ("ip6tables-legacy-save", Some("/proc/net/ip6_tables_names")),
];

/// The chains that the packets of this machine come to by themselves.
const HOOKS: [&str; 2] = ["OUTPUT", "POSTROUTING"];

pub(in crate::doctor) fn examine(ports: &[Port]) -> Vec<Finding> {
    let listed = PROGRAMS.map(|(program, tables)| {
        let any = tables.map(look::read);
        (program, listing(any, || look::ask(program, &[])))
    });
    said(&listed, ports)
}

/// What a program lists, if there are tables to list.
fn listing(
    tables: Option<Result<String, Unseen>>,
    ask: impl FnOnce() -> Result<String, Unseen>,
) -> Result<String, Unseen> {
    match tables {
        Some(Err(unseen)) => Err(unseen),
        Some(Ok(names)) if names.trim().is_empty() => Err(Unseen::Absent("a legacy table".to_owned())),
        Some(Ok(_)) | None => ask(),
    }
}

fn said(listed: &[(&str, Result<String, Unseen>)], ports: &[Port]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (program, listed) in listed {
        match listed {
            Ok(text) => {
                findings.extend(judge(CHECK, &read(program, text), ports, &format!("see `{program}`")));
            }
            Err(unseen) if unseen.is_absent() => {}
            Err(unseen) => {
                let text = format!("rules of {program} not seen: {unseen}");
                findings.push(Finding::not_seen(CHECK, text).todo("ask as root"));
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, "not installed, and the kernel has no legacy tables"));
    }
    // Four programs that all say that there is nothing say it once.
    findings.dedup_by(|next, first| next.text == first.text);
    findings
}

fn read(program: &str, listed: &str) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let (mut table, mut declared) = ("", BTreeSet::new());
    for line in listed.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name.trim();
        } else if let Some((chain, rest)) = line.strip_prefix(':').and_then(|line| line.split_once(' ')) {
            let name = format!("{table} {chain}");
            declared.insert(name.clone());
            if HOOKS.contains(&chain) {
                ruleset.chains.push(Chain { name, drops: rest.starts_with("DROP") });
            }
        } else if line.starts_with("-A ") {
            ruleset.rules.extend(rule(program, table, line));
        }
    }
    // What is no chain is a target that notes or marks, and lets the packet go on.
    for rule in &mut ruleset.rules {
        if matches!(&rule.does, Does::Goes(to) if !declared.contains(to)) {
            rule.does = Does::Other;
        }
    }
    ruleset
}

fn rule(program: &str, table: &str, line: &str) -> Option<Rule> {
    let words = words(line);
    let mut words = words.iter().map(String::as_str).skip(1);
    let chain = format!("{table} {}", words.next()?);
    let called = format!("{}: `{line}` in {table}", program.trim_end_matches("-save"));
    let (mut ports, mut narrowed, mut does) = (Vec::new(), false, Does::Other);
    let mut negated = false;
    while let Some(word) = words.next() {
        let not = std::mem::replace(&mut negated, word == "!");
        match word {
            "!" => {}
            "-j" | "-g" => does = target(table, words.next()?),
            "--dport" | "--dports" | "--destination-port" | "--destination-ports" if !not => {
                ports.extend(words.next()?.split(',').filter_map(range));
            }
            "-p" | "--protocol" if !not => {
                if !matches!(words.next()?, "tcp" | "6" | "all") {
                    // About another protocol.
                    return None;
                }
            }
            "--state" | "--ctstate" if !not => {
                narrowed |= !words.next()?.split(',').any(|state| state == "NEW");
            }
            // Names of modules, notes, and how a target does what it does.
            "-m" | "--match" | "--comment" | "--reject-with" | "--to-ports" | "--to-port"
            | "--to-destination" | "--to-source" | "--log-prefix" | "--log-level" | "--on-port"
            | "--on-ip" | "--tproxy-mark" | "--queue-num" | "--queue-balance" => {
                words.next();
            }
            "--syn" | "--queue-bypass" if !not => {}
            // Whatever else: an address, an interface, a user, a rate.
            _ => narrowed = true,
        }
    }
    Some(Rule { chain, called, ports, narrowed, does })
}

fn target(table: &str, word: &str) -> Does {
    match word {
        "DROP" | "REJECT" | "TARPIT" | "STEAL" => Does::Stops,
        "ACCEPT" => Does::Accepts,
        "RETURN" => Does::Returns,
        "REDIRECT" | "DNAT" | "TPROXY" | "NFQUEUE" | "QUEUE" => Does::Diverts,
        other => Does::Goes(format!("{table} {other}")),
    }
}

/// `25` or `465:587`; a service by its name is not written by any of the programs.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let end = |text: &str, open| if text.is_empty() { Some(open) } else { text.parse().ok() };
    Some(end(first, 0)?..=end(last, u16::MAX)?)
}

/// The words of a line; what stands in quotes is one.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            _ if escaped => {
                word.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Standing::{self, Broken, Fine, NotSeen, WorthALook};

    const SAMPLE: &str = r#"# Generated by iptables-save v1.8.9 (nf_tables) on Thu Nov 26 12:00:00 2026
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [12:3456]
:MAIL - [0:0]
-A INPUT -p tcp -m tcp --dport 25 -j DROP
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -p tcp -m multiport --dports 25,465:587 -j MAIL
-A OUTPUT -p tcp -m tcp --dport 25 -m owner ! --uid-owner 105 -m comment --comment "cPanel: \"SMTP\" -j ACCEPT" -j REJECT --reject-with tcp-reset
-A MAIL -d 192.0.2.0/24 -j ACCEPT
-A MAIL -j DROP
COMMIT
*nat
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p tcp -m tcp --dport 587 -j REDIRECT --to-ports 2525
COMMIT
"#;

    fn judged(listed: &str) -> Vec<(Standing, String)> {
        let listed = [("iptables-nft-save", Ok(listed.to_owned()))];
        let findings = said(&listed, &[Port::SMTP, Port::SUBMISSION]);
        findings.into_iter().map(|finding| (finding.standing, finding.text)).collect()
    }

    #[test]
    fn a_real_list_is_read_with_its_chains_and_comments() {
        let findings = judged(SAMPLE);
        let ends: Vec<&str> =
            findings.iter().map(|(_, text)| text.rsplit(" in ").next().unwrap_or(text)).collect();
        assert_eq!(
            ends,
            [
                "filter leaves ports 25 and 587 to the chain filter MAIL",
                "filter stops port 25 under further conditions",
                "nat sends port 587 elsewhere",
            ]
        );
        assert!(findings.iter().all(|(standing, _)| *standing == WorthALook), "{findings:?}");
        assert!(findings[1].1.contains("--uid-owner 105"), "{findings:?}");
    }

    #[test]
    fn a_rule_without_further_conditions_is_broken() {
        for (rule, expected) in [
            ("-p tcp -m tcp --dport 25 -j DROP", Broken),
            ("-p tcp -m tcp --dport 1:1023 -j DROP", Broken),
            ("-p tcp -m tcp --dport :1023 -j REJECT --reject-with icmp-port-unreachable", Broken),
            ("-p tcp -m multiport --dports 80,587 -j DROP", Broken),
            ("-p tcp -m state --state NEW -m tcp --dport 25 -j DROP", Broken),
            ("-p tcp -m tcp --dport 25 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", WorthALook),
            ("-p tcp -m conntrack --ctstate ESTABLISHED -m tcp --dport 25 -j DROP", WorthALook),
            ("-d 192.0.2.1/32 -p tcp -m tcp --dport 25 -j DROP", WorthALook),
            ("-p tcp -m tcp ! --dport 25 -j DROP", Fine),
            ("-p udp -m udp --dport 25 -j DROP", Fine),
            ("-p tcp -m tcp --dport 443 -j DROP", Fine),
            ("-p tcp -m tcp --dport 25 -j LOG --log-prefix \"mail \"", Fine),
            ("-p tcp -m tcp --dport 25 -j ACCEPT", Fine),
            ("-p tcp -m tcp --dport", Fine),
        ] {
            let listed = format!("*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT {rule}\nCOMMIT\n");
            assert_eq!(judged(&listed)[0].0, expected, "{rule}");
        }
    }

    #[test]
    fn a_policy_that_drops_is_worth_a_look_until_the_ports_are_let_through() {
        let list = |rule: &str| judged(&format!("*filter\n:OUTPUT DROP [0:0]\n{rule}\nCOMMIT\n"))[0].0;
        assert_eq!(list(""), WorthALook);
        assert_eq!(list("-A OUTPUT -p tcp -m multiport --dports 25,587 -j ACCEPT"), Fine);
        assert_eq!(
            list("-A OUTPUT -d 192.0.2.1/32 -p tcp -m multiport --dports 25,587 -j ACCEPT"),
            WorthALook
        );
    }

    #[test]
    fn legacy_tables_are_not_made_by_looking_at_them() {
        let asked = || -> Result<String, Unseen> { panic!("the program was asked") };
        let absent = || Err(Unseen::Absent("/proc/net/ip_tables_names".to_owned()));
        assert!(listing(Some(absent()), asked).expect_err("no tables").is_absent());
        assert!(listing(Some(Ok("\n".to_owned())), asked).expect_err("no tables").is_absent());
        assert_eq!(
            listing(Some(Ok("filter\n".to_owned())), || Ok("*filter".to_owned())),
            Ok("*filter".to_owned())
        );
    }

    #[test]
    fn what_is_not_there_is_fine_and_what_may_not_be_read_is_not_seen() {
        let absent = || Err(Unseen::Absent("iptables-nft-save".to_owned()));
        let forbidden = Err(Unseen::Forbidden("/proc/net/ip_tables_names".to_owned()));
        assert_eq!(said(&[("iptables-nft-save", absent())], &[Port::SMTP])[0].standing, Fine);
        let findings =
            said(&[("iptables-nft-save", absent()), ("iptables-legacy-save", forbidden)], &[Port::SMTP]);
        assert_eq!((findings.len(), findings[0].standing), (1, NotSeen));
        let nothing = || Ok("*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n".to_owned());
        assert_eq!(said(&[("a", nothing()), ("b", nothing())], &[Port::SMTP]).len(), 1);
    }
}
