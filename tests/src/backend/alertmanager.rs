//! Alertmanager with the routes that we ship. What a trial changes: where notifications go, and how long a group waits.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::service::{self, Program, Service};
use super::{at, shipped};
use crate::http;
use crate::netns::Namespace;

/// Where it listens.
pub(super) const ADDRESS: SocketAddr = at(9093);
/// What stands in the shipped file for the address of whoever is told.
const SOMEBODY: &str = "http://notify.example/";
/// The words of a route that say how long a group waits. How long until it is told again stays as it is: whoever is
/// told twice within a trial is told once too often.
const WAITS: &[&str] = &["group_wait", "group_interval"];

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// An Alertmanager.
#[derive(Debug)]
pub struct Alertmanager<'a> {
    service: Service<'a>,
}

/// An alert that a trial makes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub labels: Labels,
    /// Whether it is over.
    pub is_over: bool,
}

/// What becomes of an alert.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct State {
    pub labels: Labels,
    status: Status,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Status {
    inhibited_by: Vec<String>,
}

impl State {
    /// Whether nobody is told, because of another one.
    pub fn is_inhibited(&self) -> bool {
        !self.status.inhibited_by.is_empty()
    }

    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }
}

impl<'a> Alertmanager<'a> {
    /// Starts it, with its files under `folder`. It tells `told`, and groups wait as long as the routes say, divided by
    /// `hurry`.
    pub fn start(namespace: &'a Namespace, folder: &Path, told: SocketAddr, hurry: u32) -> Result<Self> {
        let routes = shipped::read(&shipped::path("dashboards/alertmanager/alertmanager.yaml"))?;
        let ours = routes.replace(SOMEBODY, &format!("http://{told}/"));
        ensure!(routes != ours, "the shipped routes tell nobody at {SOMEBODY}");
        let config = folder.join("alertmanager.yaml");
        shipped::write(&config, &shipped::hurried(&ours, WAITS, hurry)?)?;
        let data = folder.join("alertmanager");
        fs::create_dir_all(&data).with_context(|| format!("failed to create {}", data.display()))?;
        let program = Program {
            name: "alertmanager",
            binary: service::find("SORTIE_ALERTMANAGER", "alertmanager")?,
            arguments: vec![
                format!("--config.file={}", config.display()),
                format!("--storage.path={}", data.display()),
                format!("--web.listen-address={ADDRESS}"),
                // It looks for nobody like itself.
                "--cluster.listen-address=".to_owned(),
            ],
            environment: Vec::new(),
            health: (ADDRESS, "/-/ready"),
        };
        Ok(Self { service: Service::launch(program, namespace, folder)? })
    }

    /// The process, to be killed and started again.
    pub fn service(&mut self) -> &mut Service<'a> {
        &mut self.service
    }

    /// Says these alerts, as Prometheus does.
    pub fn post(&self, alerts: &[Posted]) -> Result<()> {
        let now = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let body: Vec<Value> = alerts
            .iter()
            .map(|alert| {
                let mut body = json!({"labels": alert.labels, "startsAt": now});
                if alert.is_over {
                    body["endsAt"] = json!(now);
                }
                body
            })
            .collect();
        let answer = self.service.namespace.run(|| http::post(ADDRESS, "/api/v2/alerts", &json!(body)))?;
        ensure!(answer.status == 200, "Alertmanager answered {}: {}", answer.status, answer.body);
        Ok(())
    }

    /// Everything that it has been told and that is not over.
    pub fn alerts(&self) -> Result<Vec<State>> {
        let answer = self.service.namespace.run(|| http::get(ADDRESS, "/api/v2/alerts"))?;
        serde_json::from_str(&answer.body)
            .with_context(|| format!("Alertmanager answered {}: {}", answer.status, answer.body))
    }

    pub fn log(&self) -> String {
        self.service.log()
    }
}
