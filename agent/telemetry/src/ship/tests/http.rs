//! Every ending over HTTP.

use hyper::Version;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};

use super::receiver::Reply;
use super::*;

const HTTP: Protocol = Protocol::Http;

#[tokio::test]
async fn what_arrives_is_what_was_stored_with_the_headers_of_the_specification() {
    let mut receiver = Receiver::new(HTTP, []).await;
    let headers = vec![("X-Tenant".to_owned(), "mail%20net".to_owned())];
    let spool = Memory::with([points(&[1, 2]), records(&["a"])]).await;
    let stored = [points(&[1, 2]).body, records(&["a"]).body];
    let endpoint = format!("{}/otlp?tenant=a", receiver.url);
    let settings = ShipSettings { headers, ..ShipSettings::to(&endpoint, INTERVAL) };
    let shipping = Shipping::start(&settings, &spool);
    let (event, metrics) = (receiver.next().await, receiver.next().await);
    for (arrived, path, stored) in
        [(&event, "/otlp/v1/logs?tenant=a", &stored[1]), (&metrics, "/otlp/v1/metrics?tenant=a", &stored[0])]
    {
        assert_eq!((&*arrived.path, &arrived.body), (path, stored));
        assert_eq!(arrived.version, Version::HTTP_11);
        for (name, value) in [
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "gzip"),
            ("user-agent", concat!("sortie/", env!("CARGO_PKG_VERSION"))),
            ("x-tenant", "mail%20net"),
        ] {
            assert_eq!(arrived.header(name), Some(value));
        }
        assert!(!arrived.is_replay());
        assert_eq!(arrived.connections, 1, "a connection is used again");
    }
    assert_eq!(
        shipping.spool.settled(2).await,
        [(Signal::Events, vec![2], 0), (Signal::Metrics, vec![1], 0)]
    );
    assert_eq!(shipping.counted(""), 2);
}

/// What becomes of an export of two points after this first reply: arrivals, what was refused, the word that is counted.
async fn after(reply: Reply) -> (usize, u64, Vec<String>) {
    let mut receiver = Receiver::new(HTTP, [reply]).await;
    let spool = Memory::with([points(&[1, 2])]).await;
    let timeout = Duration::from_millis(300);
    let shipping = Shipping::start(&ShipSettings { timeout, ..settings(&receiver, HTTP) }, &spool);
    let settled = spool.settled(1).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(spool.waiting(Signal::Metrics), [0_u64; 0]);
    let first = receiver.next().await;
    let mut arrivals = 1;
    while let Ok(again) = receiver.arrived.try_recv() {
        assert_eq!(again.body, first.body, "byte by byte");
        assert!(!again.is_replay(), "it is the newest still");
        arrivals += 1;
    }
    let page = shipping.telemetry.prometheus();
    let failures = lines(&page, "sortie_agent_exports_total{error_type");
    (arrivals, settled[0].2, failures.into_iter().map(str::to_owned).collect())
}

fn counted_as(word: &str) -> Vec<String> {
    vec![format!("sortie_agent_exports_total{{error_type=\"{word}\",sortie_signal=\"metrics\"}} 1")]
}

