//! The destinations: is one of them dead, and how do they look from one subscription.

use super::common::{
    FAMILY, NOT_RECORDED, NOT_REPORTED, PORT, SUBSCRIPTION, advice, handshake, handshakes, list, per_minute,
    stat,
};
use crate::boards::model::{
    Board, Column, Empty, Key, Lines, Panel, Row, Series, Source, Steps, Unit, Variable,
};
use crate::boards::palette::{BAD, CALM, GOOD, WARN};

/// A destination of this share of failures is dead, when the others are not: that of the alert.
const DEAD: f64 = 0.8;
/// Destinations in a chart or a table.
const DESTINATIONS: u32 = 50;
/// Failures of the attempts at subjects, over the whole fleet.
const FAILURES: &str =
    r#"server_address_port:sortie_probe_failures:ratio_rate10m{server_port="$port", network_type="$family"}"#;
/// The one destination, as one subscription sees it.
const HERE: &str = r#"cloud_account_id="$subscription", server_address="$target", server_port="$port", network_type="$family""#;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-targets",
        title: "Targets",
        says: "The destinations of the probes: one that fails for everybody is dead, and no platform has blocked anything.",
        hours: 24,
        variables: vec![
            PORT,
            FAMILY,
            SUBSCRIPTION,
            Variable {
                name: "target",
                title: "Destination",
                source: Source::Label {
                    series: r#"server_address_port:sortie_probe_failures:ratio_rate10m{server_port="$port"}"#,
                    label: "server_address",
                    all: false,
                },
            },
        ],
        annotations: Vec::new(),
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row { title: "Where, and since when?", panels: vec![failing(), over_time()] },
            Row {
                title: "The chosen destination, from the chosen subscription",
                panels: vec![outcomes(), latency(), by_region(), roles()],
            },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

fn stats() -> Vec<Panel> {
    vec![
        stat(
            "Destinations",
            "Destinations that are probed on this port, over the whole fleet.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(CALM),
            format!("count({FAILURES})"),
        )
        .sized(6, 4),
        stat(
            "Dead",
            "Destinations at which more than eight of ten attempts fail.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, WARN),
            format!("sum({FAILURES} > bool {DEAD})"),
        )
        .sized(6, 4),
        stat(
            "The best of them",
            "Share of failed attempts at the destination that fails least. Where even that one fails it is not the \
             destinations.",
            NOT_RECORDED,
            Unit::Share,
            Steps::always(GOOD).then(0.1, WARN).then(DEAD, BAD),
            format!("min({FAILURES})"),
        )
        .sized(6, 4),
        stat(
            "The chosen one",
            "Share of failed attempts at the chosen destination, over the whole fleet.",
            NOT_RECORDED,
            Unit::Share,
            Steps::always(GOOD).then(0.1, WARN).then(DEAD, BAD),
            "max(server_address_port:sortie_probe_failures:ratio_rate10m{server_address=\"$target\", \
             server_port=\"$port\", network_type=\"$family\"})",
        )
        .sized(6, 4),
    ]
}

fn failing() -> Panel {
    Panel::new(
        "Failures by destination",
        "Share of failed attempts within ten minutes, over the whole fleet.",
        NOT_RECORDED,
        list(
            vec![Key::plain("server_address", "Destination")],
            Column::judged(
                "Failures",
                Unit::Share,
                Steps::always(GOOD).then(0.1, WARN).then(DEAD, BAD),
                format!("max by (server_address) ({FAILURES})"),
            ),
            DESTINATIONS,
        ),
    )
    .sized(8, 9)
}

fn over_time() -> Panel {
    Panel::new(
        "Failures over time",
        "One line that rises is a destination. All lines that rise are the platform, or a region.",
        NOT_RECORDED,
        Lines::beside(
            Unit::Share,
            vec![Series::plain(format!("topk({DESTINATIONS}, {FAILURES})"), "{{server_address}}")],
        ),
    )
    .sized(16, 9)
}

fn outcomes() -> Panel {
    Panel::new(
        "What attempts met",
        "Attempts from this subscription at this destination, by what came back.",
        NOT_REPORTED,
        per_minute(
            "sortie_probe_outcome",
            &format!("sortie_probe_attempts_total{{{HERE}}}"),
            "{{sortie_probe_outcome}}",
        ),
    )
}

fn latency() -> Panel {
    Panel::new(
        "Handshakes",
        "Time from a SYN to its SYN-ACK, over all VMs of the subscription; of completed handshakes alone.",
        Empty::Fine("No handshake with this destination was completed."),
        handshakes(HERE, "$__rate_interval"),
    )
}

fn by_region() -> Panel {
    Panel::new(
        "Handshakes by region",
        "The 95th percentile. One region that is slower than before is that region's way out.",
        Empty::Fine("No handshake with this destination was completed."),
        Lines::beside(
            Unit::Seconds,
            vec![Series::plain(
                handshake("0.95", "le, cloud_region", HERE, "$__rate_interval"),
                "{{cloud_region}}",
            )],
        ),
    )
}

fn roles() -> Panel {
    Panel::new(
        "Subjects and controls",
        "The 95th percentile of handshakes from this subscription by why a destination is probed. Controls are other \
         ports beside the one under test: what both have in common is the network's.",
        Empty::Fine("No handshake was completed."),
        Lines::beside(
            Unit::Seconds,
            vec![Series::plain(
                handshake(
                    "0.95",
                    "le, sortie_target_role",
                    "cloud_account_id=\"$subscription\", network_type=\"$family\"",
                    "$__rate_interval",
                ),
                "{{sortie_target_role}}",
            )],
        ),
    )
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "What a failing destination means.",
        "* **One destination fails for everybody:** it is dead, or refuses the fleet. No verdict rests on one destination; \
         nothing has to be done at once. If it lasts, replace it in `[[target]]`.\n\
         * **One destination fails from one subscription:** compare its regions; many VMs behind one address may be \
         refused by a destination that counts connections.\n\
         * **All fail:** see the boards *Fleet* and *Subscription*: this is about the platform or a way out.",
    )
}
