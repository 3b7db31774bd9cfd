//! Another configuration, taken between two rounds: what it leaves out is forgotten, and what is raised about it is over.

use std::sync::Arc;
use std::time::SystemTime;

use sortie_core::alert::Turn;
use sortie_core::verdict::machine::Machine;
use sortie_net::Prober;
use sortie_telemetry::Event;
use tracing::{info, warn};

use super::Probing;
use crate::assemble;
use crate::config::Config;
use crate::run::memory::Entry;
use crate::run::{log, notices, reload};

impl Probing<'_> {
    /// Takes the configuration as it is on disk now; where it is broken, the last good one stays and everybody is told.
    pub(super) async fn take_configuration(&mut self) {
        self.service.reloading();
        match reload::read(self.args) {
            Ok((config, prober)) => {
                let state_dir = &self.config.agent.state_dir;
                if config.agent.state_dir != *state_dir {
                    warn!("agent.state_dir stays {} until the next start", state_dir.display());
                }
                let previous = self.config.hash.clone();
                self.reconfigure(config, prober).await;
                let hash = self.config.hash.clone();
                self.tell(&Event::AgentConfigChange { hash: &hash, previous: &previous, accepted: true })
                    .await;
                self.notices.clear(notices::CONFIG_REJECTED);
                self.settings.send_replace(Arc::new(self.config.clone()));
                info!("the configuration was read again");
                log::start(&self.config, &self.jury);
            }
            Err(why) => {
                let file =
                    self.config.path.as_ref().map_or_else(String::new, |path| format!(" {}", path.display()));
                warn!("the configuration{file} is refused, the last good one stays in use:\n{why}");
                let text = format!("The configuration was refused; the last good one stays in use.\n{why}");
                self.notices.raise(notices::CONFIG_REJECTED, text);
                let hash = &self.config.hash;
                self.tell(&Event::AgentConfigChange { hash, previous: hash, accepted: false }).await;
            }
        }
        self.service.ready();
    }

    async fn reconfigure(&mut self, config: Config, prober: Prober) {
        let place = |machine: &Machine| (machine.port(), machine.family());
        let now = SystemTime::now();
        let cloud = self.machine.cloud.as_ref();
        let verdict = |machine| assemble::verdict(&self.jury, &self.config, cloud, machine, now);
        let before: Vec<_> = self.jury.machines().iter().map(|m| (place(m), verdict(m))).collect();
        self.jury.reconfigure(prober, config.roster.clone(), &config.probe.families);
        self.config = config;
        let mut entry = Entry::new();
        for (gone, verdict) in before {
            if !self.jury.machines().iter().any(|machine| place(machine) == gone) {
                entry.forget(gone);
                let cleared = self.standings.remove(&gone).and_then(|standing| standing.alarm.raised());
                if let Some(verdict) = verdict {
                    self.telling().turned(&mut entry, &verdict, Turn { cleared, raised: None });
                }
            }
        }
        self.memory.keep(entry).await;
    }
}
