//! What may be chosen. A real gateway is never flooded by mistake: only this machine is told anything, and not without bound.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use clap::builder::RangedU64ValueParser;
use hyper::Uri;

/// A fleet of 10,000 in a hurry of two is 333 exports a second: two thirds of what a gateway takes on one core.
const LOAD_MOST: usize = 20_000;
/// Loopback answers at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// Plays a story of a fleet that does not exist to a gateway on this machine, and says each minute what is true.
#[derive(Debug, Parser)]
#[command(name = "cargo run --release -p e2e --example fleet --")]
pub(crate) struct Arguments {
    /// A story: a name in tests/fleet, or the path of a file
    pub(crate) story: String,
    /// The gateway, where it takes OTLP over HTTP; on this machine only
    #[arg(long, default_value = "http://127.0.0.1:4318", value_name = "URL")]
    pub(crate) to: Gateway,
    /// How many agents, shared out as in the story; one for each subscription at least
    #[arg(long, value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub(crate) agents: Option<usize>,
    /// How many times as fast, the intervals of agents included; rules and routes wait as long as ever
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) hurry: u32,
    /// Of ids, of names of machines, and of whom something happens to
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Goes on as things are at the end of the story, until Ctrl-C
    #[arg(long)]
    pub(crate) stay: bool,
}

/// A receiver of OTLP on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) url: String,
    addresses: Vec<SocketAddr>,
}

impl std::str::FromStr for Gateway {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let uri: Uri = text.parse().context("not a URL, write it like http://127.0.0.1:4318")?;
        ensure!(uri.scheme_str() == Some("http"), "a fleet that does not exist speaks plain http");
        ensure!(uri.path() == "/" && uri.query().is_none(), "a URL without a path is expected");
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(80);
        let addresses = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) if host == "localhost" => {
                (host, port).to_socket_addrs().context("failed to look up localhost")?.collect()
            }
            Err(_) => Vec::new(),
        };
        ensure!(
            !addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback()),
            "not on this machine: made-up agents are shown to a gateway on the loopback only, so that no real one is flooded"
        );
        Ok(Self { url: text.trim_end_matches('/').to_owned(), addresses })
    }
}

impl Gateway {
    /// Nobody waits an hour for a story that nobody hears.
    pub(crate) fn require_listening(&self) -> Result<()> {
        let listens = |address| TcpStream::connect_timeout(address, PATIENCE).is_ok();
        ensure!(
            self.addresses.iter().any(listens),
            "nothing listens at {}: start a gateway there first, as collector-config/README.md says",
            self.url
        );
        Ok(())
    }
}

/// That so many agents at this pace are not too much.
pub(crate) fn require_bounded(agents: usize, hurry: u32) -> Result<()> {
    if agents * hurry as usize > LOAD_MOST {
        bail!(
            "{agents} agents in a hurry of {hurry} are too many for one gateway: agents times hurry is {LOAD_MOST} at most"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_gateway_on_this_machine_is_taken_and_no_other() {
        for here in
            ["http://127.0.0.1:4318", "http://127.0.0.1:4318/", "http://[::1]:4318", "http://localhost:1"]
        {
            assert!(here.parse::<Gateway>().is_ok(), "{here}");
        }
        for (there, reason) in [
            ("http://192.0.2.1:4318", "not on this machine"),
            ("http://0.0.0.0:4318", "not on this machine"),
            ("http://gateway.example:4318", "not on this machine"),
            ("http://127.0.0.1.example:4318", "not on this machine"),
            ("http://localhost@192.0.2.1:4318", "not on this machine"),
            ("https://127.0.0.1:4318", "plain http"),
            ("127.0.0.1:4318", "plain http"),
            ("http://127.0.0.1:4318/v1/metrics", "without a path"),
            ("http://", "not a URL"),
        ] {
            let error = there.parse::<Gateway>().expect_err(there).to_string();
            assert!(error.contains(reason), "{there}: {error}");
        }
    }

    #[test]
    fn where_nothing_listens_no_story_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gateway: Gateway =
            format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a gateway");
        assert!(gateway.require_listening().is_ok());
        drop(listener);
        let error = gateway.require_listening().expect_err("nobody").to_string();
        assert!(error.starts_with("nothing listens at http://127.0.0.1:"), "{error}");
    }

    #[test]
    fn the_load_is_bounded() {
        assert!(require_bounded(10_000, 2).is_ok() && require_bounded(200, 60).is_ok());
        assert!(require_bounded(10_000, 3).is_err());
    }
}
