//! An exemption that was granted: has it taken effect, which VMs still wait for it, and was it taken away again.

use super::common::{
    FAMILY, NOBODY_CAN_TELL, NOT_RECORDED, NOT_REPORTED, OF_SUBSCRIPTION as HERE, PORT, SUBSCRIPTION, VM,
    advice, list, stat, vms,
};
use crate::boards::model::{
    Board, Column, Empty, Key, Lines, Panel, Row, Series, Source, Steps, Unit, Variable,
};
use crate::boards::palette::{BAD, CALM, DIM, GOOD, WARN};
use crate::boards::states::STOPPED;

/// VMs in a table.
const VMS: u32 = 200;
/// The boot times of the subscription's VMs.
const BOOTED: &str = r#"max by (host_id) (sortie_host_boot_time_seconds{cloud_account_id="$subscription"})"#;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-exemption",
        title: "Exemption",
        says: "An exemption was granted: how many VMs can send, and which have to be stopped and deallocated yet?",
        hours: 72,
        variables: vec![
            SUBSCRIPTION,
            PORT,
            FAMILY,
            // `date --date 2026-11-26T09:00Z +%s`; 0 until somebody types it.
            Variable { name: "granted", title: "Granted at (Unix time)", source: Source::Text("0") },
        ],
        annotations: Vec::new(),
        rows: vec![
            Row { title: "Is it effective?", panels: stats() },
            Row { title: "Which VMs wait?", panels: vec![waiting(), restarted()] },
            Row {
                title: "Since when?",
                panels: vec![progress(), expected(), boots(), regressed_over_time()],
            },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

/// VMs in one of these states, by host id.
fn vms_in(states: &str) -> String {
    format!("max by (host_id) (sortie_port_status{{{HERE}, sortie_port_state=~\"{states}\"}} == 1)")
}

/// Those of the expression whose VM was booted before or after the exemption.
fn booted(vms: &str, when: &str) -> String {
    format!("{vms} and on (host_id) {}", boots_that_are(when))
}

/// Boots before or after the exemption: none, until somebody says when that was.
fn boots_that_are(when: &str) -> String {
    format!("({BOOTED} {when} $granted and on () vector($granted) > 0)")
}

/// VMs that are stopped now and were open within the time that is looked at.
fn regressed() -> String {
    format!(
        "{} and on (host_id) max_over_time(sortie_port_status{{{HERE}, sortie_port_state=\"open\"}}[$__range]) == 1",
        vms_in(STOPPED)
    )
}

/// How many; zero where VMs report and it is none of them.
fn counted(vms: &str) -> String {
    format!("count({vms}) or 0 * count(sortie_port_status{{{HERE}}})")
}

/// Of the VMs with a conclusive verdict, those in this state.
fn share(state: &str) -> String {
    format!(
        "{} / (sum(cloud_account_port:sortie_vms_conclusive:count{{{HERE}}}) > 0)",
        vms("cloud_account_port_state", HERE, state, "")
    )
}

fn stats() -> Vec<Panel> {
    vec![
        stat(
            "Verified",
            "Share of the VMs with a conclusive verdict from which mail leaves.",
            NOBODY_CAN_TELL,
            Unit::Share,
            Steps::always(BAD).then(0.01, WARN).then(1.0, GOOD),
            share("open"),
        ),
        stat(
            "Expected to be open",
            "VMs of which the configuration or the provider's documents say that mail leaves them.",
            Empty::Fine("Of no VM it is expected: set [expect] port_25, or the type of the subscription."),
            Unit::Count,
            Steps::always(CALM),
            format!(
                "sum(cloud_account_port_expected:sortie_vms:count{{{HERE}, sortie_expected_state=\"open\"}})"
            ),
        ),
        stat(
            "Still blocked",
            "VMs that the platform blocks.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            vms("cloud_account_port_state", HERE, "platform_blocked", ""),
        ),
        stat(
            "Await deallocation",
            "VMs that the platform blocks and that run since before the exemption: it cannot have reached them.",
            NOT_REPORTED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, WARN),
            counted(&booted(&vms_in("platform_blocked"), "<")),
        ),
        stat(
            "Restarted and blocked",
            "VMs that the platform blocks though they were booted after the exemption: rebooted without deallocation, or \
             the exemption is not effective.",
            NOT_REPORTED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            counted(&booted(&vms_in("platform_blocked"), ">=")),
        ),
        stat(
            "Regressed",
            "VMs from which mail left within the time that is looked at, and does not now.",
            NOT_REPORTED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            counted(&regressed()),
        ),
    ]
}

