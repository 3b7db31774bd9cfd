//! What no agent has a reason to send: it is dropped, counted under the name of who sent it, and costs neither the rest
//! of the same request nor anybody else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::backend::{Backend, Gateway, Overlay};
use e2e::ledger::{Catalogue, Events};
use e2e::otlp::sample::{Agent, word};
use e2e::otlp::{Message, Protocol};
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Gauge, Metric, NumberDataPoint, Sum};

use crate::Case;
use crate::gateway::{REPLAY, exports, require_stored, require_taken};
use crate::world::in_the_end;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Points of one metric that the gateway takes, as gateway.yaml has it.
const MOST: usize = 6000;
/// Attributes of a point that the gateway takes, as gateway.yaml has it.
const MOST_ATTRIBUTES: usize = 16;
/// Bytes of a sentence that the gateway takes, as gateway.yaml has it.
const LONGEST: usize = 16_384;
/// As shipped, but for the time that a count waits until it is sent on.
const HASTY: Overlay = Overlay::Text("processors:\n  interval:\n    interval: 1s\n");
/// Counts have nowhere to go.
const COUNTS_NOTHING: Overlay =
    Overlay::Text("exporters:\n  otlp_http/refused:\n    endpoint: http://127.0.0.1:9\n");

pub(crate) const CASES: &[Case] = &[
    (hasty, "a_name_that_is_not_published_is_dropped_and_counted_under_the_agents_name", foreign),
    (hasty, "a_clock_that_is_wrong_costs_its_own_points_alone_and_names_the_agent", clocks),
    (hasty, "a_newest_export_that_is_late_is_taken_and_names_the_agent_and_a_replay_does_not", late),
    (hasty, "a_metric_with_more_series_than_any_agent_has_is_dropped_and_counted", too_many),
    (hasty, "what_no_agent_measures_costs_neither_the_rest_nor_any_sum_over_the_fleet", unmeasured),
    (hasty, "an_event_that_is_foreign_or_too_long_is_dropped_and_counted", events),
    (hasty, "attributes_of_a_resource_that_are_none_of_ours_are_taken_away", strange_resource),
    (hasty, "everything_that_is_published_passes_the_gateway", everything_published),
    (counting_nothing, "what_cannot_be_counted_is_taken_and_refused_all_the_same", uncounted),
];

fn hasty() -> Gateway {
    Gateway { overlays: vec![HASTY], ..Gateway::default() }
}

fn counting_nothing() -> Gateway {
    Gateway { overlays: vec![HASTY, COUNTS_NOTHING], ..Gateway::default() }
}

fn foreign(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let good = exports("vm", now, 1);
    for (protocol, turns) in [(Protocol::Http, 1), (Protocol::Grpc, 2)] {
        // `sortie.port` is the beginning of a published name and none itself.
        for name in ["node.cpu.time", "sortie.port", "sortie.port.status.of.mine", "process.uptimes"] {
            let mixed = with_metric(&good[0], |metric| {
                name.clone_into(&mut metric.name);
                repeat(metric, 3);
            })?;
            require_taken(&backend.send(protocol, &[mixed], &[])?)?;
        }
        require_stored(backend, &good)?;
        require_refused(backend, "points", &[("vm", "foreign_name", 4 * 3 * turns)])?;
    }
    Ok(())
}

fn clocks(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = Vec::new();
    for (turn, protocol) in (1..).zip(Protocol::BOTH) {
        let mut at_once: Vec<_> =
            (0..8).flat_map(|number| exports(&format!("{protocol}-{number}"), now, 1)).collect();
        // As far off as a point may be, and half a minute of slowness.
        let slow = exports("slow", now - turn * MINUTE - 23 * HOUR - 50 * MINUTE, 1);
        let fast = exports("fast", now + turn * MINUTE + 6 * MINUTE, 1);
        at_once.extend([slow, fast].concat());
        sent.extend(at_once.clone());
        for (host, off) in [("slow", now - 25 * HOUR), ("fast", now + 11 * MINUTE)] {
            let good = exports(host, now - turn * MINUTE, 1);
            at_once.push(joined(&[&good[0], &exports(host, off + turn * MINUTE, 1)[0]]));
            sent.extend(good);
        }
        require_taken(&backend.send_at_once(protocol, &at_once)?)?;
        require_stored(backend, &sent)?;
        let points = sent[0].count() * u64::from(turn);
        require_refused(backend, "points", &[("fast", "future", points), ("slow", "too_old", points)])?;
    }
    Ok(())
}

fn late(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = Vec::new();
    for (turn, protocol) in (1..).zip(Protocol::BOTH) {
        let behind = exports("behind", now - 2 * HOUR - turn * MINUTE, 1);
        let replay = exports("replay", now - 2 * HOUR - turn * MINUTE, 1);
        let in_time = exports("in-time", now - 4 * MINUTE + turn * MINUTE, 1);
        require_taken(&backend.send(protocol, &[&*behind, &*in_time].concat(), &[])?)?;
        require_taken(&backend.send(protocol, &replay, REPLAY)?)?;
        sent.extend([behind, replay, in_time].concat());
        require_stored(backend, &sent)?;
        require_counted(backend, "late_points", &[("behind", "", sent[0].count() * u64::from(turn))])?;
    }
    Ok(())
}

