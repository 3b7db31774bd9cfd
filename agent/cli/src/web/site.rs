//! What there is to see, and who may see it: from a request to its answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::answer::{self, Answer, HTML, JSON, closing, retry_after, text, whole};
use super::assets::Tagged;
use super::body::Body;
use super::hosts::HostError;
use super::rendered::{A_SECOND, FOR_GOOD, Rendered};
use super::{Faces, Hosts, Limits, events};
use crate::board::{Board, Display};
use crate::render;

const ALLOW: &str = "GET, HEAD";
/// Every path that is not an asset.
const PATHS: [&str; 7] =
    ["/", "/api/v1/report", "/api/v1/history", "/api/v1/events", "/metrics", "/livez", "/readyz"];
const EVENT_STREAM: &str = "text/event-stream";

/// The first sitting of the jury takes a few seconds.
const SOON: Duration = Duration::from_secs(1);
/// Viewers come and go in minutes; a browser that reconnects does not need to be faster.
const WHEN_OTHERS_LEFT: Duration = Duration::from_secs(10);

const NOTHING_YET: &str = "nothing has been measured yet: the first round is under way";
/// Looks again by itself, without a script.
const WAITING: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"1\">\n",
    "<title>Sortie: the first round</title>\n",
    "<p>Nothing has been measured yet: the first round is under way. This page looks again every second.</p>\n",
    "</html>\n"
);

/// Everything that is served.
pub(super) struct Site {
    faces: Faces,
    hosts: Hosts,
    heartbeat: Duration,
    assets: Vec<Tagged>,
    streams: Arc<Semaphore>,
    page: Rendered,
    report: Rendered,
    event: Rendered,
    history: Rendered,
    metrics: Rendered,
}

impl Site {
    pub(super) fn new(faces: Faces, hosts: Hosts, limits: Limits) -> Self {
        Self {
            hosts,
            heartbeat: limits.heartbeat,
            assets: faces.assets.iter().map(Tagged::new).collect(),
            streams: Arc::new(Semaphore::new(limits.streams)),
            page: Rendered::new("the page", A_SECOND),
            report: Rendered::new("the report", FOR_GOOD),
            event: Rendered::new("the event of the report", FOR_GOOD),
            // A round is remembered a moment before or after it is on show.
            history: Rendered::new("the history", A_SECOND),
            metrics: Rendered::new("the metrics", A_SECOND),
            faces,
        }
    }

    /// Answers a request. On a spare connection there is room for `/livez` alone.
    pub(super) fn answer<B: hyper::body::Body>(
        self: &Arc<Self>,
        request: &Request<B>,
        spare: bool,
    ) -> Answer {
        if let Err(error) = self.hosts.admit(request) {
            return stranger(&error);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let answer =
                text(StatusCode::METHOD_NOT_ALLOWED, format!("There is nothing to write: {ALLOW} only.\n"));
            return answer::with(answer, header::ALLOW, HeaderValue::from_static(ALLOW));
        }
        if !request.body().is_end_stream() {
            // Nothing here reads one, and the next request would have to be found behind it.
            return closing(text(StatusCode::PAYLOAD_TOO_LARGE, "A request here has no body.\n"));
        }
        match request.uri().path() {
            "/livez" => text(StatusCode::OK, "alive\n"),
            _ if spare => busy("Every connection is in use"),
            "/readyz" => self.readiness(),
            "/" => self.page(),
            "/api/v1/report" => self.report(),
            "/api/v1/history" => self.history(),
            "/api/v1/events" => self.events(request.method()),
            "/metrics" => self.metrics(),
            path => match self.assets.iter().find(|asset| asset.path() == path) {
                Some(asset) => asset.answer(request.headers()),
                None => self.nothing_here(),
            },
        }
    }

    pub(super) fn board(&self) -> &Board {
        &self.faces.board
    }

