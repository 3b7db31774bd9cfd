//! Against a real receiver on loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, number_data_point};
use prost::Message as _;
use sortie_core::target::{Family, Port, Role};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::*;
use crate::testing::{self, facts, lines, observed};
use crate::{Facts, registry};

/// A request as it arrived.
struct Arrived {
    request: Request<()>,
    body: Bytes,
}

impl Arrived {
    fn metrics(&self) -> Vec<Metric> {
        let message = ExportMetricsServiceRequest::decode(self.body.clone()).expect("an export of metrics");
        let resources = message.resource_metrics.into_iter();
        resources.flat_map(|r| r.scope_metrics).flat_map(|scope| scope.metrics).collect()
    }

    /// The values of a metric by its attributes, as text.
    fn numbers(&self, name: &str) -> Vec<String> {
        let metrics = self.metrics();
        let metric = metrics.iter().find(|metric| metric.name == name).expect(name);
        let points = match metric.data.as_ref().expect("data") {
            Data::Sum(sum) => &sum.data_points,
            Data::Gauge(gauge) => &gauge.data_points,
            other => panic!("{name} is {other:?}"),
        };
        let value = |value: Option<number_data_point::Value>| match value {
            Some(number_data_point::Value::AsInt(value)) => value,
            other => panic!("{name} has the value {other:?}"),
        };
        let mut texts: Vec<_> = points
            .iter()
            .map(|point| format!("{} {}", attributes(&point.attributes), value(point.value)))
            .collect();
        texts.sort();
        texts
    }
}

fn attributes(attributes: &[KeyValue]) -> String {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => format!("{}={text}", attribute.key),
        Some(Value::IntValue(number)) => format!("{}={number}", attribute.key),
        other => panic!("{} is {other:?}", attribute.key),
    };
    let mut texts: Vec<_> = attributes.iter().map(text).collect();
    texts.sort();
    texts.join(" ")
}

/// Answers each request with the next status, the last one for ever.
async fn receive(listener: TcpListener, statuses: &'static [u16], arrived: UnboundedSender<Arrived>) {
    let mut statuses = statuses.iter().chain(std::iter::repeat(statuses.last().expect("a status")));
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let status = *statuses.next().expect("an endless list");
        let arrived = arrived.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let arrived = arrived.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.expect("a whole body").to_bytes();
                let _ = arrived.send(Arrived { request: Request::from_parts(parts, ()), body });
                Response::builder().status(status).header("connection", "close").body(Full::new(Bytes::new()))
            }
        });
        // Of this connection alone: a push that was ended while it sent is no concern of the receiver.
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
}

async fn receiver(statuses: &'static [u16]) -> (SocketAddr, UnboundedReceiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, arrived) = unbounded_channel();
    tokio::spawn(receive(listener, statuses, sender));
    (address, arrived)
}

fn push(address: SocketAddr, telemetry: &Arc<Telemetry>) -> JoinHandle<()> {
    let settings = PushSettings {
        endpoint: format!("http://{address}/otlp"),
        interval: Duration::from_millis(10),
        headers: vec![("x-tenant".to_owned(), "mail%20net".to_owned())],
    };
    tokio::spawn(Push::new(&settings, Arc::clone(telemetry)).expect("valid settings").run())
}

