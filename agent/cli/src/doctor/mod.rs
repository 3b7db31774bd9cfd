//! `sortie doctor`: what on this machine may stop mail, or Sortie.
//!
//! ```text
//! file, program ─▶ text, or why it was not seen ─▶ judge (pure) ─▶ Finding ─▶ table · JSON · exit code
//! └── look.rs, thin ┘                              └─ one small file a check ┘
//! ```
//!
//! Nothing is touched: no packet leaves the machine, nothing is written, no lock is taken. What may not be read is
//! `not seen`, in words; nothing is guessed. A finding is no verdict: who stops mail is for packets to say.

mod conntrack;
mod engine;
mod face;
mod finding;
mod look;
mod rules;
mod sockets;
mod source_ports;

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

#[expect(clippy::unused_async, reason = "the page is asked here")]
async fn examine(config: &Config) -> Vec<Finding> {
    let ports = config.roster.ports();
    let mut findings = engine::examine(config);
    findings.extend(rules::nftables::examine(&ports));
    findings.extend(rules::iptables::examine(&ports));
    findings.extend(conntrack::examine());
    findings.extend(source_ports::examine());
    findings
}
