//! What an answer of the gateway is worth, whoever sends.

use std::time::{Duration, SystemTime};

use anyhow::{Result, bail, ensure};
use e2e::agent::Stage;
use e2e::backend::Acknowledgement::{OfTheBackend, OfTheQueue};
use e2e::backend::{Acknowledgement, Backend};
use e2e::ledger::{Catalogue, Events, Points};
use e2e::netns;
use e2e::otlp::sample::Agent;
use e2e::otlp::{Answer, Message, Protocol};
use e2e::receiver::{RetryAfter, Step};
use e2e::tmpfs::Tmpfs;

use crate::{Alone, Job};

/// Everything that an agent tells. What Prometheus makes of a resource is no metric of anybody's.
pub(crate) const OURS: &str = r#"{job="sortie",__name__!="target_info"}"#;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// Bytes. Prometheus needs some of it to start.
const SMALL_DISK: u64 = 1 << 20;
pub(crate) const REPLAY: &[(&str, &str)] = &[("x-sortie-replay", "1")];

pub(crate) const JOBS: &[(Acknowledgement, &str, Job)] = &[
    (OfTheBackend, "what_was_taken_is_in_prometheus_under_its_published_names", names),
    (OfTheBackend, "a_backlog_of_a_day_is_taken_after_the_newest", backlog),
    (OfTheBackend, "while_prometheus_is_down_agents_are_told_to_come_again", |backend| {
        absence(backend, |it| it.prometheus.service().kill(), |it| it.prometheus.service().start())
    }),
    (OfTheBackend, "while_prometheus_hangs_agents_are_told_to_come_again", |backend| {
        absence(backend, |it| it.prometheus.service().freeze(), |it| it.prometheus.service().thaw())
    }),
    (OfTheBackend, "what_prometheus_refuses_costs_no_other_agent_anything", culprit),
    (OfTheBackend, "a_copy_is_taken_and_another_value_is_refused", copies),
    (OfTheBackend, "events_are_in_the_backend_and_in_the_file_also_after_a_kill", events),
    (OfTheBackend, "what_a_backend_says_reaches_the_agent_in_the_words_of_otlp", words),
    (OfTheQueue, "a_collector_that_acknowledges_for_itself_loses", careless),
];

pub(crate) const ALONE: &[(&str, Alone)] =
    &[("a_prometheus_whose_disk_is_full_says_yes_and_forgets", forgetful)];

