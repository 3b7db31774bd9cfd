//! The cloud itself: six namespaces in a chain, what lives in them, and the scene that is played.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::door::{Behind, Door};
use super::forger::Forger;
use super::ip;
use super::node::Node;
use super::plan::{self, CONTROLS, HTTPS, Host, Link, OPERATORS, Place, SMTP, SUBMISSION, WEST};
use super::scene::{Change, Scene};

/// Without reverse path filter: a device may answer in other people's names.
const EVERYWHERE: &[(&str, &str)] =
    &[("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv4.conf.default.rp_filter", "0")];

const ROUTER: &[(&str, &str)] = &[("net.ipv4.ip_forward", "1")];

/// New links take a moment to carry packets; much longer, and something is wrong.
const LINK_PATIENCE: Duration = Duration::from_secs(5);

/// One try to reach the far end. The first packet of a link may be lost, and TCP repeats it only after a second.
const TRY: Duration = Duration::from_millis(200);

/// The network, in the state of one scene.
#[derive(Debug)]
pub(super) struct Cloud {
    nodes: Vec<Node>,
    mail: Vec<(Host, Door)>,
    _rest: Vec<Door>,
    played: &'static [Change],
    forgers: Vec<Forger>,
    proxies: Vec<Door>,
}

impl Cloud {
    /// An open network that carries packets.
    pub(super) fn build() -> Result<Self> {
        let nodes = Place::ALL.into_iter().map(Node::start).collect::<Result<Vec<_>>>()?;
        for node in &nodes {
            node.set(EVERYWHERE)?;
            if node.place().is_router() {
                node.set(ROUTER)?;
            }
        }
        ip::batch(&links(&nodes)).context("failed to join the places")?;
        for node in &nodes {
            let place = node.place();
            node.run(move || ip::batch(&address_book(place)))
                .with_context(|| format!("failed to give {place} its addresses"))?;
        }
        let net = &nodes[Place::Net as usize];
        let mail =
            OPERATORS.into_iter().map(|host| Ok((host, open_mail(net, host)?))).collect::<Result<_>>()?;
        let submissions =
            OPERATORS.into_iter().map(|host| Door::open(net, host, SUBMISSION, Behind::Mail(host.name)));
        let webs =
            OPERATORS.into_iter().chain(CONTROLS).map(|host| Door::open(net, host, HTTPS, Behind::Web));
        let rest = submissions.chain(webs).collect::<Result<_>>()?;
        let cloud = Self { nodes, mail, _rest: rest, played: &[], forgers: Vec::new(), proxies: Vec::new() };
        cloud.wait_until_it_carries(CONTROLS[0].at(HTTPS))?;
        Ok(cloud)
    }

    /// Where the agent runs.
    pub(super) fn vm(&self) -> &Node {
        self.node(Place::Vm)
    }

    /// Brings the open network back, then makes the changes of a scene.
    pub(super) fn play(&mut self, scene: &'static Scene) -> Result<()> {
        self.reopen().context("failed to take the last scene back")?;
        self.played = scene.changes;
        scene.changes.iter().try_for_each(|change| self.make(change))
    }

    fn node(&self, place: Place) -> &Node {
        &self.nodes[place as usize]
    }

    fn make(&mut self, change: &'static Change) -> Result<()> {
        match change {
            Change::Ip { at, does, .. } => {
                let lines = does.join("\n");
                self.node(*at).run(move || ip::batch(&lines))
            }
            Change::Resets(at) => {
                self.forgers.push(Forger::start(self.node(*at), SMTP)?);
                Ok(())
            }
            Change::Proxy(at) => {
                self.proxies.push(Door::transparent(self.node(*at), SMTP, Behind::Mail("proxy"))?);
                Ok(())
            }
            Change::Closes(names) => {
                self.mail.retain(|(host, _)| !names.contains(&host.name));
                Ok(())
            }
        }
    }

    fn reopen(&mut self) -> Result<()> {
        self.forgers.clear();
        self.proxies.clear();
        for change in std::mem::take(&mut self.played) {
            match change {
                Change::Ip { at, undoes, .. } => {
                    let lines = undoes.join("\n");
                    self.node(*at).run(move || ip::batch(&lines))?;
                }
                Change::Closes(names) => {
                    for host in OPERATORS.into_iter().filter(|host| names.contains(&host.name)) {
                        let door = open_mail(self.node(Place::Net), host)?;
                        self.mail.push((host, door));
                    }
                }
                Change::Resets(_) | Change::Proxy(_) => {}
            }
        }
        Ok(())
    }

    fn wait_until_it_carries(&self, to: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + LINK_PATIENCE;
        while self.vm().run(move || Ok(TcpStream::connect_timeout(&to, TRY).is_err()))? {
            ensure!(
                Instant::now() < deadline,
                "the network was built and does not carry packets to {to} within {} s",
                LINK_PATIENCE.as_secs()
            );
        }
        Ok(())
    }
}

fn open_mail(net: &Node, host: Host) -> Result<Door> {
    Door::open(net, host, SMTP, Behind::Mail(host.name))
}

/// All veth pairs, made straight into their namespaces, which have no name but a thread.
fn links(nodes: &[Node]) -> String {
    let mut script = String::new();
    for pair in nodes.windows(2) {
        let Some((_, near)) = pair[0].place().outward() else { continue };
        let _ = writeln!(
            script,
            "link add {near} netns {} type veth peer name {WEST} netns {}",
            pair[0].thread(),
            pair[1].thread()
        );
    }
    script
}

/// Addresses and routes of one place.
fn address_book(place: Place) -> String {
    let mut script = String::from("link set lo up\n");
    if let Some(link) = place.inward() {
        let _ = writeln!(script, "addr add {}/{} dev {WEST}\nlink set {WEST} up", link.outer(), Link::PREFIX);
    }
    if let Some((link, near)) = place.outward() {
        let _ = writeln!(script, "addr add {}/{} dev {near}\nlink set {near} up", link.inner(), Link::PREFIX);
        let _ = writeln!(script, "route add default via {}", link.outer());
    }
    match (place.inward(), place.outward()) {
        // Beyond the gateway the way back to the VM is not the default.
        (Some(link), Some(_)) if place != Place::Gateway => {
            let _ = writeln!(script, "route add {} via {}", plan::vm(), link.inner());
        }
        (Some(link), None) => {
            let _ = writeln!(script, "route add default via {}", link.inner());
            for host in OPERATORS.iter().chain(&CONTROLS) {
                let _ = writeln!(script, "addr add {}/32 dev lo", host.address);
            }
        }
        _ => {}
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plan::EAST;

    #[test]
    fn a_router_knows_both_ways() {
        let script = address_book(Place::Transit);
        for line in [
            "addr add 203.0.113.15/31 dev west",
            "addr add 203.0.113.16/31 dev east",
            "route add default via 203.0.113.17",
            "route add 203.0.113.10 via 203.0.113.14",
        ] {
            assert!(script.lines().any(|found| found == line), "no `{line}` in\n{script}");
        }
    }

    #[test]
    fn the_last_place_answers_for_everybody() {
        let script = address_book(Place::Net);
        for host in OPERATORS.iter().chain(&CONTROLS) {
            assert!(script.contains(&format!("addr add {}/32 dev lo\n", host.address)), "{}", host.name);
        }
        assert!(!script.contains(EAST));
    }
}
