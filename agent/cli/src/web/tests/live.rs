//! What goes on while somebody watches.

use super::*;

/// Asked with HTTP/1.0, so that the stream comes as it is and not in chunks.
const EVENTS: &str = "GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n";

/// The id of the next event.
async fn next_id(client: &mut Client) -> String {
    let event = client.until("\n\n").await;
    assert!(event.starts_with("event: report\nid: "), "{event}");
    event.lines().nth(1).and_then(|line| line.strip_prefix("id: ")).expect("an id").to_owned()
}

#[tokio::test]
async fn a_change_arrives_while_one_watches_and_the_newest_is_all_that_counts() {
    let server = Server::start(Limits::default());
    server.show();
    let mut client = server.client().await;
    client.say(EVENTS).await;
    let head = client.head().await;
    assert_eq!(head.headers["content-type"], "text/event-stream");
    assert_eq!(head.headers["cache-control"], "no-store");
    assert_eq!(next_id(&mut client).await, "1", "what is on show, at once");
    server.show();
    assert_eq!(next_id(&mut client).await, "2");
    for _ in 0..100 {
        server.show();
    }
    assert_eq!(next_id(&mut client).await, "102", "a hundred at once are one");
}

#[tokio::test]
async fn every_watcher_is_told_the_same() {
    let server = Server::start(Limits::default());
    server.show();
    let mut watchers = [server.client().await, server.client().await];
    for watcher in &mut watchers {
        watcher.say(EVENTS).await;
        watcher.head().await;
    }
    let [first, second] = &mut watchers;
    assert_eq!(first.until("\n\n").await, second.until("\n\n").await);
}

#[tokio::test]
async fn who_watches_from_the_beginning_is_connected_and_then_told() {
    let server = Server::start(Limits::default());
    let mut client = server.client().await;
    client.say(EVENTS).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(client.until("\n\n").await, ":\n\n", "nothing to tell yet");
    server.show();
    assert_eq!(next_id(&mut client).await, "1");
}

#[tokio::test]
async fn a_stream_shows_that_it_is_alive_when_nothing_changes() {
    let heartbeat = Duration::from_millis(20);
    let server = Server::start(Limits { heartbeat, ..Limits::default() });
    server.show();
    let mut client = server.client().await;
    client.say(EVENTS).await;
    client.head().await;
    assert_eq!(next_id(&mut client).await, "1");
    for _ in 0..3 {
        assert_eq!(client.until("\n\n").await, ":\n\n");
    }
}

#[tokio::test]
async fn a_browser_gets_events_in_chunks() {
    let server = Server::start(Limits::default());
    server.show();
    let mut client = server.client().await;
    client.say("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(client.head().await.headers["transfer-encoding"], "chunked");
    assert!(client.until("id: 1\n").await.contains("event: report"));
}

#[tokio::test]
async fn a_page_that_panics_is_one_answer_that_failed() {
    let server = Server::with_page(Limits::default(), |display, _, _| {
        assert!(display.generation > 1, "as this test wants");
        "well again".to_owned()
    });
    server.show();
    let mut client = server.client().await;
    for _ in 0..2 {
        let reply = client.get("/").await;
        assert_eq!(reply.status, 500);
        assert!(reply.body.contains("the agent's log says why"), "{}", reply.body);
        assert!(reply.headers.contains_key("content-security-policy"), "guarded like every answer");
    }
    for path in ["/livez", "/readyz", "/api/v1/report", "/api/v1/history", "/metrics"] {
        assert_eq!(client.get(path).await.status, 200, "{path}, on the same connection");
    }
    server.show();
    assert_eq!(client.get("/").await.body, "well again");
}
