//! One VM: its state, what its probes met, how long its handshakes take, and where its evidence is.

use super::common::{
    NOT_REPORTED, SUBSCRIPTION, advice, handshake, handshakes, list, per_minute, stat, word,
};
use crate::boards::model::{
    Annotation, Board, Column, Empty, Key, Lines, Panel, Row, Series, Source, Steps, Timeline, Unit,
    Variable, View, Word,
};
use crate::boards::palette::{BAD, CALM, DIM, GOOD, WARN};
use crate::boards::states;

/// The one VM.
const HERE: &str = r#"cloud_account_id="$subscription", host_name="$vm""#;
/// What is under test, and not its controls.
const TESTED: &str = r#"sortie_target_role=~"subject|anchor""#;
/// Its ports and families are few; the destinations of a configuration may be many.
const DESTINATIONS: u32 = 50;
/// Telemetry that is older than this many seconds was measured by an agent that cannot judge any more.
const STALE: f64 = 900.0;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-vm",
        title: "VM",
        says: "One VM: can mail leave it, what did its probes meet, and how is its agent?",
        hours: 24,
        variables: vec![
            SUBSCRIPTION,
            Variable {
                name: "vm",
                title: "VM",
                source: Source::Label {
                    series: r#"sortie_agent_info{cloud_account_id="$subscription"}"#,
                    label: "host_name",
                    all: false,
                },
            },
        ],
        annotations: vec![Annotation {
            title: "State changed",
            expr: r#"sum by (server_port, network_type) (increase(sortie_port_state_changes_total{cloud_account_id="$subscription", host_name="$vm"}[5m])) > 0"#,
            text: "Port {{server_port}}, {{network_type}}",
        }],
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row { title: "Since when?", panels: vec![timeline(), expectation(), relays()] },
            Row { title: "Why?", panels: vec![outcomes(), destinations(), evidence()] },
            Row { title: "How fast?", panels: vec![latency(), by_destination()] },
            Row { title: "The agent", panels: vec![agent(), exports()] },
        ],
    }
}

fn stats() -> Vec<Panel> {
    let state_of = |port: &str, family: &str| {
        states::coded("host_name", &format!("{HERE}, server_port=\"{port}\", network_type=\"{family}\""))
    };
    vec![
        word(
            "Port 25, IPv4",
            "Who stops mail on port 25 over IPv4, or that nobody does.",
            Empty::Fine("Not probed, or no telemetry."),
            states::words(),
            state_of("25", "ipv4"),
        ),
        word(
            "Port 25, IPv6",
            "Who stops mail on port 25 over IPv6, or that nobody does.",
            Empty::Fine("Not probed, or no telemetry."),
            states::words(),
            state_of("25", "ipv6"),
        ),
        word(
            "Port 587, IPv4",
            "Who stops mail on port 587 over IPv4, or that nobody does.",
            Empty::Fine("Not probed, or no telemetry."),
            states::words(),
            state_of("587", "ipv4"),
        ),
        stat(
            "Last conclusive verdict",
            "How long ago a round could judge the port that waits for the longest time. It grows while nothing leaves or the evidence is \
             not enough.",
            NOT_REPORTED,
            Unit::Age,
            Steps::always(GOOD).then(STALE, DIM),
            format!("time() - min(sortie_port_last_conclusive_time_seconds{{{HERE}}})"),
        ),
        stat(
            "Changes",
            "Changes of state within the time that is looked at, over all ports and families.",
            NOT_REPORTED,
            Unit::Count,
            Steps::always(CALM).then(4.0, WARN),
            format!("round(sum(increase(sortie_port_state_changes_total{{{HERE}}}[$__range])))"),
        ),
        stat(
            "Running for",
            "Since this VM was booted. An exemption that is younger may not have taken effect here.",
            NOT_REPORTED,
            Unit::Age,
            Steps::always(CALM),
            format!("time() - max(sortie_host_boot_time_seconds{{{HERE}}})"),
        ),
    ]
}

fn timeline() -> Panel {
    Panel::new(
        "States over time",
        "The state of each port and family. A gap is a time without telemetry; what happened then is in the events.",
        NOT_REPORTED,
        View::Timeline(Timeline {
            expr: states::coded("server_port, network_type", HERE),
            legend: "port {{server_port}}, {{network_type}}",
            words: states::words(),
        }),
    )
    .sized(24, 7)
}

/// A state set as numbers, by the place of the word in `words`.
fn coded(by: &str, set: &str, label: &str, words: &[(&str, Word)]) -> String {
    let each =
        |(value, word): &(&str, Word)| format!("{} * ({set}{{{HERE}, {label}=\"{value}\"}} == 1)", word.code);
    let all: Vec<_> = words.iter().map(each).collect();
    format!("max by ({by}) ({})", all.join(" or "))
}

fn expectation() -> Panel {
    let words = [("any", 1, DIM), ("blocked", 2, CALM), ("open", 3, GOOD)]
        .map(|(says, code, colour)| (says, Word { code, says, colour }));
    Panel::new(
        "Expected",
        "What each port is expected to be, by the configuration or by what the provider documents for this subscription.",
        NOT_REPORTED,
        View::Timeline(Timeline {
            expr: coded("server_port, network_type", "sortie_expectation_status", "sortie_expected_state", &words),
            legend: "port {{server_port}}, {{network_type}}",
            words: words.map(|(_, word)| word).to_vec(),
        }),
    )
    .sized(12, 6)
}

