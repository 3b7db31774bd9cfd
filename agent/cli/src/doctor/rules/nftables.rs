//! nftables, as `nft -j list ruleset` lists it (libnftables-json(5)).

use std::ops::RangeInclusive;

use serde_json::Value;
use sortie_core::target::Port;

use super::{Chain, Does, Rule, Ruleset, judge};
use crate::doctor::finding::Finding;
use crate::doctor::look::{self, Unseen};

const CHECK: &str = "nftables";
/// A line for each module: its name, its size, how often it is used, and by whom.
const MODULES: &str = "/proc/modules";
/// The hooks that a packet of this machine passes on its way out.
const HOOKS: [&str; 3] = ["output", "postrouting", "egress"];

pub(in crate::doctor) fn examine(ports: &[Port]) -> Vec<Finding> {
    match look::ask("nft", &["-j", "list", "ruleset"]) {
        Ok(listed) => found(&listed, ports),
        Err(unseen) => vec![unlisted(&unseen, &look::read(MODULES).unwrap_or_default())],
    }
}

fn found(listed: &str, ports: &[Port]) -> Vec<Finding> {
    match read(listed) {
        Ok(ruleset) => judge(CHECK, &ruleset, ports, "see `nft -a list ruleset`"),
        Err(error) => {
            vec![Finding::not_seen(CHECK, format!("not seen: what nft lists is not read: {error}"))]
        }
    }
}

/// Without the list, whether the kernel has rules at all.
fn unlisted(unseen: &Unseen, modules: &str) -> Finding {
    let users = modules
        .lines()
        .find_map(|line| line.strip_prefix("nf_tables ")?.split(' ').nth(1)?.parse::<u32>().ok());
    let kernel = match users {
        Some(0) => "; the kernel has nf_tables loaded, and nothing uses it".to_owned(),
        Some(users) => format!("; the kernel has nf_tables loaded and in use ({users} times)"),
        None => String::new(),
    };
    let advice = if unseen.is_absent() { "install nftables to list them" } else { "ask as root" };
    Finding::not_seen(CHECK, format!("rules not seen: {unseen}{kernel}")).todo(advice)
}

fn read(listed: &str) -> Result<Ruleset, String> {
    let document: Value = serde_json::from_str(listed).map_err(|error| error.to_string())?;
    let objects = document["nftables"].as_array().ok_or("there is no `nftables` in it")?;
    let of_kind = |kind: &'static str| objects.iter().filter_map(move |object| object.get(kind));
    let sets: Vec<&Value> = of_kind("set").chain(of_kind("map")).collect();
    let out = |chain: &&Value| chain["hook"].as_str().is_some_and(|hook| HOOKS.contains(&hook));
    let chains = of_kind("chain").filter(out).map(|chain| Chain {
        name: called(chain, "name"),
        drops: chain["policy"] == "drop" && chain["type"] == "filter",
    });
    let rules = of_kind("rule").flat_map(|rule| rules_of(rule, &sets));
    Ok(Ruleset { chains: chains.collect(), rules: rules.collect() })
}

/// `inet filter output`: a name is unique within its table only.
fn called(object: &Value, name: &str) -> String {
    let word = |key: &str| object[key].as_str().unwrap_or_default();
    format!("{} {} {}", word("family"), word("table"), word(name))
}

