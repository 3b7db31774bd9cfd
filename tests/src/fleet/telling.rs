//! What an agent tells by events, as `sortie run` does: changes of state, alerts, exemptions, the subscription.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sortie_core::advice;
use sortie_core::alert::{Alarm, Alert, Turn};
use sortie_core::drift::Change;
use sortie_core::exemption::{Exemption, News};
use sortie_core::expect::Expectation;
use sortie_core::knowledge::{self, When};
use sortie_core::report::compose;
use sortie_core::target::Port;
use sortie_core::verdict::State;
use sortie_core::verdict::machine::Machine;
use sortie_core::verification::Reason;
use sortie_telemetry::{About, Alerted, Event, Telemetry};
use uuid::Uuid;

use super::cloud::CloudFacts;
use super::spool::{Made, MemorySpool};

/// What is remembered of a port and family beside what is on show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub(super) conclusive: Option<SystemTime>,
    since: Option<SystemTime>,
    alarm: Alarm,
    exemption: Exemption,
}

/// A first verdict of a port and family, or another state.
#[derive(Clone, Copy, Debug)]
pub(super) struct PortChange {
    /// Number of the state machine.
    pub(super) machine: usize,
    /// `None` before the first verdict.
    pub(super) previous: Option<State>,
}

/// Events of one agent at one moment.
pub(super) struct Telling<'a> {
    pub(super) telemetry: &'a Telemetry,
    pub(super) spool: &'a Arc<MemorySpool>,
    pub(super) host: &'a str,
    /// In virtual time, and by the agent's clock.
    pub(super) at: Duration,
    pub(super) now: SystemTime,
}

impl Telling<'_> {
    pub(super) fn tell(&self, event: &Event<'_>) {
        let uid = Uuid::now_v7().to_string();
        if let Some(export) = self.telemetry.event(event, &uid, self.now) {
            self.spool.add(Made { export, at: self.now, samples: 0 }, self.at);
        }
    }

    /// What is on show after a round, and what changed there.
    pub(super) fn judged(
        &self,
        machine: &Machine,
        standing: &mut Standing,
        cloud: &CloudFacts,
        change: Option<&PortChange>,
    ) {
        let Some(shown) = machine.shown() else { return };
        if change.is_some() {
            standing.since = Some(self.now);
        }
        let (port, family) = (machine.port(), machine.family());
        let circumstances = cloud.circumstances(port);
        let mut grounds = circumstances.grounds(port, standing.exemption);
        let of_type = cloud.alarm.standing().filter(|_| port == Port::SMTP && cloud.is_told_what_to_expect());
        grounds.subscription = of_type.unwrap_or(grounds.subscription);
        let may_be_exempted = port == Port::SMTP && circumstances.is_exemptible();
        let turn = standing.alarm.turn(shown.state, grounds);
        let news = standing.exemption.turn(shown.state, may_be_exempted);
        if change.is_none() && turn == Turn::default() && news.is_none() {
            return;
        }
        let since = humantime::format_rfc3339_millis(standing.since.unwrap_or(self.now)).to_string();
        let verdict = compose::verdict(port, family, shown, &circumstances, since);
        if let Some(&PortChange { previous, .. }) = change {
            self.tell(&Event::PortStateChange { verdict: &verdict, previous });
        }
        self.turned(turn, &format!(" {} {}", verdict.port, family.code()), About::Port(&verdict));
        let exemption = |reason| sortie_telemetry::Exemption { reason, verdict: &verdict };
        match news {
            Some(News::Verified) => self.tell(&Event::ExemptionVerified(exemption(Reason::Open))),
            Some(News::Regressed) => self.tell(&Event::ExemptionRegressed(exemption(Reason::StillBlocked))),
            None => {}
        }
    }

    /// What Azure was asked, and told otherwise than before.
    pub(super) fn asked(
        &self,
        cloud: &mut CloudFacts,
        change: Option<&Change>,
        expected: (Expectation, Expectation),
    ) {
        let now = self.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let over = cloud.alarm.tick(now);
        let turn = change.map_or(Turn::default(), |change| cloud.alarm.change(change, expected, now));
        let summary = change
            .map_or_else(|| "The change of the subscription is no news any more".to_owned(), Change::spoken);
        let next_steps = advice::in_situation(knowledge::azure(), When::TypeChanged);
        if let Some(change) = change {
            self.tell(&Event::SubscriptionTypeChange(change));
        }
        for turn in [over, turn] {
            self.turned(turn, "", About::Machine { summary: &summary, next_steps: &next_steps });
        }
    }

    fn turned(&self, Turn { cleared, raised }: Turn, of: &str, about: About<'_>) {
        if let Some(alert) = cleared {
            let fingerprint = &self.fingerprint(alert, of);
            self.tell(&Event::AlertCleared(Alerted { alert, fingerprint, about }));
        }
        if let Some(alert) = raised {
            let fingerprint = &self.fingerprint(alert, of);
            self.tell(&Event::AlertRaised(Alerted { alert, fingerprint, about }));
        }
    }

    fn fingerprint(&self, alert: Alert, of: &str) -> String {
        let of = format!("{} {}{of}", self.host, alert.cause.code());
        Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()).to_string()
    }
}
