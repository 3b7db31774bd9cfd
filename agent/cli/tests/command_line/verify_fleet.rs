//! `sortie verify` over a subscription, with a Prometheus API on loopback that answers as Prometheus does, and as others do.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::prometheus::{Api, http, now};
use crate::{Ended, file, sortie};

const SUBSCRIPTION: &str = "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10";

fn verify(api: &Api, flags: &[&str]) -> Ended {
    let url = api.url();
    let usual = ["verify", "--prometheus", &url, "--subscription", SUBSCRIPTION, "--deadline", "2s"];
    sortie(&[&usual[..], flags].concat())
}

/// A machine as its agent reports: its name, its state, when that was reported and when it was booted, in seconds ago.
type Reported = (&'static str, &'static str, f64, f64);

/// What a Prometheus that holds these machines answers.
fn prometheus(machines: &'static [Reported]) -> impl Fn(&str) -> String + Send {
    move |head| {
        let vector = |labels: &dyn Fn(&Reported) -> Value, value: &dyn Fn(&Reported) -> f64| {
            let element =
                |machine| json!({"metric": labels(machine), "value": [now(), value(machine).to_string()]});
            let result: Vec<Value> = machines.iter().map(element).collect();
            json!({"status": "success", "data": {"resultType": "vector", "result": result}}).to_string()
        };
        let host = |of: &Reported| json!({"host_id": format!("id-{}", of.0), "host_name": of.0});
        let with = |of: &Reported, more: &[(&str, &str)]| {
            let mut labels = host(of);
            for (key, value) in more {
                labels[*key] = (*value).into();
            }
            labels
        };
        let body = if head.contains("sortie_host_boot_time_seconds") {
            vector(&host, &|of| now() - of.3)
        } else if head.contains("sortie_port_last_conclusive_time_seconds") {
            vector(&|of| with(of, &[("network_type", "ipv4")]), &|of| now() - of.2)
        } else if head.contains("count_over_time") {
            vector(&host, &|_| 7.0)
        } else {
            let labels = |of: &Reported| with(of, &[("network_type", "ipv4"), ("sortie_port_state", of.1)]);
            vector(&labels, &|of| now() - of.2)
        };
        http("200 OK", &body)
    }
}

/// An hour ago.
fn since() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now() - std::time::Duration::from_secs(3_600)).to_string()
}

#[test]
fn a_fleet_that_is_open_is_verified() {
    let api = Api::start(prometheus(&[("mail-1", "open", 20.0, 60.0), ("mail-2", "open", 20.0, 90_000.0)]));
    let ended = verify(&api, &["--for", "0s", "--since", &since()]);
    assert_eq!(
        (ended.code, ended.stdout.lines().next()),
        (Some(0), Some("✔ verified: open")),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains("2 of 2 open"), "{}", ended.stdout);
    let asked = api.asked.lock().expect("nobody panics with it");
    assert_eq!(asked.len(), 4, "one question each: {asked:?}");
    for head in asked.iter() {
        let of = format!("cloud_account_id=\"{SUBSCRIPTION}\"");
        assert!(head.starts_with("GET /prometheus/api/v1/query?query=") && head.contains(&of), "{head}");
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
    }
}

