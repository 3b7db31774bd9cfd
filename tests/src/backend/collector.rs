//! The collector, with the manifest and the configuration that we ship.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::service::{self, Program, Service};
use super::tls::Tls;
use super::{at, prometheus};
use crate::ledger::Events;
use crate::netns::Namespace;
use crate::otlp::{Protocol, Sender};

const HTTP: SocketAddr = at(4318);
const GRPC: SocketAddr = at(4317);
const HEALTH: SocketAddr = at(13133);

/// How a gateway is set up.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub acknowledgement: Acknowledgement,
    /// With what is laid over it for TLS.
    pub tls: Option<Tls>,
    /// Who takes metrics as Prometheus does.
    pub prometheus: SocketAddr,
    /// What else is laid over it, in this order.
    pub overlays: Vec<Overlay>,
    /// Its file of events, below the folder of the trial.
    pub events_file: &'static str,
    /// More of its environment, which beats the rest.
    pub environment: Vec<(&'static str, String)>,
}

/// More of a configuration.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A file of `collector-config`.
    Shipped(&'static str),
    /// What only a trial wants.
    Text(&'static str),
}

/// As we ship it.
impl Default for Gateway {
    fn default() -> Self {
        Self {
            acknowledgement: Acknowledgement::OfTheBackend,
            tls: None,
            prometheus: prometheus::ADDRESS,
            overlays: Vec::new(),
            events_file: "events.jsonl",
            environment: Vec::new(),
        }
    }
}

impl Gateway {
    /// For what is told as of long ago: it is late without anybody's clock being wrong.
    pub fn of_the_past() -> Self {
        Self { environment: vec![("SORTIE_GATEWAY_LATE", "24h".to_owned())], ..Self::default() }
    }
}

/// What an answer of the collector means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// The backend has taken it: as we ship it.
    OfTheBackend,
    /// The collector's own memory has it: as collectors are by default.
    OfTheQueue,
}

/// A collector.
#[derive(Debug)]
pub struct Collector<'a> {
    service: Service<'a>,
    events: PathBuf,
}

impl<'a> Collector<'a> {
    pub(super) fn start(
        gateway: &Gateway,
        namespace: &'a Namespace,
        folder: &Path,
        logs: SocketAddr,
    ) -> Result<Self> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector-config");
        let mut configs = vec![match gateway.acknowledgement {
            Acknowledgement::OfTheBackend => shipped.join("gateway.yaml"),
            Acknowledgement::OfTheQueue => careless(&shipped.join("gateway.yaml"), folder)?,
        }];
        let mut environment = Vec::new();
        if let Some(tls) = &gateway.tls {
            configs.push(shipped.join("tls.yaml"));
            environment.push(("SORTIE_GATEWAY_CERT", tls.certificate.display().to_string()));
            environment.push(("SORTIE_GATEWAY_KEY", tls.key.display().to_string()));
            if tls.is_mutual {
                environment.push(("SORTIE_GATEWAY_CLIENT_CA", tls.authority.display().to_string()));
            }
        }
        for (number, overlay) in gateway.overlays.iter().enumerate() {
            configs.push(match overlay {
                Overlay::Shipped(name) => shipped.join(name),
                Overlay::Text(text) => write(&folder.join(format!("overlay-{number}.yaml")), text)?,
            });
        }
        let events = folder.join(gateway.events_file);
        environment.extend([
            ("SORTIE_METRICS_BACKEND", format!("http://{}/api/v1/otlp", gateway.prometheus)),
            ("SORTIE_EVENTS_BACKEND", format!("http://{logs}")),
            ("SORTIE_EVENTS_FILE", events.display().to_string()),
        ]);
        environment.extend_from_slice(&gateway.environment);
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let program = Program {
            name: "collector",
            binary: service::find("SORTIE_OTELCOL", "otelcol-sortie")?,
            arguments: configs.iter().map(|config| format!("--config={}", config.display())).collect(),
            environment,
            health: (HEALTH, "/"),
        };
        Ok(Self { service: Service::launch(program, namespace, folder)?, events })
    }

    /// Where it takes OTLP.
    pub fn address(protocol: Protocol) -> SocketAddr {
        match protocol {
            Protocol::Http => HTTP,
            Protocol::Grpc => GRPC,
        }
    }

    /// Somebody who sends to it; to be used within its namespace.
    pub fn sender(protocol: Protocol) -> Sender {
        Sender { protocol, to: Self::address(protocol) }
    }

    /// The process, to be killed and started again.
    pub fn service(&mut self) -> &mut Service<'a> {
        &mut self.service
    }

    /// The events in its file.
    pub fn events(&self) -> Result<Events> {
        let text = fs::read_to_string(&self.events)
            .with_context(|| format!("failed to read {}", self.events.display()))?;
        Events::of_json(&text)
    }

    pub fn log(&self) -> String {
        self.service.log()
    }
}

/// The same file without the one promise.
fn careless(shipped: &Path, folder: &Path) -> Result<PathBuf> {
    let text =
        fs::read_to_string(shipped).with_context(|| format!("failed to read {}", shipped.display()))?;
    let careless = text.replace("wait_for_result: true", "wait_for_result: false");
    ensure!(text != careless, "{} makes no promise that could be taken away", shipped.display());
    write(&folder.join("careless.yaml"), &careless)
}

fn write(path: &Path, text: &str) -> Result<PathBuf> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path.to_owned())
}