fn too_many(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let most = with_metric(&exports("vm", now, 1)[0], |metric| repeat(metric, MOST))?;
    let good = exports("vm", now + Duration::from_secs(1), 1);
    let more = with_metric(&good[0], |metric| repeat(metric, MOST + 1))?;
    for (message, protocol) in [(&most, Protocol::Http), (&more, Protocol::Grpc)] {
        require_taken(&backend.send(protocol, std::slice::from_ref(message), &[])?)?;
    }
    require_stored(backend, &[most, good[0].clone()])?;
    require_refused(backend, "points", &[("vm", "too_many", MOST as u64 + 1)])
}

/// Prometheus refuses a whole request for a delta, keeps what is no number, which makes every sum that it is part of none,
/// and takes all machines without an id for one.
fn unmeasured(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let good = exports("vm", now, 1);
    let mut nameless = exports("nameless", now, 1).remove(0);
    let Message::Metrics(request) = &mut nameless else { bail!("an export has metrics") };
    let resource = request.resource_metrics[0].resource.as_mut().context("an export has a resource")?;
    resource.attributes.retain(|attribute| !attribute.key.starts_with("host."));
    let mut mixed = with_metric(&good[0], |metric| {
        let data_points = points(metric);
        let aggregation_temporality = AggregationTemporality::Delta.into();
        metric.data = Some(Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true }));
    })?;
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        mixed = with_metric(&mixed, |metric| {
            let mut data_points = points(metric);
            data_points[0].value = Some(Number::AsDouble(value));
            metric.data = Some(Data::Gauge(Gauge { data_points }));
        })?;
    }
    mixed = with_metric(&mixed, |metric| {
        let mut data_points = points(metric);
        data_points[0].attributes =
            (0..=MOST_ATTRIBUTES).map(|number| word(&number.to_string(), "")).collect();
        metric.data = Some(Data::Gauge(Gauge { data_points }));
    })?;
    for (turn, protocol) in (1..).zip(Protocol::BOTH) {
        require_taken(&backend.send(protocol, &[joined(&[&mixed, &nameless])], &[])?)?;
        require_stored(backend, &good)?;
        require_refused(
            backend,
            "points",
            &[
                ("vm", "foreign_kind", turn),
                ("vm", "malformed", 4 * turn),
                ("", "no_host", nameless.count() * turn),
            ],
        )?;
    }
    Ok(())
}

fn events(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let agent = Agent::new("vm", now);
    let body = |length| Some(AnyValue { value: Some(Value::StringValue("é".repeat(length / 2))) });
    let good = [agent.event(now, "plain"), changed(agent.event(now, "longest"), None, body(LONGEST))];
    let bad = [
        changed(agent.event(now, "foreign"), Some("session.start"), None),
        changed(agent.event(now, "no name"), Some(""), None),
        changed(agent.event(now, "too long"), None, body(LONGEST + 2)),
    ];
    for protocol in Protocol::BOTH {
        require_taken(&backend.send(protocol, &[&good[..], &bad].concat(), &[])?)?;
    }
    let told = Events::of(good.iter().chain(&good).filter_map(Message::events))?;
    told.require_same(&backend.events()?, ["what was sent", "the backend"])?;
    told.require_same(&backend.collector.events()?, ["what was sent", "the file"])?;
    require_refused(backend, "records", &[("vm", "foreign_name", 4), ("vm", "too_long", 2)])
}

