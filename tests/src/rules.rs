//! Filter rules, routes and kernel settings that a scenario lays over the chain.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::command::feed;
use crate::netns::Namespace;
use crate::plan::{Node, outward};
use crate::topology::set_sysctls;

/// What a scenario changes at one node. Each hook is a list of nft rules, in order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeRules {
    pub prerouting: Vec<String>,
    pub input: Vec<String>,
    pub forward: Vec<String>,
    pub output: Vec<String>,
    pub postrouting: Vec<String>,
    pub nat_prerouting: Vec<String>,
    pub nat_output: Vec<String>,
    pub nat_postrouting: Vec<String>,
    /// The netdev egress hook of the interface towards the servers.
    pub egress: Vec<String>,
    /// Statements of the table itself: sets, maps, objects, further chains.
    pub define: Vec<String>,
    /// Lines for `ip`, each without the word `ip`; `-6 ` in front where the family cannot be inferred.
    pub ip: Vec<String>,
    /// Kernel settings, written before everything else.
    pub sysctl: BTreeMap<String, String>,
}

impl NodeRules {
    /// Adds another set of changes after these.
    pub fn extend(&mut self, more: &Self) {
        self.prerouting.extend_from_slice(&more.prerouting);
        self.input.extend_from_slice(&more.input);
        self.forward.extend_from_slice(&more.forward);
        self.output.extend_from_slice(&more.output);
        self.postrouting.extend_from_slice(&more.postrouting);
        self.nat_prerouting.extend_from_slice(&more.nat_prerouting);
        self.nat_output.extend_from_slice(&more.nat_output);
        self.nat_postrouting.extend_from_slice(&more.nat_postrouting);
        self.egress.extend_from_slice(&more.egress);
        self.define.extend_from_slice(&more.define);
        self.ip.extend_from_slice(&more.ip);
        self.sysctl.extend(more.sysctl.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Applies the changes in the order settings, routes, rules.
    pub fn apply(&self, node: Node, namespace: &Namespace) -> Result<()> {
        namespace
            .run(|| set_sysctls(self.sysctl.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
            .with_context(|| format!("failed to prepare node {node}"))?;
        for (family, script) in [("-4", self.ip_script(false)), ("-6", self.ip_script(true))] {
            if !script.is_empty() {
                feed("ip", &[family, "-n", namespace.name(), "-batch", "-"], &script)
                    .with_context(|| format!("failed to route at node {node}"))?;
            }
        }
        let script = self.nft_script(outward(node));
        if !script.is_empty() {
            namespace
                .run(|| feed("nft", &["-f", "-"], &script))
                .with_context(|| format!("failed to filter at node {node}"))?;
        }
        Ok(())
    }

    fn ip_script(&self, six: bool) -> String {
        self.ip
            .iter()
            .filter_map(|line| ip_line(line, six))
            .fold(String::new(), |script, line| script + line + "\n")
    }

    fn nft_script(&self, outward: &str) -> String {
        let hooks = [
            ("prerouting", "filter hook prerouting priority -300", &self.prerouting),
            ("input", "filter hook input priority 0", &self.input),
            ("forward", "filter hook forward priority 0", &self.forward),
            ("output", "filter hook output priority 0", &self.output),
            ("postrouting", "filter hook postrouting priority 0", &self.postrouting),
            ("nat_prerouting", "nat hook prerouting priority -100", &self.nat_prerouting),
            ("nat_output", "nat hook output priority -100", &self.nat_output),
            ("nat_postrouting", "nat hook postrouting priority 100", &self.nat_postrouting),
        ];
        let chains: String = hooks.iter().map(|(name, hook, rules)| nft_chain(name, hook, rules)).collect();
        let egress =
            nft_chain("egress", &format!("filter hook egress device \"{outward}\" priority 0"), &self.egress);
        let mut script = String::new();
        if !chains.is_empty() {
            let defined = self.define.iter().map(String::as_str);
            let body = defined.chain([chains.as_str()]).collect::<Vec<_>>().join("\n");
            let _ = write!(script, "table inet lab {{\n{body}}}\n");
        }
        if !egress.is_empty() {
            let _ = write!(script, "table netdev lab {{\n{egress}}}\n");
        }
        script
    }
}

fn ip_line(line: &str, six: bool) -> Option<&str> {
    match (line.strip_prefix("-6 "), six) {
        (Some(rest), true) => Some(rest),
        (None, false) => Some(line),
        _ => None,
    }
}

fn nft_chain(name: &str, hook: &str, rules: &[String]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    format!("chain {name} {{\ntype {hook}\n{}\n}}\n", rules.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_without_rules_leave_no_chain() {
        let rules = NodeRules { forward: vec!["tcp dport 25 drop".into()], ..NodeRules::default() };
        assert_eq!(
            rules.nft_script("east"),
            "table inet lab {\nchain forward {\ntype filter hook forward priority 0\ntcp dport 25 drop\n}\n}\n"
        );
    }

    #[test]
    fn ip_lines_go_to_their_family() {
        let rules = NodeRules {
            ip: vec!["route del default".into(), "-6 route del default".into()],
            ..NodeRules::default()
        };
        assert_eq!(rules.ip_script(false), "route del default\n");
        assert_eq!(rules.ip_script(true), "route del default\n");
    }
}
