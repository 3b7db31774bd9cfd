//! The metrics' way out by OTLP, where an endpoint is configured, and with other settings when they change.

use std::sync::Arc;

use sortie_telemetry::{Push, PushSettings, Telemetry};
use tokio::sync::watch;
use tracing::{info, warn};

use super::settings;
use super::supervise::supervise;
use crate::config::{Config, Otlp};

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
    let Some(endpoint) = otlp.endpoint.clone() else { return std::future::pending().await };
    let headers = otlp.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    info!("metrics are pushed to {endpoint} every {}", humantime::format_duration(otlp.interval));
    let push = PushSettings { endpoint, interval: otlp.interval, headers };
    supervise("export", || push_once(&push, telemetry)).await;
}

/// One life of the export.
fn push_once(settings: &PushSettings, telemetry: &Arc<Telemetry>) -> impl Future<Output = ()> + use<> {
    let push = Push::new(settings, Arc::clone(telemetry));
    async move {
        match push {
            Ok(push) => push.run().await,
            Err(error) => warn!("nothing is pushed: {error}"),
        }
    }
}
