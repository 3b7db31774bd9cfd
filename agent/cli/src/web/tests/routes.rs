//! What there is, and how it is dressed.

use super::*;
use crate::render;

const GUARDS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

#[tokio::test]
async fn every_path_has_its_type_its_body_and_the_guards() {
    let server = Server::start(Limits::default());
    server.show();
    let json = render::json(&sample::report()).expect("plain data");
    let html = "text/html; charset=utf-8";
    let text = "text/plain; charset=utf-8";
    let mut client = server.client().await;
    for (path, status, content_type, cached, body) in [
        ("/", 200, html, "no-store", "<h1>generation 1, 0 changes</h1>"),
        ("/?from=a+bookmark", 200, html, "no-store", "<h1>generation 1, 0 changes</h1>"),
        ("http://localhost/", 200, html, "no-store", "<h1>generation 1, 0 changes</h1>"),
        ("/api/v1/report", 200, "application/json", "no-store", json.as_str()),
        (
            "/api/v1/history",
            200,
            "application/json",
            "no-store",
            "{\"schema\":\"sortie.history/1\",\"changes\":[],\"samples\":[]}\n",
        ),
        ("/metrics", 200, METRICS_TYPE, "no-store", "sortie_up 1\n"),
        ("/livez", 200, text, "no-store", "alive\n"),
        ("/readyz", 200, text, "no-store", "ready\n"),
        ("/assets/page.css", 200, "text/css", "no-cache", "body { margin: 0 }"),
        (
            "/elsewhere",
            404,
            text,
            "no-store",
            "There is nothing here. There is: / /api/v1/report /api/v1/history /api/v1/events /metrics /livez \
             /readyz /assets/page.css\n",
        ),
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.headers["content-type"], content_type, "{path}");
        assert_eq!(reply.headers["cache-control"], cached, "{path}");
        assert_eq!(reply.body, body, "{path}");
        for (name, value) in GUARDS {
            assert_eq!(reply.headers[name], value, "{path}");
        }
        assert!(!reply.headers.keys().any(|name| name.starts_with("access-control")), "{path}");
    }
}

#[tokio::test]
async fn before_the_first_round_there_is_life_and_patience() {
    let server = Server::start(Limits::default());
    let mut client = server.client().await;
    for (path, status) in [
        ("/livez", 200),
        ("/metrics", 200),
        ("/api/v1/history", 200),
        ("/assets/page.css", 200),
        ("/", 503),
        ("/api/v1/report", 503),
        ("/readyz", 503),
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        let pause = reply.headers.get("retry-after").map(String::as_str);
        assert_eq!(pause, (status == 503).then_some("1"), "{path}");
    }
    let page = client.get("/").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.body.contains("http-equiv=\"refresh\" content=\"1\""), "{}", page.body);
    let readiness = client.get("/readyz").await.body;
    assert_eq!(readiness, "not ready: nothing has been measured yet: the first round is under way\n");
}

#[tokio::test]
async fn a_report_without_a_verdict_is_not_ready() {
    let server = Server::start(Limits::default());
    server.show_report(Report { verdicts: Vec::new(), ..sample::report() });
    let mut client = server.client().await;
    let reply = client.get("/readyz").await;
    assert_eq!((reply.status, reply.body.as_str()), (503, "not ready: no port has a verdict yet\n"));
    assert_eq!(client.get("/api/v1/report").await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start(Limits::default());
    server.show();
    let mut client = server.client().await;
    for path in ["/", "/api/v1/report", "/api/v1/history", "/metrics", "/livez", "/assets/page.css", "/none"]
    {
        let mut get = client.get(path).await;
        client.say(&format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        let mut head = client.head().await;
        for reply in [&mut get, &mut head] {
            reply.headers.remove("date");
        }
        assert_eq!((head.status, head.headers), (get.status, get.headers), "{path}");
    }
    client.say("HEAD /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!((head.status, head.headers["content-type"].as_str()), (200, "text/event-stream"));
    assert!(!head.headers.contains_key("content-length"), "a stream has no length: {head:?}");
    assert_eq!(client.get("/livez").await.body, "alive\n", "and nothing is left over on the connection");
}

#[tokio::test]
async fn there_is_nothing_to_write() {
    let server = Server::start(Limits::default());
    server.show();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let mut client = server.client().await;
        let reply = client.ask(&format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!((reply.status, reply.headers["allow"].as_str()), (405, "GET, HEAD"), "{method}");
        assert_eq!(client.get("/livez").await.status, 200, "the connection goes on");
    }
    for request in ["CONNECT localhost:25 HTTP/1.1", "OPTIONS * HTTP/1.1"] {
        let reply = server.client().await.ask(&format!("{request}\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!(reply.status, 405, "{request}");
    }
}

#[tokio::test]
async fn an_asset_is_sent_once_and_asked_for_each_time() {
    let server = Server::start(Limits::default());
    let mut client = server.client().await;
    let first = client.get("/assets/page.css").await;
    let tag = &first.headers["etag"];
    assert!(tag.starts_with('"') && tag.ends_with('"'), "strong: {tag}");
    let request = format!("GET /assets/page.css HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n");
    client.say(&request).await;
    let second = client.head().await;
    assert_eq!((second.status, &second.headers["etag"]), (304, tag));
    assert_eq!(second.headers["cache-control"], "no-cache");
    assert_eq!(client.get("/livez").await.body, "alive\n", "a 304 has no body");
}
