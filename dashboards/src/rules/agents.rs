//! Whether what the alerts rest on is there: agents that report, probe and deliver, with clocks that are right.
//!
//! Nobody scrapes an agent, so that there is no `up`: who is missing is known from who was there.

use super::{Alert, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::{AGENTS, AGENTS_STALLED};

/// Machines come and go; more at once is a cause.
const MISSING: f64 = 0.05;
/// One machine of a small subscription that is switched off is nothing.
const AT_LEAST: u32 = 2;
/// Of five minutes each: a subscription that was there for less has nobody to miss.
const LOOKS: u32 = 3;
/// Full before it is emptied, at the present rate, in a few hours.
const FILLED: f64 = 0.8;
/// A gateway that restarts costs less.
const FAILING: f64 = 0.1;

pub(super) fn alerts() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieTelemetryAbsent",
            severity: Severity::Critical,
            expr: "absent(sortie_agent_info)".to_owned(),
            unless: None,
            wait: Some(Minutes(10)),
            keep: None,
            summary: "No agent reports any more",
            description: "Not one Sortie agent has been heard for ten minutes: nobody watches mail, and no other alert can \
                          come. Look at the gateway, then at the backend. Agents keep what they cannot deliver for a day.",
            board: Board::Gateway,
        }),
        Rule::Alert(Alert {
            name: "SortieTelemetryStale",
            severity: Severity::Warning,
            // Whether they were there at three looks, five minutes apart: a machine may export once before its cloud has told
            // in which subscription it stands, and is one of no known cloud until then.
            expr: format!(
                "max_over_time({AGENTS}[6h]) unless {AGENTS}\nand\ncount_over_time({AGENTS}[6h:5m]) >= {LOOKS}"
            ),
            unless: None,
            wait: Some(Minutes(10)),
            keep: None,
            summary: "No agent of <subscription> reports any more",
            description: "Up to <value> agents of <subscription> reported within the last six hours and none does now. Either \
                          its machines are gone, or their way to the gateway is. The alert ends after six hours.",
            board: Board::Agents,
        }),
        Rule::Alert(Alert {
            name: "SortieAgentsMissing",
            severity: Severity::Warning,
            // A machine that is gone counts until the engine forgets it, and a deployment runs old and new ones side by side:
            // the most that were there for a whole hour, so that what is replaced is not missing.
            expr: format!(
                "1 - {AGENTS} / {STEADY} > {MISSING}\n\
                 and\n\
                 {STEADY} - {AGENTS} >= {AT_LEAST}",
                STEADY = format!("max_over_time(min_over_time({AGENTS}[1h])[6h:5m])"),
            ),
            unless: None,
            wait: Some(Minutes(15)),
            keep: Some(Minutes(15)),
            summary: "<percent> of the agents of <subscription> are missing",
            description: "<percent> of the agents of <subscription> that reported for an hour on end within the last six hours do \
                          not now. Machines that were switched off are no fault; of others ask `systemctl status sortie`. The \
                          alert ends six hours after the last one was heard.",
            board: Board::Agents,
        }),
        Rule::Alert(Alert {
            name: "SortieAgentClockWrong",
            severity: Severity::Warning,
            expr: "sum by (cloud_account_id, host_id, host_name) (\n  \
                     increase(sortie_gateway_refused_points_total{reason=~\"too_old|future\"}[10m])\n\
                   ) > 0\n\
                   or\n\
                   sum by (cloud_account_id, host_id, host_name) (\n  \
                     increase(sortie_gateway_late_points_total[10m])\n\
                   ) > 0"
                .to_owned(),
            unless: None,
            // One step of a clock is over by then.
            wait: Some(Minutes(10)),
            keep: Some(Minutes(15)),
            summary: "The clock of <host_name> in <subscription> is wrong",
            description: "What <host_name> (<host_id>) sends as new is older than five minutes or lies in the future, <value> \
                          points within ten minutes. The gateway refuses what is more than a day old or from the future; the \
                          rest is stored in the past. Nothing is known of how this VM stands now until its clock is set: \
                          `timedatectl` and its time service. It costs nobody else anything.",
            board: Board::Vm,
        }),
    ]
}

/// They read series of every agent.
pub(super) fn slow() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieProbesStalled",
            severity: Severity::Warning,
            expr: format!("{AGENTS_STALLED} / {AGENTS} > {MISSING}"),
            unless: None,
            wait: Some(Minutes(15)),
            keep: Some(Minutes(15)),
            summary: "Agents of <subscription> report and do not probe",
            description: "<percent> of the agents of <subscription> report, have a way out, and have not judged a port for half \
                          an hour: what they show is old. See their logs and run `sortie doctor` on one; an [agent] interval \
                          of half an hour or more would look the same.",
            board: Board::Agents,
        }),
        Rule::Alert(Alert {
            name: "SortieTelemetryDropped",
            severity: Severity::Warning,
            expr: "sum by (cloud_account_id, sortie_signal, reason) (\n  \
                     increase(sortie_spool_dropped_total[15m])\n\
                   ) > 0"
                .to_owned(),
            unless: None,
            wait: None,
            keep: Some(Minutes(15)),
            summary: "Agents of <subscription> have lost <sortie_signal> (<reason>)",
            description: "Agents of <subscription> gave up <value> records of <sortie_signal> within 15 minutes, because of \
                          <reason>. `age` and `size`: the gateway was away for longer than the queue holds. `rejected`: the \
                          backend does not want them, see the gateway's log. `corrupt` and `memory`: the agents' disks.",
            board: Board::Agents,
        }),
        Rule::Alert(Alert {
            name: "SortieSpoolFilling",
            severity: Severity::Warning,
            expr: format!(
                "count by (cloud_account_id, sortie_signal) (\n  \
                   sortie_spool_usage_bytes / sortie_spool_limit_bytes > {FILLED}\n\
                 ) > 0"
            ),
            unless: None,
            wait: Some(Minutes(10)),
            keep: Some(Minutes(15)),
            summary: "Queues of agents of <subscription> are almost full (<sortie_signal>)",
            description: "<value> agents of <subscription> have filled more than four fifths of their queue of <sortie_signal>. \
                          When it is full the oldest is dropped. Look why the gateway takes less than they send; [otlp] \
                          max_bytes buys time.",
            board: Board::Agents,
        }),
        Rule::Alert(Alert {
            name: "SortieExportFailing",
            severity: Severity::Warning,
            expr: format!(
                "sum by (cloud_account_id) (rate(sortie_agent_exports_total{{error_type!=\"\"}}[15m]))\n  \
                   / (sum by (cloud_account_id) (rate(sortie_agent_exports_total[15m])) > 0) > {FAILING}"
            ),
            unless: None,
            wait: Some(Minutes(15)),
            keep: Some(Minutes(15)),
            summary: "Exports of agents of <subscription> fail",
            description: "<percent> of the exports of the agents of <subscription> fail. What failed waits on their disks. The \
                          error is in their logs and as error_type on the board: a token, a certificate, a limit, or a \
                          gateway that is too small.",
            board: Board::Agents,
        }),
    ]
}
