//! Azure Resource Manager, spoken to carefully: one host, no redirect, a deadline and a limit for each answer.
//!
//! A proxy of the environment is used for https, which it cannot read, and never for http, where it would see the token.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode, Url, retry};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::http::{self, USER_AGENT, root_cause};

use super::refusal::Refusal;
use super::token::{Token, Tokens};

/// The effective routes of an interface that learns them from a gateway are the longest answer: 1,000 of them are 250 KiB.
pub(super) const BODY_MOST: usize = 1 << 20;
/// It is on the internet, perhaps on another continent.
const CONNECT_MOST: Duration = Duration::from_secs(5);
/// Nobody is left alone for longer, whatever `Retry-After` says: a change should be known within the day.
const LEFT_ALONE_MOST: Duration = Duration::from_secs(60 * 60);
/// Pauses grow up to this.
const PAUSE_MOST: Duration = Duration::from_secs(8);

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From a question to the last byte of its answer.
    pub(super) answer: Duration,
    /// Before the second question to somebody who is busy.
    pub(super) pause: Duration,
    /// Questions and pauses together, where somebody is busy.
    pub(super) busy: Duration,
    /// Between two looks at what is not ready yet, where nothing says how long.
    pub(super) look: Duration,
    /// For all of those looks.
    pub(super) operation: Duration,
}

impl Patience {
    /// Answers take less than a second; effective routes up to half a minute.
    pub(super) const DEFAULT: Self = Self {
        answer: Duration::from_secs(10),
        pause: Duration::from_millis(500),
        busy: Duration::from_secs(20),
        look: Duration::from_secs(2),
        operation: Duration::from_secs(60),
    };
}

/// Azure Resource Manager at one address, and the token for it.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    tokens: Tokens,
    pub(super) patience: Patience,
    left_alone_until: Mutex<Option<Instant>>,
}

/// An answer that is not a refusal.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    pub(super) fn new(base: Url, tokens: Tokens, patience: Patience) -> Result<Self, reqwest::Error> {
        // Refused where somebody else in this process was first, who chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .retry(retry::never())
            .http1_only()
            .connect_timeout(CONNECT_MOST)
            .timeout(patience.answer);
        // The certificates of the system take memory, and nobody needs them for http.
        let builder = if base.scheme() == "https" { builder } else { builder.no_proxy().tls_certs_only([]) };
        Ok(Self { http: builder.build()?, base, tokens, patience, left_alone_until: Mutex::default() })
    }

    /// Whether it may be asked now, and there is a token to ask with.
    pub(super) async fn ready(&self) -> Result<(), Refusal> {
        self.leave_alone()?;
        self.tokens.current().await?;
        Ok(())
    }

    /// The JSON at a path.
    pub(super) async fn get(&self, path: &str, version: &str) -> Result<Value, Refusal> {
        self.send(&Method::GET, &self.at(path, version)?, None).await?.json()
    }

    /// Where a path of this host is.
    pub(super) fn at(&self, path: &str, version: &str) -> Result<Url, Refusal> {
        let url = self.base.join(&format!("{path}?api-version={version}"));
        url.map_err(|error| Refusal::Nobody(error.to_string()))
    }

    /// The place that an answer names, if it is of this host.
    pub(super) fn here(&self, location: &str) -> Option<Url> {
        let url = self.base.join(location).ok()?;
        let is_here = url.origin() == self.base.origin();
        (is_here && url.username().is_empty() && url.password().is_none()).then_some(url)
    }

    /// Asks, with another token where this one is not believed, and again where somebody is busy.
    pub(super) async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Answer, Refusal> {
        let began = Instant::now();
        let mut pause = self.patience.pause;
        let mut is_second_token = false;
        loop {
            self.leave_alone()?;
            let token = self.tokens.current().await?;
            let answer = self.once(method, url, body, &token).await?;
            let status = answer.status;
            if status.is_success() {
                return Ok(answer);
            }
            if status == StatusCode::UNAUTHORIZED && !is_second_token {
                is_second_token = true;
                self.tokens.forget(&token).await;
                continue;
            }
            if status.is_redirection() {
                return Err(Refusal::Elsewhere(status));
            }
            if !is_busy(status) {
                return Err(Refusal::of(status, &answer.body));
            }
            let asked = http::retry_after(&answer.headers).map(|wait| wait.min(LEFT_ALONE_MOST));
            let wait = asked.unwrap_or_default().max(pause).mul_f64(1.0 + fastrand::f64() / 4.0);
            if began.elapsed() + wait > self.patience.busy {
                let Some(wait) = asked else { return Err(Refusal::of(status, &answer.body)) };
                *self.alone() = Some(Instant::now() + wait);
                return Err(Refusal::Busy(status, wait));
            }
            sleep(wait).await;
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        token: &Arc<Token>,
    ) -> Result<Answer, Refusal> {
        let broken = |error: reqwest::Error| {
            if error.is_timeout() {
                Refusal::Slow(self.patience.answer)
            } else {
                Refusal::Nobody(root_cause(&error))
            }
        };
        let request = self.http.request(method.clone(), url.clone()).header(AUTHORIZATION, token.header()?);
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.map_err(broken)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::body(response, BODY_MOST).await.map_err(broken)?.ok_or(Refusal::TooLarge)?;
        Ok(Answer { status, headers, body })
    }

    fn leave_alone(&self) -> Result<(), Refusal> {
        let now = Instant::now();
        match *self.alone() {
            Some(until) if now < until => Err(Refusal::LeftAlone(until - now)),
            _ => Ok(()),
        }
    }

    fn alone(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let text = std::str::from_utf8(&self.body).map_err(|_| Refusal::NotText)?;
        serde_json::from_str(text).map_err(|_| Refusal::NotJson)
    }
}

/// Whether the same question is worth asking again.
fn is_busy(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
