//! Azure Resource Manager and the metadata service as two servers on loopback, those who misbehave included.

mod azure;
mod busy;
mod hostile;
mod identity;
mod questions;
mod readers;
mod service;
mod variables;
mod way_out;
