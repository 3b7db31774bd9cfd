//! The laboratory: networks with one known fault each, and the question whether `sortie` names it.
//!
//! ```text
//! scenario file ─▶ Chain of namespaces ─▶ rules, servers, names, forgers ─▶ sortie check ─▶ report
//!                                                                                          │
//!                                    matrix ◀─ grade ◀─ judge (expectations of the file) ◀─┘
//! ```
//!
//! Nothing here knows how `sortie` decides: the harness sees the command line, the configuration file and
//! the JSON report, as an operator would. Every packet is real and none leaves the namespaces.
//!
//! * [`plan`]: who lives at which documentation address.
//! * [`scenario`]: what a scenario file may say; unknown keys and missing expectations are refused.
//! * [`netns`], [`topology`], [`rules`]: the network.
//! * [`server`], [`dns`], [`forger`], [`flood`], [`pressure`]: what lives in it.
//! * [`config`], [`agent`], [`process`], [`report`], [`http`]: running the binary under test, and asking it.
//! * [`browser`]: looking at its page as people do.
//! * [`otlp`], [`exchange`], [`receiver`]: speaking OTLP as a sender, and as a receiver that misbehaves and remembers.
//! * [`backend`], [`ledger`]: a real collector and a real Prometheus, and what arrived in them, record by record.
//! * [`fleet`]: thousands of agents in one process, and what is true of them.
//! * [`notified`]: those whom Alertmanager tells, and what they were told.
//! * [`azure`]: the cloud that the machine stands in, as far as anybody asks it.
//! * [`judge`], [`matrix`]: what it should have said.
//! * [`tmpfs`], [`wallclock`]: a disk that is full and a clock that steps when a test wants it.
//! * [`trial`]: one scenario with one engine, from an empty kernel to a grade.

#![expect(missing_docs, reason = "nobody publishes a laboratory; names that say it all stand alone")]

pub mod agent;
pub mod azure;
pub mod backend;
pub mod browser;
pub mod command;
pub mod config;
pub mod dns;
pub mod exchange;
pub mod fleet;
pub mod flood;
pub mod forger;
pub mod http;
pub mod judge;
pub mod ledger;
pub mod matrix;
pub mod netns;
pub mod notified;
pub mod otlp;
pub mod packet;
pub mod plan;
pub mod pressure;
pub mod process;
pub mod receiver;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod server;
pub mod stop;
pub mod tmpfs;
pub mod topology;
pub mod trial;
pub mod wallclock;
