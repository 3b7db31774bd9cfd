//! ufw: whether it is switched on, what it does with what no rule names, and its rules on the way out.
//!
//! Its files are read; its program would need root and says no more. In force are the rules that iptables lists.

use sortie_core::target::Port;

use super::finding::Finding;
use super::look::{self, Unseen};
use super::rules::spoken;

const CHECK: &str = "ufw";
const SWITCH: &str = "/etc/ufw/ufw.conf";
const DEFAULTS: &str = "/etc/default/ufw";
const RULES: [&str; 2] = ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"];
/// Lines for rules.
const LINES_MOST: usize = 4;

pub(super) fn examine(ports: &[Port]) -> Vec<Finding> {
    judge(&look::read(SWITCH), &look::read(DEFAULTS), &RULES.map(look::read), ports)
}

fn judge(
    switch: &Result<String, Unseen>,
    defaults: &Result<String, Unseen>,
    rules: &[Result<String, Unseen>],
    ports: &[Port],
) -> Vec<Finding> {
    let on = match switch {
        Ok(text) => value(text, "ENABLED").is_some_and(|value| value.eq_ignore_ascii_case("yes")),
        Err(unseen) if unseen.is_absent() => return vec![Finding::fine(CHECK, "not installed")],
        Err(unseen) => return vec![Finding::not_seen(CHECK, format!("not seen: {unseen}"))],
    };
    if !on {
        return vec![Finding::fine(CHECK, "switched off")];
    }
    let mut findings = Vec::new();
    match defaults.as_ref().map(|text| value(text, "DEFAULT_OUTPUT_POLICY")) {
        Ok(Some(policy)) if policy != "ACCEPT" => {
            let text = format!("on, and what no rule lets out is stopped (DEFAULT_OUTPUT_POLICY={policy})");
            findings
                .push(Finding::worth_a_look(CHECK, text).todo("`ufw allow out PORT/tcp` lets a port out"));
        }
        Ok(_) => {}
        Err(unseen) => findings.push(Finding::not_seen(CHECK, format!("its policy not seen: {unseen}"))),
    }
    for rules in rules {
        match rules {
            Ok(text) => findings.extend(text.lines().filter_map(|line| rule(line, ports)).take(LINES_MOST)),
            Err(unseen) if unseen.is_absent() => {}
            Err(unseen) => {
                findings.push(
                    Finding::not_seen(CHECK, format!("its rules not seen: {unseen}")).todo("ask as root"),
                );
            }
        }
    }
    if findings.is_empty() {
        findings
            .push(Finding::fine(CHECK, format!("on, and no rule on the way out stops {}", spoken(ports))));
    }
    findings
}

/// `KEY=value` of a file for a shell; the last one counts.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let of = |line: &'t str| line.trim().strip_prefix(key)?.strip_prefix('=');
    text.lines().filter_map(of).next_back().map(|value| value.trim_matches(['"', '\'']))
}

/// `### tuple ### reject tcp 25 0.0.0.0/0 any 0.0.0.0/0 out`: what, protocol, port and address it goes to, those it
/// comes from, and which way.
fn rule(line: &str, ports: &[Port]) -> Option<Finding> {
    let words: Vec<&str> = line.strip_prefix("### tuple ### ")?.split_whitespace().collect();
    let [action, protocol, to, .., way] = words.as_slice() else { return None };
    // A comment may follow the way.
    let out = words.iter().skip(5).any(|word| *word == "out" || word.starts_with("out_"));
    let named: Vec<Port> = ports.iter().copied().filter(|port| names(to, port.number())).collect();
    let stops = ["deny", "reject", "limit"].iter().any(|word| action.starts_with(word));
    if !out || !stops || named.is_empty() || !matches!(*protocol, "tcp" | "any") || way.is_empty() {
        return None;
    }
    let finding = Finding::worth_a_look(
        CHECK,
        format!("on, and a rule stops {} on the way out ({action})", spoken(&named)),
    );
    Some(finding.todo("see `ufw status numbered`"))
}

/// `25`, `25,587`, `1:1023`, or a mixture.
fn names(list: &str, port: u16) -> bool {
    list.split(',').any(|range| {
        let (low, high) = range.split_once(':').unwrap_or((range, range));
        matches!((low.parse(), high.parse()), (Ok(from), Ok(until)) if (from..=until).contains(&port))
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{self, Fine, NotSeen, WorthALook};
    use super::*;

    fn judged(switch: &str, policy: &str, rules: &str) -> Standing {
        let own = |text: &str| Ok::<_, Unseen>(text.to_owned());
        let defaults = format!("IPV6=yes\nDEFAULT_OUTPUT_POLICY=\"{policy}\"\n");
        judge(&own(switch), &own(&defaults), &[own(rules)], &[Port::SMTP, Port::SUBMISSION])[0].standing
    }

    #[test]
    fn only_rules_on_the_way_out_count_and_only_when_it_is_on() {
        let on = "# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n";
        let off = "ENABLED=no\n";
        for (switch, policy, rules, expected) in [
            (off, "DROP", "### tuple ### deny tcp 25 0.0.0.0/0 any 0.0.0.0/0 out\n", Fine),
            (on, "ACCEPT", "", Fine),
            (on, "DROP", "", WorthALook),
            (on, "REJECT", "", WorthALook),
            (
                on,
                "ACCEPT",
                "### tuple ### deny tcp 25 0.0.0.0/0 any 0.0.0.0/0 out\n-A ufw-user-output -p tcp\n",
                WorthALook,
            ),
            (on, "ACCEPT", "### tuple ### reject any 1:1023 ::/0 any ::/0 out_eth0\n", WorthALook),
            (
                on,
                "ACCEPT",
                "### tuple ### limit tcp 80,587 0.0.0.0/0 any 0.0.0.0/0 out comment=6d61696c\n",
                WorthALook,
            ),
            (on, "ACCEPT", "### tuple ### deny tcp 25 0.0.0.0/0 any 0.0.0.0/0 in\n", Fine),
            (on, "ACCEPT", "### tuple ### deny udp 25 0.0.0.0/0 any 0.0.0.0/0 out\n", Fine),
            (on, "ACCEPT", "### tuple ### allow tcp 25 0.0.0.0/0 any 0.0.0.0/0 out\n", Fine),
            (on, "ACCEPT", "### tuple ### deny tcp\n", Fine),
        ] {
            assert_eq!(judged(switch, policy, rules), expected, "{policy} {rules:?}");
        }
    }

    #[test]
    fn what_is_not_installed_is_fine_and_what_may_not_be_read_is_not_seen() {
        let absent = || Err(Unseen::Absent(SWITCH.to_owned()));
        let forbidden = || Err(Unseen::Forbidden(RULES[0].to_owned()));
        assert_eq!(judge(&absent(), &absent(), &[], &[Port::SMTP])[0].standing, Fine);
        let on = Ok("ENABLED=yes".to_owned());
        assert_eq!(judge(&on, &Ok(String::new()), &[forbidden()], &[Port::SMTP])[0].standing, NotSeen);
    }
}