/// The VMs of one of the tables, by how long they run.
fn blocked_vms(when: &str) -> crate::boards::model::View {
    let running = r#"time() - max by (host_name, host_id, cloud_region) (sortie_host_boot_time_seconds{cloud_account_id="$subscription"})"#;
    list(
        vec![VM, Key::plain("host_id", "Host id"), Key::plain("cloud_region", "Region")],
        Column::value(
            "Running for",
            Unit::Age,
            format!("({running}) and on (host_id) ({})", booted(&vms_in("platform_blocked"), when)),
        ),
        VMS,
    )
}

fn waiting() -> Panel {
    Panel::new(
        "VMs that await deallocation",
        "Blocked by the platform, and running since before the exemption. Stop and deallocate each, and start it again.",
        Empty::Fine("No blocked VM runs since before the exemption. Is its time set above?"),
        blocked_vms("<"),
    )
    .sized(12, 9)
}

fn restarted() -> Panel {
    Panel::new(
        "VMs that were restarted and are still blocked",
        "A reboot from within keeps the old network policy. Where the VM was deallocated, the exemption is not effective.",
        Empty::Fine("No VM that was restarted is blocked."),
        blocked_vms(">="),
    )
    .sized(12, 9)
}

fn progress() -> Panel {
    Panel::new(
        "Verified over time",
        "Of the VMs with a conclusive verdict, those from which mail leaves, and those that the platform blocks.",
        NOBODY_CAN_TELL,
        Lines::beside(
            Unit::Share,
            vec![
                Series::coloured(share("open"), "verified", GOOD),
                Series::coloured(share("platform_blocked"), "blocked by the platform", BAD),
            ],
        ),
    )
}

fn expected() -> Panel {
    let all = format!("sum(cloud_account_port_expected:sortie_vms:count{{{HERE}}})");
    let open = format!(
        "sum(cloud_account_port_expected:sortie_vms:count{{{HERE}, sortie_expected_state=\"open\"}}) or 0 * {all}"
    );
    let unexpectedly = format!("sum(cloud_account_port:sortie_vms_blocked_unexpectedly:count{{{HERE}}})");
    Panel::new(
        "Expected and observed",
        "VMs that are expected to be open beside those that are.",
        NOT_RECORDED,
        Lines::beside(
            Unit::Count,
            vec![
                Series::coloured(open, "expected to be open", CALM),
                Series::coloured(vms("cloud_account_port_state", HERE, "open", ""), "open", GOOD),
                Series::coloured(unexpectedly, "stopped against expectation", BAD),
            ],
        ),
    )
}

fn boots() -> Panel {
    Panel::new(
        "VMs by their boot",
        "How many VMs run since before the exemption, and how many were booted after it.",
        NOT_REPORTED,
        Lines::stacked(
            Unit::Count,
            vec![
                Series::coloured(
                    format!("count({}) or 0 * count({BOOTED})", boots_that_are(">=")),
                    "booted after it",
                    GOOD,
                ),
                Series::coloured(
                    format!("count({}) or 0 * count({BOOTED})", boots_that_are("<")),
                    "running since before",
                    DIM,
                ),
            ],
        ),
    )
}

fn regressed_over_time() -> Panel {
    Panel::new(
        "Changes of state",
        "Changes of the state of this port over all VMs, each minute. While an exemption rolls out each changes once; those \
         that come later are regressions.",
        NOT_REPORTED,
        Lines::beside(
            Unit::PerMinute,
            vec![Series::coloured(
                format!("60 * sum(rate(sortie_port_state_changes_total{{{HERE}}}[$__rate_interval]))"),
                "changes",
                CALM,
            )],
        ),
    )
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "How an exemption comes to its end.",
        "1. Type the time at which it was granted above, as `date --date 2026-11-26T09:00Z +%s` prints it.\n\
         2. Stop and deallocate the VMs that await it, and start them again; the table empties as they report.\n\
         3. *Restarted and blocked* stays at zero: done when *Verified* is 100 %. On a VM `sortie verify --since …` \
         says the same with evidence, and its event `sortie.exemption.verified` is the receipt.\n\
         4. Does it rise? One deallocation was a reboot, or the exemption does not cover this subscription: reopen the \
         ticket with `sortie report --ticket --redact` of such a VM.\n\
         5. *Regressed* later on: the exemption was taken away. That is an alert of its own.",
    )
    .sized(24, 6)
}
