//! What a round saw and changed, and what follows from it for one port and family: alerts, and what became of an exemption.

use std::time::SystemTime;

use sortie_core::alert::{Alarm, Turn, TypeStanding};
use sortie_core::circumstances::Circumstances;
use sortie_core::exemption::{Exemption, News};
use sortie_core::history::Sample;
use sortie_core::observation::Round;
use sortie_core::target::Port;
use sortie_core::verdict::State;

use super::Probing;
use crate::assemble;
use crate::config::PortExpectation;
use crate::jury::PortChange;
use crate::known::Known;
use crate::run::log;
use crate::run::memory::Entry;
use crate::run::telling::state_change;

/// What is remembered of a port and family beside what is on show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// When a round could last judge it.
    pub(super) conclusive: Option<SystemTime>,
    /// What is raised about it.
    pub(super) alarm: Alarm,
    /// How it stands with an exemption.
    pub(super) exemption: Exemption,
}

impl Standing {
    /// Takes what is on show after a round; `changed` says how it stands with the subscription, where it has changed and what
    /// is expected follows from it.
    fn turn(
        &mut self,
        port: Port,
        state: State,
        circumstances: &Circumstances<'_>,
        changed: Option<TypeStanding>,
    ) -> (Turn, Option<News>) {
        let mut grounds = circumstances.grounds(port, self.exemption);
        if let Some(standing) = changed {
            grounds.subscription = standing;
        }
        let may_be_exempted = port == Port::SMTP && circumstances.is_exemptible();
        (self.alarm.turn(state, grounds), self.exemption.turn(state, may_be_exempted))
    }
}

impl Probing<'_> {
    /// What a round saw and changed: onto the disk as one, then into the history, the metrics and the log.
    pub(super) async fn take(&mut self, round: &Round, changes: &[PortChange]) {
        let now = SystemTime::now();
        let began = self.jury.wall(round.started);
        self.measured = Some(began);
        let moment = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let samples: Vec<_> = round.observations.iter().map(Sample::of).collect();
        let mut entry = Entry::new();
        entry.samples(&samples, moment);
        let mut told = Vec::new();
        for machine in self.jury.machines() {
            let (port, family) = (machine.port(), machine.family());
            let cloud = self.machine.cloud.as_ref();
            let verdict = assemble::verdict(&self.jury, &self.config, cloud, machine, now);
            let (Some(shown), Some(verdict)) = (machine.shown(), verdict) else { continue };
            let since = self.jury.since(machine).unwrap_or(now);
            let standing = self.standings.entry((port, family)).or_default();
            if !machine.is_doubting() && shown.state.is_conclusive() {
                standing.conclusive = Some(now);
            }
            let circumstances = assemble::circumstances(&self.config, cloud, port);
            let expect = &self.config.expect;
            let is_told = port == Port::SMTP
                && expect.port_25 == PortExpectation::Auto
                && expect.subscription.is_none();
            let of_type = self.machine.alarm.standing().filter(|_| is_told);
            let (turn, news) = standing.turn(port, shown.state, &circumstances, of_type);
            let Standing { conclusive, alarm, exemption } = *standing;
            let finding = shown.clone();
            entry.remember(Known { port, family, finding, since, conclusive, alarm, exemption });
            let change = changes.iter().find(|change| (change.port, change.family) == (port, family));
            if let Some(PortChange { previous, .. }) = change {
                let change = state_change(&verdict, shown, *previous, since);
                entry.change(&change);
                self.telling().changed(&mut entry, &verdict, *previous, &change.uid, since);
                told.push((change, verdict.clone()));
            }
            self.telling().turned(&mut entry, &verdict, turn);
            if let Some(news) = news {
                log::exemption(news, &verdict);
                self.telling().exemption(&mut entry, &verdict, news);
            }
        }
        self.memory.keep(entry).await;
        round.observations.iter().for_each(|observation| self.telemetry.observed(observation));
        self.board.history(|history| history.record(samples, moment));
        for (change, verdict) in told {
            if change.previous.is_some() {
                self.telemetry.changed(change.port, change.family);
            }
            log::verdict(change.previous, &verdict);
            self.board.history(|history| history.change(change));
        }
    }
}
