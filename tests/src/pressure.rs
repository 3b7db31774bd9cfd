//! The VM short of something: source ports, or room in its connection table.

mod conntrack;

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::netns::Namespace;
use crate::server::listen;
use crate::stop::{Helper, POLL};
use crate::topology::set_sysctls;

const PORT_RANGE: std::ops::RangeInclusive<u16> = 40_000..=40_003;

/// What the VM lacks.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pressure {
    /// The ephemeral range is tiny and taken.
    pub ports_exhausted: bool,
    /// The connection table of the namespace is full of established connections.
    pub conntrack_full: bool,
}

impl Pressure {
    /// Applies the shortage for as long as the helpers live.
    pub fn apply(self, vm: &Namespace) -> Result<Vec<Helper>> {
        let mut helpers = Vec::new();
        if self.ports_exhausted {
            helpers.push(exhaust_ports(vm)?);
        }
        if self.conntrack_full {
            vm.run(conntrack::fill)?;
        }
        Ok(helpers)
    }
}

fn exhaust_ports(vm: &Namespace) -> Result<Helper> {
    vm.spawn(
        || {
            let range = format!("{} {}", PORT_RANGE.start(), PORT_RANGE.end());
            set_sysctls([("net.ipv4.ip_local_port_range", range.as_str())])?;
            let mut taken = Vec::new();
            for port in PORT_RANGE {
                for address in [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()] {
                    let address = SocketAddr::new(address, port);
                    taken.push(listen(address).with_context(|| format!("failed to take {address}"))?);
                }
            }
            Ok(taken)
        },
        |taken, flag| {
            while !flag.is_set() {
                std::thread::sleep(POLL);
            }
            drop(taken);
        },
    )
}

/// A number that the kernel shows under `/proc/sys/net/netfilter`.
fn netfilter_number(name: &str) -> Result<u64> {
    let path = format!("/proc/sys/net/netfilter/{name}");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
    text.trim().parse().with_context(|| format!("{path} holds no number"))
}
