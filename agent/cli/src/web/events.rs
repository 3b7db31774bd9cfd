//! `/api/v1/events`: the report as it changes, as server-sent events (WHATWG HTML §9.2).
//!
//! A reader that comes gets the report on show, then each new one. The next event is looked up when the reader has
//! room for it: one that is slow sees the newest and never what lay between.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use hyper::body::Bytes;
use sortie_core::report::Report;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::site::Site;
use crate::render;

/// A comment, which a browser ignores: it shows that the connection is alive, to both sides and all between them.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// Goes on until the reader leaves, which gives the permit back.
pub(super) fn stream(
    site: Arc<Site>,
    heartbeat: Duration,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Bytes> + Send {
    let mut shown = site.board().watch();
    shown.mark_changed();
    stream::unfold((site, shown, permit), move |(site, mut shown, permit)| async move {
        let event = match timeout(heartbeat, shown.changed()).await {
            Ok(Ok(())) => {
                let display = shown.borrow_and_update().clone();
                // With nothing on show, or no way to write it, the reader still learns that it is connected.
                display.and_then(|display| site.event(&display)).unwrap_or(HEARTBEAT)
            }
            Ok(Err(_)) => return None,
            Err(_) => HEARTBEAT,
        };
        Some((event, (site, shown, permit)))
    })
}

/// The event `report` with the report in it, as `/api/v1/report` gives it; its id is the generation on the board.
pub(super) fn report(generation: u64, report: &Report) -> serde_json::Result<Vec<u8>> {
    let json = render::json(report)?;
    let mut event = format!("event: report\nid: {generation}\n");
    for line in json.lines() {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    Ok(event.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn an_event_carries_what_the_api_gives() {
        let event = String::from_utf8(report(7, &sample::report()).expect("plain data")).expect("text");
        let (head, data) = event.split_at("event: report\nid: 7\n".len());
        assert_eq!(head, "event: report\nid: 7\n");
        let lines: Vec<&str> = data.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        assert_eq!(lines.join("\n") + "\n", render::json(&sample::report()).expect("plain data"));
        assert!(data.ends_with("\n\n") && data.matches("\n\n").count() == 1, "one event, ended once");
    }
}
