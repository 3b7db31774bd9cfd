//! What is true of each machine at each moment. It follows from the scenario alone: nothing here knows what an agent says.

use std::collections::BTreeMap;
use std::time::Duration;

use sortie_core::knowledge::Subscription;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

use super::fault::Fault;
use super::population::{Population, Vm};
use super::scenario::{Scenario, What};

/// Days since a machine was booted, at most.
const UPTIME_DAYS: f64 = 90.0;
const DAY: f64 = 86_400.0;

/// The story of a fleet, moment by moment.
#[derive(Clone, Debug)]
pub struct Script {
    pub scenario: Scenario,
    pub population: Population,
    /// By happening and machine: when it begins there, where it does.
    onsets: Vec<Vec<Option<Duration>>>,
}

/// How many machines are in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// By the name of the subscription, port and family.
    pub counts: BTreeMap<(String, Port, Family, State), usize>,
    /// Agents that run, by the name of the subscription.
    pub agents: BTreeMap<String, usize>,
}

impl Truth {
    /// Machines of a subscription in a state; port 25 over IPv4.
    pub fn of(&self, subscription: &str, state: State) -> usize {
        self.count(subscription, Port::SMTP, Family::Ipv4, state)
    }

    pub fn count(&self, subscription: &str, port: Port, family: Family, state: State) -> usize {
        self.counts.get(&(subscription.to_owned(), port, family, state)).copied().unwrap_or_default()
    }
}

