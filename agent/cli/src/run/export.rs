//! The metrics' way out by OTLP, where an endpoint is configured, and with other settings when they change.

use std::sync::Arc;

use sortie_telemetry::{Latest, Protocol, Push, ShipSettings, Shipper, Telemetry};
use tokio::sync::watch;
use tracing::{info, warn};

use super::settings;
use super::supervise::supervise;
use crate::config::{self, Config, Otlp};

/// Exports for as long as the agent lives.
pub(super) async fn keep(telemetry: Arc<Telemetry>, mut settings: watch::Receiver<Arc<Config>>) {
    loop {
        let otlp = settings.borrow_and_update().otlp.clone();
        tokio::select! {
            () = export(&otlp, &telemetry) => {}
            () = settings::changed(&mut settings, |config| config.otlp != otlp) => {}
        }
    }
}

async fn export(otlp: &Otlp, telemetry: &Arc<Telemetry>) {
    let Some(endpoint) = &otlp.endpoint else { return std::future::pending().await };
    info!("metrics are pushed to {endpoint} every {}", humantime::format_duration(otlp.interval));
    let settings = ship_settings(otlp, endpoint);
    supervise("export", || push_once(&settings, telemetry)).await;
}

fn ship_settings(otlp: &Otlp, endpoint: &str) -> ShipSettings {
    let headers = otlp.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let protocol = match otlp.protocol {
        config::Protocol::HttpProtobuf => Protocol::Http,
        config::Protocol::Grpc => Protocol::Grpc,
    };
    ShipSettings { headers, protocol, ..ShipSettings::to(endpoint, otlp.interval) }
}

/// One life of the export.
fn push_once(settings: &ShipSettings, telemetry: &Arc<Telemetry>) -> impl Future<Output = ()> + use<> {
    let prepared = prepare(settings, telemetry);
    async move {
        match prepared {
            Ok((push, mut shipper)) => {
                tokio::join!(push.run(), shipper.run());
            }
            Err(error) => warn!("nothing is pushed: {error}"),
        }
    }
}

fn prepare(settings: &ShipSettings, telemetry: &Arc<Telemetry>) -> anyhow::Result<(Push, Shipper<Latest>)> {
    let latest = Arc::new(Latest::default());
    let push = Push::new(settings.interval, Arc::clone(&latest), Arc::clone(telemetry))?;
    Ok((push, Shipper::new(settings, latest, Arc::clone(telemetry))?))
}
