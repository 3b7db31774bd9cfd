//! Azure Resource Manager and the metadata service as two servers on loopback, those who misbehave included.

mod azure;
mod questions;
