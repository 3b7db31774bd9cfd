//! That dashboards say what is true: their own questions, asked of a live Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::fleet::Fleet;
use serde_json::Value;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;
use sortie_dashboards::boards::{Asked, Shape, choices, queries};

use crate::desk::PATIENCE;
use crate::world::{Job, World, in_the_end};

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("the_numbers_of_an_exemption_are_the_truth_at_every_step", exemption),
    ("every_question_of_every_board_is_answered", questions),
];

pub(crate) const BESIDE_VICTORIA: &[(&str, Job)] =
    &[("victoria_metrics_answers_every_question_about_the_same_things_as_prometheus", alike)];

/// When the exemption is granted first, and when its steps are looked at, in minutes of the story.
const GRANTED: u32 = 10;
const LOOKS: [u32; 5] = [8, 18, 28, 38, 48];
/// When every state is held by somebody.
const HELD: u32 = 30;
/// What a range of a board looks back on, and its step, in seconds.
const LOOKBACK: u64 = 600;
const STEP: &str = "15s";
/// `VictoriaMetrics` shows what it took so many seconds later (`-search.latencyOffset`), and one more.
const SHOWN_AFTER: Duration = Duration::from_secs(31);
/// One of the destinations that we ship.
const TARGET: &str = "gmail-smtp-in.l.google.com";