fn strange_resource(backend: &mut Backend<'_>) -> Result<()> {
    let mut message = exports("vm", SystemTime::now(), 1).remove(0);
    let Message::Metrics(request) = &mut message else { bail!("an export has metrics") };
    let resource = request.resource_metrics[0].resource.as_mut().context("an export has a resource")?;
    resource.attributes.extend(
        ["container.id", "deployment.environment.name"]
            // What a byte that is no UTF-8 is read as.
            .map(|key| word(key, "set by an operator\u{FFFD}")),
    );
    require_taken(&backend.send(Protocol::Http, &[message], &[])?)?;
    let info = backend.prometheus.query(r#"target_info{job="sortie"}"#)?;
    let labels = info[0]["metric"].as_object().context("Prometheus keeps a resource as target_info")?;
    ensure!(labels.contains_key("service_version"), "what is ours is gone: {labels:?}");
    ensure!(
        labels.get("deployment_environment_name").is_some_and(|value| value == "set by an operator?"),
        "what fleets are told apart by is gone, or could not be read: {labels:?}"
    );
    ensure!(!labels.contains_key("container_id"), "what is not ours is there: {labels:?}");
    Ok(())
}

/// The two lists of names in gateway.yaml are those of the registry: an older gateway refuses what it does not know.
fn everything_published(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let catalogue = Catalogue::load()?;
    let names: BTreeSet<_> = catalogue.metrics().map(str::to_owned).collect();
    let mut export = exports("vm", now, 1).remove(0);
    for name in &names {
        export = with_metric(&export, |metric| metric.name.clone_from(name))?;
    }
    let agent = Agent::new("vm", now);
    let events: Vec<_> =
        catalogue.events().map(|name| changed(agent.event(now, name), Some(name), None)).collect();
    ensure!(names.len() > 1 && events.len() > 1, "nothing is published");
    require_taken(&backend.send(Protocol::Http, &[&[export][..], &events].concat(), &[])?)?;
    let told = Events::of(events.iter().filter_map(Message::events))?;
    told.require_same(&backend.events()?, ["what was sent", "the backend"])?;
    // What is dropped is counted before what comes after it.
    require_taken(&backend.send(Protocol::Http, &[last_one(now)?], &[])?)?;
    require_refused(backend, "points", &[("last", "foreign_name", 1)])
}

fn uncounted(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let good = exports("vm", now - 100 * Duration::from_secs(1), 100);
    // More than wait in the queue of counts, over more than one turn of sending them on.
    for message in &good {
        let mixed = with_metric(message, |metric| "node.cpu.time".clone_into(&mut metric.name))?;
        require_taken(&backend.send(Protocol::Http, &[mixed], &[])?)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    in_the_end(|| {
        ensure!(
            backend.collector.log().contains("otlp_http/refused"),
            "nothing has failed: nothing is shown"
        );
        Ok(())
    })?;
    require_taken(&backend.send(Protocol::Http, &good, &[])?)?;
    require_stored(backend, &good)
}

/// An export with nothing but a foreign name, of a host that sends nothing else.
fn last_one(now: SystemTime) -> Result<Message> {
    let mut message = exports("last", now, 1).remove(0);
    let Message::Metrics(request) = &mut message else { bail!("an export has metrics") };
    let metrics = &mut request.resource_metrics[0].scope_metrics[0].metrics;
    metrics.truncate(1);
    "node.cpu.time".clone_into(&mut metrics[0].name);
    Ok(message)
}

/// The same export with one metric more, made from its first gauge.
fn with_metric(message: &Message, make: impl FnOnce(&mut Metric)) -> Result<Message> {
    let mut message = message.clone();
    let Message::Metrics(request) = &mut message else { bail!("an export has metrics") };
    let metrics = &mut request.resource_metrics[0].scope_metrics[0].metrics;
    let gauge = metrics.iter().find(|metric| metric.name == "sortie.port.last_conclusive.time");
    let mut metric = gauge.context("an export has a gauge")?.clone();
    "sortie.host.boot.time".clone_into(&mut metric.name);
    make(&mut metric);
    metrics.push(metric);
    Ok(message)
}

fn points(metric: &Metric) -> Vec<NumberDataPoint> {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.clone(),
        _ => Vec::new(),
    }
}

/// So many series, each with another relay.
fn repeat(metric: &mut Metric, count: usize) {
    let Some(Data::Gauge(gauge)) = &mut metric.data else { return };
    let point = gauge.data_points.remove(0);
    gauge.data_points = (0..count)
        .map(|number| {
            let mut point = point.clone();
            point.attributes.push(word("sortie.relay.name", &number.to_string()));
            point
        })
        .collect();
}

/// Several exports in one request, as a backlog is sent.
fn joined(messages: &[&Message]) -> Message {
    let resource_metrics =
        messages.iter().filter_map(|message| message.metrics()).flat_map(|it| it.resource_metrics.clone());
    let mut joined = messages[0].clone();
    if let Message::Metrics(request) = &mut joined {
        request.resource_metrics = resource_metrics.collect();
    }
    joined
}

fn changed(mut event: Message, name: Option<&str>, body: Option<AnyValue>) -> Message {
    if let Message::Events(request) = &mut event {
        let record = &mut request.resource_logs[0].scope_logs[0].log_records[0];
        if let Some(name) = name {
            name.clone_into(&mut record.event_name);
        }
        record.body = body.or(record.body.take());
    }
    event
}

/// Waits until exactly this is counted, as Prometheus tells it.
fn require_refused(backend: &Backend<'_>, what: &str, expected: &[(&str, &str, u64)]) -> Result<()> {
    require_counted(backend, &format!("refused_{what}"), expected)
}

fn require_counted(backend: &Backend<'_>, what: &str, expected: &[(&str, &str, u64)]) -> Result<()> {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(host, reason, count)| {
            let id = if host.is_empty() { String::new() } else { format!("id-of-{host}") };
            ((id, (*host).to_owned(), (*reason).to_owned()), *count)
        })
        .collect();
    in_the_end(|| {
        let answer = backend.prometheus.query(&format!("sortie_gateway_{what}_total"))?;
        let mut counted = BTreeMap::new();
        for series in answer.as_array().context("a vector has series")? {
            let label = |name: &str| series["metric"][name].as_str().unwrap_or_default().to_owned();
            ensure!(!label("cloud_account_id").is_empty(), "nobody says in which subscription: {series}");
            let count: u64 = series["value"][1].as_str().context("a value")?.parse()?;
            counted.insert((label("host_id"), label("host_name"), label("reason")), count);
        }
        ensure!(counted == expected, "{counted:?} are counted, and not {expected:?}");
        Ok(())
    })
}
