//! What is told by events, as entries of what is kept: where nothing is exported, nothing is told.

use std::time::SystemTime;

use sortie_core::alert::{Alert, Turn};
use sortie_core::history::StateChange;
use sortie_core::report::PortVerdict;
use sortie_core::verdict::{Finding, State};
use sortie_telemetry::{Event, PortAlert, Signal, Telemetry};
use uuid::Uuid;

use super::memory::Entry;
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

    /// The alert that is over, and the one that began.
    pub(super) fn turned(&self, entry: &mut Entry, verdict: &PortVerdict, Turn { cleared, raised }: Turn) {
        let told = |alert| (alert, self.fingerprint(alert, verdict));
        if let Some((alert, fingerprint)) = cleared.map(told) {
            self.tell(entry, &Event::AlertCleared(PortAlert { alert, fingerprint: &fingerprint, verdict }));
        }
        if let Some((alert, fingerprint)) = raised.map(told) {
            self.tell(entry, &Event::AlertRaised(PortAlert { alert, fingerprint: &fingerprint, verdict }));
        }
    }

    fn tell_as(&self, entry: &mut Entry, event: &Event<'_>, uid: &str, at: SystemTime) {
        if let Some(export) = self.telemetry.and_then(|telemetry| telemetry.event(event, uid, at)) {
            entry.export(export);
        }
    }

    /// The same each time that this alert is raised and cleared on this host.
    fn fingerprint(&self, alert: Alert, verdict: &PortVerdict) -> String {
        let (host, name) = (&self.host, alert.cause.code());
        let of = format!("{host} {name} {} {}", verdict.port, verdict.family.code());
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
