//! A metadata service, spoken to carefully: no proxy, no redirect, a deadline and a limit for each answer.
//!
//! Whoever is busy is asked again, as Azure documents it for its own: 429 and 5xx with growing pauses, 410 for up to
//! 70 s. Whoever is not there is asked once: the caller knows whether it is worth another try.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode, Url, retry};
use serde_json::Value;
use tokio::time::Instant;

use crate::http::{self, USER_AGENT, root_cause};

/// A metadata service is on the same host, or one hop away.
const CONNECT_MOST: Duration = Duration::from_secs(1);
/// From the question to the last byte of the answer; services answer within milliseconds.
const ANSWER_MOST: Duration = Duration::from_secs(2);
/// User data of 64 KiB in base64, fifty tags told twice and the keys of SSH make 200 KiB.
const BODY_MOST: usize = 256 << 10;
/// Azure answers 429 beyond five requests a second of one machine ("Azure Instance Metadata Service", rate limiting).
const IN_A_SECOND: usize = 5;
/// Azure's service may be away for as long while its host is updated ("retry after some time (max 70 seconds)").
const BUSY_MOST: Duration = Duration::from_secs(70);
/// Pause before the second question.
const PAUSE_LEAST: Duration = Duration::from_millis(250);
/// Pauses grow up to this.
const PAUSE_MOST: Duration = Duration::from_secs(8);

/// Why there is no answer; it finishes the sentence "the metadata service …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    #[error("cannot be asked: {0}")]
    Client(String),
    #[error("does not answer: {0}")]
    Nobody(String),
    #[error("did not answer within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("answers with more than {} KiB", BODY_MOST >> 10)]
    TooLarge,
    #[error("answers {}", .0.as_u16())]
    Refused(StatusCode, Vec<u8>),
    #[error("is not that of this provider: {0}")]
    Foreign(&'static str),
}

/// Names and values of a request.
pub(crate) type Headers<'a> = &'a [(&'static str, &'a str)];

/// One service at one address.
pub(crate) struct Metadata {
    client: reqwest::Client,
    base: Url,
    answer_most: Duration,
    /// When the latest questions were asked.
    asked: Mutex<VecDeque<Instant>>,
}

impl Metadata {
    /// The service at a URL without a path.
    pub(crate) fn at(url: &str) -> Result<Self, Silence> {
        Self::at_with_patience(url, ANSWER_MOST)
    }

    /// The same, which must pass the question on and so needs longer for each answer.
    pub(crate) fn at_with_patience(url: &str, answer_most: Duration) -> Result<Self, Silence> {
        let base = Url::parse(url).map_err(|error| Silence::Client(error.to_string()))?;
        // Refused where somebody else in this process was first, who chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .no_proxy()
            .redirect(Policy::none())
            .retry(retry::never())
            .http1_only()
            .connect_timeout(CONNECT_MOST)
            .timeout(answer_most);
        // The certificates of the system take memory, and nobody needs them for http.
        let builder = if base.scheme() == "https" { builder } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|error| Silence::Client(root_cause(&error)))?;
        Ok(Self { client, base, answer_most, asked: Mutex::default() })
    }

    /// The body of an answer to GET, as text.
    pub(crate) async fn text(&self, path: &str, headers: Headers<'_>) -> Result<String, Silence> {
        self.ask(&Method::GET, path, headers).await.map(|(text, _)| text)
    }

    /// The same, of a service that proves by a header of its own who it is.
    pub(crate) async fn signed(
        &self,
        path: &str,
        headers: Headers<'_>,
        (name, value): (&'static str, &str),
    ) -> Result<String, Silence> {
        let (text, answered) = self.ask(&Method::GET, path, headers).await?;
        if answered.get(name).is_some_and(|said| said.as_bytes() == value.as_bytes()) {
            Ok(text)
        } else {
            Err(Silence::Foreign("its answer is not signed"))
        }
    }

    /// The body of an answer to PUT, as text.
    pub(crate) async fn put(&self, path: &str, headers: Headers<'_>) -> Result<String, Silence> {
        self.ask(&Method::PUT, path, headers).await.map(|(text, _)| text)
    }

    /// The body of an answer to GET, as JSON.
    pub(crate) async fn json(&self, path: &str, headers: Headers<'_>) -> Result<Value, Silence> {
        let text = self.text(path, headers).await?;
        serde_json::from_str(&text).map_err(|_| Silence::Foreign("its answer is not JSON"))
    }

    async fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: Headers<'_>,
    ) -> Result<(String, reqwest::header::HeaderMap), Silence> {
        let began = Instant::now();
        let mut pause = PAUSE_LEAST;
        loop {
            self.wait_for_turn().await;
            let response = self.once(method.clone(), path, headers).await?;
            let (status, head) = (response.status(), response.headers().clone());
            let asked = http::retry_after(&head).unwrap_or_default().min(BUSY_MOST);
            let wait = pause.max(asked).mul_f64(1.0 + fastrand::f64() / 4.0);
            let body = http::body(response, BODY_MOST).await.map_err(|error| self.silence(&error))?;
            let body = body.ok_or(Silence::TooLarge)?;
            if status.is_success() {
                let text =
                    String::from_utf8(body).map_err(|_| Silence::Foreign("its answer is not UTF-8"))?;
                // Some values end with their line.
                return Ok((text.trim().to_owned(), head));
            }
            if !is_busy(status) || began.elapsed() + wait > BUSY_MOST {
                return Err(Silence::Refused(status, body));
            }
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }

    async fn once(&self, method: Method, path: &str, headers: Headers<'_>) -> Result<Response, Silence> {
        let url = self.base.join(path).map_err(|error| Silence::Client(error.to_string()))?;
        let request = self.client.request(method, url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.map_err(|error| self.silence(&error))
    }

    fn silence(&self, error: &reqwest::Error) -> Silence {
        if error.is_timeout() { Silence::Slow(self.answer_most) } else { Silence::Nobody(root_cause(error)) }
    }

    /// Never more than five questions in one second.
    pub(crate) async fn wait_for_turn(&self) {
        let turn = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let free = if asked.len() < IN_A_SECOND { None } else { asked.pop_front() };
            let turn = free.map_or(now, |then| now.max(then + Duration::from_secs(1)));
            asked.push_back(turn);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

/// Whether the same question is worth asking again.
fn is_busy(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::GONE)
}
