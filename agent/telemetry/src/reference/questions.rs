//! What an operator asks, and how Prometheus answers. Every name in it is checked against the registry.

/// A question, its query, and how its answer is read.
pub(super) struct Question {
    pub(super) asks: &'static str,
    pub(super) promql: &'static str,
    pub(super) answer: &'static str,
}

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        asks: "Is port 25 open on this VM?",
        promql: r#"sortie_port_status{server_port="25"} == 1
  and on (job, instance) target_info{host_name="mail-1"}"#,
        answer: "One series for each IP family; `sortie_port_state` is the state, `open` or who stops the mail. \
                 Before the first verdict there is none.",
    },
    Question {
        asks: "Which VMs are blocked against expectation?",
        promql: r#"(
  sortie_port_status{sortie_port_state=~"platform_blocked|path_blocked|locally_blocked"} == 1
  and on (job, instance, network_type, server_port)
  sortie_expectation_status{sortie_expected_state="open"} == 1
)
* on (job, instance) group_left (host_name)
  group by (job, instance, host_name) (target_info)"#,
        answer: "One series for each VM, port and family, with its name and who blocks. A port that is expected to be \
                 `blocked` or `any` is never among them.",
    },
    Question {
        asks: "How is a fleet spread over the states?",
        promql: "count by (server_port, network_type, sortie_port_state) (sortie_port_status == 1)",
        answer: "Without `== 1` the states that a VM has left would count too.",
    },
    Question {
        asks: "How long does a handshake take, at the 95th percentile, for each operator?",
        promql: r#"histogram_quantile(0.95, sum by (server_address, le) (
  rate(sortie_probe_handshake_duration_seconds_bucket{sortie_target_role=~"subject|anchor"}[1h])
))"#,
        answer: "In seconds. An operator is told by the `server_address` under which it is configured. In a settled \
                 state each round asks one operator, so that shorter windows than an hour hold few handshakes.",
    },
    Question {
        asks: "What do attempts meet, for each destination?",
        promql: "sum by (server_address, server_port, sortie_probe_outcome) (increase(sortie_probe_attempts_total[1h]))",
        answer: "Attempts within the last hour. One destination that fails is no verdict: the state is.",
    },
    Question {
        asks: "Which ports change their state again and again?",
        promql: "increase(sortie_port_state_changes_total[1d]) > 3",
        answer: "More than three changes within a day.",
    },
    Question {
        asks: "Which relays cannot be used, and from where?",
        promql: r#"sortie_relay_status{sortie_relay_state="unusable"} == 1
* on (job, instance) group_left (host_name)
  group by (job, instance, host_name) (target_info)"#,
        answer: "One series for each VM and relay. The stage that fails and why are in the report and on the page of the \
                 VM, and on the event `sortie.alert.raised`.",
    },
    Question {
        asks: "How long ago was the last conclusive verdict?",
        promql: "time() - sortie_port_last_conclusive_time_seconds",
        answer: "In seconds. It grows while nothing leaves the machine (`no_egress`) or the evidence is not enough \
                 (`inconclusive`), and where an agent hangs; one that is gone has no series at all.",
    },
    Question {
        asks: "Which agents have a configuration that was rejected?",
        promql: r#"sortie_agent_config_status{sortie_config_state="rejected"} == 1"#,
        answer: "They go on with the last good one; the page of such an agent says what is wrong with the file.",
    },
    Question {
        asks: "Which versions, engines and configurations run?",
        promql: "count by (service_version, sortie_probe_mode, sortie_config_hash) (sortie_agent_info)",
        answer: "The number of agents of each.",
    },
    Question {
        asks: "Which agents do not reach their OTLP receiver?",
        promql: r#"sum by (instance, error_type) (increase(sortie_agent_exports_total{error_type!=""}[15m])) > 0"#,
        answer: "Seen by who reads `/metrics`, and by the receiver once exports arrive again.",
    },
    Question {
        asks: "Which machines stood still in the middle of their rounds?",
        promql: r#"increase(sortie_agent_probe_skipped_total{reason="suspended"}[1d]) > 0"#,
        answer: "Such rounds count for nothing.",
    },
    Question {
        asks: "Which agents have exports that wait, and for how long?",
        promql: "max by (instance, sortie_signal) (sortie_spool_oldest_age_seconds) > 300",
        answer: "In seconds. What waits is on the disk and is delivered when the receiver takes it again, until it is older \
                 than `otlp.max_age`.",
    },
    Question {
        asks: "Whose queue is almost full?",
        promql: "sortie_spool_usage_bytes / sortie_spool_limit_bytes > 0.8",
        answer: "Beyond the limit the oldest exports are dropped.",
    },
    Question {
        asks: "What was lost, and why?",
        promql: "sum by (instance, sortie_signal, reason) (increase(sortie_spool_dropped_total[1d])) > 0",
        answer: "Points of metrics and events within the last day that nobody will deliver any more.",
    },
    Question {
        asks: "Which agents would forget what they know?",
        promql: r#"sortie_store_status{sortie_store_state="memory"} == 1"#,
        answer: "Their disk refuses, or there is no state directory: a restart begins with nothing.",
    },
    Question {
        asks: "Which subscriptions are of a type that Azure blocks?",
        promql: r#"sortie_subscription_info{sortie_subscription_type=~"ea-devtest|other"}"#,
        answer: "As the agents tell it that ask Azure Resource Manager: one in each subscription is enough.",
    },
    Question {
        asks: "Which VMs are blocked and have not been deallocated since an exemption was granted?",
        promql: r#"sortie_port_status{server_port="25", sortie_port_state="platform_blocked"} == 1
  and on (job, instance) sortie_host_boot_time_seconds < 1795000000"#,
        answer: "The number is the Unix time of the exemption. A VM that was booted before it still lives by the network \
                 policy from before; one that was booted later may have been rebooted only.",
    },
    Question {
        asks: "Which agents were started within the last hour?",
        promql: "process_uptime_seconds < 3600",
        answer: "Again and again the same one: something ends it.",
    },
    Question {
        asks: "How much memory do the agents take?",
        promql: "max(process_memory_usage_bytes)",
        answer: "In bytes, of the largest of them.",
    },
    Question {
        asks: "How much CPU time do the agents take?",
        promql: "max(sum by (instance) (rate(process_cpu_time_seconds_total[1h])))",
        answer: "Seconds for each second, of the busiest of them: the share of one core.",
    },
];
