//! `sortie fleet`, with a Prometheus API on loopback that answers as Prometheus does, and as others do.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::prometheus::{Api, http, now};
use crate::{Ended, file, sortie};

const ONE: &str = "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10";

fn fleet(api: &Api, flags: &[&str]) -> Ended {
    let url = api.url();
    sortie(&[&["fleet", "--prometheus", &url][..], flags].concat())
}

fn vector(elements: &[(Value, f64)]) -> String {
    let result: Vec<Value> = elements
        .iter()
        .map(|(labels, value)| json!({"metric": labels, "value": [now(), value.to_string()]}))
        .collect();
    json!({"status": "success", "data": {"resultType": "vector", "result": result}}).to_string()
}

fn labels(more: &[(&str, &str)]) -> Value {
    let mut labels = json!({"cloud_account_id": ONE, "server_port": "25", "network_type": "ipv4"});
    for (label, word) in more {
        labels[*label] = (*word).into();
    }
    labels
}

/// What a Prometheus that holds forty VMs in this state answers, with the recording rules or without.
fn prometheus(state: &'static str, has_rules: bool) -> impl Fn(&str) -> String + Send {
    move |head| http("200 OK", &answer(head, state, has_rules))
}

fn answer(head: &str, state: &str, has_rules: bool) -> String {
    let is_recorded = head.contains(":sortie_");
    if is_recorded != has_rules && (is_recorded || head.contains("count by")) {
        return vector(&[]);
    }
    if head.contains("host_id=\"\"") {
        vector(&[])
    } else if head.contains("query=topk") {
        let vm = |number: u8| {
            let name = format!("mail-{number}");
            let more = [("host_id", name.as_str()), ("host_name", &name), ("sortie_port_state", state)];
            (labels(&more), 6.0)
        };
        vector(&[vm(1), vm(2)])
    } else if head.contains("query=count(") {
        vector(&[(json!({}), 40.0)])
    } else if head.contains("max_over_time((") && head.contains("host_id=~") {
        vector(&[(labels(&[("host_id", "mail-1"), ("sortie_port_state", "open")]), now() - 750.0)])
    } else if head.contains("min_over_time") {
        vector(&[(labels(&[]), now() - 80_000.0)])
    } else if head.contains("[21600s:60s]") && head.contains("> 0.1") {
        vector(&[(labels(&[]), now() - 750.0)])
    } else if head.contains("* 0 + time()") {
        vector(&[])
    } else if head.contains("sortie_subscription_info") {
        vector(&[(json!({"cloud_account_id": ONE, "sortie_subscription_type": "ea"}), 1.0)])
    } else if head.contains("sortie_agent") {
        vector(&[(json!({"cloud_account_id": ONE}), 40.0)])
    } else if head.contains("sortie_expected_state") {
        vector(&[(labels(&[("sortie_expected_state", "open")]), 40.0)])
    } else {
        vector(&[(labels(&[("sortie_port_state", state)]), 40.0)])
    }
}

