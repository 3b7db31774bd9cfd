//! The body of an event: a sentence for people, and for an alert what to do next.

use sortie_core::report::NextStep;

use super::{About, Event};
use crate::spool::{Loss, Signal};

/// What happened, in words.
pub(super) fn body(event: &Event<'_>) -> String {
    match event {
        Event::PortStateChange { verdict, .. } => sentence(&verdict.summary),
        Event::AlertRaised(raised) => alert(&raised.about),
        Event::AlertCleared(cleared) => {
            format!("{} is over. {}", cleared.alert.cause.code(), sentence(cleared.about.summary()))
        }
        Event::SubscriptionTypeChange(change) => change.spoken(),
        Event::ExemptionVerified(exemption) => sentence(&exemption.verdict.summary),
        Event::ExemptionRegressed(exemption) => alert(&About::Port(exemption.verdict)),
        Event::AgentStart { engine, resumed, .. } => {
            let beginning = if *resumed { "goes on from what was on show before" } else { "begins anew" };
            format!("The agent was started with the engine {} and {beginning}.", engine.code())
        }
        Event::AgentStop { reason } => format!("The agent was ended by {reason}."),
        Event::AgentConfigChange { accepted: true, .. } => "The configuration was read again.".to_owned(),
        Event::AgentConfigChange { accepted: false, .. } => {
            "The configuration was refused; the last good one stays in use.".to_owned()
        }
        Event::AgentClockStep { seconds } => {
            let way = if *seconds < 0.0 { "back" } else { "forward" };
            format!("The clock of this machine was set {way} by {} s.", seconds.abs())
        }
        Event::AgentDataDropped { signal, reason, records } => dropped(*signal, *reason, *records),
    }
}

impl About<'_> {
    fn summary(&self) -> &str {
        match self {
            Self::Port(verdict) => &verdict.summary,
            Self::Relay { summary, .. } | Self::Machine { summary, .. } => summary,
        }
    }

    fn next_steps(&self) -> &[NextStep] {
        match self {
            Self::Port(verdict) => &verdict.next_steps,
            Self::Relay { .. } => &[],
            Self::Machine { next_steps, .. } => next_steps,
        }
    }
}

fn alert(about: &About<'_>) -> String {
    let mut text = sentence(about.summary());
    for step in about.next_steps() {
        text.push(' ');
        text.push_str(&sentence(&step.text));
    }
    text
}

fn dropped(signal: Signal, reason: Loss, records: u64) -> String {
    let what = match signal {
        Signal::Metrics => "points of metrics",
        Signal::Events => "events",
    };
    let why = match reason {
        Loss::Rejected => "the receiver refused them for good",
        Loss::Age => "they waited longer than `otlp.max_age`",
        Loss::Size => "there were more than `otlp.max_bytes` of them",
        Loss::Corrupt => "what the disk gave back is not what was written",
        Loss::Memory => "the disk refused them, and memory was full",
    };
    format!("{records} {what} will never be delivered: {why}.")
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}
