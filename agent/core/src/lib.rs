//! The rules of Sortie, and nothing else.
//!
//! ```text
//! plan ─▶ attempt ─▶ observation ─▶ outcome ─▶ ledger ─▶ verdict ─▶ report
//! ```
//!
//! This crate opens no socket, reads no clock, touches no file and has no `async`: time and randomness are
//! arguments. Everything that it is told about the world arrives as an [`observation::Observation`], which says
//! what came back and holds no opinion; everything that it concludes leaves as a [`report::Report`].
//!
//! The same inputs always give the same verdict, so a verdict can be put into a support ticket and computed again
//! by somebody else.
#![forbid(unsafe_code)]

pub mod advice;
pub mod alert;
pub mod circumstances;
pub mod distance;
pub mod drift;
pub mod errno;
pub mod evidence;
pub mod exemption;
pub mod expect;
pub mod hearing;
pub mod history;
pub mod knowledge;
pub mod ledger;
pub mod localise;
pub mod observation;
pub mod outcome;
pub mod packet;
pub mod policy;
pub mod relay;
pub mod report;
pub mod schedule;
pub mod smtp;
pub mod subscription;
pub mod target;
pub mod verdict;
pub mod verification;
pub mod walk;
