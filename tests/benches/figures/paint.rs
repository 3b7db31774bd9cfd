//! How soon the page is seen in a browser that has never been here, and how much has to come for it.

use std::net::TcpListener;

use anyhow::{Context as _, Result};
use e2e::agent::{Daemon, Stage};
use e2e::browser;
use e2e::plan::Node;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;
use serde::Deserialize;

use crate::sheet::Sheet;
use crate::unit::{KIBIBYTES, MILLISECONDS};

const KIBIBYTE: f64 = 1024.0;

/// What the browser says, times in ascending order.
#[derive(Deserialize)]
struct Seen {
    first_contentful_paint_ms: Vec<f64>,
    bytes: f64,
}

pub(crate) fn measure(stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let scenario = Scenario::parse("open", include_str!("check/open.toml"))?;
    let network = Network::build(&scenario)?;
    let listener = TcpListener::bind("127.0.0.1:0").context("loopback has no port")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let vm = network.chain().node(Node::Vm)?;
    let mut agent = Daemon::start_with_page(&scenario, Engine::Raw, vm, stage, listener)?;
    agent.until("open")?;
    let said = browser::look("paint", &url, &[])?;
    let seen: Seen = serde_json::from_str(&said).with_context(|| format!("the browser said `{said}`"))?;
    let paints = &seen.first_contentful_paint_ms;
    let (Some(median), Some(slowest)) = (paints.get(paints.len() / 2), paints.last()) else {
        anyhow::bail!("nothing was painted")
    };
    sheet.figure("first contentful paint: median", *median, MILLISECONDS)?;
    sheet.figure(&format!("  slowest of {}", paints.len()), *slowest, MILLISECONDS)?;
    sheet.figure("for one visit, headers included", seen.bytes / KIBIBYTE, KIBIBYTES)?;
    Ok(())
}
