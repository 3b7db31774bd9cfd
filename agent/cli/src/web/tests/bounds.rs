//! What a crowd, a glutton and a sleeper can take.

use std::sync::atomic::AtomicUsize;

use super::*;

/// As fast as the test can ask.
const UNPACED: u32 = 1_000_000;

/// Asks again until it is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(client::PATIENCE, asking).await.expect("it comes to be so");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_beyond_a_burst_in_turn() {
    let server = Server::start(Limits { units_per_second: 50, ..Limits::default() });
    server.show();
    let started = Instant::now();
    let mut client = server.client().await;
    let pair = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /none HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.say(&pair.repeat(30)).await;
    for number in 0..60 {
        let expected = if number % 2 == 0 { 200 } else { 404 };
        assert_eq!(client.reply().await.status, expected, "answer {number}");
    }
    // A burst of fifty, one on credit, and nine in turn: a slow machine can only make it longer.
    assert!(started.elapsed() >= 9 * Duration::from_millis(20), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_large_answer_keeps_its_place_taken_until_it_is_paid() {
    let limits = Limits { connections: 1, spare: 0, units_per_second: 64, ..Limits::default() };
    let server = Server::with_page(limits, |_, _, _| "x".repeat(80 * 16 * 1024));
    server.show();
    let started = Instant::now();
    let mut glutton = server.client().await;
    assert_eq!(glutton.get("/").await.status, 200);
    drop(glutton);
    until(async || server.client().await.get("/livez").await.status == 200).await;
    // Eighty-one units at sixty-four a second, of which a second's worth is a burst.
    assert!(started.elapsed() >= 17 * Duration::from_secs(1) / 64, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_full_house_tells_so_and_still_says_that_it_lives() {
    let spare_head = Duration::from_secs(10);
    let limits = Limits { connections: 2, spare: 1, spare_head, ..Limits::default() };
    let server = Server::start(limits);
    server.show();
    let mut seated = [server.client().await, server.client().await];
    for client in &mut seated {
        assert_eq!(client.get("/").await.status, 200);
    }
    let mut spare = server.client().await;
    assert_eq!(spare.get("/livez").await.body, "alive\n");
    let outside = server.client().await.get("/livez").await;
    assert_eq!((outside.status, outside.headers["connection"].as_str()), (503, "close"));
    let put_off = spare.get("/").await;
    assert_eq!(put_off.status, 503);
    assert_eq!(put_off.body, "Every connection is in use; try again in a while.\n");
    assert_eq!((put_off.headers["retry-after"].as_str(), spare.rest().await.as_str()), ("10", ""));

    let [_, first] = seated;
    drop(first);
    // The server learns that somebody left a moment after they did.
    until(async || server.client().await.get("/").await.status == 200).await;
}

#[tokio::test]
async fn a_thousand_readers_of_events_leave_room_for_questions() {
    let server = Server::start(Limits { accepts_per_second: UNPACED, ..Limits::default() });
    server.show();
    let mut reading = Vec::new();
    let mut put_off = 0;
    for _ in 0..1_000 {
        let mut client = server.client().await;
        client.say("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let head = client.head().await;
        match head.status {
            200 => reading.push(client),
            503 => {
                assert_eq!(head.headers["retry-after"], "10");
                assert_eq!(head.headers["connection"], "close");
                put_off += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((reading.len(), put_off), (32, 968));
    for path in ["/livez", "/", "/metrics"] {
        assert_eq!(server.client().await.get(path).await.status, 200, "{path}");
    }

    drop(reading);
    until(async || {
        let mut client = server.client().await;
        client.say("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        client.head().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_crowd_that_says_nothing_does_not_hide_that_the_agent_lives() {
    let limits = Limits { accepts_per_second: UNPACED, ..Limits::default() };
    let server = Server::start(limits);
    let mut crowd = Vec::new();
    for _ in 0..limits.connections {
        crowd.push(server.client().await);
    }
    assert_eq!(server.client().await.get("/livez").await.status, 200);
    assert_eq!(server.client().await.get("/metrics").await.status, 503);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_dropped() {
    let limits = Limits {
        connections: 1,
        spare: 0,
        stall: Duration::from_millis(200),
        units_per_second: UNPACED,
        ..Limits::default()
    };
    // More than the kernel's buffers on both sides hold.
    let server = Server::with_page(limits, |_, _, _| "x".repeat(32 << 20));
    server.show();
    let mut sleeper = server.client().await;
    sleeper.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(sleeper.head().await.status, 200);
    until(async || server.client().await.get("/livez").await.status == 200).await;
    assert!(sleeper.rest().await.len() < 32 << 20, "the page does not come to its end");
}

#[tokio::test]
async fn a_greedy_client_makes_nothing_be_rendered() {
    static PAGES: AtomicUsize = AtomicUsize::new(0);
    let limits = Limits { units_per_second: UNPACED, ..Limits::default() };
    let server = Server::with_page(limits, |_, _, _| {
        PAGES.fetch_add(1, Ordering::Relaxed);
        "page".to_owned()
    });
    server.show();
    let started = Instant::now();
    let mut client = server.client().await;
    for _ in 0..500 {
        assert_eq!(client.get("/").await.status, 200);
        assert_eq!(client.get("/metrics").await.status, 200);
    }
    // One each at first and one more for each second that this machine needed.
    let most = 1 + usize::try_from(started.elapsed().as_secs()).expect("few");
    for (what, rendered) in [("page", &PAGES), ("metrics", &*server.metrics_rendered)] {
        let times = rendered.load(Ordering::Relaxed);
        assert!((1..=most).contains(&times), "{what}: {times} times in {:?}", started.elapsed());
    }
}
