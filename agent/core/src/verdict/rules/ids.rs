//! The stable ids of the rules: a closed list, because they stand in dashboards, tickets and what an agent remembers.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// One of [`ALL`]. An alias, because a derived reader would want to borrow a `&'static str` from what it reads.
pub type RuleId = &'static str;

/// What would be the platform's block, on a way that does not go straight to the internet.
pub const NOT_DIRECT: RuleId = "not_direct";

/// Every id, in the order of the alphabet. `docs/verdict.md` says what each means.
pub const ALL: [RuleId; 45] = [
    "answers_undelivered",
    "conntrack_full",
    "dns_fail",
    "dns_untrusted",
    "greeting_masked",
    "greeting_rejected",
    "host_firewall_all",
    "host_no_route",
    "host_ports_exhausted",
    "icmp_prohibited_dest",
    "icmp_prohibited_far",
    "icmp_prohibited_near",
    "icmp_unreach",
    "local_fw_drop",
    "local_fw_input",
    "local_fw_reject",
    "local_policy_route",
    "local_tc_drop",
    "mixed",
    "net_degraded",
    "net_silent",
    "net_unreachable",
    "no_controls",
    NOT_DIRECT,
    "not_smtp",
    "open",
    "proxy_smtp",
    "rst_all",
    "rst_dest",
    "rst_injected_far",
    "rst_injected_near",
    "session_lost",
    "silent_all",
    "silent_answered_before",
    "silent_beyond",
    "silent_edge",
    "silent_late",
    "silent_one",
    "silent_path",
    "silent_some",
    "synack_silent",
    "synack_then_rst",
    "throttled",
    "too_few_operators",
    "unfinished",
];

/// Reads an id that was written down; one that this version does not have is an error.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RuleId, D::Error> {
    let text = String::deserialize(from)?;
    let known = ALL.into_iter().find(|id| *id == text);
    known.ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &"the id of a rule"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    /// Found where time ran out: no rule decided.
    const NO_RULE: &str = "unfinished";

    #[test]
    fn the_list_is_that_of_the_specification() {
        let specification = include_str!("../../../../../docs/verdict.md");
        let rows = specification.lines().filter(|line| line.starts_with("| `"));
        let first_cells = rows.filter_map(|row| row.split('|').nth(1));
        let specified: BTreeSet<&str> =
            first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        let listed: BTreeSet<&str> = ALL.into_iter().filter(|id| *id != NO_RULE).collect();
        assert_eq!(
            listed.difference(&specified).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "not in docs/verdict.md"
        );
    }

    #[test]
    fn every_id_that_the_rules_name_is_in_the_list() {
        for source in [
            include_str!("answering.rs"),
            include_str!("egress.rs"),
            include_str!("icmp.rs"),
            include_str!("local.rs"),
            include_str!("names.rs"),
            include_str!("reset.rs"),
            include_str!("silent.rs"),
            include_str!("unknown.rs"),
        ] {
            let quoted = source.split('"').skip(1).step_by(2);
            let named =
                |text: &&str| text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            for id in quoted.filter(named) {
                assert!(ALL.contains(&id), "{id} is not in the list");
            }
        }
    }
}
