//! Disks that are full or damaged, and exports that nobody will ever take.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Daemon;
use e2e::tmpfs::Tmpfs;
use e2e::wallclock::WallClock;

use super::{Case, FAREWELL, GAP, dropped};
use crate::world::{Way, World, in_the_end, milliseconds, until};

/// Bytes: room for a store, and for an outage of some seconds.
const SMALL_DISK: u64 = 2 << 20;
/// Bytes at the beginning of the store, with all that tells where the rest is.
const DAMAGE: usize = 64 << 10;
/// In seconds: beyond what Prometheus takes.
const TOO_OLD: i64 = 25 * 3600;
const WINDOW: u64 = 24 * 3600 * 1000;
/// Exports on each side of a step.
const EXPORTS: usize = 4;
/// Milliseconds; the shortest that can be configured.
const MAX_AGE: u64 = 60_000;
/// Milliseconds until a backlog is sent, in which its oldest exports grow too old as well.
const MEANWHILE: u64 = 15_000;

pub(super) const CASES: &[Case] = &[
    ("an_agent_whose_disk_is_full_goes_on_and_says_so_and_comes_back", Way::Http, "max_bytes = '1MiB'", full),
    ("a_store_that_is_damaged_is_set_aside_and_said", Way::Http, "", damaged),
    (
        "what_prometheus_refuses_is_told_from_the_rest_of_a_backlog",
        Way::Unguarded,
        "max_age = '30d'",
        refused,
    ),
    ("what_has_grown_too_old_is_given_up_and_told", Way::Http, "max_age = '60s'", aged),
];

fn full(world: &mut World<'_>) -> Result<()> {
    let disk = Tmpfs::mount(&world.desk.state_dir(), SMALL_DISK)?;
    let mut agent = world.agent()?;
    agent.until("open")?;
    require_store(&agent, "kept")?;
    disk.fill()?;
    // A queue that grows needs more of the disk.
    world.backend.collector.service().kill()?;
    in_the_end(|| require_store(&agent, "memory"))?;
    let log = agent.process().log();
    ensure!(log.contains("No space left") || log.contains("full"), "the log does not say why: {log}");
    world.backend.collector.service().start()?;
    let back = milliseconds()?;
    until("exports from memory", || {
        Ok(world.acknowledged()?.moments().iter().filter(|at| **at > back).count() >= EXPORTS)
    })?;
    require_store(&agent, "memory")?;
    disk.free()?;
    in_the_end(|| require_store(&agent, "kept"))?;
    in_the_end(|| require_no_gap(world))?;
    // What it knows now survives it again.
    drop(agent);
    let mut agent = world.agent()?;
    agent.until("open")?;
    world.until_all_is_told(&agent)?;
    world.until_all_is_stored(&agent)?;
    Ok(())
}

