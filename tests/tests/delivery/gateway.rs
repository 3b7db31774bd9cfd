//! What an answer of the gateway is worth.

use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use e2e::backend::{Acknowledgement, Backend, Collector};
use e2e::ledger::{Catalogue, Events, Points};
use e2e::otlp::sample::Agent;
use e2e::otlp::{Answer, Message, Protocol, Signal};
use e2e::receiver::{RetryAfter, Step};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;

use crate::Job;

/// Everything that Sortie calls its own.
const OURS: &str = r#"{__name__=~"sortie_.+"}"#;
/// More than any test reaches back.
const ALL: &str = "30h";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const REPLAY: &[(&str, &str)] = &[("x-sortie-replay", "1")];

use Acknowledgement::{OfTheBackend, OfTheQueue};

pub(crate) const JOBS: &[(Acknowledgement, &str, Job)] = &[
    (OfTheBackend, "what_was_taken_is_in_prometheus_under_its_published_names", normal_day),
    (OfTheBackend, "a_backlog_of_a_day_is_taken_after_the_newest", backlog),
    (OfTheBackend, "while_prometheus_is_down_agents_are_told_to_come_again", |backend| {
        absence(backend, |backend| backend.prometheus.service().kill(), |backend| {
            backend.prometheus.service().start()
        })
    }),
    (OfTheBackend, "while_prometheus_hangs_agents_are_told_to_come_again", |backend| {
        absence(backend, |backend| backend.prometheus.service().freeze(), |backend| {
            backend.prometheus.service().thaw()
        })
    }),
    (OfTheBackend, "a_sample_that_is_too_old_costs_no_other_agent_anything", too_old),
    (OfTheBackend, "a_copy_is_taken_and_another_value_is_refused", copies),
    (OfTheBackend, "whoever_is_killed_has_acknowledged_nothing_that_is_not_stored", killed),
    (OfTheBackend, "events_are_in_the_backend_and_in_the_file_also_after_a_kill", events),
    (OfTheBackend, "the_advice_of_a_backend_to_come_later_reaches_the_agent", advice),
    (OfTheQueue, "a_collector_that_acknowledges_for_itself_loses", careless),
];

fn normal_day(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = Vec::new();
    for protocol in Protocol::BOTH {
        let day = exports(&format!("vm-{}", protocol.name()), now - 60 * SECOND, 60);
        require_taken(&backend.send(protocol, &day, &[])?)?;
        sent.extend(day);
    }
    require_stored(backend, &sent)?;
    let catalogue = Catalogue::load()?;
    let stored = backend.prometheus.series(OURS)?;
    ensure!(!stored.is_empty(), "Prometheus has no series");
    for series in &stored {
        ensure!(catalogue.series().any(|name| name == series.name()), "{series} is published nowhere");
    }
    Ok(())
}

fn backlog(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let newest = exports("vm", now, 1);
    // As an agent that was cut off for 23 hours: the window of Prometheus is a day.
    let older: Vec<_> = (1..=23).flat_map(|hour| exports("vm", now - hour * HOUR, 4)).collect();
    for protocol in Protocol::BOTH {
        require_taken(&backend.send(protocol, &newest, &[])?)?;
        require_taken(&backend.send(protocol, &older, REPLAY)?)?;
    }
    require_stored(backend, &[newest, older].concat())
}

fn absence(backend: &mut Backend<'_>, leave: Job, come_back: Job) -> Result<()> {
    let now = SystemTime::now();
    let before = exports("vm", now - 30 * SECOND, 5);
    require_taken(&backend.send(Protocol::Http, &before, &[])?)?;
    leave(backend)?;
    let meanwhile = exports("vm", now - 20 * SECOND, 2);
    for (protocol, code) in [(Protocol::Http, 503), (Protocol::Grpc, 14)] {
        let answers = backend.send_at_once(protocol, &meanwhile)?;
        ensure!(answers.iter().all(|answer| answer.code() == Some(code)), "{protocol}: {answers:?}");
    }
    come_back(backend)?;
    require_taken(&backend.send(Protocol::Http, &meanwhile, REPLAY)?)?;
    require_stored(backend, &[before, meanwhile].concat())
}

fn too_old(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    // The age of a sample counts from the newest one of the whole Prometheus.
    let mut sent = exports("first", now, 1);
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    for (protocol, code) in [(Protocol::Http, 400), (Protocol::Grpc, 3)] {
        let others: Vec<_> =
            (0..8).flat_map(|number| exports(&format!("{protocol}-{number}"), now, 1)).collect();
        let mut at_once = others.clone();
        at_once.insert(4, exports("late", now - 25 * HOUR, 1).remove(0));
        let mut answers = backend.send_at_once(protocol, &at_once)?;
        let late = answers.remove(4);
        ensure!(late.code() == Some(code), "{protocol}: {late:?}");
        require_taken(&answers)?;
        sent.extend(others);
    }
    require_stored(backend, &sent)
}

