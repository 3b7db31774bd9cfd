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
        memory.bound(limits(&otlp), otlp.exports(Signal::Events));
        tokio::select! {
            () = export(&otlp, &telemetry, &memory) => {}
            () = changed(&mut settings, &otlp) => {}
        }
    }
}

/// Waits for other settings, or for a reload of those that name files: certificates are renewed under their names.
async fn changed(settings: &mut watch::Receiver<Arc<Config>>, otlp: &Otlp) {
    let has_files = otlp.ca_file.is_some() || otlp.client_cert.is_some();
    while settings.changed().await.is_ok() {
        if has_files || settings.borrow_and_update().otlp != *otlp {
            return;
        }
    }
    std::future::pending::<()>().await;
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
    // What is measured waits in the queue whatever becomes of the way out.
    let measuring = async {
        if settings.metrics.is_some() {
            supervise("export of metrics", || measure(settings.interval, telemetry, memory)).await;
        }
    };
    tokio::join!(measuring, supervise("export", || ship(&settings, telemetry, memory)));
}

/// One life of what makes exports of metrics.
fn measure(
    interval: Duration,
    telemetry: &Arc<Telemetry>,
    memory: &Memory,
) -> impl Future<Output = ()> + use<> {
    let (telemetry, spool) = (Arc::clone(telemetry), memory.clone());
    async move { pulse(&telemetry, &spool, interval).await }
}

/// One life of the shipper.
fn ship(
    settings: &ShipSettings,
    telemetry: &Arc<Telemetry>,
    memory: &Memory,
) -> impl Future<Output = ()> + use<> {
    let shipper = Shipper::new(settings, Arc::new(memory.clone()), Arc::clone(telemetry));
    async move {
        match shipper {
            Ok(mut shipper) => shipper.run().await,
            Err(error) => warn!("nothing is exported: {error}"),
        }
    }
}

pub(super) fn ship_settings(otlp: &Otlp) -> ShipSettings {
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
            Proxy::Environment => sortie_telemetry::Proxy::Environment,
            Proxy::Off => sortie_telemetry::Proxy::Off,
            Proxy::Url(url) => sortie_telemetry::Proxy::Url(url.clone()),
        },
        interval: otlp.interval,
    }
}
