//! A prober in a small network, asking everybody there again and again, as the jury does.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::netns::Namespace;
use e2e::plan::{self, Host, Node};
use e2e::scenario::Scenario;
use e2e::trial::Network;
use sortie_core::observation::{Attempt, Observation, Round, Seen};
use sortie_core::target::{Address, Operator, Port, Roster, Target};
use sortie_net::{Choice, Prober, RoundPlan, Settings};

/// One router between the asker and everybody who answers: the least that is a network.
const NETWORK: &str = "title = 'figures'\nwhy = 'everybody answers'\nhops = 1\n[[expect]]\nstate = 'open'";

/// Nobody here is silent, so this is never waited for.
const WINDOW: Duration = Duration::from_secs(2);

/// Builds the network.
pub(crate) fn network() -> Result<Network> {
    Network::build(&Scenario::parse("figures", NETWORK)?)
}

/// Where the asker lives.
pub(crate) fn vm(network: &Network) -> Result<&Namespace> {
    network.chain().node(Node::Vm)
}

/// Runs `work` with the runtime that a prober wants.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start a runtime")?.block_on(work)
}

/// Somebody who asks.
#[derive(Debug)]
pub(crate) struct Inquiry {
    prober: Prober,
    roster: Roster,
    plan: RoundPlan,
}

impl Inquiry {
    /// Opens an engine in the namespace of the current thread.
    pub(crate) fn open(engine: Choice) -> Result<Self> {
        let roster = everybody()?;
        let plan = RoundPlan {
            targets: (0..roster.targets().len()).collect(),
            globals: true,
            attempts: Some(vec![Duration::ZERO]),
            window: Some(WINDOW),
            sessions: false,
            peers: None,
            started: Duration::ZERO,
        };
        let prober = Prober::open(Settings { engine, ..Settings::default() })?;
        Ok(Self { prober, roster, plan })
    }

    /// Asks everybody once, all side by side: one attempt each.
    pub(crate) async fn round(&self) -> Round {
        let resolved = self.prober.resolve(&self.roster).await;
        self.prober.round(&resolved, &self.plan, &|_| ()).await
    }
}

/// Every attempt of a round with the observation that it belongs to.
pub(crate) fn attempts(round: &Round) -> impl Iterator<Item = (&Observation, &Attempt)> {
    round.observations.iter().flat_map(|seen| seen.attempts.iter().map(move |attempt| (seen, attempt)))
}

/// How long the handshake took, if it was completed.
pub(crate) fn handshake(attempt: &Attempt) -> Option<Duration> {
    attempt.answers.iter().find_map(|answer| match &answer.seen {
        Seen::SynAck(segment) if segment.acceptable => Some(answer.after),
        _ => None,
    })
}

/// Five operators with a control each, and two hosts outside mail, in both families: a jury of 24 probes.
fn everybody() -> Result<Roster> {
    let at = |host: Host, family, port| -> Result<Address> {
        Ok(Address::parse(&host.address(family).to_string(), Port::new(port))?)
    };
    let (mut targets, mut globals) = (Vec::new(), Vec::new());
    for family in plan::Family::BOTH {
        for host in Host::OPERATORS {
            let operator = Operator::new(host.name())?;
            let (subject, control) = (at(host, family, 25)?, at(host, family, 587)?);
            targets.push(Target::new(operator, subject, Some(control), false)?);
        }
        for host in Host::CONTROLS {
            globals.push(at(host, family, 443)?);
        }
    }
    Ok(Roster::new(targets, globals)?)
}
