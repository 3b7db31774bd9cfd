//! What is asked: four questions in `PromQL` about one port of one subscription.

use std::time::Duration;

use sortie_core::target::{Family, Port};

use crate::prometheus::promql::quoted;

/// Who was heard so long before the exemption and is not any more is silent, and not somebody else's.
const BEFORE: Duration = Duration::from_secs(3_600);
/// Prometheus loads every sample of this time.
const WINDOW_MOST: Duration = Duration::from_secs(7 * 86_400);

/// The questions, each of which is answered by a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queries {
    /// By machine, family and state: when it was last reported to hold.
    pub(super) states: String,
    /// By machine and family: when it was last known for sure.
    pub(super) conclusive: String,
    /// By machine: when it was booted.
    pub(super) boots: String,
    /// Every machine that was heard of since the exemption.
    pub(super) known: String,
}

impl Queries {
    /// `since` is how long ago the exemption was granted.
    pub(super) fn new(subscription: &str, port: Port, families: &[Family], since: Option<Duration>) -> Self {
        let account = format!("cloud_account_id={}", quoted(subscription));
        let names: Vec<&str> = families.iter().map(|family| family.code()).collect();
        let family = if names.is_empty() {
            String::new()
        } else {
            format!(",network_type=~{}", quoted(&names.join("|")))
        };
        let of_port = format!("{{{account},server_port={}{family}}}", quoted(&port.to_string()));
        let status = format!("sortie_port_status{of_port}");
        let window = (since.unwrap_or_default() + BEFORE).min(WINDOW_MOST).as_secs();
        Self {
            // The states that a machine has left are 0, and an agent that is gone leaves its last word standing for
            // minutes: the latest is the one that counts.
            states: format!(
                "max by (host_id, host_name, network_type, sortie_port_state) (timestamp({status}) and {status} == 1)"
            ),
            conclusive: format!(
                "max by (host_id, host_name, network_type) (sortie_port_last_conclusive_time_seconds{of_port})"
            ),
            boots: format!("max by (host_id, host_name) (sortie_host_boot_time_seconds{{{account}}})"),
            known: format!("count by (host_id, host_name) (count_over_time({status}[{window}s]))"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_read_like_this() {
        let Queries { states, conclusive, boots, known } =
            Queries::new("5b1d", Port::SMTP, &[Family::Ipv4], Some(Duration::from_secs(600)));
        let of = r#"{cloud_account_id="5b1d",server_port="25",network_type=~"ipv4"}"#;
        assert_eq!(
            states,
            format!(
                "max by (host_id, host_name, network_type, sortie_port_state) \
                 (timestamp(sortie_port_status{of}) and sortie_port_status{of} == 1)"
            )
        );
        assert_eq!(
            conclusive,
            format!(
                "max by (host_id, host_name, network_type) (sortie_port_last_conclusive_time_seconds{of})"
            )
        );
        assert_eq!(
            boots,
            r#"max by (host_id, host_name) (sortie_host_boot_time_seconds{cloud_account_id="5b1d"})"#
        );
        assert_eq!(
            known,
            format!("count by (host_id, host_name) (count_over_time(sortie_port_status{of}[4200s]))")
        );
    }

    #[test]
    fn an_id_cannot_end_the_string_that_it_stands_in() {
        let queries = Queries::new(r#"a"} or vector(1) or x{y="\"#, Port::SMTP, &[], None);
        assert_eq!(
            queries.boots,
            r#"max by (host_id, host_name) (sortie_host_boot_time_seconds{cloud_account_id="a\"} or vector(1) or x{y=\"\\"})"#
        );
    }

    #[test]
    fn however_long_ago_it_was_a_week_is_looked_back_at_the_most() {
        let queries = Queries::new("1", Port::SMTP, &[], Some(Duration::from_secs(90 * 86_400)));
        assert!(queries.known.ends_with("[604800s]))"), "{}", queries.known);
    }
}
