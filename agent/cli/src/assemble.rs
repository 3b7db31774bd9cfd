//! The report of this machine: what the jury says, beside what the configuration expects.

use std::time::SystemTime;

use sortie_core::expect::Expectation;
use sortie_core::report::compose;
use sortie_core::report::{Host, PortVerdict, Report, SCHEMA};
use sortie_core::schedule::Pace;
use sortie_core::target::Port;
use sortie_core::verdict::Finding;
use sortie_core::verdict::machine::Machine;

use crate::config::{Config, Expect, PortExpectation, Subscription};
use crate::jury::Jury;

/// Where systemd and its kin keep the identity of a machine.
const MACHINE_ID: &str = "/etc/machine-id";
/// The kernel's host name of this UTS namespace.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The report as of now.
pub fn report(jury: &Jury, config: &Config, now: SystemTime) -> Report {
    Report {
        schema: SCHEMA,
        generated_at: rfc3339(now),
        host: host(config),
        engine: jury.prober().engine().code(),
        unseen: unseen(jury, config),
        cloud: None,
        verdicts: jury.machines().iter().filter_map(|machine| verdict(jury, config, machine, now)).collect(),
        observations: jury.latest().iter().map(compose::sighting).collect(),
        relays: Vec::new(),
        explanation: None,
    }
}

/// What the engine could not see, and what it saw and did not keep.
fn unseen(jury: &Jury, config: &Config) -> Vec<String> {
    let surplus = jury.prober().surplus_answers();
    let flood = format!("{surplus} answers to SYNs that had enough of them were counted and not kept");
    let hurried =
        "loss and slow throttles: this is a demonstration, judged at a pace that is not fit for the internet";
    let hurried = (config.pace != Pace::DEFAULT).then(|| hurried.to_owned());
    hurried.into_iter().chain(jury.prober().limits()).chain((surplus > 0).then_some(flood)).collect()
}

/// The verdict that is on show; before there is one, what the jury leans to.
fn verdict(jury: &Jury, config: &Config, machine: &Machine, now: SystemTime) -> Option<PortVerdict> {
    let (port, family) = (machine.port(), machine.family());
    let (finding, since) = match machine.shown() {
        Some(shown) => (shown.finding.clone(), jury.wall(shown.since)),
        None if machine.is_doubting() => (machine.leaning().unwrap_or_else(Finding::unfinished), now),
        None => return None,
    };
    Some(compose::verdict(port, family, &finding, expectation(&config.expect, port), rfc3339(since)))
}

/// What is expected of a port. Without a cloud to ask, a subscription is known only where the file names it.
pub fn expectation(expect: &Expect, port: Port) -> Expectation {
    let chosen = match port {
        Port::SMTP => expect.port_25,
        Port::SUBMISSION => expect.port_587,
        _ => PortExpectation::Open,
    };
    match chosen {
        PortExpectation::Open => Expectation::Open,
        PortExpectation::Blocked => Expectation::Blocked,
        PortExpectation::Any => Expectation::Any,
        PortExpectation::Auto if port == Port::SUBMISSION => Expectation::Open,
        PortExpectation::Auto => documented(expect.subscription),
    }
}

/// Port 25 as Microsoft documents it: enterprise agreements are not blocked, every other subscription is.
fn documented(subscription: Subscription) -> Expectation {
    match subscription {
        Subscription::Ea | Subscription::McaE => Expectation::Open,
        Subscription::EaDevtest | Subscription::Other => Expectation::Blocked,
        Subscription::Auto | Subscription::Unknown => Expectation::Any,
    }
}

/// The stable identity of this machine, for spreading a fleet: its id, else its name.
pub fn identity(config: &Config) -> String {
    let host = host(config);
    host.id.or(host.name).unwrap_or_default()
}

fn host(config: &Config) -> Host {
    Host { id: config.agent.host_id.clone().or_else(|| first_line(MACHINE_ID)), name: first_line(HOST_NAME) }
}

fn first_line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().next().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned)
}

/// RFC 3339 in UTC, milliseconds.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}
