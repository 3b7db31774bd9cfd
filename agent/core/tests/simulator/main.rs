//! The simulator: the machine's promises, kept over hundreds of simulated years.
//!
//! ```text
//!   weather ─┐                                     the real thing, from sortie-core
//!   deaths  ─┼─▶ world ─▶ probe ─▶ round ─▶ agent ─▶ Machine ─▶ years · onset ─▶ table
//!   freezes ─┘   SYN by SYN        hearing  schedule
//! ```
//!
//! Time is virtual and chance has fixed seeds, so every run finds the same figures, on one core or on many. They are
//! printed with `cargo test -p sortie-core --test simulator -- --nocapture`.
//!
//! What it does not know: reputation filters that several destinations share, routers and their distances (walks
//! find nothing here), and the time that a walk takes.

mod agent;
mod alternation;
mod delays;
mod onset;
mod probe;
mod round;
mod shards;
mod table;
mod weather;
mod world;
mod years;

use agent::{Agent, Ear};
use onset::Onsets;
use sortie_core::verdict::State;
use world::{Climate, Dies, World};
use years::{YEAR, Years};

/// Verdicts that name a culprit, and may never be wrong.
const ACCUSATIONS: [State; 4] =
    [State::PlatformBlocked, State::PathBlocked, State::LocallyBlocked, State::Intercepted];
/// Budgets of design §7, in seconds of virtual time.
const MEAN_BUDGET: f64 = 50.0;
const P99_BUDGET: f64 = 80.0;
/// Machines that are frozen again and again, and in their rounds.
const TEN_MINUTES: f64 = 10.0 / 1_440.0;
const TWO_MINUTES: f64 = 2.0 / 1_440.0;

#[test]
fn nobody_is_falsely_accused_and_every_block_is_shown_in_time_and_once() {
    let loss = Climate::with_loss;
    let mortal_ports = |percent| Climate { dies: Dies::MailPort, ..loss(percent) };
    let restless = |climate| Climate { days_between_freezes: TEN_MINUTES, ..climate };
    let frantic = |climate| Climate { days_between_freezes: TWO_MINUTES, ..climate };
    let one_dead = |climate| Climate { one_dead: true, ..climate };
    let four = |percent| Climate { operators: 4, ..loss(percent) };
    let years: Vec<(&str, Years)> = [
        ("0 % loss", loss(0.0), false, YEAR, 20),
        ("1 % loss", loss(0.01), false, YEAR, 300),
        ("1 %, only mail ports die", mortal_ports(0.01), false, YEAR, 60),
        ("1 %, one mail port dead for good", one_dead(mortal_ports(0.01)), false, YEAR, 8),
        ("1 %, four operators", four(0.01), false, YEAR, 20),
        ("1 %, a freeze every ten minutes", restless(loss(0.01)), false, YEAR, 20),
        ("5 % loss", loss(0.05), false, YEAR, 30),
        ("5 %, only mail ports die", mortal_ports(0.05), false, YEAR, 10),
        ("blocked, 1 % loss", loss(0.01), true, YEAR, 10),
        ("blocked, 5 %, a freeze every ten minutes", restless(loss(0.05)), true, YEAR, 10),
        ("20,000 starts, 1 % loss", loss(0.01), false, 0.0, 20_000),
        ("20,000 starts, 5 %, frozen every two minutes", frantic(loss(0.05)), false, 0.0, 20_000),
        ("20,000 starts, the same while blocked", frantic(loss(0.05)), true, 0.0, 20_000),
    ]
    .into_iter()
    .map(|(name, climate, blocked, span, machines)| (name, Years::live(climate, blocked, span, machines)))
    .collect();
    // Name, world, whether the budgets of time hold for it.
    let worlds = [
        ("0 % loss", loss(0.0), true),
        ("1 % loss", loss(0.01), true),
        ("5 % loss", loss(0.05), true),
        ("1 %, four operators", four(0.01), true),
        ("1 %, one host dead", one_dead(loss(0.01)), false),
        ("1 %, one mail port dead", one_dead(mortal_ports(0.01)), false),
        ("5 %, a freeze every ten minutes", restless(loss(0.05)), false),
    ];
    let onsets = worlds.map(|(name, climate, _)| (name, Onsets::live(climate, true, 20_000)));
    println!("{}", table::render(&years, &onsets));

    for (name, years) in &years {
        let blocked = name.contains("blocked");
        for state in ACCUSATIONS {
            assert_eq!(years.wrongly(state), 0, "{name}: falsely {state:?}");
        }
        assert!(!blocked || years.wrongly(State::Open) == 0, "{name}: falsely open");
    }
    for ((name, all), (_, _, budgeted)) in onsets.iter().zip(worlds) {
        assert_eq!(all.missed, (0, 0), "{name}: missed");
        assert_eq!(all.detours, 0, "{name}: something else was shown on the way");
        let (mean, p99) = (all.noticed.mean(), all.noticed.percentile(99));
        assert!(!budgeted || (mean <= MEAN_BUDGET && p99 <= P99_BUDGET), "{name}: mean {mean}, p99 {p99}");
    }
}

#[test]
fn a_machine_that_is_spared_what_it_knows_tells_the_same_story() {
    let stormy =
        Climate { dies: Dies::MailPort, days_between_freezes: TEN_MINUTES, ..Climate::with_loss(0.05) };
    let one_dead = Climate { one_dead: true, ..stormy };
    let month = YEAR / 12.0;
    let worlds = [
        (stormy, f64::INFINITY..f64::INFINITY),
        (one_dead, f64::INFINITY..f64::INFINITY),
        (Climate { dies: Dies::Host, ..stormy }, 0.3 * month..0.6 * month),
        (Climate::with_loss(0.0), 0.3 * month..0.6 * month),
    ];
    for (climate, block) in worlds {
        for seed in 0..6 {
            let [mut patient, mut thrifty] = [Ear::Patient, Ear::Thrifty].map(|ear| {
                let mut agent = Agent::new(World::new(climate, block.clone(), seed), ear, true, seed);
                agent.run(month, |_| false);
                agent.catch_up();
                agent
            });
            assert_eq!(patient.story, thrifty.story, "seed {seed}");
            assert_eq!(patient.sent, thrifty.sent, "seed {seed}");
            assert_eq!(patient.machine.shown(), thrifty.machine.shown(), "seed {seed}");
            // What another episode would begin with is the same as well.
            for agent in [&mut patient, &mut thrifty] {
                agent.machine.doubt();
            }
            assert_eq!(patient.machine.leaning(), thrifty.machine.leaning(), "seed {seed}");
        }
    }
}

#[test]
fn where_nobody_was_walked_to_nobody_is_accused() {
    let all = Onsets::live(Climate::with_loss(0.01), false, 200);
    assert_eq!(all.missed.0, all.count, "a block was shown without a walk");
}