fn names(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = Vec::new();
    for protocol in Protocol::BOTH {
        let hour = exports(&format!("vm-{protocol}"), now - 60 * SECOND, 60);
        require_taken(&backend.send(protocol, &hour, &[])?)?;
        sent.extend(hour);
    }
    require_stored(backend, &sent)?;
    let catalogue = Catalogue::load()?;
    let stored = backend.prometheus.series(OURS)?;
    ensure!(!stored.is_empty(), "Prometheus has no series");
    match stored.iter().find(|series| catalogue.series().all(|name| name != series.name())) {
        Some(series) => bail!("{series} is published nowhere"),
        None => Ok(()),
    }
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

/// Nothing that a guard could know: another value for a moment that Prometheus has already. It refuses the request as a
/// whole, so that whoever is merged with the culprit would be refused with it.
fn culprit(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = exports("culprit", now, 1);
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    for (protocol, code) in [(Protocol::Http, 400), (Protocol::Grpc, 3)] {
        let others: Vec<_> =
            (0..8).flat_map(|number| exports(&format!("{protocol}-{number}"), now, 1)).collect();
        let mut at_once = others.clone();
        at_once.insert(4, Agent::new("culprit", now).export(now, 17));
        let mut answers = backend.send_at_once(protocol, &at_once)?;
        let refused = answers.remove(4);
        ensure!(refused.code() == Some(code), "{protocol}: {refused:?}");
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

fn events(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let agent = Agent::new("vm", now);
    let told: Vec<_> = (0..20).map(|number| agent.event(now, &format!("event-{number}"))).collect();
    let (first, second) = told.split_at(10);
    require_taken(&backend.send(Protocol::Http, first, &[])?)?;
    backend.collector.service().kill()?;
    backend.collector.service().start()?;
    require_taken(&backend.send(Protocol::Grpc, second, &[])?)?;
    let told = Events::of(told.iter().filter_map(Message::events))?;
    told.require_same(&backend.events()?, ["what was sent", "the backend"])?;
    told.require_same(&backend.collector.events()?, ["what was sent", "the file"])
}

/// Whatever means "later" stays "later", whatever means "never" stays "never". What is lost on the way: when to come
/// again, and that a backend took only a part.
fn words(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let event = [Agent::new("vm", now).event(now, "a")];
    let busy = Step::Status { status: 429, retry_after: Some(RetryAfter::Seconds(7)) };
    let partial = Step::Partial { rejected: 1, message: "one is too many".to_owned() };
    let table = [
        (busy, Some((429, 8))),
        (Step::status(502), Some((503, 14))),
        (Step::status(503), Some((503, 14))),
        (Step::status(504), Some((503, 14))),
        (Step::ResetBeforeBody, Some((503, 14))),
        (Step::ResetAfterBody, Some((503, 14))),
        (Step::Garbage, Some((503, 14))),
        (Step::status(400), Some((400, 3))),
        (Step::status(401), Some((401, 16))),
        (Step::status(403), Some((403, 7))),
        (Step::status(404), Some((404, 12))),
        (Step::status(500), Some((500, 2))),
        (Step::Unparsable, Some((500, 13))),
        (partial, None),
        (Step::Take, None),
    ];
    for (step, expected) in table {
        let expected = expected.map_or([None, None], |(http, grpc)| [Some(http), Some(grpc)]);
        for (protocol, code) in Protocol::BOTH.into_iter().zip(expected) {
            // A client asks again where its connection broke before there was an answer.
            backend.logs.usually(step.clone());
            match &backend.send(protocol, &event, &[])?[0] {
                Answer::Taken if code.is_none() => {}
                Answer::Refused { code: seen, retry_after: None, .. } if Some(*seen) == code => {}
                other => bail!("{step:?} became {other:?} over {protocol}, and not {code:?}"),
            }
        }
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
    let stored = backend.prometheus.points(OURS)?;
    ensure!(stored.count() == 0, "{} points are there: does it keep its promise?", stored.count());
    Ok(())
}

/// Prometheus 3.16 drops the error of its own commit (`ConsumeMetrics` in `write_otlp_handler.go` assigns it when the
/// result is already decided), so that nothing in front of it can know. Its metric
/// `prometheus_tsdb_wal_writes_failed_total` does.
fn forgetful(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("backend")?;
    let folder = stage.desk()?.state_dir();
    let disk = Tmpfs::mount(&folder.join("prometheus"), SMALL_DISK)?;
    let backend = Backend::start(&namespace, &folder)?;
    let begin = SystemTime::now() - HOUR;
    let before = exports("vm", begin, 5);
    require_taken(&backend.send(Protocol::Http, &before, &[])?)?;
    disk.fill()?;
    // Some of them fit into what is left of a block.
    let lost = exports("vm", begin + 60 * SECOND, 600);
    require_taken(&backend.send(Protocol::Http, &lost, &[])?)?;
    let failed = backend.prometheus.own_metric("prometheus_tsdb_wal_writes_failed_total")?;
    let stored = backend.prometheus.points(OURS)?;
    let sent = points(&[before, lost].concat())?;
    let missing = sent.missing_in(&stored);
    ensure!(!missing.is_empty() && failed > 0.0, "nothing is missing, {failed} writes failed: is it mended?");
    Ok(())
}

/// Exports of one agent, a second apart.
pub(crate) fn exports(host: &str, from: SystemTime, count: u32) -> Vec<Message> {
    let agent = Agent::new(host, from);
    (0..count).map(|turn| agent.export(from + turn * SECOND, turn)).collect()
}

pub(crate) fn require_taken(answers: &[Answer]) -> Result<()> {
    match answers.iter().find(|answer| **answer != Answer::Taken) {
        Some(answer) => bail!("not taken: {answer:?}"),
        None => Ok(()),
    }
}

/// Prometheus has exactly these points.
pub(crate) fn require_stored(backend: &Backend<'_>, sent: &[Message]) -> Result<()> {
    let stored = backend.prometheus.points(OURS)?;
    points(sent)?.require_same(&stored, ["what was sent", "Prometheus"])
}

pub(crate) fn points(sent: &[Message]) -> Result<Points> {
    Points::of(sent.iter().filter_map(Message::metrics), &Catalogue::load()?)
}
