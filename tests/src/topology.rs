//! A chain of namespaces: `vm – r1 – r2 – … – net`, joined by veth pairs and static routes of both families.
//!
//! Every server address lives on the loopback of `net`, so the distance of a server is real: one more than
//! the number of routers. The scripts for `ip` are pure text; only [`Chain::build`] touches the kernel.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use pnet::datalink;

use crate::command::feed;
use crate::netns::{self, Namespace};
use crate::plan::{Family, Host, INWARD, Link, Node, mac_text, outward, resolver};

static RUNS: AtomicU32 = AtomicU32::new(0);

const LINK_PATIENCE: Duration = Duration::from_secs(5);
const LINK_POLL: Duration = Duration::from_millis(10);

/// No duplicate address detection and no autoconfiguration: addresses work the moment they exist.
const COMMON_SYSCTLS: [(&str, &str); 8] = [
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.all.accept_ra", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    ("net.ipv6.conf.default.router_solicitations", "0"),
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    ("net.ipv4.conf.all.send_redirects", "0"),
];

const ROUTER_SYSCTLS: [(&str, &str); 2] =
    [("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1")];

/// The built network. Dropping it deletes its namespaces.
#[derive(Debug)]
pub struct Chain {
    hops: u8,
    nodes: BTreeMap<Node, Namespace>,
}

impl Chain {
    /// Builds a chain with this many routers.
    pub fn build(hops: u8) -> Result<Self> {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let names: Vec<String> = Node::chain(hops).map(|node| netns::name_of(run, node)).collect();
        let nodes: BTreeMap<Node, Namespace> = Node::chain(hops).zip(netns::create(&names)?).collect();
        let chain = Self { hops, nodes };
        for (node, namespace) in &chain.nodes {
            namespace.run(|| {
                set_sysctls(COMMON_SYSCTLS)?;
                if matches!(node, Node::Router(_)) { set_sysctls(ROUTER_SYSCTLS) } else { Ok(()) }
            })?;
        }
        feed("ip", &["-batch", "-"], &link_script(&names))?;
        for (node, namespace) in &chain.nodes {
            feed("ip", &["-n", namespace.name(), "-batch", "-"], &node_script(*node, hops))?;
        }
        for namespace in chain.nodes.values() {
            namespace.run(wait_for_links)?;
        }
        Ok(chain)
    }

    pub fn hops(&self) -> u8 {
        self.hops
    }

    /// The namespace of a node of this chain.
    pub fn node(&self, node: Node) -> Result<&Namespace> {
        self.nodes
            .get(&node)
            .with_context(|| format!("this chain has no node {node}: it has {} routers", self.hops))
    }
}

/// Waits until every interface of the current thread's namespace is operational.
///
/// The kernel notices a new veth's carrier in its own time (up to a second), and until then IPv6 answers no
/// neighbour solicitation: the first SYN of a run would wait a second that no real network asks for.
fn wait_for_links() -> Result<()> {
    let deadline = Instant::now() + LINK_PATIENCE;
    loop {
        let interfaces = datalink::interfaces();
        if interfaces.iter().all(|interface| interface.is_loopback() || interface.is_running()) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the links did not come up within {LINK_PATIENCE:?}");
        std::thread::sleep(LINK_POLL);
    }
}

/// Writes kernel settings of the current thread's namespace.
pub fn set_sysctls<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
    for (name, value) in settings {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        fs::write(&path, value).with_context(|| format!("failed to set {name} = {value}"))?;
    }
    Ok(())
}

/// All veth pairs, created straight into their namespaces.
fn link_script(names: &[String]) -> String {
    let mut script = String::new();
    for (number, pair) in (0u8..).zip(names.windows(2)) {
        let link = Link(number);
        let inner = if number == 0 { outward(Node::Vm) } else { outward(Node::Router(number)) };
        let _ = writeln!(
            script,
            "link add {inner} address {} netns {} type veth peer name {INWARD} address {} netns {}",
            mac_text(link.inner_mac()),
            pair[0],
            mac_text(link.outer_mac()),
            pair[1]
        );
    }
    script
}

/// Addresses and routes of one node.
fn node_script(node: Node, hops: u8) -> String {
    let position = node.position(hops);
    let outer_link = (node != Node::Net).then_some(Link(position));
    let inner_link = (node != Node::Vm).then(|| Link(position - 1));
    let mut script = String::from("link set lo up\n");
    for family in Family::BOTH {
        let length = Link::prefix_length(family);
        let nodad = if family == Family::Ipv6 { " nodad" } else { "" };
        if let Some(link) = outer_link {
            let _ = writeln!(script, "addr add {}/{length} dev {}{nodad}", link.inner(family), outward(node));
        }
        if let Some(link) = inner_link {
            let _ = writeln!(script, "addr add {}/{length} dev {INWARD}{nodad}", link.outer(family));
        }
        if node == Node::Net {
            let length = if family == Family::Ipv4 { 32 } else { 128 };
            for address in Host::all().map(|host| host.address(family)).chain([resolver(family)]) {
                let _ = writeln!(script, "addr add {address}/{length} dev lo{nodad}");
            }
        }
    }
    if outer_link.is_some() {
        let _ = writeln!(script, "link set {} up", outward(node));
    }
    if inner_link.is_some() {
        let _ = writeln!(script, "link set {INWARD} up");
    }
    for family in Family::BOTH {
        match (inner_link, outer_link) {
            (_, Some(link)) => {
                let _ = writeln!(script, "route add default via {}", link.outer(family));
            }
            (Some(link), None) => {
                let _ = writeln!(script, "route add default via {}", link.inner(family));
            }
            (None, None) => {}
        }
        if let (Some(inner), Some(_)) = (inner_link, outer_link) {
            for behind in (0..inner.0).map(Link) {
                let _ = writeln!(script, "route add {} via {}", behind.network(family), inner.inner(family));
            }
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_knows_the_way_back_to_every_link_behind_it() {
        let script = node_script(Node::Router(3), 5);
        for line in [
            "route add default via 198.51.100.7",
            "route add 203.0.113.10/31 via 198.51.100.4",
            "route add 198.51.100.2/31 via 198.51.100.4",
            "route add 2001:db8:1:1::/64 via 2001:db8:1:2::2",
        ] {
            assert!(script.lines().any(|found| found == line), "no `{line}` in\n{script}");
        }
    }

    #[test]
    fn the_last_node_answers_for_every_server() {
        let script = node_script(Node::Net, 1);
        for host in Host::all() {
            assert!(script.contains(&format!("addr add {}/32 dev lo", host.address(Family::Ipv4))));
            assert!(script.contains(&format!("addr add {}/128 dev lo nodad", host.address(Family::Ipv6))));
        }
        assert!(script.contains("route add default via 198.51.100.2\n"));
    }
}
