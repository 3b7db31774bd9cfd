//! `VictoriaMetrics`, with the settings that we ship, and what it has stored.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::service::{self, Program, Service};
use super::{at, query};
use crate::http;
use crate::ledger::{Points, Series};
use crate::netns::Namespace;

/// Where it listens.
pub const ADDRESS: SocketAddr = at(8428);

/// One of them.
#[derive(Debug)]
pub struct Victoria<'a> {
    service: Service<'a>,
}

/// A line of `/api/v1/export`.
#[derive(Debug, Deserialize)]
struct Line {
    metric: std::collections::BTreeMap<String, String>,
    values: Vec<f64>,
    /// Milliseconds since 1970.
    timestamps: Vec<u64>,
}

impl<'a> Victoria<'a> {
    /// Starts it, with its files under `folder`.
    pub fn start(namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        let settings =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector-config/variants/victoria-metrics.env");
        let text = fs::read_to_string(&settings)
            .with_context(|| format!("failed to read {}", settings.display()))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let environment = lines
            .map(|line| line.split_once('=').with_context(|| format!("`{line}` sets nothing")))
            .map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect::<Result<Vec<_>>>()?;
        let program = Program {
            name: "victoria-metrics",
            binary: service::find("SORTIE_VICTORIA", "victoria-metrics")?,
            arguments: vec![
                "-envflag.enable".to_owned(),
                format!("-httpListenAddr={ADDRESS}"),
                format!("-storageDataPath={}", folder.join("victoria-metrics").display()),
            ],
            environment,
            health: (ADDRESS, "/health"),
        };
        Ok(Self { service: Service::launch(program, namespace, folder)? })
    }

    /// The process, to be killed and started again.
    pub fn service(&mut self) -> &mut Service<'a> {
        &mut self.service
    }

    /// Every point of series that this selects, of all time. What was just taken is shown some seconds later.
    pub fn points(&self, selector: &str) -> Result<Points> {
        let path = format!("/api/v1/export?match[]={}", utf8_percent_encode(selector, NON_ALPHANUMERIC));
        let answer = self.service.namespace.run(|| http::get(ADDRESS, &path))?;
        ensure!(answer.status == 200, "VictoriaMetrics answered {}: {}", answer.status, answer.body);
        let mut points = Points::default();
        for line in answer.body.lines() {
            let mut line: Line =
                serde_json::from_str(line).with_context(|| format!("`{line}` is no series"))?;
            let name = line.metric.remove("__name__").context("a series has a name")?;
            let series = Series::new(name, line.metric);
            for (at, value) in line.timestamps.into_iter().zip(line.values) {
                points.add(series.clone(), at, value)?;
            }
        }
        Ok(points)
    }

    /// As [`super::Prometheus::remarks`].
    pub fn remarks(&self, path: &str, fields: &[(&str, &str)]) -> Result<(Value, Vec<String>)> {
        Ok(query::result(query::answer(self.service.namespace, ADDRESS, path, fields)?))
    }

    pub fn log(&self) -> String {
        self.service.log()
    }
}