#[tokio::test]
async fn four_statuses_are_tried_again_byte_by_byte_and_no_others() {
    for status in [429, 502, 503, 504] {
        let ending = after(Reply::status(status)).await;
        assert_eq!(ending, (2, 0, counted_as(&status.to_string())), "{status}");
    }
    for status in
        [300, 301, 307, 308, 400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 431, 500, 501, 505, 507, 599]
    {
        let location = vec![("location", "/elsewhere".to_owned())];
        let ending = after(Reply::Http(status, location, Vec::new())).await;
        assert_eq!(ending, (1, 2, counted_as(&status.to_string())), "{status}");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_sent_again_byte_by_byte() {
    assert_eq!(after(Reply::Cut).await, (2, 0, counted_as("connection")), "the acknowledgement was lost");
    assert_eq!(after(Reply::Silence).await, (2, 0, counted_as("timeout")), "the receiver is slow");
}

#[tokio::test]
async fn what_was_taken_is_never_sent_again_whatever_its_answer_looks_like() {
    let html = vec![("content-type", "text/html".to_owned())];
    let json = vec![("content-type", "application/json".to_owned())];
    for reply in [
        Reply::status(204),
        Reply::Http(200, html, b"<html>Welcome".to_vec()),
        Reply::Http(200, json, b"{}".to_vec()),
        Reply::answered(HTTP, b"\xff\xff"),
        Reply::answered(HTTP, &vec![0; 1 << 20]),
        Reply::CutHalf,
    ] {
        assert_eq!(after(reply.clone()).await, (1, 0, Vec::new()), "{reply:?}");
    }
}

#[tokio::test]
async fn what_a_receiver_rejected_of_a_request_is_counted_and_not_sent_again() {
    let points_rejected = |rejected_data_points, error_message: &str| {
        let error_message = error_message.to_owned();
        let partial = ExportMetricsPartialSuccess { rejected_data_points, error_message };
        ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    };
    for (rejected, counted, failures) in
        [(1, 1, counted_as("points_rejected")), (50, 2, counted_as("points_rejected")), (0, 0, Vec::new())]
    {
        let reply = Reply::answered(HTTP, &points_rejected(rejected, "too old"));
        assert_eq!(after(reply).await, (1, counted, failures), "{rejected} rejected");
    }

    let partial = ExportLogsPartialSuccess { rejected_log_records: 1, error_message: String::new() };
    let reply = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let receiver = Receiver::new(HTTP, [Reply::answered(HTTP, &reply)]).await;
    let spool = Memory::with([records(&["a", "b"])]).await;
    let shipping = Shipping::start(&settings(&receiver, HTTP), &spool);
    assert_eq!(spool.settled(1).await, [(Signal::Events, vec![1], 1)]);
    assert_eq!(shipping.counted("records_rejected"), 1);
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_holds_up_its_lane_and_no_other() {
    let patience = vec![("retry-after", "1".to_owned())];
    let mut receiver = Receiver::new(HTTP, [Reply::Http(503, patience, Vec::new())]).await;
    let spool = Memory::with([records(&["a"])]).await;
    let _shipping = Shipping::start(&settings(&receiver, HTTP), &spool);
    let refused = receiver.next().await;
    assert_eq!(refused.path, "/v1/logs");
    for value in 1..4 {
        spool.append(records(&["b"])).await;
        spool.append(points(&[value])).await;
        let metrics = receiver.next().await;
        assert_eq!((&*metrics.path, values(&metrics)), ("/v1/metrics", vec![value]));
    }
    let again = receiver.next().await;
    assert!(again.at - refused.at >= Duration::from_secs(1), "{:?}", again.at - refused.at);
    assert_eq!((names(&again), again.is_replay()), (vec!["b".to_owned()], false), "the newest first");
}

#[tokio::test]
async fn a_receiver_that_is_dead_is_found_when_it_lives() {
    let port = receiver::dead_port().await;
    let spool = Memory::with([points(&[1])]).await;
    let shipping = Shipping::start(&ShipSettings::to(&format!("http://127.0.0.1:{port}"), INTERVAL), &spool);
    shipping.ended("connection").await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port again");
    let (_stream, _) = listener.accept().await.expect("a connection");
    assert_eq!(spool.waiting(Signal::Metrics), [1]);
}

#[tokio::test]
async fn without_compression_the_message_travels_bare() {
    let mut receiver = Receiver::new(HTTP, []).await;
    let spool = Memory::with([points(&[1]), points(&[2]), points(&[3])]).await;
    let settings = ShipSettings { compression: Compression::None, ..settings(&receiver, HTTP) };
    let _shipping = Shipping::start(&settings, &spool);
    for (expected, is_replay) in [(vec![3], false), (vec![1, 2], true)] {
        let arrived = receiver.next().await;
        assert_eq!(arrived.header("content-encoding"), None);
        assert_eq!((values(&arrived), arrived.is_replay()), (expected, is_replay));
    }
}
