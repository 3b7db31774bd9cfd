//! TCP servers of a namespace: one thread with one tokio runtime for all of them.

mod dialogue;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use tokio::runtime::{Builder, Runtime};

use crate::netns::Namespace;
use crate::plan::{Family, Host, Node};
use crate::scenario::{Listener, Scenario};
use crate::stop::{Helper, POLL, StopFlag};

const BACKLOG: i32 = 256;

/// What a server does with a connection.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Greets, answers EHLO and QUIT (RFC 5321).
    Smtp,
    /// As `smtp`, with this first line; anything but a 220 ends the connection.
    Greet(String),
    /// These bytes and nothing else, then a reader without an answer.
    Say(String),
    /// As `smtp`, in several lines and several segments.
    GreetInPieces,
    /// As `smtp`, after a delay.
    GreetAfterMs(u64),
    /// Accepts and waits for the client, as a web server does.
    Accept,
    /// Accepts and never says a word, whatever the client says.
    Silent,
    CloseOnAccept,
    ResetOnAccept,
    /// Resets at the client's first bytes.
    ResetAfterRead,
    /// Random bytes instead of a greeting.
    Garbage,
    /// Bytes without end and without a line break.
    Flood,
    /// Nothing listens: the kernel resets.
    Closed,
    /// The SYN vanishes at the server's own firewall.
    Dead,
}

impl Behaviour {
    fn listens(&self) -> bool {
        !matches!(self, Self::Closed | Self::Dead)
    }
}

/// A bound listener with its manners.
#[derive(Debug)]
pub(crate) struct Served {
    listener: TcpListener,
    name: String,
    behaviour: Behaviour,
}

/// One address × port of the server node.
struct Place {
    address: SocketAddr,
    name: String,
    behaviour: Behaviour,
}

fn places(scenario: &Scenario) -> impl Iterator<Item = Place> {
    Host::all().flat_map(move |host| {
        Family::BOTH.into_iter().flat_map(move |family| {
            host.ports().iter().map(move |&port| Place {
                address: SocketAddr::new(host.address(family), port),
                name: format!("mail.{}.example", host.name()),
                behaviour: behaviour_of(scenario, host, family, port),
            })
        })
    })
}

/// The last override that selects a server wins.
fn behaviour_of(scenario: &Scenario, host: Host, family: Family, port: u16) -> Behaviour {
    let usual = if matches!(port, 25 | 587) { Behaviour::Smtp } else { Behaviour::Accept };
    scenario
        .server
        .iter()
        .rfind(|server| {
            server.hosts.contains(&host) && server.families.contains(&family) && server.ports.contains(&port)
        })
        .map_or(usual, |server| server.does.clone())
}

/// nft rules of the server node's input hook that make the dead ones dead.
pub fn rules_for_the_dead(scenario: &Scenario) -> Vec<String> {
    places(scenario)
        .filter(|place| place.behaviour == Behaviour::Dead)
        .map(|place| {
            let family = if place.address.is_ipv4() { "ip" } else { "ip6" };
            format!("{family} daddr {} tcp dport {} drop", place.address.ip(), place.address.port())
        })
        .collect()
}

/// Starts the servers at the end of the chain.
pub fn start(scenario: &Scenario, namespace: &Namespace) -> Result<Helper> {
    let places = places(scenario).filter(|place| place.behaviour.listens()).collect();
    serve_in(namespace, places)
}

/// Starts the listeners that a scenario puts at another node.
pub fn start_listeners(scenario: &Scenario, node: Node, namespace: &Namespace) -> Result<Helper> {
    let here = scenario.listener.iter().filter(|listener| listener.at == node);
    serve_in(namespace, here.flat_map(everywhere).collect())
}

fn everywhere(listener: &Listener) -> impl Iterator<Item = Place> {
    [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()]
        .map(|address| Place {
            address: SocketAddr::new(address, listener.port),
            name: format!("proxy.{}.example", listener.at),
            behaviour: listener.does.clone(),
        })
        .into_iter()
}

fn serve_in(namespace: &Namespace, places: Vec<Place>) -> Result<Helper> {
    namespace.spawn(
        move || Ok((runtime()?, places.into_iter().map(bind).collect::<Result<Vec<_>>>()?)),
        |(runtime, served), flag| runtime.block_on(serve(served, flag)),
    )
}

/// A listener in a namespace, and what is done with it until the helper is dropped.
pub(crate) fn attend<F: Future<Output = ()> + Send + 'static>(
    namespace: &Namespace,
    address: SocketAddr,
    attend: impl FnOnce(TcpListener) -> F + Send + 'static,
) -> Result<Helper> {
    namespace.spawn(
        move || {
            let listener = listen(address).with_context(|| format!("failed to listen on {address}"))?;
            Ok((runtime()?, listener))
        },
        move |(runtime, listener), flag| {
            runtime.block_on(async {
                tokio::spawn(attend(listener));
                while !flag.is_set() {
                    tokio::time::sleep(POLL).await;
                }
            });
        },
    )
}

/// A runtime for the current thread, and with it for the current thread's namespace.
pub(crate) fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("failed to start a runtime")
}

fn bind(place: Place) -> Result<Served> {
    let Place { address, name, behaviour } = place;
    let listener = listen(address).with_context(|| format!("failed to listen on {address}"))?;
    Ok(Served { listener, name, behaviour })
}

/// A non-blocking listener of exactly one family.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

async fn serve(served: Vec<Served>, flag: &StopFlag) {
    for one in served {
        tokio::spawn(async move {
            let Served { listener, name, behaviour } = one;
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(dialogue::hold(stream, name.clone(), behaviour.clone()));
            }
        });
    }
    while !flag.is_set() {
        tokio::time::sleep(POLL).await;
    }
}
