//! What the gauges say: the latest facts, and which states were left on the way.
//!
//! A state set is sparse. The current state is 1 and those it left are 0, so that a graph sees the fall; what it never
//! was has no series, so that a healthy machine costs one series for each port and not ten.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sortie_core::drift::Told;
use sortie_core::expect::Expectation;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

use crate::facts::{ConfigState, Facts, PortFacts, SpoolUsage, StoreState};
use crate::spool::Signal;

/// A moment that is computed from two clocks wanders with the wall clock, which time services slew by at most 500 ppm
/// (`adjtimex(2)`) and otherwise step: less than this in a minute, and the series stays one number.
const BOOT_DRIFT: Duration = Duration::from_secs(2);

/// Nothing is shown before the first facts.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) ports: BTreeMap<(Port, Family), Standing>,
    pub(crate) relays: BTreeMap<String, StateSet<Usability>>,
    pub(crate) agent: Option<Agent>,
    /// Empty where nothing is exported.
    pub(crate) spool: BTreeMap<Signal, Waiting>,
}

/// One port in one family.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) state: StateSet<State>,
    pub(crate) expected: StateSet<Expectation>,
    conclusive: Option<SystemTime>,
}

/// The agent itself.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) probe_mode: &'static str,
    pub(crate) config_hash: String,
    pub(crate) host_type: Option<String>,
    pub(crate) subscription: Option<Told>,
    pub(crate) config: StateSet<ConfigState>,
    pub(crate) store: StateSet<StoreState>,
    pub(crate) booted: SystemTime,
}

/// One lane of the queue, as it was at some moment.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) usage: SpoolUsage,
    seen: Instant,
}

impl Shown {
    /// Takes the next facts. Ports and relays that they do not name are forgotten.
    pub(crate) fn turn(&mut self, facts: Facts) {
        let mut before = std::mem::take(&mut self.ports);
        for port in &facts.ports {
            let key = (port.port, port.family);
            let standing = match before.remove(&key) {
                Some(mut standing) => {
                    standing.turn(port);
                    standing
                }
                None => Standing::new(port),
            };
            self.ports.insert(key, standing);
        }
        let mut before = std::mem::take(&mut self.relays);
        for relay in facts.relays {
            let mut set = before.remove(&relay.name).unwrap_or_else(|| StateSet::new(relay.result));
            set.turn(relay.result);
            self.relays.insert(relay.name, set);
        }
        let state = ConfigState::of(!facts.config_rejected);
        let (config, store, booted) = match self.agent.take() {
            Some(mut agent) => {
                agent.config.turn(state);
                agent.store.turn(facts.store);
                (agent.config, agent.store, steady(agent.booted, facts.booted))
            }
            None => (StateSet::new(state), StateSet::new(facts.store), facts.booted),
        };
        self.agent = Some(Agent {
            probe_mode: facts.engine.code(),
            config_hash: facts.config_hash,
            host_type: facts.host_type,
            subscription: facts.subscription,
            config,
            store,
            booted,
        });
    }
}

/// The boot as it was told before, unless the wall clock was set since: its drift makes no boot.
fn steady(told: SystemTime, now: SystemTime) -> SystemTime {
    let apart = now.duration_since(told).unwrap_or_else(|error| error.duration());
    if apart < BOOT_DRIFT { told } else { now }
}

/// Since the Unix epoch.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    // A clock before 1970 is a clock that was never set: zero looks as wrong as it is.
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Waiting {
    pub(crate) fn new(usage: SpoolUsage) -> Self {
        Self { usage, seen: Instant::now() }
    }

    /// For how long the oldest export has waited: it goes on to wait while nobody looks.
    pub(crate) fn oldest(&self) -> Duration {
        self.usage.oldest.map_or(Duration::ZERO, |then| then.saturating_add(self.seen.elapsed()))
    }
}

impl Standing {
    fn new(facts: &PortFacts) -> Self {
        Self {
            state: StateSet::new(facts.state),
            expected: StateSet::new(facts.expected),
            // Also of a state that is not conclusive: an agent that starts again knows when one was.
            conclusive: facts.conclusive,
        }
    }

    fn turn(&mut self, facts: &PortFacts) {
        self.state.turn(facts.state);
        self.expected.turn(facts.expected);
        if facts.state.is_conclusive() {
            self.conclusive = facts.conclusive.or(self.conclusive);
        }
    }

