//! The boards: one a file.

mod agents;
mod common;
mod exemption;
mod fleet;
mod gateway;
mod subscription;
mod targets;
mod vm;

use super::model::Board;

/// Every board, from the general to the special.
pub fn all() -> Vec<Board> {
    vec![
        fleet::board(),
        subscription::board(),
        vm::board(),
        targets::board(),
        exemption::board(),
        agents::board(),
        gateway::board(),
    ]
}