impl Script {
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let population = Population::new(&scenario, seed);
        let onsets = (0..scenario.happening.len()).map(|number| onsets(&scenario, &population, number));
        let onsets = onsets.collect();
        Self { scenario, population, onsets }
    }

    /// The truth at a moment, of machines whose agents run.
    pub fn truth_at(&self, at: Duration) -> Truth {
        let mut truth = Truth::default();
        let running = self.population.vms.iter().filter(|vm| self.life(vm, at).is_some());
        for vm in running {
            let subscription = &self.scenario.subscription[vm.subscription].name;
            *truth.agents.entry(subscription.clone()).or_default() += 1;
            for &port in &self.scenario.agent.ports {
                for &family in self.families(vm) {
                    let key = (subscription.clone(), port, family, self.state(vm, port, family, at));
                    *truth.counts.entry(key).or_default() += 1;
                }
            }
        }
        truth
    }

    /// The families over which a machine probes.
    pub fn families(&self, vm: &Vm) -> &[Family] {
        let own = self.scenario.subscription[vm.subscription].families.as_deref();
        own.unwrap_or(&self.scenario.agent.families)
    }

    /// What is true of a port of a machine.
    pub fn state(&self, vm: &Vm, port: Port, family: Family, at: Duration) -> State {
        match self.fault(vm, port, family, at) {
            Fault::None if self.dead(at).count() >= 2 => State::Partial,
            fault => fault.state(),
        }
    }

    /// What packets of a port meet.
    pub fn fault(&self, vm: &Vm, port: Port, family: Family, at: Duration) -> Fault {
        let mut faults = Vec::new();
        if port == Port::SMTP {
            faults.push(self.starts(vm));
        }
        let mut happened: Vec<_> =
            self.of(vm, at).filter(|(what, ..)| is_of_packets(what)).collect::<Vec<_>>();
        happened.sort_by_key(|(.., onset)| *onset);
        for (what, number, onset) in happened {
            let to = &self.scenario.happening[number].to;
            let is_of_all = matches!(what, What::Fault(Fault::NoEgress) | What::Lift);
            let is_meant =
                to.ports.as_ref().map_or(is_of_all || port == Port::SMTP, |ports| ports.contains(&port))
                    && to.families.as_ref().is_none_or(|families| families.contains(&family));
            match what {
                What::Fault(fault) if is_meant => faults.push(*fault),
                What::Lift if is_meant => faults.clear(),
                What::Exemption { deallocated_after }
                    if port == Port::SMTP && onset + *deallocated_after <= at =>
                {
                    faults.retain(|fault| !matches!(fault, Fault::PlatformDrop | Fault::PlatformReset));
                }
                _ => {}
            }
        }
        faults.into_iter().min().unwrap_or(Fault::None)
    }

    /// Operators whose mail servers are silent.
    pub fn dead(&self, at: Duration) -> impl Iterator<Item = &str> {
        self.scenario
            .happening
            .iter()
            .filter(move |happening| {
                happening.at <= at && happening.lasts.is_none_or(|lasts| at < happening.at + lasts)
            })
            .filter_map(|happening| match &happening.what {
                What::OperatorDies(operator) => Some(operator.as_str()),
                _ => None,
            })
    }

    /// When the life that the agent is in began, where it is in one.
    pub fn life(&self, vm: &Vm, at: Duration) -> Option<Duration> {
        let mut began = Duration::ZERO;
        for (number, happening) in self.scenario.happening.iter().enumerate() {
            let Some(onset) = self.onsets[number][vm.number].filter(|onset| *onset <= at) else { continue };
            match (&happening.what, happening.lasts) {
                (What::Stop, Some(lasts)) if onset + lasts <= at => began = began.max(onset + lasts),
                (What::Stop, _) => return None,
                // The machine is off for a moment.
                (What::Exemption { deallocated_after }, _) if onset + *deallocated_after <= at => {
                    began = began.max(onset + *deallocated_after);
                }
                _ => {}
            }
        }
        Some(began)
    }

    /// When the agent begins another life, at `at` or after it: one that is deallocated ends and begins in one moment.
    pub fn next_life(&self, vm: &Vm, at: Duration) -> Option<Duration> {
        let mut starts: Vec<Duration> = Vec::new();
        for (number, happening) in self.scenario.happening.iter().enumerate() {
            let Some(onset) = self.onsets[number][vm.number] else { continue };
            match (&happening.what, happening.lasts) {
                (What::Stop, Some(lasts)) => starts.push(onset + lasts),
                (What::Exemption { deallocated_after }, _) => starts.push(onset + *deallocated_after),
                _ => {}
            }
        }
        starts.into_iter().filter(|start| *start >= at).min()
    }

    /// When the life that the agent is in at `at` ends.
    pub fn end_of_life(&self, vm: &Vm, at: Duration) -> Option<Duration> {
        let ends = self.scenario.happening.iter().zip(&self.onsets).filter_map(|(happening, onsets)| {
            let onset = onsets[vm.number]?;
            match &happening.what {
                What::Stop => Some(onset),
                What::Exemption { deallocated_after } => Some(onset + *deallocated_after),
                _ => None,
            }
        });
        ends.filter(|end| *end > at).min()
    }

    /// By how many seconds its clock is ahead.
    pub fn clock_off(&self, vm: &Vm, at: Duration) -> i64 {
        let off = |(what, ..): (&What, usize, Duration)| match what {
            What::ClockOff(seconds) => Some(*seconds),
            _ => None,
        };
        self.of(vm, at).find_map(off).unwrap_or_default()
    }

    /// The type of its subscription, as Azure tells it.
    pub fn kind(&self, vm: &Vm, at: Duration) -> Subscription {
        let mut kind = self.scenario.subscription[vm.subscription].kind;
        for (what, ..) in self.of(vm, at) {
            if let What::Type(told) = what {
                kind = *told;
            }
        }
        kind
    }

    /// The flag of its interface, where the machine may ask for it.
    pub fn allows_port_25(&self, vm: &Vm, at: Duration) -> Option<bool> {
        let exempted = self.of(vm, at).any(|(what, ..)| matches!(what, What::Exemption { .. }));
        let flag = self.scenario.subscription[vm.subscription].allow_port_25_out?;
        Some(flag || exempted)
    }

    /// How a relay stands.
    pub fn relay(&self, vm: &Vm, relay: &str, at: Duration) -> Usability {
        let mut result = Usability::Usable;
        for (what, ..) in self.of(vm, at) {
            if let What::Relay { name, result: told } = what
                && name == relay
            {
                result = *told;
            }
        }
        result
    }

    /// When the machine was booted, in seconds before the first moment (below zero: after it).
    pub fn booted(&self, vm: &Vm, at: Duration) -> f64 {
        let again = self.of(vm, at).filter_map(|(what, _, onset)| match what {
            What::Exemption { deallocated_after } => Some(onset + *deallocated_after),
            _ => None,
        });
        let again = again.filter(|moment| *moment <= at).max();
        again.map_or_else(|| vm.draw("boot") * UPTIME_DAYS * DAY, |moment| -moment.as_secs_f64())
    }

    /// What port 25 meets before anything happens.
    fn starts(&self, vm: &Vm) -> Fault {
        let subscription = &self.scenario.subscription[vm.subscription];
        subscription.starts.unwrap_or(match subscription.kind {
            Subscription::EaDevtest | Subscription::Other if subscription.allow_port_25_out != Some(true) => {
                Fault::PlatformDrop
            }
            _ => Fault::None,
        })
    }

    /// What has come to a machine and is not over, with its number and the moment at which it came.
    fn of(&self, vm: &Vm, at: Duration) -> impl Iterator<Item = (&What, usize, Duration)> {
        let number = vm.number;
        self.scenario.happening.iter().zip(&self.onsets).enumerate().filter_map(
            move |(index, (happening, onsets))| {
                let onset = onsets[number].filter(|onset| *onset <= at)?;
                let is_over = happening.lasts.is_some_and(|lasts| onset + lasts <= at);
                (!is_over).then_some((&happening.what, index, onset))
            },
        )
    }
}

