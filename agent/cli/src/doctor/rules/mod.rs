//! Packet filters: what a rule on the way out says about the ports of mail, whichever tool wrote it.
//!
//! ```text
//! nft -j list ruleset ─▶ nftables.rs ─┐
//!                                     ├─▶ Ruleset ─▶ judge ─▶ findings
//! *-save ───────────────▶ iptables.rs ┘
//! ```
//!
//! Only a rule without any condition beside protocol and port is called `broken`, and only where no rule before it may
//! let the port pass. Everything else that names the port is worth a look: what it does to a packet of Sortie is for
//! packets to say. Rules on the way in and for other machines' packets are not looked at.

pub(super) mod iptables;
pub(super) mod nftables;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use sortie_core::target::Port;

use super::finding::Finding;

/// Lines for one tool; a ruleset has no end by itself.
const LINES_MOST: usize = 8;

/// What a tool lists, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ruleset {
    pub(super) chains: Vec<Chain>,
    /// In the order of each chain.
    pub(super) rules: Vec<Rule>,
}

/// A chain that packets come to by a hook; others are known by the rules that lead there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Unique within the ruleset.
    pub(super) name: String,
    /// Whether what no rule takes is dropped.
    pub(super) drops: bool,
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) chain: String,
    /// How a person finds it.
    pub(super) called: String,
    /// The destination ports that it names; empty: every one.
    pub(super) ports: Vec<RangeInclusive<u16>>,
    /// Whether it asks for more than that: an address, a user, a rate.
    pub(super) narrowed: bool,
    pub(super) does: Does,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Dropped or rejected.
    Stops,
    /// Sent elsewhere, or to a program that decides.
    Diverts,
    /// Let through by this chain.
    Accepts,
    /// Judged by another chain of this name.
    Goes(String),
    /// Back to where it came from, or to the policy of the chain.
    Returns,
    /// It goes on to the next rule, or the tool does not say.
    Other,
}

/// A line for each rule on the way out that concerns these ports.
pub(super) fn judge(check: &'static str, ruleset: &Ruleset, ports: &[Port], see: &str) -> Vec<Finding> {
    let out = on_the_way_out(ruleset);
    let rules: Vec<&Rule> = ruleset.rules.iter().filter(|rule| out.contains(rule.chain.as_str())).collect();
    let mut findings: Vec<Finding> = rules
        .iter()
        .enumerate()
        .filter_map(|(at, rule)| of_rule(check, rule, &rules[..at], ruleset, ports))
        .collect();
    findings.extend(ruleset.chains.iter().filter_map(|chain| of_policy(check, chain, &rules, ports)));
    if findings.is_empty() {
        let text = format!("none of {} rules on the way out stops or diverts {}", rules.len(), spoken(ports));
        return vec![Finding::fine(check, text)];
    }
    let surplus = findings.len().saturating_sub(LINES_MOST);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.standing));
    findings.truncate(LINES_MOST);
    if surplus > 0 {
        findings.push(Finding::worth_a_look(check, format!("and {surplus} more rules like these")));
    }
    findings.into_iter().map(|finding| finding.todo(see)).collect()
}

/// `port 25`, `ports 25 and 587`.
pub(super) fn spoken(ports: &[Port]) -> String {
    let words: Vec<String> = ports.iter().map(ToString::to_string).collect();
    match words.split_last() {
        None => "no port".to_owned(),
        Some((only, [])) => format!("port {only}"),
        Some((last, others)) => format!("ports {} and {last}", others.join(", ")),
    }
}

