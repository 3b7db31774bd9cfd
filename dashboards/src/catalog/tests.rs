//! What an expression may say, and what it is refused for.

use super::*;

fn labels(expression: &str) -> Vec<String> {
    labels_of(expression).unwrap_or_else(|why| panic!("{why} in {expression}")).into_iter().collect()
}

#[test]
fn labels_go_the_way_that_prometheus_sends_them() {
    for (expression, expected) in [
        ("1 + 1", &[][..]),
        ("vector(1)", &[]),
        ("time() - max(sortie_port_last_conclusive_time_seconds)", &[]),
        ("sum by (cloud_region) (sortie_agent_info)", &["cloud_region"]),
        (
            "cloud_account:sortie_agents:count / cloud_account:sortie_agents_seen6h:count",
            &["cloud_account_id"],
        ),
        (
            "sum without (host_id, host_name) (sortie_host_boot_time_seconds)",
            &["cloud_account_id", "cloud_region"],
        ),
        (
            "cloud_account_port:sortie_vms_blocked:ratio > 0.9 and on (cloud_account_id) cloud_account:sortie_agents:count > 3",
            &["cloud_account_id", "network_type", "server_port"],
        ),
        (
            "cloud_account_port:sortie_vms_blocked:ratio * on (cloud_account_id) group_left () cloud_account:sortie_agents:count",
            &["cloud_account_id", "network_type", "server_port"],
        ),
        (
            "histogram_quantile(0.95, sum by (le, server_address) (rate(sortie_probe_handshake_duration_seconds_bucket[1h])))",
            &["server_address"],
        ),
        (r#"absent(sortie_agent_info{cloud_account_id="1"})"#, &["cloud_account_id"]),
        (
            "max_over_time(min_over_time(count(count by (host_id) (otelcol_process_uptime_seconds_total))[30m:1m])[1h:5m])",
            &[],
        ),
        (r#"label_replace(vector(1), "scope", "all", "", "")"#, &["scope"]),
        (r#"sum by (reason) (sortie_gateway_refused_points_total{reason=~"too_old|future"})"#, &["reason"]),
    ] {
        assert_eq!(labels(expression), expected, "{expression}");
    }
}

#[test]
fn what_nobody_writes_is_refused() {
    for (expression, why) in [
        ("sum by (", "no PromQL"),
        ("sortie_port_states", "sortie_port_states is no metric"),
        (r#"{__name__=~"sortie_.*"}"#, "must begin with the name"),
        (r#"sortie_port_status{sortie_port_state="closed"}"#, "sortie_port_state is never \"closed\""),
        (r#"sortie_port_status{sortie_port_state=~"open|closed"}"#, "never \"open|closed\""),
        (
            r#"sortie_port_status{network_type=~"ip.*6"} and sortie_port_status{network_type=~"x.+"}"#,
            "never \"x.+\"",
        ),
        // The words of `reason` are those of this metric.
        (r#"sortie_spool_dropped_total{reason="suspended"}"#, "reason is never"),
        (r#"sortie_agent_info{server_port="25"}"#, "sortie_agent_info has no label server_port"),
        ("sum by (server_port) (sortie_agent_info)", "sortie_agent_info has no label server_port"),
        // Recorded by subscription: the host is gone.
        ("count by (host_id) (cloud_account_port:sortie_vms_blocked:ratio)", "has no label host_id"),
        (
            "cloud_account_port:sortie_vms_blocked:ratio and on (server_port) cloud_account:sortie_agents:count",
            "cloud_account:sortie_agents:count has no label server_port",
        ),
        (
            "cloud_account_port:sortie_vms_blocked:ratio and cloud_account:sortie_agents:count",
            "nothing matches",
        ),
        (
            "histogram_quantile(0.9, sum(rate(sortie_probe_handshake_duration_seconds_bucket[1h])))",
            "no label le",
        ),
        ("sum by (job) (sortie_agent_info)", "job is made by some backends alone"),
        (r#"sortie_agent_info{instance="x"}"#, "instance is made by some backends alone"),
        ("target_info", "target_info is made by some backends alone"),
    ] {
        let refused = check(expression).expect_err(expression).to_string();
        assert!(refused.contains(why), "{expression}: {refused}");
    }
}

#[test]
fn the_series_of_an_expression_are_all_that_it_reads() {
    let read = series_of(
        "max_over_time(count(otelcol_process_uptime_seconds_total)[1h:1m]) > count(sortie_agent_info)",
    );
    let expected = ["otelcol_process_uptime_seconds_total", "sortie_agent_info"];
    assert_eq!(read, Ok(expected.map(str::to_owned).into()));
}

#[test]
fn recorded_series_are_named_by_their_level() {
    for Recorded { name, labels } in RECORDED {
        assert_eq!(name.split(':').count(), 3, "{name}");
        assert!(labels.is_sorted(), "{name}");
    }
}