#[tokio::test]
async fn what_arrives_is_what_was_measured() {
    let telemetry = Arc::new(testing::telemetry());
    for micros in [15_625, 31_250] {
        let answered = Some(Duration::from_micros(micros));
        telemetry.observed(&observed("mx.example:25", Role::Subject, answered));
    }
    telemetry.observed(&observed("smtp.example:587", Role::Control, None));
    telemetry.changed(Port::SMTP, Family::Ipv4);
    telemetry.show(Facts { host_type: Some("Standard_B1s".to_owned()), ..facts() });

    let (address, mut arrived) = receiver(&[200]).await;
    let push = push(address, &telemetry);
    let first = arrived.recv().await.expect("an export");
    push.abort();

    assert_eq!(first.request.method(), "POST");
    assert_eq!(first.request.uri().path(), "/otlp/v1/metrics");
    let header = |name: &str| first.request.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("content-type"), Some("application/x-protobuf"));
    assert_eq!(header("x-tenant"), Some("mail%20net"), "as it was given");

    let message = ExportMetricsServiceRequest::decode(first.body.clone()).expect("an export of metrics");
    let resource = message.resource_metrics[0].resource.as_ref().expect("a resource");
    assert_eq!(
        attributes(&resource.attributes),
        format!(
            "host.arch={} host.id=vm-1 host.name=mail-1 os.type=linux service.instance.id=fd0e75e2-5d2b-50c2-b4dd-da0ddbcd786c service.name=sortie service.version=1.2.3",
            crate::resource::arch()
        )
    );

    let subject = "network.type=ipv4 server.address=mx.example server.port=25 sortie.probe.outcome=established sortie.target.role=subject";
    let control = "network.type=ipv4 server.address=smtp.example server.port=587 sortie.probe.outcome=timeout sortie.target.role=control";
    for (metric, expected) in [
        (registry::PROBE_ATTEMPTS, vec![format!("{subject} 2"), format!("{control} 1")]),
        (registry::PORT_STATUS, vec!["network.type=ipv4 server.port=25 sortie.port.state=open 1".to_owned()]),
        (registry::PORT_STATE_CHANGES, vec!["network.type=ipv4 server.port=25 1".to_owned()]),
        (registry::PORT_LAST_CONCLUSIVE_TIME, vec!["network.type=ipv4 server.port=25 1795000000".to_owned()]),
        (
            registry::EXPECTATION_STATUS,
            vec!["network.type=ipv4 server.port=25 sortie.expected.state=any 1".to_owned()],
        ),
        (registry::AGENT_CONFIG_STATUS, vec!["sortie.config.state=accepted 1".to_owned()]),
        (registry::AGENT_PROBE_SKIPPED, vec!["reason=suspended 0".to_owned()]),
        (registry::AGENT_EXPORTS, vec!["sortie.signal=metrics 0".to_owned()]),
    ] {
        assert_eq!(first.numbers(metric.name), expected, "{}", metric.name);
    }

    let metrics = first.metrics();
    let named =
        |wanted: &str| metrics.iter().find(|metric| metric.name == wanted).and_then(|m| m.data.clone());
    let Some(Data::Histogram(histogram)) = named("sortie.probe.handshake.duration") else {
        panic!("no histogram")
    };
    let [point] = &histogram.data_points[..] else { panic!("{histogram:?}") };
    assert_eq!((point.count, point.sum), (2, Some(0.046_875)));
    assert_eq!(
        point.explicit_bounds,
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]
    );
    assert_eq!(point.bucket_counts, [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
    let Some(Data::Sum(attempts)) = named("sortie.probe.attempts") else { panic!("no sum") };
    assert!(attempts.is_monotonic);
    assert_eq!(attempts.aggregation_temporality(), AggregationTemporality::Cumulative);
}

#[tokio::test]
async fn each_export_says_all_that_the_ones_before_said() {
    let telemetry = Arc::new(testing::telemetry());
    let (address, mut arrived) = receiver(&[200]).await;
    let push = push(address, &telemetry);
    for count in 1..=3 {
        telemetry.observed(&observed("mx.example:25", Role::Subject, None));
        let labels = "network.type=ipv4 server.address=mx.example server.port=25 sortie.probe.outcome=timeout sortie.target.role=subject";
        let expected = [format!("{labels} {count}")];
        loop {
            let export = arrived.recv().await.expect("an export");
            let is_measured = export.metrics().iter().any(|m| m.name == registry::PROBE_ATTEMPTS.name);
            if is_measured && export.numbers(registry::PROBE_ATTEMPTS.name) == expected {
                break;
            }
        }
    }
    push.abort();
}

/// Waits until this many exports have ended so, or more.
async fn counted(telemetry: &Telemetry, ending: &str, count: u64) {
    let series = format!("sortie_agent_exports_total{ending} ");
    let so_far = || -> Option<u64> {
        let page = telemetry.prometheus();
        lines(&page, &series).first()?.strip_prefix(&series)?.parse().ok()
    };
    while so_far() < Some(count) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_receiver_that_fails_is_counted_and_tried_again() {
    let telemetry = Arc::new(testing::telemetry());
    let (address, _arrived) = receiver(&[500, 500, 503, 307, 200]).await;
    let push = push(address, &telemetry);
    counted(&telemetry, "{sortie_signal=\"metrics\"}", 3).await;
    let page = telemetry.prometheus();
    let failures: Vec<_> = lines(&page, "sortie_agent_exports_total{error_type");
    assert_eq!(
        failures,
        [
            "sortie_agent_exports_total{error_type=\"307\",sortie_signal=\"metrics\"} 1",
            "sortie_agent_exports_total{error_type=\"500\",sortie_signal=\"metrics\"} 2",
            "sortie_agent_exports_total{error_type=\"503\",sortie_signal=\"metrics\"} 1",
        ]
    );
    assert!(!push.is_finished());
    push.abort();
}

#[tokio::test]
async fn an_endpoint_that_is_dead_is_counted_and_found_when_it_lives() {
    let telemetry = Arc::new(testing::telemetry());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let push = push(address, &telemetry);
    counted(&telemetry, "{error_type=\"connection\",sortie_signal=\"metrics\"}", 3).await;

    let listener = TcpListener::bind(address).await.expect("the port again");
    let (sender, mut arrived) = unbounded_channel();
    tokio::spawn(receive(listener, &[200], sender));
    let export = arrived.recv().await.expect("an export");
    assert!(
        export
            .numbers(registry::AGENT_EXPORTS.name)
            .iter()
            .any(|line| line.starts_with("error.type=connection"))
    );
    push.abort();
}

#[test]
fn an_interval_of_zero_is_refused() {
    let settings =
        PushSettings { endpoint: "http://gateway".to_owned(), interval: Duration::ZERO, headers: Vec::new() };
    assert!(matches!(Push::new(&settings, Arc::new(testing::telemetry())), Err(PushError::Interval)));
}