#[test]
fn a_fleet_that_is_as_expected_ends_with_0() {
    let api = Api::start(prometheus("open", true));
    let ended = fleet(&api, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert!(ended.stdout.starts_with("✔ 1 subscription as expected, 40 VMs report\n"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("What to do"), "{}", ended.stdout);
    for head in api.asked.lock().expect("nobody panics with it").iter() {
        assert!(head.starts_with("GET /prometheus/api/v1/query?query="), "{head}");
        // VictoriaMetrics has none of these.
        for label in ["job", "instance", "target_info"] {
            assert!(!head.contains(label), "{label} in {head}");
        }
    }
}

#[test]
fn a_block_is_one_line_with_what_to_do_and_since_when() {
    for has_rules in [true, false] {
        let api = Api::start(prometheus("platform_blocked", has_rules));
        let ended = fleet(&api, &["--vms", "2"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        let row = ended.stdout.lines().find(|line| line.starts_with("✖ 5b1d")).expect("a row");
        let cells: Vec<&str> = row.split_whitespace().skip(1).collect();
        assert_eq!(
            cells,
            [ONE, "ea", "25", "open", "platform", "blocked", "11m", "40", "0", "40", "0"],
            "{}",
            ended.stdout
        );
        let command = format!("sortie verify --prometheus {} --subscription {ONE}", api.url());
        assert!(ended.stdout.contains(&command), "{}", ended.stdout);
        assert!(ended.stdout.contains("mail-1") && ended.stdout.contains("and 38 more"), "{}", ended.stdout);
        assert_eq!(
            ended.stderr.contains("the recording rules are not loaded"),
            !has_rules,
            "{}",
            ended.stderr
        );
        let source = if has_rules { "by the recording rules" } else { "counted without recording rules" };
        assert!(ended.stdout.contains(source), "{}", ended.stdout);
    }
}

#[test]
fn a_program_gets_one_document() {
    let api = Api::start(prometheus("no_egress", true));
    let ended = fleet(&api, &["--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!((ended.code, &document["exit_code"]), (Some(3), &3.into()), "{}", ended.stderr);
    assert_eq!((&document["schema"], &document["source"]), (&"sortie.fleet/1".into(), &"recorded".into()));
    assert_eq!(document["subscriptions"][0]["ports"][0]["observed"], "no_egress");
}

#[test]
fn where_nobody_reports_it_says_why() {
    let empty = Api::start(|_| http("200 OK", &vector(&[])));
    let ended = fleet(&empty, &[]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.stdout.starts_with("? nobody reports"), "{}", ended.stdout);
    assert!(ended.stderr.contains("this Prometheus has no sortie_port_status"), "{}", ended.stderr);
    let others = Api::start(|head| {
        let is_there = head.contains("query=count(sortie_port_status) HTTP");
        http("200 OK", &vector(&if is_there { vec![(json!({}), 9.0)] } else { vec![] }))
    });
    let ended = fleet(&others, &["--subscription", "mistyped"]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.contains("none that was asked for"), "{}", ended.stderr);
}

#[test]
fn an_answer_that_is_not_whole_proves_nothing() {
    let api = Api::start(|head| {
        let mut body: Value = serde_json::from_str(&answer(head, "open", true)).expect("JSON");
        body["warnings"] = json!(["store\u{1b}[2J away"]);
        body["infos"] = json!(["an aside"]);
        http("200 OK", &body.to_string())
    });
    let ended = fleet(&api, &[]);
    assert_eq!(ended.code, Some(3), "{}", ended.stdout);
    let says = "not all may be in it: the Prometheus API warns: store\\u{1b}[2J away";
    assert_eq!(ended.stderr.matches(says).count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("the Prometheus API remarks: an aside"), "{}", ended.stderr);
}

#[test]
fn a_past_that_is_too_large_takes_nothing_from_the_present() {
    let api = Api::start(|head| {
        if head.contains("time()") {
            let error = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
            return http("422 Unprocessable Entity", error);
        }
        http("200 OK", &answer(head, "platform_blocked", true))
    });
    let ended = fleet(&api, &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("since when is not known: "), "{}", ended.stderr);
}

#[test]
fn an_answer_that_is_none_is_an_error_that_says_what_came_instead() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let nobody = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let ended = sortie(&["fleet", "--prometheus", &nobody]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(70), ""));
    assert!(ended.stderr.contains("the Prometheus API does not answer: "), "{}", ended.stderr);
    for (reply, says) in [
        (http("200 OK", "<!doctype html><title>Sign in</title>"), "answers with a page of HTML"),
        (http("200 OK", "{}"), "something that is not its JSON"),
        (http("401 Unauthorized", ""), "give it a token with --bearer-token-file"),
        (http("403 Forbidden", "no page"), "the Prometheus API answers 403: no page"),
        (
            http("404 Not Found", "404 page not found"),
            "there is no Prometheus API at this URL, it answers 404: 404 page not found; that of Mimir is below /prometheus",
        ),
        (http("502 Bad Gateway", "no\u{1b}[2J"), "answers 502: no\\u{1b}[2J"),
    ] {
        let api = Api::start(move |_| reply.clone());
        let ended = fleet(&api, &["--watch"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(70), ""), "{says}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{says} in {}", ended.stderr);
    }
}

#[test]
fn a_token_is_sent_and_never_shown() {
    let token = file("fleet-token", b"c2VjcmV0\n");
    let path = token.to_str().expect("text");
    let api = Api::start(|head| {
        let is_let_in = head.to_lowercase().contains("authorization: bearer c2vjcmv0\r\n");
        if is_let_in { prometheus("open", true)(head) } else { http("401 Unauthorized", "") }
    });
    for flag in ["--bearer-token-file", "--token-file"] {
        let ended = fleet(&api, &[flag, path]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stdout.contains("c2VjcmV0") && !ended.stderr.contains("c2VjcmV0"));
    }
    let clear = sortie(&["fleet", "--prometheus", "http://p.example", "--token-file", path]);
    assert_eq!(clear.code, Some(64), "{}", clear.stderr);
}

#[test]
fn headers_go_with_every_question() {
    let api = Api::start(prometheus("open", true));
    let ended = fleet(&api, &["--header", "X-Scope-OrgID=mail", "--header", "X-Key=a=b"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let asked = api.asked.lock().expect("nobody panics with it");
    assert!(asked.len() > 1, "{asked:?}");
    for head in asked.iter() {
        assert!(
            head.contains("\r\nx-scope-orgid: mail\r\n") && head.contains("\r\nx-key: a=b\r\n"),
            "{head}"
        );
    }
}

#[test]
fn who_watches_gets_a_line_for_each_look_and_the_code_of_the_last() {
    let looks = Arc::new(Mutex::new(0_u8));
    let api = Api::start(move |head| {
        let mut looks = looks.lock().expect("nobody panics with it");
        let is_first_of_a_look = head.contains("cloud_account_port_state") && !head.contains("time()");
        *looks += u8::from(is_first_of_a_look);
        match *looks {
            1 => prometheus("open", true)(head),
            2 => http("503 Service Unavailable", ""),
            _ => prometheus("platform_blocked", true)(head),
        }
    });
    let mut child = Command::new(env!("CARGO_BIN_EXE_sortie"))
        .args(["fleet", "--prometheus", &api.url(), "--watch", "5s", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let documents: Vec<Value> =
        lines.take(2).map(|line| serde_json::from_str(&line).expect("a document a line")).collect();
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    signal::kill(pid, Signal::SIGINT).expect("it runs");
    let ended = child.wait_with_output().expect("it was started");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("answers 503: Service Unavailable; it is asked again"), "{stderr}");
    let observed: Vec<&Value> =
        documents.iter().map(|one| &one["subscriptions"][0]["ports"][0]["observed"]).collect();
    assert_eq!(observed, ["open", "platform_blocked"]);
}