fn exemption(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("exemption")?;
    let granted = fleet.wall(world.minutes(GRANTED)).duration_since(UNIX_EPOCH)?.as_secs_f64();
    let asked = asked(&fleet, granted)?;
    for minute in LOOKS {
        world.reach(&fleet, minute)?;
        fleet.agree(PATIENCE)?;
        in_the_end(|| {
            let truth = truth(&fleet, granted);
            for (panel, expected) in &truth {
                let of_panel = |it: &&Asked| it.board == "sortie-exemption" && it.panel == *panel;
                let question = asked.iter().find(of_panel).with_context(|| format!("no panel `{panel}`"))?;
                // Of nobody there is no series.
                let shown = number(&world.backend.prometheus.query(&question.expr)?)?.unwrap_or_default();
                ensure!(
                    (shown - expected).abs() < 1e-9,
                    "at minute {minute} {panel} is {shown} and should be {expected}: {}",
                    question.expr
                );
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What the panels of the exemption have to show now.
fn truth(fleet: &Fleet, granted: f64) -> BTreeMap<&'static str, f64> {
    let (script, now) = (fleet.script(), fleet.now());
    let vms = script.population.vms.iter().filter(|vm| vm.subscription == 0);
    let (mut open, mut blocked, mut waiting) = (0.0, 0.0, 0.0);
    let began = fleet.wall(Duration::ZERO).duration_since(UNIX_EPOCH).unwrap_or_default();
    for vm in vms {
        match script.state(vm, Port::SMTP, Family::Ipv4, now) {
            State::Open => open += 1.0,
            State::PlatformBlocked => {
                blocked += 1.0;
                waiting += f64::from(began.as_secs_f64() - script.booted(vm, now) < granted);
            }
            _ => {}
        }
    }
    BTreeMap::from([
        ("Verified", open / (open + blocked)),
        ("Still blocked", blocked),
        ("Await deallocation", waiting),
        ("Restarted and blocked", blocked - waiting),
    ])
}

fn questions(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("every-state")?;
    world.reach(&fleet, HELD)?;
    let (asked, choices) = (asked(&fleet, 0.0)?, choices(&values(&fleet, "0"))?);
    in_the_end(|| {
        let mut complaints = Vec::new();
        // Of a panel that asks about every state, one answer is enough.
        let mut silent = BTreeMap::new();
        for question in &asked {
            let Asked { board, panel, expr, must_answer, .. } = question;
            match answer(world, question) {
                Ok(is_silent) => {
                    let panel = silent.entry((board, panel)).or_insert(*must_answer);
                    *panel &= is_silent;
                }
                Err(error) => complaints.push(format!("{board} / {panel}: {error:#}\n    {expr}")),
            }
        }
        for ((board, panel), _) in silent.into_iter().filter(|(_, is_silent)| *is_silent) {
            complaints.push(format!("{board} / {panel}: there is no answer"));
        }
        for choice in &choices {
            if world.backend.prometheus.series(&choice.series)?.is_empty() {
                complaints.push(format!("{} / ${}: nothing to choose from", choice.board, choice.variable));
            }
        }
        ensure!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
        Ok(())
    })
}

/// Of whom an answer tells is compared, not how much: counters are extrapolated otherwise.
fn alike(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("every-state")?;
    world.reach(&fleet, HELD)?;
    let asked = asked(&fleet, 0.0)?;
    in_the_end(|| {
        let mut complaints = Vec::new();
        let mut silent = BTreeMap::new();
        for question in &asked {
            // Of Prometheus itself; nobody tells VictoriaMetrics how that is.
            if question.expr.contains("prometheus_") {
                continue;
            }
            let Asked { board, panel, expr, must_answer, .. } = question;
            match same_things(world, question) {
                Ok(is_silent) => *silent.entry((board, panel)).or_insert(*must_answer) &= is_silent,
                Err(error) => complaints.push(format!("{board} / {panel}: {error:#}\n    {expr}")),
            }
        }
        for ((board, panel), _) in silent.into_iter().filter(|(_, is_silent)| *is_silent) {
            complaints.push(format!("{board} / {panel}: there is no answer"));
        }
        ensure!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
        Ok(())
    })
}

/// Whether neither of them has an answer.
fn same_things(world: &World<'_>, question: &Asked) -> Result<bool> {
    let victoria = world.victoria.as_ref().context("there is a VictoriaMetrics")?;
    let at = SystemTime::now() - SHOWN_AFTER;
    let expected = ask(question, at, |path, fields| world.backend.prometheus.remarks(path, fields))?;
    let told = ask(question, at, |path, fields| victoria.remarks(path, fields))?;
    let (expected, told) = (about(&expected.0)?, about(&told.0)?);
    ensure!(
        told == expected,
        "Prometheus tells of {} things, VictoriaMetrics of {}; of one alone: {:?}",
        expected.len(),
        told.len(),
        expected.symmetric_difference(&told).take(3).collect::<Vec<_>>()
    );
    Ok(expected.is_empty())
}

/// The labels of what an answer tells of.
fn about(answer: &Value) -> Result<BTreeSet<String>> {
    let series = answer.as_array().context("an answer is a list")?;
    Ok(series.iter().map(|series| series["metric"].to_string()).collect())
}

/// Asks as a board does, and says whether there is no answer. An error and a remark are complaints.
fn answer(world: &World<'_>, question: &Asked) -> Result<bool> {
    let prometheus = &world.backend.prometheus;
    let (result, remarks) =
        ask(question, SystemTime::now(), |path, fields| prometheus.remarks(path, fields))?;
    ensure!(remarks.is_empty(), "Prometheus remarks {remarks:?}");
    Ok(result.as_array().is_none_or(Vec::is_empty))
}

/// Asks as a board does at this moment, whoever is asked.
fn ask<T>(
    question: &Asked,
    at: SystemTime,
    whom: impl FnOnce(&str, &[(&str, &str)]) -> Result<T>,
) -> Result<T> {
    let at = at.duration_since(UNIX_EPOCH)?.as_secs();
    let (from, to) = ((at - LOOKBACK).to_string(), at.to_string());
    match question.shape {
        Shape::Instant => whom("/api/v1/query", &[("query", &question.expr), ("time", &to)]),
        Shape::Range => whom(
            "/api/v1/query_range",
            &[("query", &question.expr), ("start", &from), ("end", &to), ("step", STEP)],
        ),
    }
}

/// Every question of every board, about the first subscription and its first machine.
fn asked(fleet: &Fleet, granted: f64) -> Result<Vec<Asked>> {
    Ok(queries(&values(fleet, &granted.to_string()))?)
}

fn values<'a>(fleet: &'a Fleet, granted: &'a str) -> [(&'static str, &'a str); 7] {
    let population = &fleet.script().population;
    let vm = &population.vms[0];
    [
        ("subscription", &population.subscriptions[0]),
        ("port", "25"),
        ("family", "ipv4"),
        ("region", &vm.region),
        ("vm", &vm.host_name),
        ("granted", granted),
        ("target", TARGET),
    ]
}

/// The one number of a vector.
fn number(vector: &Value) -> Result<Option<f64>> {
    match vector.as_array().context("a vector is a list")?.as_slice() {
        [] => Ok(None),
        [one] => {
            let text = one["value"][1].as_str().context("a sample has a value")?;
            Ok(Some(text.parse().with_context(|| format!("`{text}` is no number"))?))
        }
        more => bail!("{} series where one is expected", more.len()),
    }
}
