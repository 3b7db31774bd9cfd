//! What a SYN costs whoever sends it: `sendto()` of the very packet that the raw engine sends, and nothing else.
//!
//! Between namespaces a packet is carried to its receiver, and the answer back, before `sendto()` returns, all of it
//! on the sender's time. With a network card none of that would be.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::plan::{Family, Host, Link};
use nix::libc::IPPROTO_RAW;
use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::packet::{Flow, Syn};

use crate::cpu::{Costs, of_this_thread};

/// How many SYNs.
const SYNS: u16 = 1_000;

/// As far apart as those of a round, which spreads two dozen over a tenth of a second: caches cool down.
const APART: Duration = Duration::from_millis(4);

/// Source ports that nothing else uses: below those of other programs.
const FIRST_PORT: u16 = 20_000;

/// Times of the current thread, one SYN a batch.
pub(crate) fn bare_syns() -> Result<Costs> {
    let sockets = [open(Domain::IPV4)?, open(Domain::IPV6)?];
    let mut costs = Costs::default();
    for number in 0..SYNS {
        let turn = usize::from(number) % 2;
        let family = Family::BOTH[turn];
        let host = Host::OPERATORS[usize::from(number / 2) % Host::OPERATORS.len()];
        let flow = Flow {
            source: Link(0).inner(family),
            destination: host.address(family),
            source_port: FIRST_PORT + number,
            destination_port: 25,
        };
        let syn = Syn { flow, isn: u32::from(number), hop_limit: 64, ip_id: number, timestamp: 0 };
        let (bytes, to) = (syn.build()?, SocketAddr::new(flow.destination, 0).into());
        std::thread::sleep(APART);
        let before = of_this_thread()?;
        sockets[turn].send_to(&bytes, &to).context("failed to send a SYN")?;
        costs.add(1, of_this_thread()?.saturating_sub(before));
    }
    Ok(costs)
}

fn open(domain: Domain) -> Result<Socket> {
    let open = || {
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(IPPROTO_RAW)))?;
        if domain == Domain::IPV4 {
            socket.set_header_included_v4(true)?;
        }
        std::io::Result::Ok(socket)
    };
    open().context("failed to open a raw socket")
}
