//! Which rules are evaluated together and how often. Rules of one group run one after the other, so that an alert that
//! stands behind the series that it reads is a whole interval earlier: the alerts about a block are such.

use super::{
    Minutes, Rule, agents, block, egress, expectation, fleet, gateway, slow, subscription, targets, vms,
    watchdog,
};

/// Rules that read every series of every machine over some time: at 100,000 machines one takes seconds.
const SLOW: Minutes = Minutes(5);

/// Rules that are evaluated together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Unique among all of them.
    pub name: &'static str,
    /// The stem of its file under `dashboards/rules/prometheus`.
    pub file: &'static str,
    /// None where it is that of the whole engine.
    pub interval: Option<Minutes>,
    /// In the order of evaluation.
    pub rules: Vec<Rule>,
}

/// All groups. Those of a file below `optional/` are loaded by nobody who does not ask for them.
pub fn groups() -> Vec<Group> {
    let group = |name, file, interval, rules: Vec<Vec<Rule>>| Group {
        name,
        file,
        interval,
        rules: rules.into_iter().flatten().collect(),
    };
    vec![
        group("sortie-fleet", "fleet", None, vec![fleet::recorded(), block::pages()]),
        group("sortie-slow", "slow", Some(SLOW), vec![slow::recorded(), agents::slow(), targets::slow()]),
        group(
            "sortie-ports",
            "alerts",
            None,
            vec![block::tickets(), expectation::alerts(), egress::alerts()],
        ),
        group("sortie-subscriptions", "alerts", None, vec![subscription::alerts(), targets::alerts()]),
        group("sortie-agents", "alerts", None, vec![agents::alerts(), watchdog::alerts()]),
        group("sortie-gateway", "alerts", None, vec![gateway::alerts()]),
        group("sortie-vms", "optional/vms", None, vec![vms::alerts()]),
    ]
}