#[test]
fn at_the_deadline_each_machine_that_is_not_open_is_named_with_its_reason() {
    let api = Api::start(prometheus(&[
        ("mail-1", "open", 20.0, 60.0),
        ("mail-2", "platform_blocked", 20.0, 90_000.0),
        ("mail-3", "platform_blocked", 20.0, 60.0),
        ("mail-4", "platform_blocked", 20.0, 90_000.0),
        ("gone-5", "open", 900.0, 60.0),
    ]));
    let since = since();
    let ended = verify(&api, &["--for", "0s", "--since", &since, "--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!((ended.code, &document["schema"]), (Some(2), &"sortie.verification/1".into()));
    assert_eq!(
        (&document["result"], &document["reason"]),
        (&"not_effective".into(), &"not_deallocated".into())
    );
    assert_eq!(document["report"], Value::Null);
    assert_eq!(
        document["fleet"],
        json!({
            "subscription": SUBSCRIPTION,
            "vms": 5,
            "open": 1,
            "blocked": ["mail-2", "mail-3", "mail-4"],
            "silent": ["gone-5"],
            "not_deallocated": ["mail-2", "mail-4"],
            "other": []
        })
    );
    let summary = document["summary"].as_str().expect("a sentence");
    let idle = format!("1 of 5 open; these 2 were not deallocated since {since}: mail-2, mail-4");
    assert!(summary.starts_with(&idle) && summary.ends_with("this one is silent: gone-5"), "{summary}");
    assert!(document["waited"].as_u64().is_some_and(|waited| (2..60).contains(&waited)), "{document}");
}

#[test]
fn a_pipeline_has_one_test_case_for_each_machine() {
    let api = Api::start(prometheus(&[("mail-1", "open", 20.0, 60.0), ("mail-2", "refused", 20.0, 60.0)]));
    let ended = verify(&api, &["--for", "0s", "--format", "junit"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for part in [
        "tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\"",
        "<testcase name=\"mail-1\" classname=\"sortie.verify\"/>",
        "<failure message=\"refused\" type=\"destinations_refuse\"/>",
    ] {
        assert!(ended.stdout.contains(part), "{part} in {}", ended.stdout);
    }
}

#[test]
fn where_nobody_reports_nothing_is_known() {
    let api = Api::start(prometheus(&[]));
    let ended = verify(&api, &["--for", "0s"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("? expired: unknown"), "{}", ended.stdout);
    assert!(ended.stdout.contains("promotes cloud.account.id to a label"), "{}", ended.stdout);
}

#[test]
fn a_token_is_sent_and_never_shown() {
    let token = file("prometheus-token", b"c2VjcmV0\n");
    let path = token.to_str().expect("text");
    let api = Api::start(|head| {
        let is_let_in = head.to_lowercase().contains("authorization: bearer c2vjcmv0\r\n");
        if is_let_in {
            prometheus(&[("mail-1", "open", 20.0, 60.0)])(head)
        } else {
            http("401 Unauthorized", "")
        }
    });
    let ended = verify(&api, &["--for", "0s", "--bearer-token-file", path]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stdout.contains("c2VjcmV0") && !ended.stderr.contains("c2VjcmV0"));
    let without = verify(&api, &["--for", "0s"]);
    assert_eq!((without.code, without.stdout.as_str()), (Some(70), ""));
    assert!(without.stderr.contains("give it a token with --bearer-token-file"), "{}", without.stderr);
    let missing = verify(&api, &["--bearer-token-file", "/nowhere/token", "--for", "0s"]);
    assert_eq!(missing.code, Some(70));
    assert!(missing.stderr.contains("failed to read the token from /nowhere/token"), "{}", missing.stderr);
}

#[test]
fn an_answer_that_is_none_is_an_error_that_says_what_came_instead() {
    let bad_data = r#"{"status":"error","errorType":"bad_data","error":"1:2: parse error: \u001b[2J"}"#;
    let execution = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    let nameless = json!({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"network_type": "ipv4", "sortie_port_state": "open"}, "value": [1, "1"]}
    ]}});
    for (reply, says) in [
        (http("200 OK", "<!doctype html><title>Sign in</title>"), "answers with a page of HTML"),
        (http("200 OK", "{"), "something that is not its JSON"),
        (http("200 OK", bad_data), "refuses the query: bad_data: 1:2: parse error: \\u{1b}[2J"),
        (http("200 OK", &nameless.to_string()), "promote host.id and host.name"),
        (http("400 Bad Request", bad_data), "answers 400: bad_data: 1:2: parse error"),
        (http("401 Unauthorized", ""), "wants to know who asks (401)"),
        (http("403 Forbidden", "no\u{1b}[2J"), "answers 403: no\\u{1b}[2J"),
        (http("404 Not Found", "404 page not found"), "answers 404: 404 page not found"),
        (http("422 Unprocessable Entity", execution), "answers 422: execution: too many samples"),
        (http("503 Service Unavailable", ""), "answers 503"),
        (
            "HTTP/1.1 302 Found\r\nlocation: https://login.example/\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "answers 302 Found and names https://login.example/",
        ),
        ("220 mx.example ESMTP\r\n".to_owned(), "the Prometheus API does not answer"),
    ] {
        let api = Api::start(move |_| reply.clone());
        let ended = verify(&api, &["--for", "0s"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(70), ""), "{says}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{says} in {}", ended.stderr);
        assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    }
}

#[test]
fn an_api_that_nobody_serves_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let ended = sortie(&["verify", "--prometheus", &url, "--subscription", SUBSCRIPTION]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(70), ""));
    assert!(ended.stderr.contains("the Prometheus API does not answer: "), "{}", ended.stderr);
}

#[test]
fn an_api_that_fails_later_is_asked_again_and_proves_nothing_meanwhile() {
    let questions = Arc::new(Mutex::new(0));
    let api = Api::start(move |head| {
        let mut questions = questions.lock().expect("nobody panics with it");
        *questions += 1;
        if *questions > 4 {
            http("503 Service Unavailable", "")
        } else {
            prometheus(&[("mail-1", "open", 20.0, 60.0)])(head)
        }
    });
    let ended = verify(&api, &["--for", "1s", "--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!((ended.code, &document["result"]), (Some(3), &"expired".into()), "{}", ended.stderr);
    assert_eq!(document["reason"], "unknown");
    assert!(
        ended.stderr.contains("answers 503") && ended.stderr.contains("it is asked again"),
        "{}",
        ended.stderr
    );
}
