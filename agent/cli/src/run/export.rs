//! The way out by OTLP, where an endpoint is configured, and with other settings when they change.
//!
//! ```text
//!   interval ─▶ metrics ─┐
//!                        ├─▶ memory (durable) ─▶ shipper ─▶ receiver
//!   probing ──▶ events ──┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use sortie_store::QueueLimits;
use sortie_telemetry::{Push, ShipSettings, Shipper, Spool as _, Telemetry};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use super::memory::Memory;
use super::settings;
use super::supervise::supervise;
use crate::config::{Config, Otlp};

/// At the end, for the latest metrics and events. What does not leave in time waits for the next life.
const FAREWELL_MOST: Duration = Duration::from_secs(2);

/// Exports for as long as the agent lives.
pub(super) async fn keep(
    telemetry: Arc<Telemetry>,
    memory: Memory,
    mut settings: watch::Receiver<Arc<Config>>,
) {
    loop {
        let otlp = settings.borrow_and_update().otlp.clone();
        memory.bound(limits(&otlp));
        tokio::select! {
            () = export(&otlp, &telemetry, &memory) => {}
            () = settings::changed(&mut settings, |config| config.otlp != otlp) => {}
        }
    }
}

/// What may wait; `None` where nothing is exported.
pub(super) fn limits(otlp: &Otlp) -> Option<QueueLimits> {
    let is_on = Signal::ALL.into_iter().any(|signal| otlp.exports(signal));
    is_on.then_some(QueueLimits { age: otlp.max_age, bytes: otlp.max_bytes })
}

/// The last metrics of this life are kept, and sent where the receiver takes them at once.
pub(super) async fn farewell(otlp: &Otlp, telemetry: &Arc<Telemetry>, memory: &Memory) {
    let Some(settings) = ship_settings(otlp) else { return };
    if let Some(export) = telemetry.metrics() {
        memory.append(export).await;
    }
    match Shipper::new(&settings, Arc::new(memory.clone()), Arc::clone(telemetry)) {
        Ok(shipper) => shipper.drain(Instant::now() + FAREWELL_MOST).await,
        Err(error) => warn!("nothing is exported: {error}"),
    }
}

async fn export(otlp: &Otlp, telemetry: &Arc<Telemetry>, memory: &Memory) {
    let Some(settings) = ship_settings(otlp) else { return std::future::pending().await };
    info!("metrics are exported every {}, events at once", humantime::format_duration(otlp.interval));
    supervise("export", || export_once(&settings, telemetry, memory)).await;
}

/// One life of the export.
fn export_once(
    settings: &ShipSettings,
    telemetry: &Arc<Telemetry>,
    memory: &Memory,
) -> impl Future<Output = ()> + use<> {
    let spool = Arc::new(memory.clone());
    let push = Push::new(settings.interval, Arc::clone(telemetry), Arc::clone(&spool));
    let shipper = Shipper::new(settings, spool, Arc::clone(telemetry));
    async move {
        match shipper {
            Ok(shipper) => {
                tokio::join!(push.run(), shipper.run());
            }
            Err(error) => warn!("nothing is exported: {error}"),
        }
    }
}
