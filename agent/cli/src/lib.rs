//! The `sortie` command: what is typed, what is configured, and the faces of a report.
//!
//! ```text
//! args ─┐
//!       ├─▶ config + selection ─▶ (engines, core) ─▶ report ─▶ render ─▶ stdout, exit code
//! file ─┘
//! ```
//!
//! Data goes to stdout, everything else to stderr. This crate probes nothing and judges nothing by itself.

pub mod address;
pub mod args;
pub mod assemble;
pub mod board;
pub mod check;
mod client;
pub mod clock;
mod cloud;
pub mod completions;
pub mod config;
pub mod configure;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod exit;
pub mod failure;
pub mod fleet;
pub mod host;
pub mod jury;
pub mod knowledge;
pub mod known;
pub mod man;
pub mod page;
mod past;
pub mod progress;
pub mod prometheus;
mod relays;
pub mod render;
pub mod report;
pub mod run;
pub mod selection;
pub mod setup;
pub mod terminal;
pub mod text;
mod ticket;
pub mod verify;
pub mod web;
