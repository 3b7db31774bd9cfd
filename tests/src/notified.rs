//! Those whom Alertmanager tells, and what they were told: a listener that writes down every webhook.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use tokio::net::TcpStream;

use crate::netns::Namespace;
use crate::server::attend;
use crate::stop::Helper;

/// A listener. Dropping it closes its port.
#[derive(Debug)]
pub struct Notified {
    _helper: Helper,
    address: SocketAddr,
    desk: Arc<Desk>,
}

/// One webhook, version 4 of Alertmanager's.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// When it came.
    #[serde(skip, default = "SystemTime::now")]
    pub at: SystemTime,
    /// Where it came to, as the route says.
    #[serde(skip)]
    pub path: String,
    pub receiver: String,
    pub status: Status,
    pub group_labels: BTreeMap<String, String>,
    pub alerts: Vec<Alert>,
}

/// One alert of a notification.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub status: Status,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "moment")]
    pub starts_at: SystemTime,
}

/// Whether something is still so.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Firing,
    Resolved,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        })
    }
}

impl Notification {
    /// The name that all its alerts have: groups are made by it.
    pub fn name(&self) -> &str {
        self.group_labels.get("alertname").map_or("", String::as_str)
    }
}

impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = humantime::format_rfc3339_millis(self.at);
        write!(f, "{at} {} {} {:?}", self.path, self.status, self.group_labels)?;
        for alert in &self.alerts {
            let summary = alert.annotations.get("summary").map_or("", String::as_str);
            write!(f, "\n    {} {:?} {summary}", alert.status, alert.labels)?;
        }
        Ok(())
    }
}

impl Notified {
    /// Listens in a namespace.
    pub fn start(at: &Namespace, address: SocketAddr) -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let there = Arc::clone(&desk);
        let helper = attend(at, address, |listener| accept(listener, there))?;
        Ok(Self { _helper: helper, address, desk })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything so far, in the order of arrival.
    ///
    /// # Errors
    /// When something came that is no notification.
    pub fn all(&self) -> Result<Vec<Notification>> {
        self.desk.with(State::read)
    }

    /// Waits until what came is enough, and returns it.
    pub fn wait(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Notification]) -> bool,
    ) -> Result<Vec<Notification>> {
        let deadline = Instant::now() + patience;
        let mut state = self.desk.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let came = state.read()?;
            if enough(&came) {
                return Ok(came);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let came: Vec<_> = came.iter().map(ToString::to_string).collect();
                bail!("waited {patience:?} in vain for {what}; what came:\n  {}", came.join("\n  "));
            }
            state = self.desk.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What the connections share.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    came: Vec<Notification>,
    unreadable: Option<String>,
}

impl State {
    fn read(&mut self) -> Result<Vec<Notification>> {
        match &self.unreadable {
            Some(reason) => bail!("what came is no notification: {reason}"),
            None => Ok(self.came.clone()),
        }
    }
}

impl Desk {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, path: String, body: &[u8]) {
        self.with(|state| match serde_json::from_slice::<Notification>(body) {
            Ok(notification) => state.came.push(Notification { path, ..notification }),
            Err(error) => {
                state.unreadable = Some(format!("{path}: {error}: {}", String::from_utf8_lossy(body)));
            }
        });
        self.changed.notify_all();
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(hold(stream, Arc::clone(&desk)));
    }
}

async fn hold(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(take(request, &desk).await) }
    });
    // How a connection ends is no news: what was told on it is written down.
    let _ =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn take(request: Request<Incoming>, desk: &Desk) -> Response<Empty<Bytes>> {
    let path = request.uri().path().to_owned();
    let mut response = Response::new(Empty::new());
    match request.into_body().collect().await {
        Ok(body) => desk.write(path, &body.to_bytes()),
        // Alertmanager comes again.
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

fn moment<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_rfc3339_weak(&text).map_err(serde::de::Error::custom)
}
