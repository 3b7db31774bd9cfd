//! What the agent says, asked from the host as a browser would ask: over the page's own address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use sortie_core::verdict::Signature;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::scene::Expected;
use crate::config::DEFAULT_PORT;

/// Ports that are tried after it: another demonstration or an agent may be at work.
const MORE_PORTS: u16 = 20;

/// Longer than a page on this machine may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A report of ten targets has 20 KiB.
const ANSWER_MAX: u64 = 1 << 20;

/// Opens the page's socket: exactly there, else at the first free port from the default one.
pub(super) fn open(exactly: Option<SocketAddr>) -> Result<TcpListener> {
    if let Some(address) = exactly {
        return TcpListener::bind(address)
            .with_context(|| format!("failed to listen on {address}: choose another address with --listen"));
    }
    let mut ports = DEFAULT_PORT..=DEFAULT_PORT + MORE_PORTS;
    ports.find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()).with_context(|| {
        format!(
            "every port from {DEFAULT_PORT} to {} of 127.0.0.1 is taken: choose an address with --listen",
            DEFAULT_PORT + MORE_PORTS
        )
    })
}

/// The page as seen from this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    address: SocketAddr,
}

impl Page {
    /// The page behind a listening socket.
    pub(super) fn behind(listener: &TcpListener) -> Result<Self> {
        let mut address = listener.local_addr().context("failed to read the page's address")?;
        // Nobody can be asked at "every address".
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Ok(Self { address })
    }

    /// For a browser.
    pub(super) fn url(self) -> String {
        format!("http://{}/", self.address)
    }

    /// What the agent shows now; an error where it shows nothing yet.
    pub(super) async fn ask(self) -> Result<Said> {
        let body = tokio::time::timeout(PATIENCE, self.fetch("/api/v1/report"));
        let body = body.await.context("the page takes too long")??;
        let report: Value = serde_json::from_slice(&body).context("the page's report is no JSON")?;
        Ok(Said { port_25: Verdict::of(&report, 25), port_587: Verdict::of(&report, 587) })
    }

    async fn fetch(self, path: &str) -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
        body(&answer).map(<[u8]>::to_vec)
    }
}

/// The body of a whole answer with status 200 whose end is the end of the connection.
fn body(answer: &[u8]) -> Result<&[u8]> {
    const BLANK: &[u8] = b"\r\n\r\n";
    let end =
        answer.windows(BLANK.len()).position(|four| four == BLANK).context("the page's answer has no end")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.split(' ').nth(1) == Some("200"), "the page answers {status:?}");
    Ok(&answer[end + BLANK.len()..])
}

/// What the agent shows of both ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) port_25: Option<Verdict>,
    pub(super) port_587: Option<Verdict>,
}

impl Said {
    /// Whether the agent says what a scene is.
    pub(super) fn is(&self, port_25: Expected, port_587: Expected) -> bool {
        let is = |said: &Option<Verdict>, expected| said.as_ref().is_some_and(|verdict| verdict.is(expected));
        is(&self.port_25, port_25) && is(&self.port_587, port_587)
    }
}

/// One verdict, in the words of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) state: String,
    pub(super) signature: Option<String>,
    pub(super) summary: String,
    pub(super) next_step: Option<String>,
}

impl Verdict {
    fn of(report: &Value, port: u64) -> Option<Self> {
        let verdicts = report.get("verdicts")?.as_array()?;
        let verdict = verdicts.iter().find(|verdict| verdict["port"].as_u64() == Some(port))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            state: text(&verdict["state"])?,
            signature: text(&verdict["signature"]),
            summary: text(&verdict["summary"]).unwrap_or_default(),
            next_step: text(&verdict["next_steps"][0]["text"]),
        })
    }

    fn is(&self, (state, signature): Expected) -> bool {
        self.state == state.code() && self.signature.as_deref() == signature.map(Signature::code)
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::verdict::State;

    use super::*;
    use crate::render;

    #[test]
    fn a_report_is_read_back() {
        let report = render::sample::report();
        let value = serde_json::to_value(&report).expect("it can be written");
        for verdict in &report.verdicts {
            let read = Verdict::of(&value, verdict.port.number().into()).expect("it is there");
            let first =
                report.verdicts.iter().find(|other| other.port == verdict.port).expect("itself at least");
            assert_eq!((read.state.as_str(), read.signature.as_deref()), (first.state, first.signature));
            assert_eq!(read.summary, first.summary);
            assert_eq!(read.next_step.as_deref(), first.next_steps.first().map(|step| step.text.as_str()));
        }
        assert_eq!(Verdict::of(&value, 26), None);
    }

    #[test]
    fn a_scene_is_recognised_by_state_and_signature_of_both_ports() {
        let verdict = |state: &str, signature: Option<&str>| {
            let [state, signature] = [Some(state), signature].map(|word| word.map(str::to_owned));
            Some(Verdict { state: state.expect("given"), signature, summary: String::new(), next_step: None })
        };
        let blocked = (State::PlatformBlocked, Some(Signature::Reset));
        let open = (State::Open, None);
        for (port_25, port_587, is) in [
            (verdict("platform_blocked", Some("reset")), verdict("open", None), true),
            (verdict("platform_blocked", Some("silent_drop")), verdict("open", None), false),
            (verdict("platform_blocked", None), verdict("open", None), false),
            (verdict("platform_blocked", Some("reset")), verdict("no_egress", Some("no_answer")), false),
            (verdict("platform_blocked", Some("reset")), None, false),
        ] {
            let said = Said { port_25, port_587 };
            assert_eq!(said.is(blocked, open), is, "{said:?}");
        }
    }

    #[test]
    fn only_a_whole_answer_with_200_has_a_body() {
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}").expect("a body"), b"{}");
        for wrong in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 503 No\r\n\r\n{}", b"\r\n\r\n{}"] {
            assert!(body(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_taken_port_gives_way_unless_it_was_asked_for() {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let taken = first.local_addr().expect("an address");
        let error = open(Some(taken)).expect_err("it is taken");
        assert!(format!("{error:#}").contains("--listen"), "{error:#}");
        let (one, two) = (open(None).expect("one"), open(None).expect("two"));
        assert_ne!(one.local_addr().expect("an address"), two.local_addr().expect("an address"));
    }

    #[test]
    fn a_page_at_every_address_is_asked_at_loopback() {
        let everywhere = TcpListener::bind("0.0.0.0:0").expect("a free port");
        let port = everywhere.local_addr().expect("an address").port();
        assert_eq!(Page::behind(&everywhere).expect("a page").url(), format!("http://127.0.0.1:{port}/"));
    }
}
