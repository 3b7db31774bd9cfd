//! A browser with the page open, as far as the agent notices: the page, its style and script, the stream of events, and
//! the page again at each event.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::http;
use e2e::netns::Namespace;
use e2e::stop::{Helper, StopFlag};

/// How soon a viewer notices that it is to leave.
const LOOK: Duration = Duration::from_millis(500);

/// What a browser loads for one look at the page.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weight {
    pub(crate) html: usize,
    pub(crate) assets: usize,
    pub(crate) requests: usize,
}

/// Opens the page in this namespace and keeps it open until the helper is dropped.
pub(crate) fn open(at: &Namespace, page: SocketAddr) -> Result<Helper> {
    at.spawn(
        move || {
            look(page)?;
            let mut stream = TcpStream::connect(page).context("failed to open the events")?;
            stream.set_read_timeout(Some(LOOK))?;
            write!(
                stream,
                "GET /api/v1/events HTTP/1.1\r\nHost: {page}\r\nAccept: text/event-stream\r\n\r\n"
            )?;
            Ok(stream)
        },
        move |stream, flag| follow(stream, page, flag),
    )
}

/// The page and everything of this machine that it refers to.
pub(crate) fn look(page: SocketAddr) -> Result<Weight> {
    let html = http::get(page, "/")?.body;
    let mut weight = Weight { html: html.len(), assets: 0, requests: 1 };
    for path in references(&html) {
        weight.assets += http::get(page, path)?.body.len();
        weight.requests += 1;
    }
    Ok(weight)
}

fn references(html: &str) -> impl Iterator<Item = &str> {
    let attributes = html.split(['"', '\'']);
    attributes.filter(|value| {
        [".css", ".js", ".svg"].iter().any(|end| value.starts_with('/') && value.ends_with(end))
    })
}

fn follow(stream: TcpStream, page: SocketAddr, flag: &StopFlag) {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !flag.is_set() {
        match lines.read_line(&mut line) {
            Ok(0) => return,
            Ok(_) => {
                if line.trim_end() == "event: report" && http::get(page, "/").is_err() {
                    return;
                }
                line.clear();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}