fn damaged(world: &mut World<'_>) -> Result<()> {
    let mut agent = world.agent()?;
    agent.until("open")?;
    agent.process().stop(FAREWELL)?;
    drop(agent);
    let folder = world.desk.state_dir();
    let noise: Vec<u8> = (0..DAMAGE).map(|_| fastrand::u8(..)).collect();
    let mut store = fs::File::options().write(true).open(folder.join("sortie.redb"))?;
    store.seek(SeekFrom::Start(0)).and_then(|_| store.write_all(&noise))?;
    let mut agent = world.agent()?;
    agent.until("open")?;
    let files = fs::read_dir(&folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let aside: Vec<_> = files.filter(|name| name.starts_with("sortie.redb.damaged-")).collect();
    ensure!(aside.len() == 1, "{aside:?} were set aside");
    let log = agent.process().log();
    ensure!(log.contains("set aside"), "the log does not say so: {log}");
    let again = milliseconds()?;
    until("exports of the new store", || {
        Ok(world.acknowledged()?.moments().iter().filter(|at| **at > again).count() >= EXPORTS)
    })?;
    world.until_all_is_told(&agent)?;
    world.until_all_is_stored(&agent)?;
    Ok(())
}

fn refused(world: &mut World<'_>) -> Result<()> {
    let clock = WallClock::new(&world.desk.state_dir())?;
    world.backend.collector.service().kill()?;
    let agent = world.agent_with(&clock.environment())?;
    // Old and new ones, so that both are in one request.
    for off_by in [-TOO_OLD, 0] {
        clock.set(off_by)?;
        thread::sleep(Duration::from_secs(EXPORTS as u64 + 2));
    }
    world.backend.collector.service().start()?;
    let window = milliseconds()? - WINDOW;
    in_the_end(|| {
        let sent = world.sent()?;
        let stored = world.stored()?;
        let young = sent.since(window);
        young.require_same(&stored, ["what was sent and is young enough", "Prometheus"])?;
        let old = sent.count() - young.count();
        ensure!(old > 0 && young.moments().len() > EXPORTS, "{old} points are too old: nothing is shown");
        Ok(())
    })?;
    let exports: u64 = {
        let records = world.witness.records();
        let refused =
            records.iter().filter(|record| record.answered == Some(400) && record.exports().len() == 1);
        refused.map(e2e::receiver::Record::count).sum()
    };
    in_the_end(|| {
        let counted = dropped(&agent, "rejected")?;
        ensure!(counted == exports && counted > 0, "{counted} are counted, {exports} were refused alone");
        Ok(())
    })
}

fn aged(world: &mut World<'_>) -> Result<()> {
    let agent = world.agent()?;
    until("a few exports", || Ok(world.acknowledged()?.moments().len() >= EXPORTS))?;
    world.backend.collector.service().kill()?;
    thread::sleep(Duration::from_millis(MAX_AGE + MEANWHILE));
    world.backend.collector.service().start()?;
    let back = milliseconds()?;
    in_the_end(|| {
        let taken = world.acknowledged()?;
        ensure!(taken.moments().last() > Some(&(back + 10_000)), "it goes on");
        let gaps = taken.gaps(GAP);
        ensure!(gaps.len() == 1, "one gap, and not {gaps:?}");
        let youngest_lost = gaps[0].1;
        let bound = back + MEANWHILE - MAX_AGE;
        ensure!(
            youngest_lost < bound,
            "lost although it was younger than {MAX_AGE} ms: {gaps:?}, back at {back}"
        );
        Ok(())
    })?;
    let counted = dropped(&agent, "age")?;
    ensure!(counted > 0, "nothing is counted");
    // An event tells the sum of what was not told before, and not more often than every five minutes.
    let told = world.told()?;
    let of_age = told.iter().filter(|(_, event)| {
        event.name == "sortie.agent.data_dropped"
            && event.attributes.get("reason").is_some_and(|reason| reason == "age")
    });
    let records =
        of_age.filter_map(|(_, event)| event.attributes.get("sortie.record.count")?.parse::<u64>().ok());
    let records: u64 = records.sum();
    ensure!((1..=counted).contains(&records), "{records} are told, {counted} are counted");
    drop(agent);
    let stored = world.stored()?;
    let [lost, made_up] = [world.acknowledged()?.missing_in(&stored), stored.missing_in(&world.sent()?)];
    ensure!(
        lost.is_empty() && made_up.is_empty(),
        "taken and not stored: {lost:#?}, never sent: {made_up:#?}"
    );
    Ok(())
}

fn require_no_gap(world: &World<'_>) -> Result<()> {
    let gaps = world.acknowledged()?.gaps(GAP);
    ensure!(gaps.is_empty(), "exports are missing between {gaps:?}");
    Ok(())
}

fn require_store(agent: &Daemon<'_>, state: &str) -> Result<()> {
    let page = agent.get("/metrics")?.body;
    let series = format!("sortie_store_status{{sortie_store_state=\"{state}\"}} 1");
    let shown = page.lines().find(|line| line.starts_with("sortie_store_status")).context("a store")?;
    ensure!(page.lines().any(|line| line == series), "not {state}: {shown}");
    Ok(())
}
