//! `sortie report --ticket`: the same two sources, with what they remember, as an evidence pack.

use std::time::SystemTime;

use anyhow::Context as _;

use super::running::{self, PATIENCE};
use super::{left_behind, stored};
use crate::args::{self, TicketFormat};
use crate::assemble::rfc3339;
use crate::config::Config;
use crate::ticket::{Machine, Past, Sources, json, markdown, pack, redacted};
use crate::{exit, terminal};

/// A ticket cannot be written like this.
#[derive(Debug, thiserror::Error)]
#[error("a ticket is Markdown or JSON, and --format junit is neither")]
pub struct NoTicket;

pub(super) async fn run(args: &args::Report, config: &Config) -> anyhow::Result<u8> {
    let format = args.ticket_format().ok_or(NoTicket)?;
    let (report, past) = match running::ask(config.web.listen, PATIENCE).await {
        Ok(told) => (told.report, remembered(config).await),
        Err(silence) => (left_behind(config, silence)?, kept(config)),
    };
    let code = exit::of_report(&report);
    let (machine, made_at) = (Machine::look(), rfc3339(SystemTime::now()));
    let sources = Sources { report, past, machine, made_at, redacted: false };
    let sources =
        if args.redact { redacted(sources).context("failed to redact the report")? } else { sources };
    let ticket = pack(sources);
    let text = match format {
        TicketFormat::Markdown => {
            markdown(&ticket).context("failed to write the report of the ticket as JSON")?
        }
        TicketFormat::Json => json(&ticket).context("failed to write the ticket as JSON")?,
    };
    terminal::print(&text).context("failed to write to stdout")?;
    Ok(code)
}

/// The past by the running agent. A ticket without it is worth less, and more than none.
async fn remembered(config: &Config) -> Past {
    let told = running::history(config.web.listen, PATIENCE).await;
    told.unwrap_or_else(|error| lost(error.to_string()))
}

/// The past by the store.
fn kept(config: &Config) -> Past {
    stored::history(config)
        .map_or_else(|error| lost(error.to_string()), |history| Past::of(&history, Vec::new()))
}

fn lost(why: String) -> Past {
    Past { losses: vec![why], ..Past::default() }
}
