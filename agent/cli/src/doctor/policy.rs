//! Policy routing (ip-rule(8)): rules that refuse a port or send it another way.

use serde_json::Value;
use sortie_core::target::{Family, Port};

use super::finding::Finding;
use super::look::{self, Unseen};
use super::rules::spoken;

const CHECK: &str = "routing_rules";

/// The tables that every machine has, by name and by number.
const USUAL: [&str; 6] = ["local", "main", "default", "255", "254", "253"];
/// What refuses instead of routing.
const REFUSALS: [&str; 3] = ["prohibit", "unreachable", "blackhole"];
/// Keys that narrow nothing down.
const NEUTRAL: [&str; 8] =
    ["priority", "src", "ipproto", "dport", "dport_start", "dport_end", "action", "table"];
/// Lines for one family.
const LINES_MOST: usize = 4;

/// The findings, and whether some rule leads to a table that only `ip route show table` shows.
pub(super) fn examine(families: &[Family], ports: &[Port]) -> (Vec<Finding>, bool) {
    let mut findings = Vec::new();
    let mut other_tables = false;
    for family in families {
        let flag = if *family == Family::Ipv4 { "-4" } else { "-6" };
        let (found, others) = judge(*family, &look::ask("ip", &["-j", flag, "rule", "show"]), ports);
        findings.extend(found);
        other_tables |= others;
    }
    (findings, other_tables)
}

fn judge(family: Family, listed: &Result<String, Unseen>, ports: &[Port]) -> (Vec<Finding>, bool) {
    let not_seen = |why: &dyn std::fmt::Display| {
        (vec![Finding::not_seen(CHECK, format!("{family}: not seen: {why}"))], false)
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(unseen) => return not_seen(unseen),
    };
    // A kernel without the family lists nothing at all.
    let rules: Vec<Value> = match serde_json::from_str(if listed.trim().is_empty() { "[]" } else { listed }) {
        Ok(rules) => rules,
        Err(error) => return not_seen(&format!("`ip -j rule` is not read: {error}")),
    };
    let other_tables =
        rules.iter().filter_map(|rule| rule["table"].as_str()).any(|table| !USUAL.contains(&table));
    let mut findings: Vec<Finding> =
        rules.iter().filter_map(|rule| of_rule(family, rule, ports)).take(LINES_MOST).collect();
    if findings.is_empty() {
        let text = format!("{family}: none of {} rules names {}", rules.len(), spoken(ports));
        findings.push(Finding::fine(CHECK, text));
    }
    (findings, other_tables)
}

fn of_rule(family: Family, rule: &Value, ports: &[Port]) -> Option<Finding> {
    let number = |key: &str| rule[key].as_u64();
    let first = number("dport").or_else(|| number("dport_start"))?;
    let last = number("dport").or_else(|| number("dport_end"))?;
    let named: Vec<Port> =
        ports.iter().copied().filter(|port| (first..=last).contains(&u64::from(port.number()))).collect();
    let tcp = matches!(rule["ipproto"].as_str(), None | Some("tcp"));
    if named.is_empty() || !tcp {
        return None;
    }
    let narrowed = rule["src"] != "all"
        || rule.as_object().is_some_and(|rule| rule.keys().any(|key| !NEUTRAL.contains(&key.as_str())));
    let (which, priority) = (spoken(&named), &rule["priority"]);
    let action = rule["action"].as_str().unwrap_or_default();
    let finding = if !REFUSALS.contains(&action) {
        let table = rule["table"].as_str().unwrap_or("?");
        Finding::worth_a_look(CHECK, format!("{family}: rule {priority} sends {which} by the table {table}"))
    } else if narrowed {
        let text = format!("{family}: rule {priority} refuses {which} under further conditions ({action})");
        Finding::worth_a_look(CHECK, text)
    } else {
        Finding::broken(CHECK, format!("{family}: rule {priority} refuses {which} ({action})"))
    };
    Some(finding.todo(if family == Family::Ipv4 { "see `ip rule`" } else { "see `ip -6 rule`" }))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_rule_that_refuses_a_port_is_found_as_iproute2_lists_it() {
        let usual =
            r#"{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}"#;
        for (rule, expected, others) in [
            (r#"{"priority":1,"src":"all","ipproto":"tcp","dport":25,"action":"prohibit"}"#, Broken, false),
            (r#"{"priority":1,"src":"all","dport":25,"action":"blackhole"}"#, Broken, false),
            (r#"{"priority":1,"src":"all","dport_start":500,"dport_end":600,"table":"7"}"#, WorthALook, true),
            (r#"{"priority":1,"src":"all","ipproto":"udp","dport":25,"action":"prohibit"}"#, Fine, false),
            (r#"{"priority":1,"src":"192.0.2.1","dport":25,"action":"unreachable"}"#, WorthALook, false),
            (
                r#"{"priority":1,"src":"all","fwmark":"0x1","dport":25,"action":"unreachable"}"#,
                WorthALook,
                false,
            ),
            (r#"{"priority":1,"src":"all","dport":443,"action":"prohibit"}"#, Fine, false),
            (r#"{"priority":1,"src":"all","table":"51820"}"#, Fine, true),
            ("7", Fine, false),
        ] {
            let listed = Ok(format!("[{usual},{rule}]"));
            let (findings, other_tables) = judge(Family::Ipv4, &listed, &[Port::SMTP, Port::SUBMISSION]);
            assert_eq!((findings[0].standing, other_tables), (expected, others), "{rule}: {findings:?}");
        }
    }

    #[test]
    fn what_is_not_listed_is_not_seen() {
        let seen = |listed: &Result<String, Unseen>| judge(Family::Ipv6, listed, &[Port::SMTP]).0[0].standing;
        assert_eq!(seen(&Err(Unseen::Absent("ip".to_owned()))), NotSeen);
        assert_eq!(seen(&Ok("0: from all lookup local".to_owned())), NotSeen);
        assert_eq!(seen(&Ok("\n".to_owned())), Fine);
    }
}
