//! `sortie run`: sentinels on schedule, the jury when they are surprised, a log line for every change.

use std::time::Duration;

use anyhow::Context as _;
use sortie_core::observation::EngineKind;
use sortie_core::schedule::{self, Rotation};
use sortie_core::verdict::machine::Machine;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::assemble;
use crate::config::Config;
use crate::jury::{Jury, PortChange};
use crate::text::printable;

/// Probes until SIGTERM or SIGINT.
pub async fn run(config: &Config, jury: &mut Jury) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    announce(config, jury);
    let ended = tokio::select! {
        () = watch(config, jury) => "",
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    info!("ended by {ended}");
    Ok(())
}

fn announce(config: &Config, jury: &Jury) {
    let ports = config.roster.ports().into_iter();
    let asked: Vec<_> = ports
        .map(|port| format!("{} operators on port {port}", config.roster.operators(port).len()))
        .collect();
    let interval = humantime::format_duration(config.agent.interval);
    info!(
        "sortie {}: {} every {interval}, engine {}",
        env!("CARGO_PKG_VERSION"),
        asked.join(", "),
        jury.prober().engine().code()
    );
    for limit in jury.prober().limits() {
        match jury.prober().engine() {
            EngineKind::Connect => info!("not seen: {limit}"),
            EngineKind::Raw => debug!("not seen: {limit}"),
        }
    }
}

async fn watch(config: &Config, jury: &mut Jury) {
    let rotation = Rotation::of(&assemble::identity(config));
    let mut sat = Instant::now();
    sit(jury, true).await;
    for number in 0.. {
        let pause = schedule::jittered(config.agent.interval, fastrand::f64());
        tokio::time::sleep(pause).await;
        jury.glance(rotation, number).await;
        let greetings = config.probe.greeting_interval;
        let since = sat.elapsed();
        jury.call(|machine| due(machine, since, greetings));
        if jury.is_doubting() {
            sat = Instant::now();
            sit(jury, false).await;
        } else {
            debug!("round {number}: as before");
        }
    }
}

fn due(machine: &Machine, since: Duration, greetings: Duration) -> bool {
    machine
        .shown()
        .is_some_and(|shown| since >= schedule::jury_interval(shown.finding.state, greetings, machine.pace()))
}

async fn sit(jury: &mut Jury, first: bool) {
    debug!("every operator is asked");
    let changes = jury.sit(&|_| ()).await;
    if first {
        for machine in jury.machines() {
            if let Some(shown) = machine.shown() {
                let state = shown.finding.state;
                tell(machine, state.code(), &shown.finding.because, state.is_conclusive());
            } else {
                info!(
                    "port {} over {}: no destination has an address in this family",
                    machine.port(),
                    machine.family()
                );
            }
        }
    }
    for change in &changes {
        changed(jury, change);
    }
}

fn changed(jury: &Jury, change: &PortChange) {
    let machine = jury.machines().iter().find(|m| m.port() == change.port && m.family() == change.family);
    let Some((machine, shown)) = machine.and_then(|m| Some((m, m.shown()?))) else { return };
    let states = format!("{} → {}", change.change.previous.code(), change.change.state.code());
    tell(machine, &states, &shown.finding.because, shown.finding.state.is_conclusive());
}

/// The state, why, and what to do about it.
fn tell(machine: &Machine, states: &str, because: &str, conclusive: bool) {
    let (port, family) = (machine.port(), machine.family());
    let because = printable(because);
    let line = format!("port {port} over {family}: {states}: outbound from this machine, it {because}");
    if conclusive && states.ends_with("open") {
        info!("{line}");
    } else {
        warn!("{line}");
    }
    let steps = machine.shown().map(|shown| sortie_core::advice::next_steps(port, &shown.finding));
    for step in steps.unwrap_or_default() {
        info!("  next: {}", step.text);
    }
}
