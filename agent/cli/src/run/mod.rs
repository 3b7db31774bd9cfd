//! `sortie run`: probes for as long as it lives, and shows what it knows.
//!
//! ```text
//!                 ┌────────── orders: SIGHUP, SIGTERM, SIGINT
//!                 ▼
//!   probing ──▶ memory ──▶ board ──▶ page, API, /metrics      each beside probing on one thread, started again when
//!    ▲  │           └──▶ export ──▶ OTLP                      it fails, and none of them ever waited for
//!    │  └──────▶ telemetry
//!   place · watcher ◀── metadata service of the cloud, Azure Resource Manager
//!   relays ◀── submission servers
//! ```

pub(crate) mod courier;
mod export;
mod instance;
mod log;
mod machine;
mod memory;
mod notices;
mod orders;
mod page;
mod place;
mod probing;
mod relay_news;
mod relays;
mod reload;
mod service;
mod settings;
mod supervise;
mod telling;
mod watcher;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;
use sortie_core::report::Cloud;
use sortie_telemetry::{Bounds, Identity, Signal, Telemetry};
use tokio::sync::watch;
use tracing::{error, info, warn};

use self::instance::{Instance, InstanceError};
use self::memory::Memory;
use self::orders::{Orders, Signals};
use self::page::Page;
use self::probing::Probing;
use self::relays::Heard;
use self::service::Service;
use self::supervise::{reason, supervise};
use crate::board::Board;
use crate::config::Config;
use crate::{args, cloud, host};

/// Pause before probing begins anew after a panic.
const ANEW: Duration = Duration::from_secs(10);
/// A round that was begun is finished at the end; one that takes longer than this is given up.
const FINISH_MOST: Duration = Duration::from_secs(10);

/// Probes until it is told to stop.
pub async fn run(args: &args::Run, config: Config) -> anyhow::Result<()> {
    let instance = take_state_dir(&config)?;
    let (signals, orders) = Signals::listen()?;
    let page = match args.listen_fd {
        Some(_) => Page::inherited()?,
        None => Page::open(&config.web, args.settings.listen.is_some())?,
    };
    let board = Arc::new(Board::new());
    let (told, place) = watch::channel(cloud::by_signs(&config));
    let (heard, relays) = watch::channel(Heard::default());
    let telemetry = Arc::new(telemetry(&config, place.borrow().as_ref())?);
    let service = Service::new();
    let memory = Memory::begin(config.agent.state_dir.clone(), instance, Arc::clone(&telemetry))?;
    memory.bound(export::limits(&config.otlp), config.otlp.exports(Signal::Events));
    let (settings, watched) = watch::channel(Arc::new(config.clone()));
    let (faces, shown) = (page::faces(&board, &telemetry), Arc::clone(&board));
    let export = export::keep(Arc::clone(&telemetry), memory.clone(), watched.clone());
    let mut probing = Probing::open(
        config,
        (board, Arc::clone(&telemetry)),
        &service,
        settings,
        args,
        (memory.clone(), place, relays),
    )?;
    let speaking = || relays::keep(heard.clone(), watched.clone());
    let asking = || place::keep(told.clone(), watched.clone(), Arc::clone(&shown));
    service.ready();
    tokio::select! {
        ended = probe(&mut probing, &orders) => ended?,
        () = give_up(orders.clone()) => warn!("the round did not end in {} s: given up", FINISH_MOST.as_secs()),
        () = signals.pass_on() => warn!("told to end twice: the round is given up"),
        () = page.keep(faces, watched.clone()) => {}
        () = export => {}
        () = supervise("question to the cloud", asking) => {}
        () = supervise("conversation with the relays", speaking) => {}
        () = service.answer_watchdog() => {}
    }
    service.stopping();
    let by = orders.by().unwrap_or("itself");
    probing.end(by).await;
    let otlp = watched.borrow().otlp.clone();
    export::farewell(&otlp, &telemetry, &memory).await;
    memory.end().await;
    info!("ended by {by}");
    Ok(())
}

/// Probes until the end. A panic there is ours to mend and not the operator's: it is told, and probing begins anew.
async fn probe(probing: &mut Probing<'_>, orders: &Orders) -> anyhow::Result<()> {
    while let Err(panic) = AssertUnwindSafe(probing.go(orders.clone())).catch_unwind().await {
        error!("probing failed: {}; it begins anew in {} s", reason(panic.as_ref()), ANEW.as_secs());
        tokio::time::sleep(ANEW).await;
        probing.begin_anew()?;
    }
    Ok(())
}

/// The instruments of this machine.
fn telemetry(config: &Config, cloud: Option<&Cloud>) -> anyhow::Result<Telemetry> {
    let host = host::host(config);
    let identity = Identity {
        host_id: host.id.unwrap_or_default(),
        host_name: host.name.unwrap_or_default(),
        service_version: env!("CARGO_PKG_VERSION"),
        cloud: cloud::identity(cloud),
    };
    Telemetry::new(&identity, &Bounds::of(&config.roster)).context("failed to make the instruments")
}

/// The lock of the state directory. Without one probing goes on from memory, which says so and tries again.
fn take_state_dir(config: &Config) -> anyhow::Result<Option<Instance>> {
    match Instance::take(&config.agent.state_dir) {
        Ok(instance) => Ok(Some(instance)),
        Err(error @ InstanceError::Taken { .. }) => Err(error.into()),
        Err(InstanceError::Unusable { .. }) => Ok(None),
    }
}

async fn give_up(mut orders: Orders) {
    orders.stopped().await;
    tokio::time::sleep(FINISH_MOST).await;
}