    /// The report as an event.
    pub(super) fn event(&self, display: &Display) -> Option<Bytes> {
        let render = || events::report(display.generation, &display.report);
        self.event.bytes(display.generation, Instant::now(), render)
    }

    /// Gives back what is kept for viewers, when there are none.
    pub(super) fn forget(&self) {
        let kept = [&self.page, &self.report, &self.event, &self.history, &self.metrics];
        kept.into_iter().for_each(Rendered::forget);
    }

    fn readiness(&self) -> Answer {
        match self.board().now() {
            Some(display) if !display.report.verdicts.is_empty() => text(StatusCode::OK, "ready\n"),
            Some(_) => not_yet("no port has a verdict yet"),
            None => not_yet(NOTHING_YET),
        }
    }

    fn page(&self) -> Answer {
        let Some(display) = self.board().now() else {
            return retry_after(whole(StatusCode::SERVICE_UNAVAILABLE, HTML, WAITING.into()), SOON);
        };
        let render = || {
            let page =
                self.board().history(|history| (self.faces.page)(&display, history, SystemTime::now()));
            Ok::<_, Infallible>(page.into_bytes())
        };
        face(HTML, self.page.bytes(display.generation, Instant::now(), render))
    }

    fn report(&self) -> Answer {
        let Some(display) = self.board().now() else { return not_yet(NOTHING_YET) };
        let render = || render::json(&display.report).map(String::into_bytes);
        face(JSON, self.report.bytes(display.generation, Instant::now(), render))
    }

    fn history(&self) -> Answer {
        let render = || self.board().history(|history| render::history(history)).map(String::into_bytes);
        face(JSON, self.history.bytes(self.generation(), Instant::now(), render))
    }

    fn metrics(&self) -> Answer {
        let render = || Ok::<_, Infallible>((self.faces.metrics)());
        let bytes = self.metrics.bytes(self.generation(), Instant::now(), render);
        face(self.faces.metrics_content_type, bytes)
    }

    fn events(self: &Arc<Self>, method: &Method) -> Answer {
        if method == Method::HEAD {
            return answer::typed(StatusCode::OK, EVENT_STREAM, Body::Live(Box::pin(stream::empty())));
        }
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else {
            return busy("Every event stream is in use");
        };
        let stream = events::stream(Arc::clone(self), self.heartbeat, permit);
        answer::typed(StatusCode::OK, EVENT_STREAM, Body::Live(Box::pin(stream)))
    }

    fn nothing_here(&self) -> Answer {
        let paths: Vec<&str> = PATHS.into_iter().chain(self.assets.iter().map(Tagged::path)).collect();
        text(StatusCode::NOT_FOUND, format!("There is nothing here. There is: {}\n", paths.join(" ")))
    }

    fn generation(&self) -> u64 {
        self.board().now().map_or(0, |display| display.generation)
    }
}

fn face(content_type: &'static str, bytes: Option<Bytes>) -> Answer {
    match bytes {
        Some(bytes) => whole(StatusCode::OK, content_type, bytes),
        None => {
            text(StatusCode::INTERNAL_SERVER_ERROR, "This could not be rendered; the agent's log says why.\n")
        }
    }
}

fn stranger(error: &HostError) -> Answer {
    match error {
        HostError::Malformed => text(StatusCode::BAD_REQUEST, format!("Bad request: {error}.\n")),
        HostError::Missing | HostError::Foreign(_) => text(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "Misdirected: {error}.\n\n\
                 Call it by an IP address, localhost or the machine's own name; other names stand in the\n\
                 configuration, under [web] hosts.\n"
            ),
        ),
    }
}

fn not_yet(reason: &'static str) -> Answer {
    retry_after(text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")), SOON)
}

fn busy(what: &str) -> Answer {
    let answer = text(StatusCode::SERVICE_UNAVAILABLE, format!("{what}; try again in a while.\n"));
    closing(retry_after(answer, WHEN_OTHERS_LEFT))
}
