use std::collections::BTreeMap;

use super::*;
use crate::fleet::clock;
use crate::fleet::fault::Fault;
use crate::fleet::records::Records;
use crate::fleet::scenario::Scenario;

/// One of so many machines lives through a story.
const EVERY: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

fn common(rest: &str) -> Common {
    let text = format!("title = 'a'\nwhy = 'b'\nlength = '2h'\n{rest}");
    of_scenario(Scenario::parse("x", &text).unwrap_or_else(|error| panic!("{error:#}")))
}

fn of_scenario(scenario: Scenario) -> Common {
    let agent = &scenario.agent;
    let world = World::new(&agent.ports, agent.operators).expect("the catalogue");
    Common {
        world,
        script: Script::new(scenario, 1),
        clock: clock::Clock::start(clock::Pace::real()),
        records: Arc::new(Records::new(true)),
    }
}

/// What a machine showed when, of which port and family.
type Story = Vec<(Duration, (Port, Family), State)>;

/// The machine of this number lives until this moment, and nothing is exported: what it costs to pack is not of interest.
fn live(common: &Common, number: usize, until: Duration) -> Story {
    let mut agent = Agent::new(common, &common.script.population.vms[number]).expect("an agent");
    let mut due: BTreeMap<(Duration, u32), Act> = BTreeMap::new();
    let mut count = 0;
    let mut plan = |due: &mut BTreeMap<_, _>, acts: Vec<(Duration, Act)>| {
        for (at, act) in acts.into_iter().filter(|(_, act)| !matches!(act, Act::Export)) {
            count += 1;
            due.insert((at, count), act);
        }
    };
    plan(&mut due, agent.begin(common, Duration::ZERO));
    let mut story = Story::new();
    while let Some(((at, _), act)) = due.pop_first()
        && at <= until
    {
        let acts = agent.act(common, at, act).expect("an agent acts");
        plan(&mut due, acts);
        for (port, family, state) in agent.shown() {
            let latest = story.iter().rev().find(|(_, of, _)| *of == (port, family));
            if latest.is_none_or(|(.., latest)| *latest != state) {
                story.push((at, (port, family), state));
            }
        }
    }
    story
}

const OF_SMTP: (Port, Family) = (Port::SMTP, Family::Ipv4);

#[test]
fn an_agent_says_what_is_true_of_every_fate_that_its_packets_may_meet() {
    for fault in Fault::ALL {
        let word = format!("{fault:?}").chars().fold(String::new(), |word, letter| {
            let gap = if letter.is_uppercase() && !word.is_empty() { "_" } else { "" };
            word + gap + &letter.to_lowercase().to_string()
        });
        let common =
            common(&format!("[[subscription]]\nname = 'a'\ntype = 'ea'\nvms = 1\nstarts = '{word}'\n"));
        let story = live(&common, 0, 20 * MINUTE);
        let of_smtp: Vec<_> = story.iter().filter(|(_, of, _)| *of == OF_SMTP).collect();
        assert_eq!(of_smtp.last().map(|(.., state)| *state), Some(fault.state()), "{word}: {of_smtp:?}");
    }
}

#[test]
fn a_block_is_seen_within_eighty_seconds_and_without_a_detour() {
    for fault in ["platform_drop", "platform_reset", "path_drop", "local_firewall", "no_egress"] {
        let common = common(&format!(
            "[[subscription]]\nname = 'a'\ntype = 'ea'\nvms = 1\n\
             [[happening]]\nat = '20m'\nlasts = '20m'\nwhat.fault = '{fault}'\n"
        ));
        let story = live(&common, 0, 60 * MINUTE);
        let of_smtp: Vec<_> = story.into_iter().filter(|(_, of, _)| *of == OF_SMTP).collect();
        let [_, (seen, _, state), (lifted, ..)] = of_smtp[..] else { panic!("{fault}: {of_smtp:?}") };
        assert_eq!(
            state,
            common.script.state(&common.script.population.vms[0], Port::SMTP, Family::Ipv4, 25 * MINUTE)
        );
        for (moment, shown) in [(20 * MINUTE, seen), (40 * MINUTE, lifted)] {
            let delay = shown.saturating_sub(moment);
            assert!(delay <= Duration::from_secs(100), "{fault}: {delay:?}");
        }
    }
}

#[test]
fn in_the_end_of_every_story_machines_say_what_is_true() {
    let stories = [
        "block",
        "every-state",
        "exemption",
        "operator",
        "region",
        "reset",
        "security-group",
        "stops",
        "tenant",
        "type",
    ];
    for name in stories {
        let scenario = Scenario::load(name).unwrap_or_else(|error| panic!("{error:#}"));
        let end = scenario.length;
        let common = of_scenario(scenario);
        for vm in common.script.population.vms.iter().step_by(EVERY) {
            let story = live(&common, vm.number, end);
            for &port in &common.script.scenario.agent.ports {
                for &family in common.script.families(vm) {
                    let of_port = story.iter().filter(|(_, of, _)| *of == (port, family));
                    let shown = of_port.map(|(.., state)| *state).next_back();
                    let state = common.script.state(vm, port, family, end);
                    assert_eq!(shown, Some(state), "{name}, {}: {port} {family}: {story:?}", vm.host_name);
                }
            }
        }
    }
}