fn relays() -> Panel {
    let words = [("usable", 1, GOOD), ("degraded", 2, WARN), ("unusable", 3, BAD)]
        .map(|(says, code, colour)| (says, Word { code, says, colour }));
    Panel::new(
        "Relays",
        "Whether mail can be handed to each relay of the configuration.",
        Empty::Fine("No conversation with a relay so far."),
        View::Timeline(Timeline {
            expr: coded("sortie_relay_name", "sortie_relay_status", "sortie_relay_state", &words),
            legend: "{{sortie_relay_name}}",
            words: words.map(|(_, word)| word).to_vec(),
        }),
    )
    .sized(12, 6)
}

fn outcomes() -> Panel {
    Panel::new(
        "What attempts met",
        "Attempts to reach the destinations under test, by what came back. A single failure is no verdict.",
        NOT_REPORTED,
        per_minute(
            "sortie_probe_outcome",
            &format!("sortie_probe_attempts_total{{{HERE}, {TESTED}}}"),
            "{{sortie_probe_outcome}}",
        ),
    )
}

fn destinations() -> Panel {
    let of = |outcomes: &str| {
        format!(
            "sum by (server_address, server_port, sortie_target_role) \
             (increase(sortie_probe_attempts_total{{{HERE}{outcomes}}}[$__range]))"
        )
    };
    let attempts = |outcomes: &str| {
        format!("({} or 0 * {})", of(&format!(", sortie_probe_outcome=~\"{outcomes}\"")), of(""))
    };
    Panel::new(
        "Destinations",
        "Attempts within the time that is looked at: all of them, and those that were answered. Where the controls fail \
         too, it is not the port.",
        NOT_REPORTED,
        View::Table(crate::boards::model::Table {
            keys: vec![
                Key::plain("server_address", "Destination"),
                Key::plain("server_port", "Port"),
                Key::plain("sortie_target_role", "Role"),
            ],
            columns: vec![
                Column::value("Attempts", Unit::Count, of("")),
                Column::value(
                    "Answered",
                    Unit::Count,
                    attempts("established|greeted"),
                ),
                Column::value("Silent", Unit::Count, attempts("timeout")),
                Column::value("Reset", Unit::Count, attempts("reset")),
            ],
            limit: DESTINATIONS,
        }),
    )
    .sized(12, 8)
}

fn evidence() -> Panel {
    advice(
        "Evidence",
        "Where the sentences behind a verdict are.",
        "Numbers say that a state changed; the evidence for it is in the event `sortie.port.state_change`, as sentences \
         with their weights, beside the rule that decided. Events arrive where the gateway sends its logs. With Loki:\n\n\
         ```logql\n{service_name=\"sortie\"} | host_name=`the name of the VM` | sortie_verdict_rule!=``\n```\n\n\
         On the VM itself the page (`http://127.0.0.1:9525/`) shows the same, and `sortie report --ticket --redact` packs \
         it for a support case, also after an outage of the telemetry.",
    )
}

fn latency() -> Panel {
    Panel::new(
        "Handshakes",
        "Time from a SYN to its SYN-ACK over the last hour, of completed handshakes to the destinations under test. A settled VM makes one \
         a minute: shorter spans hold too few.",
        Empty::Fine("No handshake was completed."),
        handshakes(&format!("{HERE}, {TESTED}"), "1h"),
    )
}

fn by_destination() -> Panel {
    Panel::new(
        "Handshakes by destination",
        "The 95th percentile over the last hour, controls beside subjects: what both have in common is the network's.",
        Empty::Fine("No handshake was completed."),
        Lines::beside(
            Unit::Seconds,
            vec![Series::plain(
                format!(
                    "topk({DESTINATIONS}, {})",
                    handshake("0.95", "le, server_address, server_port", HERE, "1h")
                ),
                "{{server_address}}:{{server_port}}",
            )],
        ),
    )
}

fn agent() -> Panel {
    Panel::new(
        "The agent",
        "The program, its engine and its configuration.",
        NOT_REPORTED,
        list(
            vec![
                Key::plain("service_version", "Version"),
                Key::plain("sortie_probe_mode", "Engine"),
                Key::plain("sortie_config_hash", "Configuration"),
                Key::plain("host_type", "Size"),
                Key::plain("cloud_region", "Region"),
                Key::plain("host_id", "Host id"),
            ],
            Column::value(
                "Agents",
                Unit::Count,
                format!(
                    "count by (service_version, sortie_probe_mode, sortie_config_hash, host_type, cloud_region, host_id) \
                     (sortie_agent_info{{{HERE}}})"
                ),
            ),
            10,
        ),
    )
    .sized(12, 6)
}

fn exports() -> Panel {
    Panel::new(
        "Telemetry that waits",
        "How long the oldest export has waited for the gateway. It is on the disk of the VM and arrives late, not never.",
        Empty::Fine("This agent exports nothing over OTLP."),
        Lines::beside(
            Unit::Age,
            vec![Series::plain(
                format!("max by (sortie_signal) (sortie_spool_oldest_age_seconds{{{HERE}}})"),
                "{{sortie_signal}}",
            )],
        ),
    )
    .sized(12, 6)
}
