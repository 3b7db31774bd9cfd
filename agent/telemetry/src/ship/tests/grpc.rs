//! Every ending over gRPC.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper::Version;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::receiver::Reply;
use super::*;

const GRPC: Protocol = Protocol::Grpc;

/// `google.rpc.Status` with a `RetryInfo` of this many milliseconds, written by hand so that what reads it is held against
/// the wire and not against itself.
fn retry_info(milliseconds: u8) -> String {
    let nanos = u32::from(milliseconds) * 1_000_000;
    let mut delay = vec![0x10];
    prost::encoding::encode_varint(u64::from(nanos), &mut delay);
    let url = b"type.googleapis.com/google.rpc.RetryInfo";
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short message");
    let retry_info = [&[0x0a, length(&delay)], &*delay].concat();
    let any = [&[0x0a, length(url)], &url[..], &[0x12, length(&retry_info)], &*retry_info].concat();
    STANDARD_NO_PAD.encode([&[0x08, 8, 0x1a, length(&any)], &*any].concat())
}

#[tokio::test]
async fn what_arrives_is_what_was_stored_as_a_unary_call() {
    let mut receiver = Receiver::new(GRPC, []).await;
    let headers = vec![("x-tenant".to_owned(), "mail".to_owned())];
    let spool = Memory::with([points(&[1, 2]), records(&["a"])]).await;
    let shipping = Shipping::start(&ShipSettings { headers, ..settings(&receiver, GRPC) }, &spool);
    let (event, metrics) = (receiver.next().await, receiver.next().await);
    for (arrived, service, stored) in [
        (&event, "logs.v1.LogsService", records(&["a"]).body),
        (&metrics, "metrics.v1.MetricsService", points(&[1, 2]).body),
    ] {
        let path = format!("/opentelemetry.proto.collector.{service}/Export");
        assert!(arrived.path.ends_with(&path), "{}", arrived.path);
        assert_eq!(arrived.version, Version::HTTP_2);
        assert_eq!((arrived.body[0], &arrived.body[5..]), (1, &stored[..]));
        for (name, value) in [
            ("content-type", "application/grpc+proto"),
            ("te", "trailers"),
            ("grpc-encoding", "gzip"),
            ("grpc-timeout", "10000m"),
            ("user-agent", concat!("sortie/", env!("CARGO_PKG_VERSION"))),
            ("x-tenant", "mail"),
        ] {
            assert_eq!(arrived.header(name), Some(value));
        }
        assert_eq!(arrived.connections, 1, "a connection is used again");
    }
    assert_eq!(spool.settled(2).await, [(Signal::Events, vec![2], 0), (Signal::Metrics, vec![1], 0)]);
    assert_eq!(shipping.counted(""), 2);
}

/// What becomes of an export of two records after this first reply: arrivals, what was refused, the word that is counted.
async fn after(reply: Reply) -> (usize, u64, Vec<String>) {
    let mut receiver = Receiver::new(GRPC, [reply]).await;
    let spool = Memory::with([records(&["a", "b"])]).await;
    let timeout = Duration::from_millis(300);
    let shipping = Shipping::start(&ShipSettings { timeout, ..settings(&receiver, GRPC) }, &spool);
    let settled = spool.settled(1).await;
    assert_eq!(settled.len(), 1);
    let first = receiver.next().await;
    let mut arrivals = 1;
    while let Ok(again) = receiver.arrived.try_recv() {
        assert_eq!(again.body, first.body, "byte by byte");
        arrivals += 1;
    }
    let page = shipping.telemetry.prometheus();
    let failures = lines(&page, "sortie_agent_exports_total{error_type");
    (arrivals, settled[0].2, failures.into_iter().map(str::to_owned).collect())
}

fn counted_as(word: &str) -> Vec<String> {
    vec![format!("sortie_agent_exports_total{{error_type=\"{word}\",sortie_signal=\"events\"}} 1")]
}

#[tokio::test]
async fn a_code_is_tried_again_or_not_as_the_table_of_the_specification_has_it() {
    for (code, word, is_tried_again) in [
        (1, "CANCELLED", true),
        (2, "UNKNOWN", false),
        (3, "INVALID_ARGUMENT", false),
        (4, "DEADLINE_EXCEEDED", true),
        (5, "NOT_FOUND", false),
        (6, "ALREADY_EXISTS", false),
        (7, "PERMISSION_DENIED", false),
        (8, "RESOURCE_EXHAUSTED", false),
        (9, "FAILED_PRECONDITION", false),
        (10, "ABORTED", true),
        (11, "OUT_OF_RANGE", true),
        (12, "UNIMPLEMENTED", false),
        (13, "INTERNAL", false),
        (14, "UNAVAILABLE", true),
        (15, "DATA_LOSS", true),
        (16, "UNAUTHENTICATED", false),
    ] {
        let (arrivals, rejected) = if is_tried_again { (2, 0) } else { (1, 2) };
        assert_eq!(after(Reply::code(code)).await, (arrivals, rejected, counted_as(word)), "{word}");
        let late = Reply::Grpc(code, Vec::new(), Some(Bytes::new()));
        assert_eq!(after(late).await, (arrivals, rejected, counted_as(word)), "{word} in trailers");
    }
}

