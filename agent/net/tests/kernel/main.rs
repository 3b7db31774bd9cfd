//! The engines against real kernels: private network namespaces with real filter rules, routes and servers.
//!
//! Needs root, `ip` and `nft`; without root every test says so and passes, since nothing was measured.

mod conditions;
mod edges;
mod forger;
mod forgeries;
mod lab;
mod server;
mod sessions;
mod unprivileged;
mod walks;
