//! `sortie knowledge`: what providers and relays document, for people in 80 columns and for programs as JSON.
//!
//! Everything that is shown comes from `sortie_core::knowledge`; here it is laid out, and told how old it is. Nothing is
//! asked of any network.

mod age;
mod document;
mod layout;
mod overview;
mod provider;
mod relays;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use anyhow::Context as _;
use sortie_core::knowledge;

use self::layout::Sheet;
use crate::args::{Knowledge, KnowledgeFormat};
use crate::clock::Reading;
use crate::render::Style;
use crate::terminal;

/// Does what was asked.
pub fn run(args: &Knowledge) -> anyhow::Result<()> {
    let topic = args.topic.as_deref();
    let text = match args.format {
        KnowledgeFormat::Table => table(topic, terminal::stdout_style(), Reading::now().wall_time()),
        KnowledgeFormat::Json => {
            document::json(topic).context("failed to write the knowledge base as JSON")?
        }
    };
    terminal::print(text).context("failed to write to stdout")
}

/// For people: everything at a glance, or one topic with its sources.
fn table(topic: Option<&str>, style: Style, now: SystemTime) -> String {
    let mut sheet = Sheet::new(style);
    match topic.map(knowledge::provider) {
        None => overview::write(&mut sheet, now),
        Some(Some(provider)) => provider::write(&mut sheet, provider, now),
        // The command line takes providers and relays, and nothing else.
        Some(None) => relays::write(&mut sheet, now),
    }
    sheet.text()
}
