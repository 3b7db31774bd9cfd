//! A fleet: thousands of agents in one process, and what is true of them at each moment.
//!
//! ```text
//!   scenario (TOML) ─▶ population ─▶ script ─┬─▶ truth: what is so
//!                                            └─▶ world ─▶ agent: real state machine, real instruments, real bytes
//!                                                           └─▶ spool in memory ─▶ real shipper ─▶ gateway
//! ```
//!
//! An agent here is what `sortie run` is, without its disk and without packets: rounds come from a world that is made up
//! ([`world`]), everything behind them is the code that we ship. Each has a life of its own, is exported at its own phase of
//! the interval, and delivers by the rules of the real one.
//!
//! Time is virtual ([`clock`]): a story of forty minutes may be told in one, with the moments that it would have. The
//! truth follows from the scenario alone ([`script`]); what agents show is [`Fleet::shown`], and what they exported, with what became
//! of it, [`Fleet::emitted`].
//!
//! All of it is one thread. It lives in a namespace, or where the caller is, until the fleet is dropped.

mod agent;
mod clock;
mod cloud;
mod desk;
mod fault;
mod moments;
mod play;
mod population;
mod records;
mod scenario;
mod script;
mod settings;
mod spool;
mod telling;
mod world;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use tokio::runtime::Runtime;

use self::agent::Common;
use self::clock::Clock;
pub use self::clock::Pace;
use self::desk::Desk;
pub use self::fault::Fault;
use self::play::Play;
pub use self::population::{Population, Vm};
use self::records::Records;
pub use self::records::{Emitted, Fate, Record, Statistics};
pub use self::scenario::{Happening, Scenario, Subscription, What, Whom};
pub use self::script::{Script, Truth};
pub use self::settings::Settings;
use self::world::World;
use crate::netns::Namespace;
use crate::server::runtime;
use crate::stop::{Helper, StopFlag};

/// Beyond what a story takes, before it counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A fleet that runs until it is dropped.
#[derive(Debug)]
pub struct Fleet {
    script: Script,
    clock: Clock,
    desk: Arc<Desk>,
    records: Arc<Records>,
    _helper: Helper,
}

impl Fleet {
    /// Starts it in a namespace, where its endpoint is. The story begins at once.
    ///
    /// # Errors
    /// When the endpoint is none, or the machine has no room for so many.
    pub fn start(namespace: &Namespace, scenario: Scenario, settings: &Settings) -> Result<Self> {
        Self::start_in(Some(namespace), scenario, settings)
    }

    /// As [`Fleet::start`], in the network of the caller.
    ///
    /// # Errors
    /// As [`Fleet::start`].
    pub fn start_here(scenario: Scenario, settings: &Settings) -> Result<Self> {
        Self::start_in(None, scenario, settings)
    }

    fn start_in(namespace: Option<&Namespace>, scenario: Scenario, settings: &Settings) -> Result<Self> {
        let script = Script::new(scenario, settings.seed);
        let (desk, records) = (Arc::<Desk>::default(), Arc::new(Records::new(settings.remembers)));
        let agent = &script.scenario.agent;
        let world = World::new(&agent.ports, agent.operators)?;
        let (told, clocks) = std::sync::mpsc::channel();
        let of_thread = (script.clone(), Arc::clone(&records), Arc::clone(&desk), settings.clone());
        let prepare = move || {
            let (script, records, desk, settings) = of_thread;
            let runtime = runtime()?;
            // Shippers begin to count when they are made; the story begins when everybody is there.
            let play = runtime.block_on(async {
                let clock = Clock::start(settings.pace);
                Play::new(Common { script, world, clock, records }, &settings)
            })?;
            Ok((runtime, play, desk, told, settings.pace))
        };
        let serve =
            |(runtime, mut play, desk, told, pace): (Runtime, Play, Arc<Desk>, Sender<Clock>, Pace),
             flag: &StopFlag| {
                let clock = Clock::start(pace);
                play.restart(clock);
                let _ = told.send(clock);
                let result = runtime.block_on(play.go(&desk, flag));
                desk.over(result);
            };
        let helper = match namespace {
            Some(namespace) => namespace.spawn(prepare, serve),
            None => Helper::start("fleet", prepare, serve),
        }?;
        let clock = clocks.recv()?;
        Ok(Self { script, clock, desk, records, _helper: helper })
    }

    /// What happens, and to whom.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// How far the story is.
    pub fn now(&self) -> Duration {
        self.desk.now()
    }

    /// A moment of the story as clocks have it.
    pub fn wall(&self, moment: Duration) -> SystemTime {
        self.clock.wall(moment)
    }

    /// Waits until everything before this moment of the story has been done.
    ///
    /// # Errors
    /// When the fleet ended, or cannot keep up.
    pub fn reach(&self, moment: Duration) -> Result<()> {
        let patience = self.clock.until(moment) + PATIENCE;
        self.desk.wait(&format!("{moment:?}"), patience, |now, _| now >= moment)
    }

    /// Ends the story where it is, and waits until what was made is delivered; `patience` is real time.
    ///
    /// # Errors
    /// As [`Fleet::reach`].
    pub fn settle(&self, patience: Duration) -> Result<()> {
        self.desk.conclude();
        self.desk.wait("an empty queue", patience, |_, shown| shown.is_told && shown.waiting == 0)
    }

    /// Waits until agents show what is true now; `patience` is real time.
    ///
    /// # Errors
    /// As [`Fleet::reach`].
    pub fn agree(&self, patience: Duration) -> Result<()> {
        let script = &self.script;
        self.desk.wait("agents that show the truth", patience, |now, shown| {
            shown.counts == script.truth_at(now).counts
        })
    }

    /// What is true at a moment of the story.
    pub fn truth_at(&self, moment: Duration) -> Truth {
        self.script.truth_at(moment)
    }

    /// What agents show, counted as the truth is, as of a moment ago.
    pub fn shown(&self) -> Truth {
        Truth { counts: self.desk.shown().counts, ..Truth::default() }
    }

    /// Every export so far and what became of it; nothing where [`Settings::remembers`] is off.
    pub fn emitted(&self) -> Emitted {
        Emitted(self.records.all())
    }

    pub fn statistics(&self) -> Statistics {
        self.records.statistics()
    }
}