/// One rule as it stands; a verdict map is one for each of its entries.
fn rules_of(rule: &Value, sets: &[&Value]) -> Vec<Rule> {
    let chain = called(rule, "chain");
    let comment = rule["comment"].as_str().map(|comment| format!(" ({comment})")).unwrap_or_default();
    let name = format!("rule {} of {chain}{comment}", rule["handle"]);
    let (mut ports, mut narrowed, mut rules) = (Vec::new(), false, Vec::new());
    let statements = rule["expr"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ends = |does: Does, ports: &[RangeInclusive<u16>], narrowed: bool| Rule {
        chain: chain.clone(),
        called: name.clone(),
        ports: ports.to_vec(),
        narrowed,
        does,
    };
    for (kind, body) in statements.iter().filter_map(Value::as_object).flatten() {
        match kind.as_str() {
            "match" => match condition(body, rule, sets) {
                Condition::Ports(named) => ports.extend(named),
                Condition::AnySyn => {}
                Condition::NoSyn => return Vec::new(),
                Condition::Few => narrowed = true,
            },
            "vmap" if is_port(&body["key"]) => {
                for entry in elements(&body["data"], rule, sets) {
                    let does = entry[1].as_object().and_then(|does| does.iter().next());
                    if let Some((does, body)) = does {
                        rules.push(ends(verdict(does, body, rule), &ranges(&entry[0]), narrowed));
                    }
                }
            }
            // A limit, a quota, a match of iptables that nft cannot show: for a part of the packets.
            "limit" | "quota" | "ct count" | "vmap" | "xt" => narrowed = true,
            _ => {
                let does = verdict(kind, body, rule);
                if does != Does::Other {
                    rules.push(ends(does, &ports, narrowed));
                }
            }
        }
    }
    rules
}

fn verdict(kind: &str, body: &Value, rule: &Value) -> Does {
    let target = || {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", word(&rule["family"]), word(&rule["table"]), word(&body["target"]))
    };
    match kind {
        "drop" | "reject" => Does::Stops,
        "accept" => Does::Accepts,
        "return" => Does::Returns,
        "dnat" | "redirect" | "tproxy" | "queue" => Does::Diverts,
        "jump" | "goto" => Does::Goes(target()),
        _ => Does::Other,
    }
}

enum Condition {
    /// These ports.
    Ports(Vec<RangeInclusive<u16>>),
    /// A SYN to anywhere fulfils it.
    AnySyn,
    /// No SYN does: it is about another protocol.
    NoSyn,
    /// Some packets do and others do not.
    Few,
}

fn condition(body: &Value, rule: &Value, sets: &[&Value]) -> Condition {
    let (left, right, equal) =
        (&body["left"], &body["right"], matches!(body["op"].as_str(), Some("==" | "in")));
    if equal && is_port(left) {
        let named = elements(right, rule, sets).iter().flat_map(ranges).collect::<Vec<_>>();
        return if named.is_empty() { Condition::Few } else { Condition::Ports(named) };
    }
    let text = right.to_string();
    let any_syn = match (left["meta"]["key"].as_str(), left["ct"]["key"].as_str()) {
        (Some("l4proto"), _) if equal && !text.contains("tcp") && right != 6 => return Condition::NoSyn,
        (Some("l4proto" | "nfproto"), _) => true,
        (_, Some("state")) => text.contains("\"new\""),
        _ => left["payload"]["field"] == "protocol" && text.contains("tcp"),
    };
    if equal && any_syn { Condition::AnySyn } else { Condition::Few }
}

/// `tcp dport`, `th dport`.
fn is_port(expression: &Value) -> bool {
    let payload = &expression["payload"];
    payload["field"] == "dport" && matches!(payload["protocol"].as_str(), Some("tcp" | "th"))
}

/// The entries of a set that stands here or has a name, or the one value.
fn elements(value: &Value, rule: &Value, sets: &[&Value]) -> Vec<Value> {
    if let Some(name) = value.as_str().and_then(|text| text.strip_prefix('@')) {
        let same = |set: &&&Value| {
            set["name"] == name && set["table"] == rule["table"] && set["family"] == rule["family"]
        };
        let elements = sets.iter().find(same).and_then(|set| set["elem"].as_array());
        return elements.cloned().unwrap_or_default();
    }
    value["set"].as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// A port, a range of them, or an element with more to it (`elem`).
fn ranges(value: &Value) -> Vec<RangeInclusive<u16>> {
    let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
    let value = value["elem"].as_object().map_or(value, |element| &element["val"]);
    match (number(value), number(&value["range"][0]), number(&value["range"][1])) {
        (Some(port), ..) => vec![port..=port],
        (None, Some(first), Some(last)) => vec![first..=last],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Standing::{self, Broken, Fine, NotSeen, WorthALook};

    fn judged(listed: &str) -> Vec<(Standing, String)> {
        let findings = found(listed, &[Port::SMTP, Port::SUBMISSION]);
        findings.into_iter().map(|finding| (finding.standing, finding.text)).collect()
    }

    /// A ruleset with one chain `out` at this hook and these rules, each a list of statements.
    fn with(hook: &str, rules: &[&str]) -> String {
        let mut objects = vec![format!(
            r#"{{"chain": {{"family": "inet", "table": "f", "name": "out", "type": "filter", "hook": "{hook}", "policy": "accept"}}}}"#
        )];
        objects.extend(rules.iter().zip(1..).map(|(expr, handle)| {
            format!(r#"{{"rule": {{"family": "inet", "table": "f", "chain": "out", "handle": {handle}, "expr": [{expr}]}}}}"#)
        }));
        format!(r#"{{"nftables": [{}]}}"#, objects.join(", "))
    }

    /// `tcp dport` compared with this.
    fn dport(right: &str) -> String {
        format!(
            r#"{{"match": {{"op": "==", "left": {{"payload": {{"protocol": "tcp", "field": "dport"}}}}, "right": {right}}}}}"#
        )
    }

    #[test]
    fn a_real_ruleset_is_read_with_sets_maps_jumps_and_users() {
        let findings = judged(include_str!("samples/nft.json"));
        for expected in [
            (Broken, "rule 8 of inet f o stops ports 25 and 587"),
            (Broken, "rule 10 of inet f o stops port 25"),
            (WorthALook, "rule 6 of inet f o (smtp_tweak) stops port 25 under further conditions"),
            (WorthALook, "rule 5 of inet f mail stops ports 25 and 587"),
            (WorthALook, "rule 2 of ip n o sends port 25 elsewhere"),
        ] {
            let expected = (expected.0, expected.1.to_owned());
            assert!(findings.contains(&expected), "{expected:?} is not among {findings:#?}");
        }
        assert_eq!(findings.len(), 5, "{findings:#?}");
    }

    #[test]
    fn conditions_that_every_syn_fulfils_change_nothing() {
        let drop = r#"{"drop": null}"#;
        let matches = |left: &str, op: &str, right: &str| {
            format!(r#"{{"match": {{"op": "{op}", "left": {left}, "right": {right}}}}}"#)
        };
        let ct = r#"{"ct": {"key": "state"}}"#;
        for (conditions, expected) in [
            (dport("25"), Broken),
            (dport(r#"{"range": [1, 1023]}"#), Broken),
            (dport(r#"{"set": [{"elem": {"val": 587, "counter": {}}}]}"#), Broken),
            (dport(r#"{"set": [80, {"range": [440, 450]}]}"#), Fine),
            (dport(r#""@nobody""#), Fine),
            (dport("25").replace("==", "!="), Fine),
            (dport("25").replace("tcp", "udp"), Fine),
            (matches(r#"{"meta": {"key": "l4proto"}}"#, "==", r#""tcp""#) + ", " + &dport("25"), Broken),
            (matches(r#"{"meta": {"key": "l4proto"}}"#, "==", r#""udp""#) + ", " + &dport("25"), Fine),
            (matches(ct, "in", r#"["established", "new"]"#) + ", " + &dport("25"), Broken),
            (matches(ct, "in", r#"["established", "related"]"#) + ", " + &dport("25"), WorthALook),
            (matches(r#"{"meta": {"key": "oifname"}}"#, "==", r#""lo""#) + ", " + &dport("25"), WorthALook),
            (dport("25") + r#", {"limit": {"rate": 1}}"#, WorthALook),
        ] {
            let listed = with("output", &[&format!("{conditions}, {drop}")]);
            assert_eq!(judged(&listed)[0].0, expected, "{listed}");
        }
    }

    #[test]
    fn only_the_way_out_is_looked_at() {
        let rule = format!(r#"{}, {{"reject": null}}"#, dport("25"));
        for (hook, expected) in [
            ("output", Broken),
            ("postrouting", Broken),
            ("egress", Broken),
            ("input", Fine),
            ("forward", Fine),
        ] {
            assert_eq!(judged(&with(hook, &[&rule]))[0].0, expected, "{hook}");
        }
    }

    #[test]
    fn what_is_no_list_of_rules_says_nothing() {
        for (listed, expected) in [
            ("", NotSeen),
            ("<xml>", NotSeen),
            ("{}", NotSeen),
            ("{\"nftables\": []}", Fine),
            (
                r#"{"nftables": [null, {"rule": 1}, {"chain": {}}, {"rule": {"expr": [{"vmap": []}, {"jump": 7}]}}]}"#,
                Fine,
            ),
        ] {
            assert_eq!(judged(listed)[0].0, expected, "{listed}");
        }
        let deep = "[".repeat(1 << 20);
        assert_eq!(judged(&deep)[0].0, NotSeen);
    }

    #[test]
    fn without_a_list_the_kernel_still_says_whether_there_are_rules() {
        let forbidden = Unseen::Forbidden("the answer of /usr/sbin/nft".to_owned());
        for (modules, says) in [
            ("nf_tables 311296 57 nft_ct,nft_chain_nat, Live 0x0\n", "in use (57 times)"),
            ("nf_tables 311296 0 - Live 0x0\n", "nothing uses it"),
            ("nf_conntrack 1 1 - Live 0x0\nnf_tables\n", "may not be read by this user"),
        ] {
            let finding = unlisted(&forbidden, modules);
            assert!(finding.standing == NotSeen && finding.text.contains(says), "{finding:?}");
        }
    }
}
