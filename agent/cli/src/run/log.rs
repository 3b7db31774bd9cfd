//! What a running agent writes to its log, and its one line for the service manager.

use std::time::{Duration, SystemTime};

use sortie_core::drift::Change;
use sortie_core::exemption::News;
use sortie_core::observation::EngineKind;
use sortie_core::report::{PortVerdict, Report};
use sortie_core::schedule::Pace;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;
use tracing::{debug, info, warn};

use super::relay_news::RelayNews;
use crate::assemble;
use crate::clock::Step;
use crate::config::Config;
use crate::jury::Jury;
use crate::text::printable;

/// Who is asked how often, and what cannot be seen.
pub(super) fn start(config: &Config, jury: &Jury) {
    let ports = config.roster.ports().into_iter();
    let asked: Vec<_> = ports
        .map(|port| format!("{} operators on port {port}", config.roster.operators(port).len()))
        .collect();
    let interval = humantime::format_duration(config.agent.interval);
    let (version, engine) = (env!("CARGO_PKG_VERSION"), jury.prober().engine());
    info!("sortie {version}: {} every {interval}, engine {}", asked.join(", "), engine.code());
    if config.pace != Pace::DEFAULT {
        warn!("this is a demonstration, judged at a pace that is not fit for the internet");
    }
    for limit in jury.prober().limits() {
        match engine {
            EngineKind::Connect => info!("not seen: {limit}"),
            EngineKind::Raw => debug!("not seen: {limit}"),
        }
    }
}

/// A first verdict or a change: the state, why, and what to do about it.
pub(super) fn verdict(previous: Option<State>, verdict: &PortVerdict) {
    let states = match previous {
        Some(previous) => format!("{} → {}", previous.code(), verdict.state),
        None => verdict.state.to_owned(),
    };
    let (port, family, summary) = (verdict.port, verdict.family, printable(&verdict.summary));
    if verdict.state == State::Open.code() {
        info!("port {port} over {family}: {states}: {summary}");
    } else {
        warn!("port {port} over {family}: {states}: {summary}");
    }
    for step in &verdict.next_steps {
        info!("  next: {}", step.text);
    }
}

/// The subscription is another one.
pub(super) fn subscription(change: &Change) {
    warn!("{}", printable(&change.spoken()));
}

/// What became of an exemption.
pub(super) fn exemption(news: News, verdict: &PortVerdict) {
    let (port, family) = (verdict.port, verdict.family);
    match news {
        News::Verified => info!("port {port} over {family}: the exemption is in effect"),
        News::Regressed => {
            warn!("port {port} over {family}: the exemption was in effect and is not any more");
        }
    }
}

/// What the last life of this agent had on show, which stays there until the jury finds something else.
pub(super) fn recalled(port: Port, family: Family, state: State, since: SystemTime) {
    let (state, since) = (state.code(), assemble::rfc3339(since));
    info!("port {port} over {family}: {state} since {since}, as this agent knew before it was started again");
}

/// An alert about a relay began or is over.
pub(super) fn relay(news: &RelayNews) {
    let summary = printable(&news.summary);
    if news.turn.raised.is_some() { warn!("{summary}") } else { info!("{summary}") }
}

/// The wall clock was set.
pub(super) fn clock_step(step: Step) {
    let (by, word) = match step {
        Step::Forward(by) => (by, "forward"),
        Step::Back(by) => (by, "back"),
    };
    let by = humantime::format_duration(Duration::from_secs(by.as_secs().max(1)));
    info!("the clock of this machine was set {word} by {by}; moments before that are as it showed them then");
}

/// One line: the state of every port and family.
pub(super) fn status(report: &Report) -> String {
    let states = report.verdicts.iter().map(|v| format!("{}/{} {}", v.port, v.family.code(), v.state));
    let states: Vec<_> = states.collect();
    if states.is_empty() { "nothing was measured yet".to_owned() } else { states.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_status_line_names_every_port() {
        let report = Report { verdicts: vec![sample::verdict()], ..sample::report() };
        let line = status(&report);
        assert!(line.starts_with("25/ipv4 "), "{line}");
        assert_eq!(status(&Report { verdicts: Vec::new(), ..report }), "nothing was measured yet");
    }
}
