//! `sortie check`: one sitting of the jury, then what a person likes to read.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use sortie_core::report::{Cloud, explain};
use sortie_net::Event;

use crate::args::{Check, Format};
use crate::cloud::{self, Lookup};
use crate::config::Config;
use crate::jury::{Jury, Stage};
use crate::progress::Progress;
use crate::relays::Asking;
use crate::report::since::Shown;
use crate::{assemble, exit, render, terminal};

/// Long enough for every confirm round with the default window.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

/// Sits once, writes the report to stdout and returns the exit code.
pub async fn run(args: &Check, config: &Config, jury: &mut Jury) -> anyhow::Result<u8> {
    let line = Progress::start(args.quiet);
    let limit = args.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let shown = Shown::look(config);
    let lookup = Lookup::begin(config);
    let relays = Asking::begin(config, (&args.addresses, &args.ports), limit);
    let tell = |stage| {
        // Silence is asked again: only the cloud can tell the platform from a security group.
        if matches!(stage, Stage::Round(2.., Event::Started { .. })) {
            lookup.want_way_out();
        }
        line.say(&words(stage));
    };
    let sitting = tokio::time::timeout(limit, jury.sit(&tell)).await;
    line.say("waiting for the relays, and for what the cloud says of this machine");
    let patience = if sitting.is_ok() { cloud::PATIENCE } else { Duration::ZERO };
    let place = lookup.answer_within(patience);
    if sitting.is_err() {
        let limit = humantime::format_duration(limit);
        terminal::warn(&format!("stopped after {limit}; what was not known by then is said to be unknown"));
    }
    let (cloud, relays) = tokio::join!(place, relays.told());
    jury.reconsider(cloud.as_ref().and_then(Cloud::detour).as_deref());
    let mut report = assemble::last_report(jury, config, cloud.as_ref(), SystemTime::now());
    report.relays = relays;
    shown.pass_on(&mut report).await;
    line.finish();
    report.explanation = args.explain.then(|| explain(jury.rounds(), jury.walks()));
    let text = match args.format {
        Format::Table => render::table(&report, terminal::stdout_style()),
        Format::Json => render::json(&report).context("failed to write the report as JSON")?,
        Format::Junit => render::junit(&report).context("failed to write the report as JUnit")?,
    };
    terminal::print(&text).context("failed to write to stdout")?;
    Ok(exit::of_report(&report))
}

/// What a jury is doing.
pub(crate) fn words(stage: Stage) -> String {
    match stage {
        Stage::Resolving => "looking up names".to_owned(),
        Stage::Round(number, Event::Started { probes }) => {
            format!("round {number}: asking {probes} addresses")
        }
        Stage::Round(number, Event::Settled { done, of, .. }) => {
            format!("round {number}: {done} of {of} addresses settled")
        }
        Stage::Suspended(asleep) => {
            format!("this machine slept for {} s: the round is repeated", asleep.as_secs().max(1))
        }
        Stage::Walking => "walking the first hops".to_owned(),
        Stage::Pausing(pause) => format!("silence is asked again in {} s", pause.as_secs().max(1)),
    }
}
