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
use sortie_telemetry::{Endpoint, ShipSettings, Shipper, Signal, Spool as _, Telemetry, pulse};
use tokio::sync::watch;
use tracing::{info, warn};

use super::memory::Memory;
use super::settings;
use super::supervise::supervise;
use crate::config::{Compression, Config, FileRef, Otlp, Protocol, Proxy, SignalEndpoint};

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
    if limits(otlp).is_none() {
        return;
    }
    if otlp.exports(Signal::Metrics)
        && let Some(export) = telemetry.metrics()
    {
        memory.append(export).await;
    }
    match Shipper::new(&ship_settings(otlp), Arc::new(memory.clone()), Arc::clone(telemetry)) {
        Ok(mut shipper) => shipper.drain(FAREWELL_MOST).await,
        Err(error) => warn!("nothing is exported: {error}"),
    }
}

async fn export(otlp: &Otlp, telemetry: &Arc<Telemetry>, memory: &Memory) {
    if limits(otlp).is_none() {
        return std::future::pending().await;
    }
    let settings = ship_settings(otlp);
    for (signal, way) in [("metrics", &settings.metrics), ("events", &settings.events)] {
        if let Some(Endpoint::Receiver(url) | Endpoint::Signal(url)) = way {
            info!("{signal} go to {url}");
        }
    }
    supervise("export", || export_once(&settings, telemetry, memory)).await;
}

/// One life of the export.
fn export_once(
    settings: &ShipSettings,
    telemetry: &Arc<Telemetry>,
    memory: &Memory,
) -> impl Future<Output = ()> + use<> {
    let (spool, telemetry) = (Arc::new(memory.clone()), Arc::clone(telemetry));
    let shipper = Shipper::new(settings, Arc::clone(&spool), Arc::clone(&telemetry));
    let (interval, has_metrics) = (settings.interval, settings.metrics.is_some());
    async move {
        let mut shipper = match shipper {
            Ok(shipper) => shipper,
            Err(error) => return warn!("nothing is exported: {error}"),
        };
        tokio::select! {
            () = pulse(&telemetry, &spool, interval), if has_metrics => {}
            () = shipper.run() => {}
        }
    }
}

fn ship_settings(otlp: &Otlp) -> ShipSettings {
    let way = |signal| match (otlp.endpoint_of(signal), &otlp.endpoint) {
        (SignalEndpoint::At(url), _) => Some(Endpoint::Signal(url.clone())),
        (SignalEndpoint::Shared, Some(url)) => Some(Endpoint::Receiver(url.clone())),
        (SignalEndpoint::Shared, None) | (SignalEndpoint::Off, _) => None,
    };
    let path = |file: &FileRef| file.path().to_owned();
    ShipSettings {
        metrics: way(Signal::Metrics),
        events: way(Signal::Events),
        protocol: match otlp.protocol {
            Protocol::HttpProtobuf => sortie_telemetry::Protocol::Http,
            Protocol::Grpc => sortie_telemetry::Protocol::Grpc,
        },
        compression: match otlp.compression {
            Compression::Gzip => sortie_telemetry::Compression::Gzip,
            Compression::None => sortie_telemetry::Compression::None,
        },
        timeout: otlp.timeout,
        headers: otlp.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        headers_file: otlp.headers_file.as_ref().map(path),
        ca_file: otlp.ca_file.as_ref().map(path),
        client_cert: otlp.client_cert.as_ref().map(|pair| path(&pair.certificate)),
        client_key: otlp.client_cert.as_ref().map(|pair| path(&pair.key)),
        proxy: match &otlp.proxy {
            Proxy::Environment | Proxy::Off => None,
            Proxy::Url(url) => Some(url.clone()),
        },
        interval: otlp.interval,
    }
}
