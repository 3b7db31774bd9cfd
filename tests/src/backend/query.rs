//! A question to whoever has the API of Prometheus.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::http;
use crate::netns::Namespace;

/// The whole answer, which says that it is one.
pub(super) fn answer(
    namespace: &Namespace,
    address: SocketAddr,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<Value> {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let path = format!("{path}?{}", fields.join("&"));
    let answer = namespace.run(|| http::get(address, &path))?;
    let body: Value = serde_json::from_str(&answer.body)
        .with_context(|| format!("{address} answered {}: {}", answer.status, answer.body))?;
    ensure!(body["status"] == "success", "{address} refuses {path}: {body}");
    Ok(body)
}

/// What was asked for, and what is remarked about the question.
pub(super) fn result(mut body: Value) -> (Value, Vec<String>) {
    let remarks = ["warnings", "infos"].into_iter().filter_map(|kind| body[kind].as_array()).flatten();
    let remarks = remarks.map(ToString::to_string).collect();
    let data = body["data"].take();
    (if data.is_object() { data["result"].clone() } else { data }, remarks)
}
