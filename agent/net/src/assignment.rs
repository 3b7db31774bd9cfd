//! From a plan to the probes that it needs, and back to an observation for everybody who asked.
//!
//! A control shared by several targets is probed once per address, and every operator gets its own observation.

use std::net::IpAddr;
use std::time::Duration;

use sortie_core::observation::{Attempt, DnsFailure, Observation, Peer, Seen, Session, SessionEnd};
use sortie_core::target::{Address, Family, Operator, Port, Role};

use crate::dial;
use crate::names::Resolved;
use crate::own::OwnAddresses;
use crate::plan::RoundPlan;
use crate::settings::Source;

/// One peer to probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) ip: IpAddr,
    pub(crate) port: Port,
    /// Whether somebody asks about mail here, so that a greeting is worth having.
    pub(crate) subject: bool,
}

/// What one probe learned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probed {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) session: Option<Session>,
    pub(crate) took: Duration,
}

/// Somebody who asked.
#[derive(Clone, Debug)]
struct Asker {
    operator: Option<Operator>,
    role: Role,
    address: Address,
    family: Family,
    job: Result<usize, DnsFailure>,
    dns_took: Option<Duration>,
}

/// The probes of a round and who asked for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignment {
    pub(crate) jobs: Vec<Job>,
    askers: Vec<Asker>,
}

impl Assignment {
    /// Collects the probes of a plan; an index without a target is nobody's and is passed over.
    pub(crate) fn new(resolved: &Resolved, plan: &RoundPlan) -> Self {
        let mut assignment = Self::default();
        for target in plan.targets.iter().filter_map(|index| resolved.roster().targets().get(*index)) {
            assignment.ask(resolved, plan, Some(target.operator()), target.role(), target.address());
            if let Some(control) = target.control() {
                assignment.ask(resolved, plan, Some(target.operator()), Role::Control, control);
            }
        }
        if plan.globals {
            for address in resolved.roster().globals() {
                assignment.ask(resolved, plan, None, Role::Control, address);
            }
        }
        assignment
    }

    fn ask(
        &mut self,
        resolved: &Resolved,
        plan: &RoundPlan,
        operator: Option<&Operator>,
        role: Role,
        address: &Address,
    ) {
        for (family, lookup) in resolved.of(address) {
            let jobs = match &lookup.addresses {
                Ok(ips) => chosen(ips, plan).map(|ip| Ok(self.job(ip, address.port, role))).collect(),
                Err(failure) => vec![Err(*failure)],
            };
            for job in jobs {
                let asker = Asker {
                    operator: operator.cloned(),
                    role,
                    address: address.clone(),
                    family,
                    job,
                    dns_took: lookup.took,
                };
                if !self.askers.iter().any(|other| other.same_question(&asker)) {
                    self.askers.push(asker);
                }
            }
        }
    }

    fn job(&mut self, ip: IpAddr, port: Port, role: Role) -> usize {
        let subject = role.is_subject();
        if let Some(known) = self.jobs.iter().position(|job| job.ip == ip && job.port == port) {
            self.jobs[known].subject |= subject;
            return known;
        }
        self.jobs.push(Job { ip, port, subject });
        self.jobs.len() - 1
    }

    /// An observation for everybody who asked; `probed` is in the order of [`Self::jobs`].
    pub(crate) fn observations(
        &self,
        probed: &[Probed],
        own: &OwnAddresses,
        source: Option<&Source>,
    ) -> Vec<Observation> {
        let observe = |asker: &Asker| {
            let (peer, probed, on_link) = match asker.job {
                Ok(job) => {
                    let ip = self.jobs[job].ip;
                    (Peer::Ip(ip), probed[job].clone(), own.on_link(ip))
                }
                Err(failure) => (Peer::Unresolved(failure), Probed::default(), false),
            };
            Observation {
                operator: asker.operator.clone(),
                role: asker.role,
                address: asker.address.clone(),
                peer,
                family: asker.family,
                on_link,
                has_source: own.has_source(asker.family),
                is_routed: is_refused(&probed) && matches!(peer, Peer::Ip(ip) if dial::is_routed(ip, source)),
                attempts: probed.attempts,
                // A control is never asked for mail, even where another target has the same address as subject.
                session: probed.session.filter(|_| asker.role.is_subject()),
                took: probed.took,
                dns_took: asker.dns_took,
            }
        };
        self.askers.iter().map(observe).collect()
    }
}

impl Asker {
    /// One operator's targets may share a control; it is asked and told once.
    fn same_question(&self, other: &Self) -> bool {
        self.operator == other.operator
            && self.role == other.role
            && self.address == other.address
            && self.family == other.family
            && self.job == other.job
    }
}

/// The addresses of a name that this plan wants.
fn chosen(ips: &[IpAddr], plan: &RoundPlan) -> impl Iterator<Item = IpAddr> {
    let (most, turn) = plan.peers.map_or((ips.len(), 0), |limit| (limit.most, limit.turn));
    ips.iter().copied().cycle().skip(turn % ips.len().max(1)).take(most.min(ips.len()))
}
/// Whether the kernel refused anything of this probe.
fn is_refused(probed: &Probed) -> bool {
    let mut answers = probed.attempts.iter().flat_map(|attempt| &attempt.answers);
    matches!(probed.session.as_ref().map(|session| &session.end), Some(SessionEnd::Refused(_)))
        || answers.any(|answer| matches!(answer.seen, Seen::Refused(_)))
}
