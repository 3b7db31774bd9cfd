//! Every provider as a server on loopback, those who misbehave included.

mod clouds;
mod hostile;
mod machine;
pub(crate) mod server;
mod surroundings;
