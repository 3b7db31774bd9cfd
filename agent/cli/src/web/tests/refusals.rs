//! Who is not answered, and how they are told.

use super::*;

#[tokio::test]
async fn a_foreign_name_is_misdirected_and_told_where_names_stand() {
    let server = Server::start(Limits::default());
    server.show();
    let mut client = server.client().await;
    for request in [
        "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: evil.example:9525\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ] {
        let reply = client.ask(request).await;
        assert_eq!(reply.status, 421, "{request:?}");
        assert!(reply.body.contains("does not answer to the name evil.example"), "{}", reply.body);
        assert!(reply.body.contains("[web] hosts"), "{}", reply.body);
        assert!(reply.headers.contains_key("content-security-policy"), "guarded like every answer");
    }
    let reply = server.client().await.ask("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(reply.status, 421);
    assert!(reply.body.contains("a request needs a Host header"), "{}", reply.body);
}

#[tokio::test]
async fn own_names_are_answered() {
    let server = Server::start(Limits::default());
    let mut client = server.client().await;
    for host in
        ["localhost:9525", "127.0.0.1", "[::1]:9525", "203.0.113.9:80", "mail-1", "page.example.com:443"]
    {
        let reply = client.ask(&format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(reply.status, 200, "{host}");
    }
    let old = server.client().await.ask("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(old.status, 200);
}

#[tokio::test]
async fn what_is_malformed_is_a_bad_request() {
    let server = Server::start(Limits::default());
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        "GET /\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n",
    ] {
        let reply = server.client().await.ask(request).await;
        assert_eq!(reply.status, 400, "{request:?}");
    }
    assert_eq!(server.client().await.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_head_beyond_eight_kilobytes_is_too_large() {
    let server = Server::start(Limits::default());
    let padded =
        |length| format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", "x".repeat(length));
    assert_eq!(server.client().await.ask(&padded(7 * 1024)).await.status, 200);
    for length in [9 * 1024, 512 * 1024] {
        let mut client = server.client().await;
        assert_eq!(client.ask(&padded(length)).await.status, 431, "{length}");
        assert_eq!(client.rest().await, "", "and the connection ends");
    }
    let many = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "a: b\r\n".repeat(1_000));
    assert_eq!(server.client().await.ask(&many).await.status, 431);
    let path = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(100_000));
    assert_eq!(server.client().await.ask(&path).await.status, 431);
}

#[tokio::test]
async fn a_request_with_a_body_is_refused_and_nothing_in_it_is_obeyed() {
    let server = Server::start(Limits::default());
    let hidden = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let length = hidden.len();
    for (request, status) in [
        (format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{hidden}"), 413),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{hidden}\r\n0\r\n\r\n"
            ),
            413,
        ),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n".to_owned(), 413),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                .to_owned(),
            413,
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{hidden}"
            ),
            405,
        ),
    ] {
        let mut client = server.client().await;
        assert_eq!(client.ask(&request).await.status, status, "{request:?}");
        assert_eq!(client.rest().await, "", "nothing follows {request:?}");
    }
}

#[tokio::test]
async fn whoever_takes_too_long_to_ask_is_dropped() {
    let head = Duration::from_millis(50);
    let server = Server::start(Limits { head, ..Limits::default() });
    for beginning in ["", "G", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut client = server.client().await;
        client.say(beginning).await;
        assert_eq!(client.rest().await, "", "{beginning:?}");
    }
    let mut idle = server.client().await;
    assert_eq!(idle.get("/livez").await.status, 200);
    assert_eq!(idle.rest().await, "", "a connection that nobody uses ends as well");
}
