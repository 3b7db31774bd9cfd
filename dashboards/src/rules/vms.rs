//! One alert for each machine. It is loaded by nobody who does not ask for it: 6,000 of these took 1.24 s an evaluation, and
//! one change of the platform would be as many alerts as there are machines.

use super::{Alert, Board, Minutes, Rule, Severity};

pub(super) fn alerts() -> Vec<Rule> {
    vec![Rule::Alert(Alert {
        name: "SortieVMPortBlocked",
        severity: Severity::Info,
        expr: "max by (cloud_account_id, cloud_region, host_id, host_name, server_port, network_type) (\n  \
                 sortie_port_status{sortie_port_state=\"platform_blocked\"} == 1\n\
               )"
        .to_owned(),
        unless: None,
        wait: Some(Minutes(10)),
        keep: Some(Minutes(15)),
        summary: "The platform stops port <server_port> (<network_type>) on <host_name>",
        description: "The platform, or a security group, stops outbound port <server_port> on <host_name> (<host_id>) in \
                      <subscription>, <cloud_region>. `sortie report` on the machine shows the evidence.",
        board: Board::Vm,
    })]
}
