//! Every board, with everything on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Collector, Gateway, Watch};
use e2e::fleet::{Fleet, Pace, Scenario, Settings, What};
use e2e::otlp::Protocol;
use e2e::{browser, netns};
use serde_json::{Value, json};
use sortie_dashboards::boards;
use sortie_dashboards::boards::model::{Board, Empty};

use crate::recorded::record;

/// Virtual seconds in a real one, where the machine is fast enough: two hours in half a minute.
const SPEED: f64 = 240.0;
/// Parts in which the story is waited for: a slow machine tells it slowly, and each may take its time.
const PARTS: u32 = 12;
/// Ten minutes of the rules are two in real time: nobody is missed yet while the story catches up.
const HURRY: u32 = 5;
const EVALUATION: Duration = Duration::from_secs(2);
/// For what is still on its way when the story is told.
const PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(500);
/// An interval of exports, and what it may take to arrive.
const FRESH: Duration = Duration::from_secs(90);
/// What the story is about. A board reads its tables as of the last whole minute.
const ALERT: &str =
    "count(ALERTS{alertname=\"SortieSubscriptionPortBlocked\", alertstate=\"firing\"} offset 1m)";

/// What is looked at on boards of one subscription or one machine.
const CONCERNED: &str = "shop";
/// What is looked at on the board of exemptions.
const EXEMPTED: &str = "letters";

pub(crate) fn look(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("pictures")?;
    let folder = stage.desk()?.state_dir();
    let watch = Watch { every: EVALUATION, hurry: HURRY, tells: None };
    let backend = Backend::start_watched_with(&watch, &Gateway::of_the_past(), &namespace, &folder)?;
    watched(&backend).map_err(|error| anyhow!("{error:#}\n{}", backend.said()))
}

fn watched(backend: &Backend<'_>) -> Result<()> {
    let scenario = Scenario::load("pictures")?;
    let length = scenario.length;
    let gateway = format!("http://{}", Collector::sender(Protocol::Http).to);
    let settings = Settings { remembers: false, ..Settings::to(gateway, Pace::ending_now(length, SPEED)) };
    let fleet = Fleet::start(backend.namespace(), scenario, &settings)?;
    for part in 1..=PARTS {
        fleet.reach(length * part / PARTS)?;
    }
    arrived(backend, &fleet)?;
    record(backend, fleet.wall(Duration::ZERO), fleet.wall(length))?;
    until(backend, ALERT, 1)?;
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/perses");
    let seen = browser::render(&prometheus(), &boards, &jobs(&fleet)?.to_string(), backend.namespace())?;
    let seen: Vec<Value> = serde_json::from_str(&seen).context("failed to read what was seen")?;
    let panels = |board: &Board| board.rows.iter().map(|row| row.panels.len()).sum::<usize>();
    let expected: Vec<_> =
        boards::all().iter().map(|it| json!({ "board": it.uid, "panels": panels(it) })).collect();
    ensure!(seen == expected, "expected {expected:?}, and seen is {seen:?}");
    Ok(())
}

/// Waits until Prometheus has what everybody told last, but for the one agent whose clock is wrong.
fn arrived(backend: &Backend<'_>, fleet: &Fleet) -> Result<()> {
    let agents: usize = fleet.truth_at(fleet.script().scenario.length).agents.values().sum();
    until(backend, &format!("count(time() - timestamp(sortie_agent_info) < {})", FRESH.as_secs()), agents - 1)
}

/// Waits until the answer is at least this.
fn until(backend: &Backend<'_>, query: &str, least: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut answer = Value::Null;
    while Instant::now() < deadline {
        answer = backend.prometheus.query(query)?;
        let number: Option<usize> = answer[0]["value"][1].as_str().and_then(|text| text.parse().ok());
        if number.is_some_and(|number| number >= least) {
            return Ok(());
        }
        sleep(POLL);
    }
    bail!("after {PATIENCE:?} `{query}` is {answer}, and not {least}")
}

fn prometheus() -> String {
    format!("http://{}", e2e::backend::PROMETHEUS)
}

fn jobs(fleet: &Fleet) -> Result<Value> {
    let pictures = std::env::var_os("SORTIE_PICTURES").map(PathBuf::from);
    let jobs = boards::all().into_iter().map(|board| {
        let values = values(fleet, board.uid)?;
        let chosen = board.variables.iter().filter_map(|variable| {
            values.get(variable.name).map(|value| format!("&var-{}={value}", variable.name))
        });
        let length = fleet.script().scenario.length;
        let panels = board.rows.iter().flat_map(|row| &row.panels);
        let empty: Vec<_> =
            panels.filter(|panel| matches!(panel.empty, Empty::Fine(_))).map(|panel| panel.title).collect();
        let file = |theme| Some(pictures.as_ref()?.join(format!("{}-{theme}.png", board.uid)));
        let pictures: BTreeMap<_, _> =
            themes(board.uid).iter().filter_map(|theme| Some((theme, file(theme)?))).collect();
        Ok(json!({
            "board": board.uid,
            "ask": format!("start={}m{}", length.as_secs() / 60, chosen.collect::<String>()),
            "empty": empty,
            "pictures": pictures,
        }))
    });
    jobs.collect::<Result<Vec<_>>>().map(Value::from)
}

/// How a board is painted for the documentation. One shows that both can be read.
fn themes(board: &str) -> &'static [&'static str] {
    if board == "sortie-fleet" { &["light", "dark"] } else { &["light"] }
}

/// What is chosen on a board.
fn values(fleet: &Fleet, board: &str) -> Result<BTreeMap<&'static str, String>> {
    let name = if board == "sortie-exemption" { EXEMPTED } else { CONCERNED };
    let script = fleet.script();
    let number = script.scenario.subscription.iter().position(|it| it.name == name);
    let number = number.with_context(|| format!("the story has a subscription `{name}`"))?;
    let vm = script.population.vms.iter().find(|vm| vm.subscription == number);
    let vm = vm.with_context(|| format!("`{name}` has a machine"))?;
    let exemption = script.scenario.happening.iter().find(|it| matches!(it.what, What::Exemption { .. }));
    let granted = fleet.wall(exemption.context("the story has an exemption")?.at);
    Ok(BTreeMap::from([
        ("granted", granted.duration_since(UNIX_EPOCH)?.as_secs().to_string()),
        ("subscription", script.population.subscriptions[number].clone()),
        ("vm", vm.host_name.clone()),
        ("port", "25".to_owned()),
        ("family", "ipv4".to_owned()),
    ]))
}