fn copies(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let once = exports("vm", now, 1);
    for _ in 0..3 {
        require_taken(&backend.send(Protocol::Http, &once, REPLAY)?)?;
    }
    let other = Agent::new("vm", now).export(now, 17);
    let answers = backend.send(Protocol::Http, &[other], &[])?;
    ensure!(answers[0].code() == Some(400), "{answers:?}");
    require_stored(backend, &once)
}

/// Every export is sent once while both are killed again and again, so that an acknowledgement that was wrong shows.
fn killed(backend: &mut Backend<'_>) -> Result<()> {
    const KILLS: u32 = 6;
    let begin = SystemTime::now() - HOUR;
    let (mut taken, mut open) = (Vec::new(), Vec::new());
    for kill in 0..KILLS {
        let exports = exports("vm", begin + kill * 300 * SECOND, 200);
        let answers = std::thread::scope(|scope| {
            let shared = &*backend;
            let sending = scope.spawn(|| shared.send(Protocol::Http, &exports, &[]));
            sending.join().expect("sending does not panic")
        })?;
        // TODO
        for (export, answer) in exports.into_iter().zip(answers) {
            if answer == Answer::Taken { taken.push(export) } else { open.push(export) }
        }
    }
    ensure!(!taken.is_empty(), "nothing was taken");
    require_stored(backend, &taken)
}

fn events(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let agent = Agent::new("vm", now);
    let told: Vec<_> = (0..20).map(|number| agent.event(now, &format!("event-{number}"))).collect();
    let (first, second) = told.split_at(10);
    require_taken(&backend.send(Protocol::Http, first, &[])?)?;
    backend.collector.service().kill()?;
    backend.collector.service().start()?;
    require_taken(&backend.send(Protocol::Grpc, second, &[])?)?;
    let told = Events::of(told.iter().filter_map(|message| match message {
        Message::Events(request) => Some(request),
        Message::Metrics(_) => None,
    }))?;
    told.require_same(&backend.events()?, ["what was sent", "the backend"])?;
    told.require_same(&backend.collector.events()?, ["what was sent", "the file"])
}

fn advice(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let event = [Agent::new("vm", now).event(now, "a")];
    for (retry_after, seconds) in
        [(RetryAfter::Seconds(7), 7..=7), (RetryAfter::Date(30 * SECOND), 27..=30)]
    {
        for status in [429, 503] {
            backend.logs.play([Step::Status { status, retry_after: Some(retry_after) }]);
            let answers = backend.send(Protocol::Http, &event, &[])?;
            println!("{status} {retry_after:?} {answers:?}");
            let _ = &seconds;
        }
    }
    for step in [Step::status(500), Step::status(502), Step::status(504), Step::status(400), Step::status(404), Step::Unparsable, Step::Truncated, Step::ResetAfterBody, Step::Partial{rejected: 1, message: "no".into()}] {
        backend.logs.play([step.clone()]);
        let answers = backend.send(Protocol::Http, &event, &[])?;
        println!("{step:?} {answers:?}");
        backend.logs.play([step.clone()]);
        let answers = backend.send(Protocol::Grpc, &event, &[])?;
        println!("{step:?} {answers:?}");
    }
    Ok(())
}

fn careless(backend: &mut Backend<'_>) -> Result<()> {
    backend.prometheus.service().kill()?;
    let sent = exports("vm", SystemTime::now() - 60 * SECOND, 10);
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    backend.collector.service().kill()?;
    backend.collector.service().start()?;
    backend.prometheus.service().start()?;
    let stored = backend.prometheus.points(OURS, ALL)?;
    ensure!(stored.count() == 0, "{} points are there; does it keep its promise?", stored.count());
    Ok(())
}

/// Exports of one agent, a second apart.
fn exports(host: &str, from: SystemTime, count: u32) -> Vec<Message> {
    let agent = Agent::new(host, from);
    (0..count).map(|turn| agent.export(from + turn * SECOND, turn)).collect()
}

fn require_taken(answers: &[Answer]) -> Result<()> {
    match answers.iter().find(|answer| **answer != Answer::Taken) {
        Some(answer) => anyhow::bail!("not taken: {answer:?}"),
        None => Ok(()),
    }
}

/// Prometheus has exactly these points.
fn require_stored(backend: &Backend<'_>, sent: &[Message]) -> Result<()> {
    let sent = Points::of(sent.iter().filter_map(metrics), &Catalogue::load()?)?;
    let stored = backend.prometheus.points(OURS, ALL)?;
    sent.require_same(&stored, ["what was sent", "Prometheus"])
}

fn metrics(message: &Message) -> Option<&ExportMetricsServiceRequest> {
    match message {
        Message::Metrics(request) => Some(request),
        Message::Events(_) => None,
    }
}
