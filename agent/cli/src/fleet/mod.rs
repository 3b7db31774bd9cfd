//! `sortie fleet`: how every subscription stands, as its agents report to a Prometheus API. Nothing is probed.
//!
//! ```text
//!   query ─▶ prometheus ─▶ census: tallies of VMs ─▶ observed, standing ─▶ advise ─▶ face: table, JSON
//!                   └────▶ since, vms ───────────────────────┘
//! ```
//!
//! * [`query`]: the questions. Sums are made where the data is, so that a row never is a VM.
//! * [`ask`]: the one place that asks, and what was learned in earlier looks.
//! * [`census`], [`observed`], [`since`], [`vms`], [`advise`]: pure; what the answers amount to, and what to do about it.
//! * [`face`], [`screen`]: how it is shown, once or again and again.
//!
//! It judges no packet: a state is what agents say, and this only counts them.

mod advise;
mod ask;
mod census;
mod face;
mod observed;
mod query;
mod screen;
mod since;
#[cfg(test)]
mod tests;
mod vms;

use anyhow::Context as _;

use self::ask::{Asker, Look};
use self::query::{Scope, Source};
use self::screen::Screen;
use crate::args::{Fleet, FleetFormat};
use crate::exit::{self, Standing};
use crate::prometheus::{AskError, Prometheus};
use crate::{progress, terminal};

/// Shows the fleet, once or until Ctrl-C, and returns the exit code.
pub async fn run(args: &Fleet) -> anyhow::Result<u8> {
    let prometheus = Prometheus::at(&args.prometheus, args.bearer_token_file.as_deref(), &args.headers)?;
    let mut asker = Asker::new(prometheus, Scope::of(args), args.vms);
    let mut shown = Shown { args, screen: Screen::new(args), code: None };
    tokio::select! {
        ended = shown.go_on(&mut asker) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted.context("failed to listen for Ctrl-C")?,
    }
    Ok(shown.code.unwrap_or(exit::INTERRUPTED))
}

/// What is on show.
struct Shown<'a> {
    args: &'a Fleet,
    screen: Screen,
    /// That of the last table; `None` before the first.
    code: Option<u8>,
}

impl Shown<'_> {
    async fn go_on(&mut self, asker: &mut Asker) -> anyhow::Result<()> {
        loop {
            let progress = progress::Progress::start(self.code.is_some());
            progress.say("asking the Prometheus API");
            let looked = asker.look().await;
            progress.finish();
            self.show(looked)?;
            let Some(pause) = self.args.watch else { return Ok(()) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Whoever cannot be asked the first time is not waited for: most likely it is the question. Later an answer that may come
    /// by itself is waited for, and the last table stays on show with its moment.
    fn show(&mut self, looked: Result<Look, AskError>) -> anyhow::Result<()> {
        let look = match looked {
            Ok(look) => look,
            Err(error) if self.code.is_some() && error.is_passing() => {
                self.code = Some(exit::UNKNOWN);
                let kept = self.screen.keep(format!("{error}; it is asked again"));
                return kept.context("failed to write to stdout");
            }
            Err(error) => return Err(error.into()),
        };
        self.code = Some(code(&look));
        let text = match self.args.format {
            FleetFormat::Table => face::table(&look, self.args, terminal::stdout_style()),
            FleetFormat::Json => face::json(&look, self.args).context("failed to write the fleet as JSON")?,
        };
        self.screen.show(text, sentences(&look)).context("failed to write to stdout")
    }
}

/// The exit code of one look: that nobody is missed is known from a whole answer only.
fn code(look: &Look) -> u8 {
    let standing = look.census.standing();
    let least = if look.remarks.incomplete.is_empty() { Standing::Fine } else { Standing::Unknown };
    standing.max(least).code()
}

/// What has to be known beside the table.
fn sentences(look: &Look) -> Vec<String> {
    let partly = look.remarks.incomplete.iter().map(|why| format!("not all may be in it: {why}"));
    let counted = "the recording rules are not loaded there: the VMs are counted, which takes longer, and since when is looked up for what is not as expected only";
    let is_raw = look.source == Source::Raw && !look.census.subscriptions.is_empty();
    let counted = is_raw.then(|| counted.to_owned());
    counted.into_iter().chain(partly).chain(look.remarks.notes.iter().cloned()).collect()
}
