//! What a Prometheus does beside keeping what it is sent.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{alertmanager, prometheus, shipped};

/// The words of a rule that say how long something waits.
const WAITS: &[&str] = &["interval", "for", "keep_firing_for"];
/// When Prometheus tells Alertmanager again. What it says before it has found Alertmanager is lost, and what it does not
/// say again within four times this is over.
const AGAIN: Duration = Duration::from_secs(5);

/// It evaluates every rule that we ship and loads by default, tells Alertmanager, and asks itself how it is. The collector
/// sends what it tells of itself, as everybody does.
#[derive(Clone, Debug)]
pub struct Watch {
    /// How often rules are evaluated that do not say it themselves.
    pub every: Duration,
    /// What the rules say about waiting is divided by this.
    pub hurry: u32,
    /// Who is told by remote write what rules record, and which alerts there are.
    pub tells: Option<SocketAddr>,
}

impl Watch {
    /// Writes the configuration that we ship, and the rules, as this watch wants them.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let rules = folder.join("rules");
        fs::create_dir_all(&rules).with_context(|| format!("failed to create {}", rules.display()))?;
        for (name, text) in shipped::rules()? {
            shipped::write(&rules.join(name), &shipped::hurried(&text, WAITS, self.hurry)?)?;
        }
        let config = shipped::read(&shipped::path("collector-config/prometheus.yaml"))?;
        let config = shipped::without(&config, &["global", "rule_files", "alerting", "scrape_configs"]);
        let config = format!(
            "{config}\nglobal:\n  evaluation_interval: {every}ms\n  scrape_interval: {every}ms\n  \
             scrape_timeout: {every}ms\nrule_files:\n  - {rules}/*.yaml\nalerting:\n  alertmanagers:\n    \
             - static_configs:\n        - targets: ['{alertmanager}']\nscrape_configs:\n  - job_name: itself\n    \
             static_configs:\n      - targets: ['{itself}']\n",
            every = self.every.as_millis(),
            rules = rules.display(),
            alertmanager = alertmanager::ADDRESS,
            itself = prometheus::ADDRESS,
        );
        let tells = self.tells.map_or_else(String::new, |address| {
            format!(
                "remote_write:\n  - url: http://{address}/api/v1/write\n    write_relabel_configs:\n      \
                 - source_labels: [__name__]\n        regex: '.+:.+|ALERTS.*'\n        action: keep\n"
            )
        });
        let path = folder.join("prometheus.yaml");
        shipped::write(&path, &(config + &tells))?;
        Ok(path)
    }
}

/// The argument that says when Prometheus tells Alertmanager again.
pub(super) fn again() -> String {
    format!("--rules.alert.resend-delay={}ms", AGAIN.as_millis())
}
