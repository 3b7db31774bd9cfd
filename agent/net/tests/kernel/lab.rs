//! A chain of namespaces: agent, routers, server.
//!
//! ```text
//! agent 10.0.0.2 ── 10.0.0.1 router 1 10.0.1.1 ── … ── 10.0.n.1 router n … ── 10.0.n.2 server
//!       fd00:0::2 ─ fd00:0::1         fd00:1::1                              fd00:n::2
//! ```

use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use sortie_core::observation::{Observation, Round};
use sortie_core::target::{Operator, Roster, Target};
use sortie_net::{Choice, Prober, RoundPlan, Settings};

use crate::server::{Server, Service};

static COUNTER: AtomicUsize = AtomicUsize::new(0);

/// One laboratory; its namespaces go away with it.
pub(crate) struct Lab {
    prefix: String,
    routers: usize,
    servers: Vec<Server>,
}

/// A place in the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    Agent,
    Router(usize),
    Server,
}

impl Lab {
    /// A chain with `routers` routers, or `None` without root.
    pub(crate) fn new(routers: usize) -> Option<Self> {
        if !nix::unistd::Uid::effective().is_root() {
            eprintln!("skipped: a laboratory needs root");
            return None;
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let lab = Self { prefix: format!("sn{}-{number}", std::process::id()), routers, servers: Vec::new() };
        for at in lab.places() {
            run(&format!("ip netns add {}", lab.name(at)));
            lab.sh(at, "ip link set lo up");
        }
        for link in 0..=routers {
            let (left, right) = (lab.places()[link], lab.places()[link + 1]);
            let (l, r) = (lab.name(left), lab.name(right));
            run(&format!("ip -n {l} link add down{link} type veth peer name up{link} netns {r}"));
            let (left_host, right_host) = if link == 0 { (2, 1) } else { (1, 2) };
            lab.address(left, &format!("down{link}"), link, left_host);
            lab.address(right, &format!("up{link}"), link, right_host);
        }
        lab.routes();
        lab.wait_until_passable();
        Some(lab)
    }

    /// Links and neighbours need a moment; the first packets of a fresh laboratory may wait for seconds.
    fn wait_until_passable(&self) {
        let ports = [false, true].map(|v6| format!("{}:1", self.server(v6)).parse().expect("an address"));
        self.inside(At::Agent, || {
            for port in ports {
                let refused = || {
                    let error = TcpStream::connect_timeout(&port, Duration::from_millis(200)).err();
                    error.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
                };
                assert!((0..50).any(|_| refused()), "the laboratory does not carry packets to {port}");
            }
        });
    }

    fn places(&self) -> Vec<At> {
        let routers = (1..=self.routers).map(At::Router);
        std::iter::once(At::Agent).chain(routers).chain(std::iter::once(At::Server)).collect()
    }

    fn address(&self, at: At, device: &str, link: usize, host: usize) {
        self.sh(at, &format!("ip addr add 10.0.{link}.{host}/24 dev {device}"));
        self.sh(at, &format!("ip addr add fd00:{link}::{host}/64 dev {device} nodad"));
        self.sh(at, &format!("ip link set {device} up"));
    }

    fn routes(&self) {
        for router in 1..=self.routers {
            self.sh(At::Router(router), "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        }
        for (place, at) in self.places().into_iter().enumerate() {
            for link in 0..=self.routers {
                // Towards higher links through the right neighbour, towards lower ones through the left.
                let (gate_link, gate_host) = match (place, link) {
                    (p, l) if l > p => (p, if p == 0 { 1 } else { 2 }),
                    (p, l) if p > 0 && l + 1 < p => (p - 1, if p == 1 { 2 } else { 1 }),
                    _ => continue,
                };
                self.sh(at, &format!("ip route add 10.0.{link}.0/24 via 10.0.{gate_link}.{gate_host}"));
                self.sh(at, &format!("ip -6 route add fd00:{link}::/64 via fd00:{gate_link}::{gate_host}"));
            }
        }
    }

    pub(crate) fn name(&self, at: At) -> String {
        match at {
            At::Agent => format!("{}-a", self.prefix),
            At::Router(n) => format!("{}-r{n}", self.prefix),
            At::Server => format!("{}-s", self.prefix),
        }
    }

    /// Runs a command inside a namespace.
    pub(crate) fn sh(&self, at: At, command: &str) {
        run(&format!("ip netns exec {} {command}", self.name(at)));
    }

    /// Adds a rule to a hook of one namespace.
    pub(crate) fn rule(&self, at: At, hook: &str, rule: &str) {
        self.sh(at, "nft add table inet lab");
        self.sh(at, &format!("nft add chain inet lab {hook} {{ type filter hook {hook} priority 0; }}"));
        self.sh(at, &format!("nft add rule inet lab {hook} {rule}"));
    }

    /// Serves on a port of the last namespace, both families.
    pub(crate) fn serve(&mut self, port: u16, service: Service) {
        self.serve_at(At::Server, port, service);
    }

    /// Serves on a port of any namespace, both families.
    pub(crate) fn serve_at(&mut self, at: At, port: u16, service: Service) {
        let server = self.inside(at, move || Server::start(port, service));
        self.servers.push(server);
    }

    /// Runs `work` on a thread of its own inside a namespace.
    pub(crate) fn inside<T: Send>(&self, at: At, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.name(at))).expect("a namespace");
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                setns(namespace, CloneFlags::CLONE_NEWNET).expect("root may enter namespaces");
                work()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The server's address.
    pub(crate) fn server(&self, v6: bool) -> String {
        let link = self.routers;
        let host = if link == 0 { 1 } else { 2 };
        if v6 { format!("[fd00:{link}::{host}]") } else { format!("10.0.{link}.{host}") }
    }

    /// One round of one engine in the agent's namespace, from one subject per address in `subjects`.
    pub(crate) fn round(&self, engine: Choice, subjects: &[String], sessions: bool) -> Round {
        let settings = Settings { engine, ..Settings::default() };
        self.with_prober(settings, subjects, async move |prober, roster| {
            let resolved = prober.resolve(roster).await;
            prober.round(&resolved, &plan(roster.targets().len(), sessions), &|_| {}).await
        })
    }

    /// Like [`Self::round`] for one subject.
    pub(crate) fn probe(&self, engine: Choice, subject: &str, sessions: bool) -> Observation {
        self.round(engine, &[subject.to_owned()], sessions).observations.remove(0)
    }

    /// Opens a prober in the agent's namespace and runs `work` with it on a current-thread runtime.
    pub(crate) fn with_prober<T: Send>(
        &self,
        settings: Settings,
        subjects: &[String],
        work: impl AsyncFnOnce(&Prober, &Roster) -> T + Send,
    ) -> T {
        let roster = roster(subjects);
        self.inside(At::Agent, || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let prober = Prober::open(settings).expect("the engine opens");
                work(&prober, &roster).await
            })
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.servers.clear();
        for at in self.places() {
            let _ = Command::new("ip").args(["netns", "del", &self.name(at)]).status();
        }
    }
}

/// One target per address, each of its own operator.
pub(crate) fn roster(subjects: &[String]) -> Roster {
    let target = |(number, address): (usize, &String)| {
        let operator = Operator::new(&format!("operator {number}")).expect("valid");
        Target::new(operator, address.parse().expect("an address"), None, false).expect("valid")
    };
    Roster::new(subjects.iter().enumerate().map(target).collect(), Vec::new()).expect("valid")
}

/// The whole roster once.
pub(crate) fn plan(targets: usize, sessions: bool) -> RoundPlan {
    RoundPlan {
        targets: (0..targets).collect(),
        globals: true,
        attempts: None,
        window: None,
        sessions,
        peers: None,
        started: Duration::ZERO,
    }
}

fn run(command: &str) {
    let output =
        Command::new("sh").args(["-c", &format!("exec {}", quoted(command))]).output().expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The braces and semicolons of `nft` are arguments here, not shell syntax.
fn quoted(command: &str) -> String {
    command.replace(';', "\\;").replace('{', "\\{").replace('}', "\\}")
}
