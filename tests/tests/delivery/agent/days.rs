//! Days without an outage.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use e2e::agent::Daemon;
use e2e::ledger::Catalogue;
use e2e::wallclock::WallClock;

use super::{Case, FAREWELL, GAP};
use crate::history::{changes, require_told};
use crate::world::{Way, World, in_the_end, milliseconds, until};

/// Series that such a day does not bring: no machine stands still, and there is no Azure that tells of a subscription
/// (`tests/cloud` looks at that one).
const OF_OTHER_DAYS: &[&str] = &["sortie_agent_probe_skipped_total", "sortie_subscription_info"];

/// Seconds after the real time. Prometheus takes nothing from more than ten minutes ahead.
const STEPS: [i64; 3] = [0, 300, -300];
/// Seconds; shorter than a step, longer than what is done between two of them.
const NEAR: u64 = 120;
const EXPORTS: usize = 4;
/// Of several exports.
const SECONDS: f64 = 3.0;
/// In a second.
const MILLISECONDS: u64 = 1000;

pub(super) const CASES: &[Case] = &[
    ("on_a_normal_day_everything_is_in_prometheus_under_its_published_name", Way::Http, "", normal_day),
    ("a_wall_clock_that_is_stepped_both_ways_costs_no_point", Way::Http, "", stepped),
    ("a_gateway_that_speaks_tls_alone_is_reached_by_who_trusts_it", Way::Tls, "", over_tls),
    ("an_agent_without_a_certificate_is_not_heard_and_loses_nothing_by_it", Way::MutualTls, "", unknown),
];

fn normal_day(world: &mut World<'_>) -> Result<()> {
    let mut agent = world.agent()?;
    agent.until("open")?;
    world.block()?;
    agent.until("platform_blocked")?;
    // What is shown is in the next export.
    let page = names_on_page(&agent)?;
    until("an export of the block", || {
        Ok(world.sent()?.of_name("sortie_port_state_changes_total").any(|(_, _, value)| value >= 1.0))
    })?;
    let changes = changes(&agent)?;
    ensure!(changes.len() >= 2, "a verdict and a change: {changes:?}");
    in_the_end(|| require_told(&changes, &world.told()?))?;
    in_the_end(|| {
        let gaps = world.sent()?.gaps(GAP);
        ensure!(gaps.is_empty(), "exports are missing between {gaps:?}");
        Ok(())
    })?;
    agent.process().stop(FAREWELL)?;
    drop(agent);
    let next = world.agent()?;
    in_the_end(|| {
        let events = world.until_all_is_told(&next)?;
        for name in ["sortie.agent.start", "sortie.agent.stop", "sortie.alert.raised"] {
            ensure!(events.iter().any(|(_, event)| event.name == name), "no {name} among {events:#?}");
        }
        Ok(())
    })?;
    let points = world.until_all_is_stored(&next)?;
    let stored: BTreeSet<_> = points.series().map(|series| series.name().to_owned()).collect();
    let absent: Vec<_> = page.difference(&stored).collect();
    ensure!(absent.is_empty(), "on the page and not in Prometheus: {absent:?}");
    let published = Catalogue::load()?;
    let never: Vec<_> =
        published.series().filter(|name| !stored.contains(*name) && !OF_OTHER_DAYS.contains(name)).collect();
    ensure!(never.is_empty(), "published and not in Prometheus: {never:?}");
    for series in points.series() {
        for label in ["job", "instance", "cloud_account_id", "cloud_region", "host_id"] {
            ensure!(series.label(label).is_some(), "no {label} on {series}");
        }
    }
    Ok(())
}

fn over_tls(world: &mut World<'_>) -> Result<()> {
    let agent = world.agent()?;
    until("exports over TLS", || Ok(world.sent()?.moments().len() >= EXPORTS))?;
    world.until_all_is_stored(&agent)?;
    Ok(())
}

fn unknown(world: &mut World<'_>) -> Result<()> {
    let stranger = world.agent()?;
    until("exports that nobody takes", || Ok(waiting(&stranger)? >= SECONDS))?;
    let before = milliseconds()?;
    ensure!(world.sent()?.count() == 0, "a stranger is heard");
    drop(stranger);
    let agent = world.agent_with(&world.credentials()?)?;
    in_the_end(|| {
        let earlier = world.sent()?.moments().iter().filter(|at| **at < before).count();
        ensure!(earlier > 0, "what the stranger had to say has not come");
        Ok(())
    })?;
    in_the_end(|| {
        let gaps = world.sent()?.gaps(GAP);
        ensure!(gaps.len() <= 1, "exports are missing beside those between two lives: {gaps:?}");
        Ok(())
    })?;
    world.until_all_is_stored(&agent)?;
    Ok(())
}

/// Seconds that the oldest export has waited.
fn waiting(agent: &Daemon<'_>) -> Result<f64> {
    let page = agent.get("/metrics")?.body;
    let ages = page.lines().filter(|line| line.starts_with("sortie_spool_oldest_age_seconds{"));
    let of_metrics = ages.filter(|line| line.contains("sortie_signal=\"metrics\""));
    Ok(of_metrics.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn stepped(world: &mut World<'_>) -> Result<()> {
    let clock = WallClock::new(&world.desk.state_dir())?;
    let agent = world.agent_with(&clock.environment())?;
    for off_by in STEPS {
        clock.set(off_by)?;
        until("exports by the new time", || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().saturating_add_signed(off_by);
            let moments = world.sent()?.moments();
            Ok(moments.iter().filter(|at| (*at / MILLISECONDS).abs_diff(now) < NEAR).count() >= EXPORTS)
        })?;
    }
    world.until_all_is_stored(&agent)?;
    Ok(())
}

/// Names of the series on the agent's own page.
fn names_on_page(agent: &Daemon<'_>) -> Result<BTreeSet<String>> {
    let page = agent.get("/metrics")?.body;
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.starts_with("target_info"));
    Ok(lines.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect())
}
