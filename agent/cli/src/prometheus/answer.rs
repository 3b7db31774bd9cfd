//! What a Prometheus API answers to an instant query ("HTTP API", Prometheus documentation), read without believing it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::text::excerpt;

/// Characters of somebody else's error that are told again.
pub(super) const REASON_MOST: usize = 200;

const SUCCESS: &str = "success";
const VECTOR: &str = "vector";

/// A vector, as it was at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vector {
    pub(crate) samples: Vec<Sample>,
    /// Not all may be in it.
    pub(crate) warnings: Vec<String>,
    /// What the API remarks about the query, while all is in it.
    pub(crate) infos: Vec<String>,
}

/// One element of a vector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    labels: BTreeMap<String, String>,
    /// The moment for which it was evaluated, Unix time.
    pub(crate) at: f64,
    pub(crate) value: f64,
}

/// Why a body is no vector; it finishes the sentence "the Prometheus API …".
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("answers with a page of HTML: this is not the URL of an API, or a login stands before it")]
    Html,
    #[error("answers with something that is not its JSON: {0}")]
    NotJson(String),
    #[error("refuses the query: {0}")]
    Refused(String),
    #[error("answers with a {0} instead of a vector")]
    NotVector(String),
    #[error("answers with a value that is no number")]
    NoNumber,
}

impl Sample {
    /// What a label says; a label that is absent is an empty one to Prometheus.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

#[derive(Deserialize)]
struct Body<R> {
    status: String,
    data: Option<Data<R>>,
    #[serde(rename = "errorType", default)]
    kind: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
struct Data<R> {
    #[serde(rename = "resultType")]
    kind: String,
    result: R,
}

#[derive(Deserialize)]
struct Element {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

/// The vector in this body.
pub(crate) fn vector(body: &[u8]) -> Result<Vector, Malformed> {
    // At once into what is kept: a body of this size as a tree of values would be several times as large.
    let read: Result<Body<Vec<Element>>, _> = serde_json::from_slice(body);
    let Ok(Body { status, data: Some(data), warnings, infos, .. }) = read else { return Err(unread(body)) };
    if status != SUCCESS || data.kind != VECTOR {
        return Err(unread(body));
    }
    let sample = |Element { metric: labels, value: (at, value) }: Element| {
        let value = value.parse().ok().filter(|value: &f64| value.is_finite()).ok_or(Malformed::NoNumber)?;
        Ok(Sample { labels, at, value })
    };
    let samples = data.result.into_iter().map(sample).collect::<Result<_, Malformed>>()?;
    Ok(Vector { samples, warnings, infos })
}

/// Why a body is no vector.
fn unread(body: &[u8]) -> Malformed {
    if body.trim_ascii_start().first() == Some(&b'<') {
        return Malformed::Html;
    }
    let told = |text: &dyn std::fmt::Display| excerpt(&text.to_string(), REASON_MOST);
    match serde_json::from_slice::<Body<IgnoredAny>>(body) {
        Err(error) => Malformed::NotJson(told(&error)),
        Ok(Body { status, kind, error, .. }) if status == "error" => {
            Malformed::Refused(told(&format_args!("{kind}: {error}")))
        }
        Ok(Body { status, data: Some(data), .. }) if status == SUCCESS && data.kind != VECTOR => {
            Malformed::NotVector(told(&data.kind))
        }
        Ok(Body { status, data: Some(_), .. }) if status == SUCCESS => {
            let read = serde_json::from_slice::<Body<Vec<Element>>>(body);
            Malformed::NotJson(read.err().map_or_else(String::new, |error| told(&error)))
        }
        Ok(Body { status, .. }) => Malformed::NotJson(told(&format_args!("its status is {status}"))),
    }
}

/// What a body that nobody expected says, in a few printable words.
pub(super) fn says(body: &[u8]) -> String {
    match vector(body) {
        Err(Malformed::Refused(why)) => why,
        _ => excerpt(String::from_utf8_lossy(body).trim(), REASON_MOST),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_comes_is_a_vector_or_an_error_that_can_be_shown(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(error) = vector(&body) {
                prop_assert!(!error.to_string().chars().any(crate::text::is_hostile));
            }
        }

        #[test]
        fn whatever_a_vector_holds_is_read_or_refused(labels in ".*", at in any::<f64>(), value in ".*") {
            let body = serde_json::json!({"status": "success", "data": {"resultType": "vector", "result": [
                {"metric": {"host_id": labels}, "value": [at, value]}]}});
            if let Ok(Vector { samples, .. }) = vector(body.to_string().as_bytes()) {
                prop_assert!(samples[0].value.is_finite() && samples[0].label("host_id") == labels);
            }
        }
    }

    #[test]
    fn a_vector_is_read_as_prometheus_writes_it() {
        let body = br#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"host_id":"vm-1","host_name":"mail-1","network_type":"ipv4"},"value":[1795000000.781,"1795000000"]},
            {"metric":{},"value":[1795000000,"0.5"]}]},"warnings":["a store is away"],"infos":["no counter"]}"#;
        let Vector { samples, warnings, infos } = vector(body).expect("a vector");
        assert_eq!(
            (&warnings[..], &infos[..]),
            (&["a store is away".to_owned()][..], &["no counter".to_owned()][..])
        );
        let told: Vec<_> =
            samples.iter().map(|s| (s.label("host_id"), s.label("nothing"), s.value)).collect();
        assert_eq!(told, [("vm-1", "", 1_795_000_000.0), ("", "", 0.5)]);
        let empty = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(vector(empty), Ok(Vector::default()));
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for (body, reason) in [
            (&b""[..], "answers with something that is not its JSON"),
            (b"  <!doctype html><title>Sign in</title>", "answers with a page of HTML"),
            (b"[]", "answers with something that is not its JSON"),
            (br#"{"status":"partial"}"#, "answers with something that is not its JSON"),
            (br#"{"status":"success"}"#, "answers with something that is not its JSON"),
            (
                br#"{"status":"error","errorType":"bad_data","error":"parse \u001b[31m error"}"#,
                "refuses the query: bad_data: parse \\u{1b}[31m error",
            ),
            (
                br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
                "answers with a matrix instead of a vector",
            ),
            (
                br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":["x",1]}]}}"#,
                "answers with something that is not its JSON",
            ),
            (
                br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}"#,
                "answers with something that is not its JSON",
            ),
            (
                br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}}"#,
                "answers with a value that is no number",
            ),
            (
                br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"+Inf"]}]}}"#,
                "answers with a value that is no number",
            ),
        ] {
            let error = vector(body).expect_err("no vector").to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
