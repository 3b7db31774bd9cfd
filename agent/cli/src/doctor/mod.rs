//! `sortie doctor`: what on this machine may stop mail, or Sortie.
//!
//! ```text
//! file, program ─▶ text, or why it was not seen ─▶ judge (pure) ─▶ Finding ─▶ table · JSON · exit code
//! └── look.rs, thin ┘                              └─ one small file a check ┘
//! ```
//!
//! Nothing is touched: no packet leaves the machine, nothing is written, no lock is taken. What may not be read is
//! `not seen`, in words; nothing is guessed. A finding is no verdict: who stops mail is for packets to say.

mod clock;
mod confinement;
mod conntrack;
mod engine;
mod export_files;
mod face;
mod finding;
mod firewalld;
mod interfaces;
mod kernel;
mod listeners;
mod look;
mod names;
mod policy;
mod proxy;
mod routes;
mod rules;
mod sockets;
mod source_ports;
mod state_dir;
mod ufw;
mod web;

use anyhow::Context as _;

use self::finding::{Finding, Standing};
use crate::args::{Doctor, DoctorFormat};
use crate::config::Config;
use crate::terminal;

/// Looks, writes what was found to stdout and returns the exit code.
pub async fn run(args: &Doctor, config: &Config) -> anyhow::Result<u8> {
    let findings = examine(config).await;
    let text = match args.format {
        DoctorFormat::Table => face::table(&findings, terminal::stdout_style()),
        DoctorFormat::Json => face::json(&findings),
    };
    terminal::print(&text).context("failed to write to stdout")?;
    Ok(match face::worst(&findings) {
        Standing::Fine | Standing::NotSeen => 0,
        Standing::WorthALook => 1,
        Standing::Broken => 2,
    })
}

async fn examine(config: &Config) -> Vec<Finding> {
    let (ports, families) = (config.roster.ports(), &config.probe.families);
    let mut findings = engine::examine(config);
    findings.extend(kernel::examine(families));
    findings.extend(rules::nftables::examine(&ports));
    findings.extend(rules::iptables::examine(&ports));
    findings.extend(ufw::examine(&ports));
    findings.extend(firewalld::examine(&ports));
    findings.extend(confinement::examine());
    findings.extend(conntrack::examine());
    findings.extend(source_ports::examine());
    let (routing_rules, other_tables) = policy::examine(families, &ports);
    let (routes, ways_out) = routes::examine(families, other_tables);
    findings.extend(routing_rules.into_iter().chain(routes));
    findings.extend(interfaces::examine(&ways_out.interfaces()));
    findings.extend(names::examine(&config.roster));
    findings.extend(clock::examine());
    findings.extend(listeners::examine(&ports));
    findings.extend(state_dir::examine(config));
    findings.extend(web::examine(&config.web).await);
    findings.extend(proxy::examine(&config.otlp));
    findings.extend(export_files::examine(&config.otlp));
    findings
}
