//! What Azure says about a subscription, as a watcher (`[cloud] arm`) passes it on. Where no agent asks Azure there is
//! nothing to tell, and nobody is told so.

use super::{Alert, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::AGENTS;

const INFO: &str = "sortie_subscription_info";

pub(super) fn alerts() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieSubscriptionTypeChanged",
            severity: Severity::Warning,
            // A type that nobody knows and an id that nobody told are no other one: a watcher with fewer rights tells both.
            expr: format!(
                "count by (cloud_account_id) (\n  \
                   group by (cloud_account_id, azure_subscription_quota_id) (\n    \
                     last_over_time({INFO}{{azure_subscription_quota_id!=\"\"}}[2h])\n  \
                   )\n\
                 ) > 1\n\
                 or\n\
                 count by (cloud_account_id) (\n  \
                   group by (cloud_account_id, sortie_subscription_type) (\n    \
                     last_over_time({INFO}{{sortie_subscription_type!=\"unknown\"}}[2h])\n  \
                   )\n\
                 ) > 1"
            ),
            unless: None,
            wait: None,
            keep: None,
            summary: "The type of <subscription> has changed",
            description: "Within two hours the watchers of <subscription> told <value> different types or quota ids. Which \
                          types Azure blocks on port 25 tells `sortie knowledge`. A block may follow, at once or when VMs are \
                          started again: ask who changed it, before mail stops. The alert ends two hours after the change.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieSubscriptionTypeUnknown",
            severity: Severity::Warning,
            expr: format!(
                "(\n  \
                   group by (cloud_account_id) ({INFO}{{sortie_subscription_type=\"unknown\"}})\n  \
                   unless on (cloud_account_id)\n  \
                   {INFO}{{sortie_subscription_type!=\"unknown\"}}\n\
                 )\n\
                 or\n\
                 (\n  \
                   group by (cloud_account_id) (last_over_time({INFO}[1d]))\n  \
                   unless on (cloud_account_id)\n  \
                   last_over_time({INFO}[1h])\n  \
                   and on (cloud_account_id)\n  \
                   {AGENTS}\n\
                 )"
            ),
            unless: None,
            wait: Some(Minutes(60)),
            keep: None,
            summary: "The type of <subscription> is not known any more",
            description: "No watcher of <subscription> tells its type: Azure does not let it read the agreement, or no watcher \
                          is left. Until then nothing is expected of its port 25 and a change of its type is not noticed. \
                          Give a watcher the role Reader and sight of the billing property, or set [expect] subscription.",
            board: Board::Subscription,
        }),
    ]
}
