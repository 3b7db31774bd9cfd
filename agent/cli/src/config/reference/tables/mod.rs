//! The tables of the file, in the order in which they are written.

mod agent;
mod cloud;
mod controls;
mod expect;
mod otlp;
mod probe;
mod relay;
mod target;
mod web;

use super::Table;

/// Every table.
pub(in crate::config) static TABLES: [Table; 9] = [
    agent::TABLE,
    probe::TABLE,
    target::TABLE,
    controls::TABLE,
    expect::TABLE,
    cloud::TABLE,
    relay::TABLE,
    otlp::TABLE,
    web::TABLE,
];
