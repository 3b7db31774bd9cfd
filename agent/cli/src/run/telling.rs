//! What is told by events, as entries of what is kept: where nothing is exported, nothing is told.

use std::time::SystemTime;

use sortie_core::alert::{Alert, Turn};
use sortie_core::drift::Change;
use sortie_core::exemption::News;
use sortie_core::history::StateChange;
use sortie_core::knowledge::When;
use sortie_core::report::PortVerdict;
use sortie_core::verdict::{Finding, State};
use sortie_core::verification::Reason;
use sortie_core::{advice, knowledge};
use sortie_telemetry::{About, Alerted, Event, Exemption, Signal, Telemetry};
use uuid::Uuid;

use super::memory::Entry;
use super::relay_news::RelayNews;
use crate::config::Config;
use crate::{assemble, host};

/// Events on their way into an entry.
pub(super) struct Telling<'a> {
    /// `None` where nothing is exported.
    telemetry: Option<&'a Telemetry>,
    host: String,
}

impl<'a> Telling<'a> {
    /// Events of an agent with this configuration.
    pub(super) fn new(telemetry: &'a Telemetry, config: &Config) -> Self {
        let telemetry = config.otlp.exports(Signal::Events).then_some(telemetry);
        Self { telemetry, host: host::identity(config) }
    }

    /// Something that happened now.
    pub(super) fn tell(&self, entry: &mut Entry, event: &Event<'_>) {
        self.tell_as(entry, event, &Uuid::now_v7().to_string(), SystemTime::now());
    }

    /// Another state, with the uid under which the history has it and the moment of its decision.
    pub(super) fn changed(
        &self,
        entry: &mut Entry,
        verdict: &PortVerdict,
        previous: Option<State>,
        uid: &str,
        at: SystemTime,
    ) {
        self.tell_as(entry, &Event::PortStateChange { verdict, previous }, uid, at);
    }

    /// The alert about a port that is over, and the one that began.
    pub(super) fn turned(&self, entry: &mut Entry, verdict: &PortVerdict, turn: Turn) {
        let of = format!(" {} {}", verdict.port, verdict.family.code());
        self.tell_turn(entry, turn, &of, About::Port(verdict));
    }

    /// The alert about the subscription that is over, and the one that began; what changed is known where something did.
    pub(super) fn subscription_turned(&self, entry: &mut Entry, turn: Turn, change: Option<&Change>) {
        let summary = change
            .map_or_else(|| "The change of the subscription is no news any more".to_owned(), Change::spoken);
        let next_steps = advice::in_situation(knowledge::azure(), When::TypeChanged);
        self.tell_turn(entry, turn, "", About::Machine { summary: &summary, next_steps: &next_steps });
    }

    /// The alert about a relay that is over, or the one that began.
    pub(super) fn relay_turned(&self, entry: &mut Entry, news: &RelayNews) {
        let RelayNews { name, summary, turn } = news;
        self.tell_turn(entry, *turn, &format!(" {name}"), About::Relay { name, summary });
    }

    /// The subscription is another one.
    pub(super) fn subscription_changed(&self, entry: &mut Entry, change: &Change) {
        self.tell(entry, &Event::SubscriptionTypeChange(change));
    }

    /// What became of an exemption.
    pub(super) fn exemption(&self, entry: &mut Entry, verdict: &PortVerdict, news: News) {
        let told = |reason| Exemption { reason, verdict };
        let event = match news {
            News::Verified => Event::ExemptionVerified(told(Reason::Open)),
            News::Regressed => Event::ExemptionRegressed(told(Reason::StillBlocked)),
        };
        self.tell(entry, &event);
    }

    fn tell_turn(&self, entry: &mut Entry, Turn { cleared, raised }: Turn, of: &str, about: About<'_>) {
        let told = |alert| (alert, self.fingerprint(alert, of));
        if let Some((alert, fingerprint)) = cleared.map(told) {
            self.tell(entry, &Event::AlertCleared(Alerted { alert, fingerprint: &fingerprint, about }));
        }
        if let Some((alert, fingerprint)) = raised.map(told) {
            self.tell(entry, &Event::AlertRaised(Alerted { alert, fingerprint: &fingerprint, about }));
        }
    }

    fn tell_as(&self, entry: &mut Entry, event: &Event<'_>, uid: &str, at: SystemTime) {
        if let Some(export) = self.telemetry.and_then(|telemetry| telemetry.event(event, uid, at)) {
            entry.export(export);
        }
    }

    /// The same each time that this alert is raised and cleared on this host; `of` is what it is about.
    fn fingerprint(&self, alert: Alert, of: &str) -> String {
        let of = format!("{} {}{of}", self.host, alert.cause.code());
        Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()).to_string()
    }
}

/// The change that led to this verdict, as history and events tell it.
pub(super) fn state_change(
    verdict: &PortVerdict,
    finding: &Finding,
    previous: Option<State>,
    at: SystemTime,
) -> StateChange {
    StateChange {
        uid: Uuid::now_v7().to_string(),
        at: assemble::rfc3339(at),
        moment: at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
        port: verdict.port,
        family: verdict.family,
        previous,
        state: finding.state,
        signature: finding.signature,
        attribution: finding.attribution,
        confidence: finding.confidence,
        rule: finding.rule,
        summary: verdict.summary.clone(),
    }
}
