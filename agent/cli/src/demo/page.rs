//! What the agent says, asked from the host as a browser would ask: over the page's own address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use sortie_core::verdict::Signature;

use super::scene::Expected;
use crate::client::Page;
use crate::config::DEFAULT_PORT;

/// Ports that are tried after it: another demonstration or an agent may be at work.
const MORE_PORTS: u16 = 20;

/// Longer than a page on this machine may take.
const PATIENCE: Duration = Duration::from_secs(3);

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

/// What the agent behind a page shows now; an error where it shows nothing yet.
pub(super) async fn ask(page: Page) -> Result<Said> {
    let body = page.get("/api/v1/report", PATIENCE).await?;
    let report: Value = serde_json::from_slice(&body).context("the page's report is no JSON")?;
    Ok(Said { port_25: Verdict::of(&report, 25), port_587: Verdict::of(&report, 587) })
}

/// The page behind a listening socket.
pub(super) fn behind(listener: &TcpListener) -> Result<Page> {
    Ok(Page::at(listener.local_addr().context("failed to read the page's address")?))
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
    fn a_taken_port_gives_way_unless_it_was_asked_for() {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let taken = first.local_addr().expect("an address");
        let error = open(Some(taken)).expect_err("it is taken");
        assert!(format!("{error:#}").contains("--listen"), "{error:#}");
        let (one, two) = (open(None).expect("one"), open(None).expect("two"));
        assert_ne!(one.local_addr().expect("an address"), two.local_addr().expect("an address"));
    }
}
