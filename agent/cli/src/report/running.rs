//! The report of the agent that runs.

use std::net::SocketAddr;
use std::time::Duration;

use sortie_core::report::Report;

use crate::client::{AskError, Page};
use crate::past;
use crate::render::plain;
use crate::ticket::Past;

/// Its report is rendered already; an agent that takes longer than this has other trouble.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const PATH: &str = "/api/v1/report";
const HISTORY: &str = "/api/v1/history";
/// What an agent answers that has nothing on show yet.
const NOT_READY: u16 = 503;

/// What it tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) report: Report,
    /// As it came, fit for a terminal.
    pub(super) json: String,
}

/// Why no agent tells anything.
#[derive(Debug, thiserror::Error)]
pub enum Silence {
    /// There is no address to ask at.
    #[error("its page is off")]
    Off,
    /// There is no answer.
    #[error("{0}")]
    Unanswered(AskError),
    /// Somebody else answers there, or a version that speaks otherwise.
    #[error("what {address} tells is no report that this version reads: {why}")]
    NoReport {
        /// Who was asked.
        address: SocketAddr,
        /// What is wrong with it.
        why: String,
    },
}

/// Asks whoever listens there.
pub(super) async fn ask(listen: Option<SocketAddr>, patience: Duration) -> Result<Told, Silence> {
    let address = listen.ok_or(Silence::Off)?;
    let body = Page::at(address).get(PATH, patience).await.map_err(Silence::Unanswered)?;
    let no_report = |why: String| Silence::NoReport { address, why };
    let json = String::from_utf8(body).map_err(|error| no_report(error.to_string()))?;
    let report: Report = serde_json::from_str(&json).map_err(|error| no_report(error.to_string()))?;
    if let Some(odd) = moments(&report).find(|moment| humantime::parse_rfc3339(moment).is_err()) {
        return Err(no_report(format!("{odd:?} is no moment")));
    }
    Ok(Told { report, json: plain(json) })
}

/// What it remembers.
pub(super) async fn history(listen: Option<SocketAddr>, patience: Duration) -> Result<Past, AskError> {
    let Some(address) = listen else { return Ok(Past::default()) };
    let body = Page::at(address).get(HISTORY, patience).await?;
    Ok(match past::read(&body) {
        Ok((history, 0)) => Past::of(&history, Vec::new()),
        Ok((history, unread)) => {
            let loss = format!("{unread} parts of the history are in words of another version");
            Past::of(&history, vec![loss])
        }
        Err(error) => {
            Past { losses: vec![format!("what {address} tells of the past: {error}")], ..Past::default() }
        }
    })
}

/// What every face shows as it stands.
fn moments(report: &Report) -> impl Iterator<Item = &str> {
    let since = report.verdicts.iter().map(|verdict| verdict.since.as_str());
    since.chain([report.generated_at.as_str()])
}

impl Silence {
    /// Whether the agent has only just begun.
    pub(super) fn is_soon_over(&self) -> bool {
        matches!(self, Self::Unanswered(AskError::Refused { status: NOT_READY, .. }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use serde_json::Value;

    use super::*;
    use crate::render::{self, Style, sample};
    use crate::text::is_hostile;

    /// What is told by somebody who answers with this body.
    async fn told(body: String) -> Result<Told, Silence> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let _ = stream.read(&mut [0; 1024]).expect("a request");
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n{body}").expect("it is taken");
        });
        let told = ask(Some(address), Duration::from_secs(30)).await;
        served.join().expect("it has answered");
        told
    }

    /// Every text with something in it that moves a cursor or turns a line around, but for those that are words.
    fn poison(value: &mut Value) {
        match value {
            Value::String(text) => text.push_str("\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\n"),
            Value::Array(entries) => entries.iter_mut().for_each(poison),
            Value::Object(fields) => {
                let strict = ["schema", "family", "role", "since", "generated_at"];
                fields
                    .iter_mut()
                    .filter(|(name, _)| !strict.contains(&name.as_str()))
                    .for_each(|(_, v)| poison(v));
            }
            _ => {}
        }
    }

    #[tokio::test]
    async fn the_report_is_read_and_its_json_is_passed_on_byte_for_byte() {
        for report in [sample::report(), sample::explained()] {
            let json = render::json(&report).expect("plain data");
            let told = told(json.clone()).await.expect("a report");
            assert_eq!((told.report, told.json), (report, json));
        }
    }

    #[tokio::test]
    async fn no_face_shows_what_a_stranger_wants_a_terminal_to_do() {
        let mut report = serde_json::to_value(sample::explained()).expect("plain data");
        poison(&mut report);
        let told = told(report.to_string()).await.expect("the fields are ours");
        assert!(told.report.verdicts[0].summary.contains('\u{1b}'), "it was poisoned");
        let faces = [
            render::table(&told.report, Style::default()),
            render::junit(&told.report).expect("XML"),
            told.json,
        ];
        for face in faces {
            assert!(!face.contains(|c| c != '\n' && is_hostile(c)), "{face:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_report_of_this_schema_is_named() {
        let odd = |field: &str, value: &str| {
            let mut report = serde_json::to_value(sample::report()).expect("plain data");
            *report.pointer_mut(field).expect("it has one") = value.into();
            report.to_string()
        };
        for (body, says) in [
            (String::new(), "EOF"),
            ("{}".to_owned(), "missing field"),
            ("<html>".to_owned(), "expected value"),
            (odd("/schema", "sortie.report/2"), "sortie.report/2"),
            (odd("/generated_at", "\u{1b}[2J"), "\"\\u{1b}[2J\" is no moment"),
            (odd("/verdicts/0/since", "yesterday"), "\"yesterday\" is no moment"),
        ] {
            let silence = told(body).await.map(|told| told.json).expect_err(says);
            assert!(
                matches!(silence, Silence::NoReport { .. }) && silence.to_string().contains(says),
                "{silence}"
            );
        }
    }
}