#[tokio::test]
async fn a_receiver_that_is_exhausted_and_will_recover_is_left_alone_until_then() {
    for code in [8, 14] {
        let details = vec![("grpc-status-details-bin", retry_info(200))];
        let mut receiver = Receiver::new(GRPC, [Reply::Grpc(code, details, None)]).await;
        let spool = Memory::with([records(&["a"])]).await;
        let _shipping = Shipping::start(&settings(&receiver, GRPC), &spool);
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert!(second.at - first.at >= Duration::from_millis(200), "{:?}", second.at - first.at);
        assert_eq!(spool.settled(1).await, [(Signal::Events, vec![1], 0)]);
    }
}

#[tokio::test]
async fn a_call_without_an_answer_is_made_again() {
    for (reply, word) in
        [(Reply::Cut, "connection"), (Reply::CutHalf, "connection"), (Reply::Silence, "timeout")]
    {
        assert_eq!(after(reply.clone()).await, (2, 0, counted_as(word)), "{reply:?}");
    }
}

#[tokio::test]
async fn what_stands_in_the_place_of_a_receiver_is_understood() {
    for (status, word, is_tried_again) in
        [(503, "UNAVAILABLE", true), (401, "UNAUTHENTICATED", false), (200, "UNKNOWN", false)]
    {
        let (arrivals, rejected) = if is_tried_again { (2, 0) } else { (1, 2) };
        assert_eq!(after(Reply::status(status)).await, (arrivals, rejected, counted_as(word)), "{status}");
    }
}

#[tokio::test]
async fn what_a_receiver_rejected_of_a_call_is_counted_and_not_sent_again() {
    let error_message = "no such event".to_owned();
    let partial = ExportLogsPartialSuccess { rejected_log_records: 1, error_message };
    let message = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let compressed = crate::ship::grpc::frame(true, &payload::gzipped(&message));
    for reply in [Reply::answered(GRPC, &message), Reply::Grpc(0, Vec::new(), Some(compressed))] {
        assert_eq!(after(reply).await, (1, 1, counted_as("records_rejected")));
    }
    assert_eq!(after(Reply::answered(GRPC, b"\xff")).await, (1, 0, Vec::new()), "taken, and odd");
}

#[tokio::test]
async fn several_calls_merge_and_travel_bare_without_compression() {
    for compression in [Compression::Gzip, Compression::None] {
        let mut receiver = Receiver::new(GRPC, []).await;
        let spool = Memory::with([records(&["a"]), records(&["b", "c"]), records(&["d"])]).await;
        let _shipping = Shipping::start(&ShipSettings { compression, ..settings(&receiver, GRPC) }, &spool);
        for (expected, is_replay) in [(&["d"][..], false), (&["a", "b", "c"], true)] {
            let arrived = receiver.next().await;
            assert_eq!(names(&arrived), expected);
            assert_eq!(arrived.is_replay(), is_replay);
        }
    }
}

/// Passes bytes to a receiver and back, but for the first connection once `is_dead` is set: that one goes silent, as
/// behind a firewall that has forgotten it.
async fn relay(listener: TcpListener, port: u16, is_dead: Arc<AtomicBool>) {
    let mut is_first = true;
    loop {
        let (near, _) = listener.accept().await.expect("a connection");
        let far = TcpStream::connect(("127.0.0.1", port)).await.expect("the receiver");
        let is_dead = std::mem::take(&mut is_first).then(|| Arc::clone(&is_dead));
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        for (mut from, mut to) in [(near_in, far_out), (far_in, near_out)] {
            let is_dead = is_dead.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4_096];
                while let Ok(count @ 1..) = from.read(&mut bytes).await {
                    if is_dead.as_ref().is_some_and(|is_dead| is_dead.load(Ordering::Relaxed)) {
                        continue;
                    }
                    if to.write_all(&bytes[..count]).await.is_err() {
                        break;
                    }
                }
            });
        }
    }
}

#[tokio::test]
async fn a_connection_whose_other_end_has_vanished_is_given_up() {
    let mut receiver = Receiver::new(GRPC, []).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
    let is_dead = Arc::new(AtomicBool::new(false));
    let relay = tokio::spawn(relay(listener, receiver.port, Arc::clone(&is_dead)));
    let spool = Memory::with([points(&[1])]).await;
    let timeout = Duration::from_millis(300);
    let settings = ShipSettings { protocol: GRPC, timeout, ..ShipSettings::to(&endpoint, INTERVAL) };
    let _shipping = Shipping::start(&settings, &spool);
    spool.settled(1).await;
    assert_eq!(values(&receiver.next().await), [1]);
    is_dead.store(true, Ordering::Relaxed);
    spool.append(points(&[2])).await;
    let arrived = receiver.next().await;
    assert_eq!((values(&arrived), arrived.connections), (vec![2], 2));
    relay.abort();
}
