//! The instance metadata service, as "Azure Instance Metadata Service" documents it: what it demands of a request, and
//! what it refuses.

mod identity;
mod instance;

use std::time::{Duration, SystemTime};

use hyper::Method;
use serde_json::json;

use super::book::State;
use super::reply::{Answer, Reply};
use super::request::{Question, Request};

pub(super) use identity::audience_of;

/// Every version that it has had, oldest first.
const VERSIONS: &[&str] = &[
    "2017-03-01",
    "2017-04-02",
    "2017-08-01",
    "2017-10-01",
    "2017-12-01",
    "2018-02-01",
    "2018-04-02",
    "2018-10-01",
    "2019-02-01",
    "2019-03-11",
    "2019-04-30",
    "2019-06-01",
    "2019-06-04",
    "2019-08-01",
    "2019-08-15",
    "2019-11-01",
    "2020-06-01",
    "2020-07-15",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-10-01",
    "2021-11-01",
    "2021-11-15",
    "2021-12-13",
    "2023-07-01",
    "2023-11-15",
    "2024-03-15",
    "2024-07-17",
    "2025-04-07",
];
/// How many a refusal names.
const NEWEST: usize = 3;

/// Requests a second of one machine; those for tokens are counted by themselves.
const RATE: usize = 5;
const RATE_OF_TOKENS: usize = 20;
const SECOND: Duration = Duration::from_secs(1);

const API_VERSION: &str = "api-version";

/// What was asked, and what is answered.
pub(super) fn answer(state: &mut State, request: &Request, now: SystemTime) -> (Option<Question>, Reply) {
    let question = match request.path.as_str() {
        "/metadata/versions" => Some(Question::Versions),
        "/metadata/instance" => Some(Question::Instance),
        "/metadata/identity/oauth2/token" => Some(Question::Token),
        _ => None,
    };
    let reply = match refusal(state, question, request, now) {
        Some(refusal) => Reply::Whole(refusal),
        None => truth(state, question, request, now),
    };
    (question, reply)
}

fn truth(state: &mut State, question: Option<Question>, request: &Request, now: SystemTime) -> Reply {
    let answer = match question {
        Some(Question::Versions) => Answer::ok(&json!({"apiVersions": VERSIONS})),
        Some(Question::Instance) => Answer::ok(&instance::document(&state.cloud)),
        Some(Question::Token) => identity::token(state, request, now),
        _ => Answer::new(404, &json!({"error": "Not found"})),
    };
    let lie = || Answer::ok(&instance::document(&state.cloud.lie()));
    answer.in_mood(state.mood(question), lie, &super::elsewhere(&request.path))
}

fn refusal(
    state: &mut State,
    question: Option<Question>,
    request: &Request,
    now: SystemTime,
) -> Option<Answer> {
    let bad = |reason: &str| Some(Answer::new(400, &json!({"error": format!("Bad request. {reason}")})));
    if is_too_often(state, question, now) {
        return Some(Answer::new(429, &json!({"error": "Too many requests"})));
    }
    if request.headers.contains_key("x-forwarded-for") {
        return bad("The request contains an X-Forwarded-For header");
    }
    if request.headers.get("metadata").is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"true")) {
        return bad("Required metadata header not specified");
    }
    if request.method != Method::GET {
        return Some(Answer::new(405, &json!({"error": "Method not allowed"})));
    }
    if request.repeats_itself() {
        return bad("A query parameter is specified more than once");
    }
    let needs_version = matches!(question, Some(Question::Instance | Question::Token));
    if needs_version && request.parameter(API_VERSION).is_none_or(|version| !VERSIONS.contains(&version)) {
        let newest: Vec<_> = VERSIONS.iter().rev().take(NEWEST).collect();
        let reason = "Bad request. api-version is invalid or was not specified in the request. For more information \
            refer to aka.ms/azureimds";
        return Some(Answer::new(400, &json!({"error": reason, "newest-versions": newest})));
    }
    None
}

/// Whether there were too many of this kind within a second. Those that are refused count as well.
fn is_too_often(state: &mut State, question: Option<Question>, now: SystemTime) -> bool {
    let is_token = question == Some(Question::Token);
    let (latest, most) =
        if is_token { (&mut state.latest_tokens, RATE_OF_TOKENS) } else { (&mut state.latest, RATE) };
    latest.retain(|then| now.duration_since(*then).is_ok_and(|since| since < SECOND));
    latest.push_back(now);
    latest.len() > most
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::body::Bytes;
    use serde_json::Value;

    use super::super::request::query;
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn request(method: Method, target: &str, headers: &[(&'static str, &str)]) -> Request {
        let (path, rest) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
        Request {
            method,
            path: path.to_owned(),
            query: query(rest),
            headers: headers.collect::<HeaderMap>(),
            body: Bytes::new(),
        }
    }

    fn answered(reply: Reply) -> Answer {
        match reply {
            Reply::Whole(answer) => answer,
            other => unreachable!("{other:?} is no whole answer"),
        }
    }

    #[test]
    fn a_request_is_answered_only_as_it_is_documented() {
        const METADATA: (&str, &str) = ("metadata", "true");
        const GOOD: &str = "/metadata/instance?api-version=2021-02-01";
        for (method, target, headers, expected) in [
            (Method::GET, GOOD, &[METADATA][..], 200),
            (Method::GET, GOOD, &[("metadata", "True")], 200),
            (Method::GET, GOOD, &[], 400),
            (Method::GET, GOOD, &[("metadata", "false")], 400),
            (Method::GET, GOOD, &[METADATA, ("x-forwarded-for", "198.51.100.1")], 400),
            (Method::GET, "/metadata/instance", &[METADATA], 400),
            (Method::GET, "/metadata/instance?api-version=2031-01-01", &[METADATA], 400),
            (
                Method::GET,
                "/metadata/instance?api-version=2021-02-01&api-version=2021-02-01",
                &[METADATA],
                400,
            ),
            (Method::POST, GOOD, &[METADATA], 405),
            (Method::GET, "/metadata/versions", &[METADATA], 200),
            (Method::GET, "/latest/meta-data/instance-id", &[METADATA], 404),
        ] {
            let request = request(method, target, headers);
            let (_, reply) = answer(&mut State::default(), &request, NOW);
            assert_eq!(answered(reply).status, expected, "{request:?}");
        }
    }

    #[test]
    fn a_version_that_it_does_not_have_is_refused_with_the_newest_ones() {
        let request = request(Method::GET, "/metadata/instance?api-version=1", &[("metadata", "true")]);
        let body = answered(answer(&mut State::default(), &request, NOW).1).body;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["newest-versions"], json!(["2025-04-07", "2024-07-17", "2024-03-15"]));
    }

    #[test]
    fn the_sixth_request_of_a_second_is_one_too_many() {
        let mut state = State::default();
        let request =
            request(Method::GET, "/metadata/instance?api-version=2021-02-01", &[("metadata", "true")]);
        let mut status = |now| answered(answer(&mut state, &request, now).1).status;
        for _ in 0..5 {
            assert_eq!(status(NOW), 200);
        }
        assert_eq!(status(NOW + Duration::from_millis(999)), 429);
        assert_eq!(status(NOW + Duration::from_millis(2100)), 200);
    }
}