fn is_of_packets(what: &What) -> bool {
    matches!(what, What::Fault(_) | What::Lift | What::Exemption { .. })
}

/// When a happening comes to each machine: in an order that is drawn, evenly over its time.
fn onsets(scenario: &Scenario, population: &Population, number: usize) -> Vec<Option<Duration>> {
    let happening = &scenario.happening[number];
    let to = &happening.to;
    let mut meant: Vec<&Vm> = population
        .vms
        .iter()
        .filter(|vm| {
            to.subscription.as_ref().is_none_or(|name| scenario.subscription[vm.subscription].name == *name)
                && to.region.as_ref().is_none_or(|region| *region == vm.region)
                && to.vnet.is_none_or(|vnet| vnet == vm.vnet)
        })
        .collect();
    meant.sort_by(|a, b| a.draw(("whom", number)).total_cmp(&b.draw(("whom", number))));
    let wanted = meant.len() as f64 * to.share;
    // To the nearest whole machine.
    let wanted = (0..meant.len()).take_while(|number| *number as f64 + 0.5 <= wanted).count();
    meant.truncate(wanted);
    let mut onsets = vec![None; population.vms.len()];
    for (rank, vm) in meant.iter().enumerate() {
        onsets[vm.number] = Some(happening.at + happening.over.mul_f64(rank as f64 / meant.len() as f64));
    }
    onsets
}

#[cfg(test)]
mod tests {
    use State::{NoEgress, Open, PlatformBlocked};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn script(happenings: &str) -> Script {
        let text = format!(
            "title = 'a'\nwhy = 'b'\nlength = '1h'\n\
             [[subscription]]\nname = 'prod'\ntype = 'ea'\nvms = 40\nregions = ['west', 'north']\nvnets = 2\nrelays = ['acs']\n\
             [[subscription]]\nname = 'dev'\ntype = 'ea-devtest'\nvms = 10\nallow_port_25_out = false\n{happenings}"
        );
        Script::new(Scenario::parse("x", &text).expect("well-formed"), 1)
    }

    fn counts(script: &Script, minute: u32, of: &str, states: [State; 2]) -> [usize; 2] {
        let truth = script.truth_at(minute * MINUTE);
        states.map(|state| truth.of(of, state))
    }

    #[test]
    fn before_anything_happens_a_port_is_as_the_type_of_the_subscription_has_it() {
        let script = script("");
        assert_eq!(counts(&script, 0, "prod", [Open, PlatformBlocked]), [40, 0]);
        assert_eq!(counts(&script, 0, "dev", [Open, PlatformBlocked]), [0, 10]);
        let truth = script.truth_at(MINUTE);
        assert_eq!(truth.count("dev", Port::SUBMISSION, Family::Ipv4, Open), 10);
        assert_eq!(truth.agents["prod"], 40);
    }

    #[test]
    fn a_block_that_comes_one_by_one_has_come_to_so_many_at_each_moment_and_goes_when_it_is_lifted() {
        let script = script(
            "[[happening]]\nat = '10m'\nover = '10m'\nto.subscription = 'prod'\nwhat.fault = 'platform_drop'\n\
             [[happening]]\nat = '30m'\nto.subscription = 'prod'\nto.region = 'west'\nwhat = 'lift'\n",
        );
        for (minute, open, blocked) in [(9, 40, 0), (15, 19, 21), (20, 0, 40), (30, 20, 20)] {
            assert_eq!(counts(&script, minute, "prod", [Open, PlatformBlocked]), [open, blocked], "{minute}");
        }
        assert_eq!(counts(&script, 59, "dev", [Open, PlatformBlocked]), [0, 10]);
    }