    /// Seconds since the Unix epoch; `None` before the first conclusion.
    pub(crate) fn last_conclusive(&self) -> Option<u64> {
        self.conclusive.map(seconds)
    }
}

/// The state of something, and those that it left.
#[derive(Debug)]
pub(crate) struct StateSet<S> {
    now: S,
    left: Vec<S>,
}

impl<S: Copy + PartialEq> StateSet<S> {
    fn new(now: S) -> Self {
        Self { now, left: Vec::new() }
    }

    fn turn(&mut self, to: S) {
        if to != self.now {
            self.left.retain(|state| *state != to);
            self.left.push(self.now);
            self.now = to;
        }
    }

    /// 1 for the current state, 0 for each that was left.
    pub(crate) fn series(&self) -> impl Iterator<Item = (S, i64)> {
        std::iter::once((self.now, 1)).chain(self.left.iter().map(|state| (*state, 0)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::RelayFacts;
    use crate::testing;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_state_set_names_what_is_and_what_was_and_nothing_else() {
        use State::{Open, PlatformBlocked, Throttled};
        let mut set = StateSet::new(Open);
        assert_eq!(set.series().collect::<Vec<_>>(), [(Open, 1)]);
        set.turn(Open);
        assert_eq!(set.series().collect::<Vec<_>>(), [(Open, 1)]);
        set.turn(Throttled);
        set.turn(PlatformBlocked);
        assert_eq!(set.series().collect::<Vec<_>>(), [(PlatformBlocked, 1), (Open, 0), (Throttled, 0)]);
        set.turn(Open);
        assert_eq!(set.series().collect::<Vec<_>>(), [(Open, 1), (Throttled, 0), (PlatformBlocked, 0)]);
    }

    #[test]
    fn the_last_conclusion_stands_still_while_nothing_can_be_judged() {
        let mut shown = Shown::default();
        for (state, conclusive, expected) in [
            (State::Inconclusive, None, None),
            (State::Open, Some(at(100)), Some(100)),
            (State::NoEgress, Some(at(160)), Some(100)),
            (State::Inconclusive, None, Some(100)),
            (State::PlatformBlocked, Some(at(280)), Some(280)),
            (State::PlatformBlocked, None, Some(280)),
        ] {
            let port = PortFacts { state, conclusive, ..testing::port_facts() };
            shown.turn(Facts { ports: vec![port], ..testing::facts() });
            let standing = shown.ports.values().next().expect("one port");
            assert_eq!(standing.last_conclusive(), expected, "{state:?} {conclusive:?}");
        }
    }

    #[test]
    fn an_agent_that_starts_again_without_egress_still_knows_its_last_conclusion() {
        let mut shown = Shown::default();
        let port = PortFacts { state: State::NoEgress, conclusive: Some(at(100)), ..testing::port_facts() };
        shown.turn(Facts { ports: vec![port], ..testing::facts() });
        assert_eq!(shown.ports.values().next().and_then(Standing::last_conclusive), Some(100));
    }

    #[test]
    fn a_clock_that_drifts_makes_no_boot_and_one_that_is_set_shows_another() {
        let mut shown = Shown::default();
        for (booted, told) in [(100, 100), (101, 100), (99, 100), (3_700, 3_700), (3_699, 3_700)] {
            shown.turn(Facts { booted: at(booted), ..testing::facts() });
            assert_eq!(shown.agent.as_ref().map(|agent| agent.booted), Some(at(told)), "{booted}");
        }
    }

    #[test]
    fn a_port_that_is_not_under_test_any_more_is_forgotten() {
        let mut shown = Shown::default();
        shown.turn(testing::facts());
        assert_eq!(shown.ports.len(), 1);
        shown.turn(Facts { ports: Vec::new(), ..testing::facts() });
        assert!(shown.ports.is_empty());
    }

    #[test]
    fn a_relay_is_known_by_its_name_and_forgotten_with_it() {
        use Usability::{Unusable, Usable};
        let mut shown = Shown::default();
        let relay = |name: &str, result| RelayFacts { name: name.to_owned(), result };
        shown.turn(Facts { relays: vec![relay("a", Usable), relay("b", Usable)], ..testing::facts() });
        shown.turn(Facts { relays: vec![relay("b", Unusable)], ..testing::facts() });
        let series: Vec<_> =
            shown.relays.iter().map(|(name, set)| (name.as_str(), set.series().collect())).collect();
        assert_eq!(series, [("b", vec![(Unusable, 1), (Usable, 0)])]);
    }
}
