//! Prometheus with its OTLP receiver, with the configuration that we ship, and what it has stored.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::service::{self, Program, Service};
use super::{Watch, at, query, shipped, watch};
use crate::http;
use crate::ledger::{Catalogue, Points, Series};
use crate::netns::Namespace;

/// Where it listens.
pub const ADDRESS: SocketAddr = at(9090);
/// Prometheus refuses what is more than ten minutes ahead of its clock.
const AHEAD: Duration = Duration::from_secs(900);
const RANGE: &str = "30h";
const MILLISECONDS_PER_SECOND: u64 = 1000;

/// A Prometheus.
#[derive(Debug)]
pub struct Prometheus<'a> {
    service: Service<'a>,
}

impl<'a> Prometheus<'a> {
    pub(super) fn start(namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        Self::start_with(&shipped::path("collector-config/prometheus.yaml"), &[], namespace, folder)
    }

    /// With the rules that we ship.
    pub(super) fn start_watching(watch: &Watch, namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        Self::start_with(&watch.write(folder)?, &[watch::again()], namespace, folder)
    }

    fn start_with(config: &Path, more: &[String], namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        let data = folder.join("prometheus");
        fs::create_dir_all(&data).with_context(|| format!("failed to create {}", data.display()))?;
        let program = Program {
            name: "prometheus",
            binary: service::find("SORTIE_PROMETHEUS", "prometheus")?,
            arguments: [
                format!("--config.file={}", config.display()),
                format!("--storage.tsdb.path={}", data.display()),
                format!("--web.listen-address={ADDRESS}"),
                "--web.enable-otlp-receiver".to_owned(),
                "--web.enable-remote-write-receiver".to_owned(),
            ]
            .into_iter()
            .chain(more.iter().cloned())
            .collect(),
            environment: Vec::new(),
            health: (ADDRESS, "/-/ready"),
        };
        Ok(Self { service: Service::launch(program, namespace, folder)? })
    }

    /// The process, to be killed and started again.
    pub fn service(&mut self) -> &mut Service<'a> {
        &mut self.service
    }

    /// How many samples of the series that agents send are stored, by host id; as far back as [`Prometheus::points`] looks.
    pub fn samples_by_host(&self) -> Result<BTreeMap<String, usize>> {
        let mut samples = BTreeMap::new();
        for name in Catalogue::load()?.series() {
            let rows = self.query(&format!("sum by (host_id) (count_over_time({name}[{RANGE}]))"))?;
            for row in rows.as_array().context("a vector is a list")? {
                let count = row["value"][1].as_str().context("a sample has a value")?;
                let host = row["metric"]["host_id"].as_str().unwrap_or_default();
                *samples.entry(host.to_owned()).or_default() += count.parse::<usize>()?;
            }
        }
        Ok(samples)
    }

    /// Every point of series that this selects, as stored: no step, no lookback. Of a day and a bit before the real
    /// time, and a bit after it: as far as Prometheus takes any.
    pub fn points(&self, selector: &str) -> Result<Points> {
        let until = SystemTime::now() + AHEAD;
        let until = until.duration_since(UNIX_EPOCH).context("the clock is right")?.as_secs();
        let answer = self.query_at(&format!("{selector}[{RANGE}]"), until)?;
        let mut points = Points::default();
        for of_series in answer.as_array().context("a matrix has series")? {
            let series = series(&of_series["metric"])?;
            for point in of_series["values"].as_array().context("a series has values")? {
                let (at, value) = sample(point)?;
                points.add(series.clone(), at, value)?;
            }
        }
        Ok(points)
    }

    /// The result of an instant query.
    pub fn query(&self, query: &str) -> Result<Value> {
        self.ask("/api/v1/query", &[("query", query)])
    }

    /// As [`Prometheus::query`], at a moment in seconds since 1970.
    pub fn query_at(&self, query: &str, at: u64) -> Result<Value> {
        self.ask("/api/v1/query", &[("query", query), ("time", &at.to_string())])
    }

    /// The result of a range query; times in seconds since 1970, the step as Prometheus writes durations.
    pub fn query_range(&self, query: &str, from: u64, to: u64, step: &str) -> Result<Value> {
        let (from, to) = (from.to_string(), to.to_string());
        self.ask("/api/v1/query_range", &[("query", query), ("start", &from), ("end", &to), ("step", step)])
    }

    /// The series that this selects, of all time.
    pub fn series(&self, selector: &str) -> Result<Vec<Series>> {
        let answer = self.ask("/api/v1/series", &[("match[]", selector)])?;
        answer.as_array().context("series are a list")?.iter().map(series).collect()
    }

    /// The value of a metric about itself that has no labels.
    pub fn own_metric(&self, name: &str) -> Result<f64> {
        let page = self.service.namespace.run(|| http::get(ADDRESS, "/metrics"))?.body;
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.with_context(|| format!("Prometheus has no {name}"))?;
        value.parse().with_context(|| format!("{name} is `{value}`"))
    }

    pub fn log(&self) -> String {
        self.service.log()
    }

    /// As it is asked by a dashboard: with what Prometheus remarks about the question.
    pub fn remarks(&self, path: &str, fields: &[(&str, &str)]) -> Result<(Value, Vec<String>)> {
        Ok(query::result(self.answer(path, fields)?))
    }

    /// The groups of rules, and how their latest evaluation went.
    pub fn rule_groups(&self) -> Result<Value> {
        Ok(self.answer("/api/v1/rules", &[])?["data"]["groups"].take())
    }

    fn answer(&self, path: &str, fields: &[(&str, &str)]) -> Result<Value> {
        query::answer(self.service.namespace, ADDRESS, path, fields)
    }

    fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Result<Value> {
        Ok(self.remarks(path, fields)?.0)
    }
}

fn series(metric: &Value) -> Result<Series> {
    let labels = metric.as_object().context("a series has labels")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = labels.get("__name__").map(text).context("a series has a name")?;
    let others = labels.iter().filter(|(label, _)| *label != "__name__");
    Ok(Series::new(name, others.map(|(label, value)| (label.clone(), text(value))).collect()))
}

/// `[seconds, "value"]`
fn sample(point: &Value) -> Result<(u64, f64)> {
    let at = milliseconds(&point[0]).with_context(|| format!("{} is no moment", point[0]))?;
    let value = point[1].as_str().context("a point has a value")?;
    Ok((at, value.parse().context("a value is a number")?))
}

/// Seconds with three decimals, or fewer where they are zero.
fn milliseconds(seconds: &Value) -> Option<u64> {
    let text = seconds.as_number()?.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
    let [whole, decimals]: [u64; 2] = [whole.parse().ok()?, format!("{decimals:0<3.3}").parse().ok()?];
    Some(whole * MILLISECONDS_PER_SECOND + decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_without_losing_a_millisecond() {
        for (seconds, expected) in [
            (r#"[1795705151.146, "1"]"#, 1_795_705_151_146),
            (r#"[1795705151.1, "1"]"#, 1_795_705_151_100),
            (r#"[1795705151, "1"]"#, 1_795_705_151_000),
        ] {
            let point = serde_json::from_str(seconds).expect("JSON");
            assert_eq!(sample(&point).expect("a point"), (expected, 1.0));
        }
    }
}