    #[test]
    fn what_lasts_is_over_and_the_worst_that_holds_is_true() {
        let script = script(
            "[[happening]]\nat = '10m'\nlasts = '10m'\nto.vnet = 0\nto.region = 'west'\nwhat.fault = 'security_group'\n\
             [[happening]]\nat = '12m'\nlasts = '2m'\nto.region = 'west'\nwhat.fault = 'no_egress'\n",
        );
        for (minute, blocked, cut_off) in [(9, 0, 0), (11, 10, 0), (13, 0, 20), (15, 10, 0), (20, 0, 0)] {
            assert_eq!(
                counts(&script, minute, "prod", [PlatformBlocked, NoEgress]),
                [blocked, cut_off],
                "{minute}"
            );
        }
    }

    #[test]
    fn an_exemption_takes_effect_when_the_machine_is_deallocated_which_is_another_life_of_the_agent() {
        let script = script(
            "[[happening]]\nat = '10m'\nto.subscription = 'dev'\nto.share = 0.5\n\
             what.exemption.deallocated_after = '5m'\n",
        );
        assert_eq!(counts(&script, 14, "dev", [Open, PlatformBlocked]), [0, 10]);
        assert_eq!(counts(&script, 15, "dev", [Open, PlatformBlocked]), [5, 5]);
        let vms = || script.population.vms.iter().filter(|vm| vm.subscription == 1);
        let granted =
            |minute| vms().filter(|vm| script.allows_port_25(vm, minute * MINUTE) == Some(true)).count();
        assert_eq!([granted(9), granted(11)], [0, 5]);
        let vm = vms().find(|vm| script.allows_port_25(vm, 11 * MINUTE) == Some(true)).expect("five of them");
        assert_eq!([MINUTE, 15 * MINUTE].map(|at| script.next_life(vm, at)), [Some(15 * MINUTE); 2]);
        assert_eq!(script.life(vm, 16 * MINUTE), Some(15 * MINUTE));
        assert!(script.booted(vm, 14 * MINUTE) >= 0.0 && script.booted(vm, 16 * MINUTE) <= -900.0);
    }

    #[test]
    fn agents_that_are_stopped_say_nothing_and_come_again() {
        let script = script(
            "[[happening]]\nat = '10m'\nlasts = '5m'\nto.subscription = 'prod'\nto.share = 0.25\nwhat = 'stop'\n",
        );
        let running = |minute| script.truth_at(minute * MINUTE).agents["prod"];
        assert_eq!([9, 12, 15].map(running), [40, 30, 40]);
    }

    #[test]
    fn one_dead_operator_is_nobodys_state_and_two_are() {
        let dies = |operator| {
            format!("[[happening]]\nat = '10m'\nlasts = '5m'\nwhat.operator_dies = '{operator}'\n")
        };
        let one = script(&dies("google"));
        assert_eq!(counts(&one, 12, "prod", [Open, State::Partial]), [40, 0]);
        let two = script(&(dies("google") + &dies("yahoo")));
        assert_eq!(counts(&two, 12, "prod", [Open, State::Partial]), [0, 40]);
        assert_eq!(counts(&two, 15, "prod", [Open, State::Partial]), [40, 0]);
    }

    #[test]
    fn types_clocks_and_relays_are_as_the_story_has_them() {
        let script = script(
            "[[happening]]\nat = '10m'\nto.subscription = 'prod'\nwhat.type = 'other'\n\
             [[happening]]\nat = '10m'\nto.subscription = 'prod'\nto.share = 0.1\nwhat.clock_off = -7200\n\
             [[happening]]\nat = '10m'\nlasts = '1m'\nto.subscription = 'prod'\nwhat.relay = { name = 'acs', result = 'unusable' }\n",
        );
        let vms: Vec<_> = script.population.vms.iter().filter(|vm| vm.subscription == 0).collect();
        let (before, after) = (9 * MINUTE, 10 * MINUTE);
        assert_eq!(
            [before, after].map(|at| script.kind(vms[0], at)),
            [Subscription::Ea, Subscription::Other]
        );
        assert_eq!(vms.iter().filter(|vm| script.clock_off(vm, after) == -7200).count(), 4);
        let relay = |at| script.relay(vms[0], "acs", at);
        assert_eq!([before, after, 12 * MINUTE].map(relay), {
            use Usability::{Unusable, Usable};
            [Usable, Unusable, Usable]
        });
    }
}
