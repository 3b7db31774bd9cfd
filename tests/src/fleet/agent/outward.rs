//! What an agent shows and exports: facts for its instruments, and what they amount to as bytes with moments of the story.

use std::time::Duration;

use anyhow::Result;
use sortie_core::observation::EngineKind;
use sortie_core::verdict::machine::Machine;
use sortie_telemetry::{Facts, PortFacts, RelayFacts, StoreState};

use super::{Agent, CONFIG_HASH, Common, wall};
use crate::fleet::moments::{self, Moment};
use crate::fleet::population;
use crate::fleet::spool::Made;
use crate::fleet::telling::Standing;

impl Agent {
    pub(super) fn show(&self, common: &Common, at: Duration) {
        let vm = &common.script.population.vms[self.vm];
        let port = |(machine, standing): (&Machine, &Standing)| {
            Some(PortFacts {
                port: machine.port(),
                family: machine.family(),
                state: machine.shown()?.state,
                expected: self.cloud.expected(machine.port()),
                conclusive: standing.conclusive,
            })
        };
        let relays = &common.script.scenario.subscription[vm.subscription].relays;
        let relay =
            |name: &String| RelayFacts { name: name.clone(), result: common.script.relay(vm, name, at) };
        let before = common.script.booted(vm, at);
        let began = wall(common, vm, Duration::ZERO);
        let booted = if before >= 0.0 {
            began - Duration::from_secs_f64(before)
        } else {
            began + Duration::from_secs_f64(-before)
        };
        self.telemetry.show(Facts {
            ports: self.machines.iter().zip(&self.standings).filter_map(port).collect(),
            relays: relays.iter().map(relay).collect(),
            engine: EngineKind::Raw,
            config_hash: CONFIG_HASH.to_owned(),
            config_rejected: false,
            host_type: Some(population::SIZE.to_owned()),
            subscription: self.cloud.told().cloned(),
            store: StoreState::Kept,
            booted,
        });
    }

    pub(super) fn export(&mut self, common: &Common, at: Duration) -> Result<()> {
        let vm = &common.script.population.vms[self.vm];
        for (signal, reason, records) in self.spool.lost() {
            self.telemetry.dropped(signal, reason, records);
        }
        for (signal, usage) in self.spool.usage(at) {
            self.telemetry.spooled(signal, usage);
        }
        let Some(export) = self.telemetry.metrics() else { return Ok(()) };
        let moment = Moment {
            at: wall(common, vm, at),
            began: wall(common, vm, self.began),
            uptime: at.saturating_sub(self.began),
        };
        let (export, request) = moments::moved(&export, moment)?;
        common.records.ended_requests(self.vm, moments::endings(&request));
        self.spool.add(Made { export, at: moment.at, samples: moments::samples(&request) }, at);
        Ok(())
    }
}