/// The chains that a packet of this machine may come through.
fn on_the_way_out(ruleset: &Ruleset) -> BTreeSet<&str> {
    let mut reached: BTreeSet<&str> = ruleset.chains.iter().map(|chain| chain.name.as_str()).collect();
    loop {
        let before = reached.len();
        for rule in &ruleset.rules {
            if let Does::Goes(to) = &rule.does
                && reached.contains(rule.chain.as_str())
            {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

fn of_rule(
    check: &'static str,
    rule: &Rule,
    before: &[&Rule],
    ruleset: &Ruleset,
    ports: &[Port],
) -> Option<Finding> {
    let named = named(rule, ports);
    if named.is_empty() {
        return None;
    }
    let (called, which) = (&rule.called, spoken(&named));
    let text = match &rule.does {
        Does::Stops => format!("{called} stops {which}"),
        Does::Diverts => format!("{called} sends {which} elsewhere"),
        Does::Goes(to) => format!("{called} leaves {which} to the chain {to}"),
        Does::Accepts | Does::Returns | Does::Other => return None,
    };
    let hooked = ruleset.chains.iter().any(|chain| chain.name == rule.chain);
    let may_pass = before.iter().any(|earlier| {
        let takes = matches!(earlier.does, Does::Accepts | Does::Returns | Does::Goes(_));
        earlier.chain == rule.chain && takes && concerns(earlier, &named)
    });
    Some(if rule.does == Does::Stops && hooked && !rule.narrowed && !may_pass {
        Finding::broken(check, text)
    } else if rule.narrowed {
        Finding::worth_a_look(check, text + " under further conditions")
    } else {
        Finding::worth_a_look(check, text)
    })
}

/// What no rule takes is dropped, by policy or by a last rule: then each port needs a rule of its own.
fn of_policy(check: &'static str, chain: &Chain, rules: &[&Rule], ports: &[Port]) -> Option<Finding> {
    let within = || rules.iter().filter(|rule| rule.chain == chain.name);
    let last = within().any(|rule| rule.does == Does::Stops && rule.ports.is_empty() && !rule.narrowed);
    if !chain.drops && !last {
        return None;
    }
    let let_through = |port: &Port| {
        rules.iter().any(|rule| {
            rule.does == Does::Accepts && !rule.narrowed && (rule.ports.is_empty() || covers(rule, *port))
        })
    };
    let without: Vec<Port> = ports.iter().copied().filter(|port| !let_through(port)).collect();
    (!without.is_empty()).then(|| {
        let text = format!(
            "{} drops what no rule accepts, and none accepts {} without conditions",
            chain.name,
            spoken(&without)
        );
        Finding::worth_a_look(check, text)
    })
}

/// Those of these ports that a rule names.
fn named(rule: &Rule, ports: &[Port]) -> Vec<Port> {
    ports.iter().copied().filter(|port| covers(rule, *port)).collect()
}

fn covers(rule: &Rule, port: Port) -> bool {
    rule.ports.iter().any(|range| range.contains(&port.number()))
}

/// Whether a rule may take a packet to one of these ports before a later one sees it. Rules for a few packets only
/// (loopback, established connections) that name no port are not meant.
fn concerns(rule: &Rule, ports: &[Port]) -> bool {
    ports.iter().any(|port| covers(rule, *port)) || (rule.ports.is_empty() && !rule.narrowed)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{self, Broken, Fine, WorthALook};
    use super::*;

    fn rule(chain: &str, ports: &[u16], narrowed: bool, does: Does) -> Rule {
        let ports = ports.iter().map(|port| *port..=*port).collect();
        Rule { chain: chain.to_owned(), called: format!("a rule of {chain}"), ports, narrowed, does }
    }

    fn judged(drops: bool, rules: Vec<Rule>) -> Vec<(Standing, String)> {
        let chains = vec![Chain { name: "out".to_owned(), drops }];
        let findings = judge("rules", &Ruleset { chains, rules }, &[Port::SMTP, Port::SUBMISSION], "look");
        findings.into_iter().map(|finding| (finding.standing, finding.text)).collect()
    }

    #[test]
    fn a_rule_is_broken_only_where_nothing_can_make_it_harmless() {
        use Does::{Accepts, Diverts, Goes, Other, Returns, Stops};
        let mail = || Goes("mail".to_owned());
        for (rules, expected) in [
            (vec![], Fine),
            (vec![rule("out", &[25], false, Stops)], Broken),
            (vec![rule("out", &[80], false, Stops)], Fine),
            (vec![rule("out", &[25], true, Stops)], WorthALook),
            (vec![rule("out", &[25], false, Accepts), rule("out", &[25], false, Stops)], WorthALook),
            (vec![rule("out", &[], false, Accepts), rule("out", &[25], false, Stops)], WorthALook),
            (vec![rule("out", &[], true, Accepts), rule("out", &[25], false, Stops)], Broken),
            (vec![rule("out", &[25], true, Returns), rule("out", &[25], false, Stops)], WorthALook),
            (vec![rule("out", &[25], false, Diverts)], WorthALook),
            (vec![rule("out", &[25], false, Other)], Fine),
            (vec![rule("elsewhere", &[25], false, Stops)], Fine),
            (vec![rule("out", &[], false, mail()), rule("mail", &[25], false, Stops)], WorthALook),
            (vec![rule("out", &[25], false, mail()), rule("mail", &[], false, Stops)], WorthALook),
            (vec![rule("mail", &[], false, Goes("out".to_owned())), rule("mail", &[25], false, Stops)], Fine),
        ] {
            let shown = format!("{rules:?}");
            assert_eq!(judged(false, rules)[0].0, expected, "{shown}");
        }
    }

    #[test]
    fn where_everything_is_dropped_each_port_needs_a_rule() {
        let text = "out drops what no rule accepts, and none accepts port 587 without conditions";
        let accept = |ports: &[u16]| rule("out", ports, false, Does::Accepts);
        let last = rule("out", &[], false, Does::Stops);
        assert_eq!(judged(true, vec![accept(&[25])]), [(WorthALook, text.to_owned())]);
        assert_eq!(judged(false, vec![accept(&[25]), last]), [(WorthALook, text.to_owned())]);
        assert_eq!(judged(true, vec![accept(&[25, 587])])[0].0, Fine);
    }

    #[test]
    fn a_long_list_is_cut_and_counted_with_the_worst_first() {
        let mut rules: Vec<Rule> = (0..20).map(|_| rule("out", &[25], true, Does::Stops)).collect();
        rules.push(rule("out", &[587], false, Does::Stops));
        let findings = judged(false, rules);
        assert_eq!(findings.len(), LINES_MOST + 1);
        assert_eq!(findings[0].0, Broken);
        assert_eq!(findings[LINES_MOST], (WorthALook, "and 13 more rules like these".to_owned()));
    }

    #[test]
    fn ports_are_spoken_as_people_do() {
        let port = |number| Port::new(number).expect("not zero");
        for (ports, words) in [
            (&[][..], "no port"),
            (&[25][..], "port 25"),
            (&[25, 587], "ports 25 and 587"),
            (&[25, 465, 587], "ports 25, 465 and 587"),
        ] {
            let ports: Vec<Port> = ports.iter().map(|number| port(*number)).collect();
            assert_eq!(spoken(&ports), words);
        }
    }
}
