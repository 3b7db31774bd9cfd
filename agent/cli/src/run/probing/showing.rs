//! The state of things, for every face at once.

use std::time::Duration;

use sortie_core::relay::Usability;
use sortie_core::report::{Relay, Report};
use sortie_core::schedule::Pace;
use sortie_core::verdict::machine::Machine;
use sortie_telemetry::{Event, Facts, PortFacts, RelayFacts, StoreState};

use super::Probing;
use crate::assemble;
use crate::board::AgentFacts;
use crate::clock::Reading;
use crate::run::{log, notices};

impl Probing<'_> {
    /// Puts the state of things on the board, for every face at once.
    pub(super) async fn show(&mut self, pause: Option<Duration>) {
        let reading = Reading::now();
        if let Some(step) = reading.stepped_since(&self.clock) {
            log::clock_step(step);
            self.tell(&Event::AgentClockStep { seconds: step.seconds() }).await;
        }
        self.clock = reading;
        self.notices.of_disk(&self.memory.condition());
        self.notices.of_receiver(&self.config.otlp, &self.telemetry);
        self.heed_cloud().await;
        self.notices.of_machine(&self.machine);
        self.heed_relays().await;
        let now = reading.wall_time();
        let report = assemble::report(&self.jury, &self.config, self.machine.cloud.as_ref(), now);
        let report = Report { relays: self.heard.relays.clone(), ..report };
        self.telemetry.show(self.facts());
        self.service.status(&log::status(&report));
        let agent = AgentFacts {
            version: env!("CARGO_PKG_VERSION"),
            started: self.started,
            measured: self.measured,
            next_round: pause.map(|pause| now + pause),
            interval: self.config.agent.interval,
            demonstration: self.config.pace != Pace::DEFAULT,
            config: self.config.path.clone(),
            config_hash: self.config.hash.clone(),
        };
        self.board.show(report, agent, self.notices.list());
    }

    fn facts(&self) -> Facts {
        let is_kept = !self.notices.has(notices::NOT_KEPT);
        let cloud = self.machine.cloud.as_ref();
        let port = |machine: &Machine| {
            let (port, family) = (machine.port(), machine.family());
            Some(PortFacts {
                port,
                family,
                state: machine.shown()?.state,
                expected: assemble::circumstances(&self.config, cloud, port).expected,
                conclusive: self.standings.get(&(port, family)).and_then(|standing| standing.conclusive),
            })
        };
        let relay = |relay: &Relay| {
            let result = Usability::ALL.into_iter().find(|known| known.code() == relay.result)?;
            Some(RelayFacts { name: relay.name.clone(), result })
        };
        Facts {
            ports: self.jury.machines().iter().filter_map(port).collect(),
            relays: self.heard.relays.iter().filter_map(relay).collect(),
            engine: self.jury.prober().engine(),
            config_hash: self.config.hash.clone(),
            config_rejected: self.notices.has(notices::CONFIG_REJECTED),
            host_type: cloud.and_then(|cloud| cloud.size.clone()),
            subscription: cloud
                .and_then(|cloud| cloud.subscription.as_ref())
                .and(self.machine.subscription.clone()),
            store: if is_kept { StoreState::Kept } else { StoreState::Memory },
            booted: self.clock.booted(),
        }
    }
}
