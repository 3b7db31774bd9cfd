//! How long it took until somebody was told, in its parts. They are printed; nobody is held to seconds.

#![expect(clippy::print_stdout, reason = "whoever runs it reads the timing")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use e2e::fleet::Fleet;
use e2e::notified::Notification;

use crate::world::World;

/// Of the machines of a subscription, whose block is the subscription's: what the alert says, and in percent.
const MOST: f64 = 0.9;
const MOST_PERCENT: usize = 90;
/// Of a subscription, what share of its machines the platform stops, as the rules record it.
const RATIO: &str = "cloud_account_port:sortie_vms_blocked:ratio";
/// Evaluations of the rules from the one that sees the block until somebody is told, at most: a minute for the group is
/// one, one was missed by a moment, and one is for a machine that is busy.
const EVALUATIONS: usize = 3;

/// From the rule that fired to the person who was told.
pub(crate) fn print(what: &str, told: &Notification) -> Result<()> {
    println!("{what}: told {:.1} s after its rule fired", seconds(fired(told)?, told.at));
    Ok(())
}

/// From a block that happened at this moment of the story to the person who was told of so many subscriptions, in this
/// alert.
pub(crate) fn of_block(
    world: &World<'_>,
    fleet: &Fleet,
    alert: &str,
    happened: Duration,
    subscriptions: usize,
) -> Result<()> {
    let told = world.desk.wait(alert, |told| told.name() == alert)?;
    let (happened, detected) = (fleet.wall(happened), detected(fleet)?);
    let (seen, fired) = (seen(world, happened, subscriptions)?, fired(&told)?);
    let evaluations = world.evaluations(seen, told.at)?;
    println!(
        "{alert}: {} agents; detected by {MOST} of them after {:.1} s, exported and seen by the rules after {:.1} s more, \
         fired after {:.1} s more, told after {:.1} s more: {:.1} s in all, {evaluations} evaluations from seeing to \
         telling",
        fleet.script().population.vms.len(),
        seconds(happened, detected),
        seconds(detected, seen),
        seconds(seen, fired),
        seconds(fired, told.at),
        seconds(happened, told.at),
    );
    ensure!(evaluations <= EVALUATIONS, "{evaluations} evaluations passed until {alert} was told");
    Ok(())
}

/// When the rules saw so many subscriptions blocked for the first time since then.
fn seen(world: &World<'_>, happened: SystemTime, subscriptions: usize) -> Result<SystemTime> {
    let since = u64::try_from(happened.duration_since(UNIX_EPOCH)?.as_millis())?;
    let recorded = world.backend.prometheus.points(&format!("{RATIO}{{server_port=\"25\"}}"))?;
    let mut first = BTreeMap::new();
    // What was blocked before is no news.
    let before: BTreeSet<_> = recorded
        .of_name(RATIO)
        .filter(|(_, at, ratio)| *at < since && *ratio >= MOST)
        .map(|(series, ..)| series)
        .collect();
    for (series, at, ratio) in recorded.of_name(RATIO) {
        if ratio >= MOST && !before.contains(series) {
            let moment = first.entry(series).or_insert(at);
            *moment = at.min(*moment);
        }
    }
    let mut moments: Vec<_> = first.into_values().collect();
    moments.sort_unstable();
    let at = moments.get(subscriptions - 1).context("the rules saw no block")?;
    Ok(UNIX_EPOCH + Duration::from_millis(*at))
}

/// When most of the machines that were to detect it had.
fn detected(fleet: &Fleet) -> Result<SystemTime> {
    let events = fleet.emitted().events()?;
    let blocked = events.iter().filter(|(_, event)| {
        event.name == "sortie.port.state_change"
            && event.attributes.get("sortie.port.state").is_some_and(|state| state == "platform_blocked")
            && event.attributes.get("sortie.port.state.previous").is_some_and(|state| state == "open")
    });
    let mut moments: Vec<_> = blocked.map(|(_, event)| event.at).collect();
    moments.sort_unstable();
    let most = (moments.len() * MOST_PERCENT).div_ceil(100);
    let at = moments.get(most.saturating_sub(1)).context("nobody told of a block")?;
    Ok(UNIX_EPOCH + Duration::from_nanos(*at))
}

fn fired(told: &Notification) -> Result<SystemTime> {
    told.alerts.iter().map(|alert| alert.starts_at).min().context("it holds an alert")
}

fn seconds(from: SystemTime, to: SystemTime) -> f64 {
    to.duration_since(from).unwrap_or_default().as_secs_f64()
}
