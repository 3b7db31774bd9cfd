//! TTL-limited walks: how far the packets of a port travel.
//!
//! A SYN with TTL k dies at hop k and, where the hop says so, draws an ICMP time-exceeded. Walking the subject and
//! its control over the same hops shows where they part. The smallest TTL that draws a SYN-ACK or a RST is the
//! distance of whoever sent it, and needs no ICMP at all.
//!
//! Absence says nothing: hops may hide, and routers limit the rate of their ICMP (Linux: one per second and
//! destination after a burst of six). Only what was seen counts.

use std::net::IpAddr;

use crate::target::{Family, Operator, Port};

/// What one TTL-limited SYN drew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing.
    Silent,
    /// It died at this hop.
    TimeExceeded(IpAddr),
    /// Somebody completed the handshake.
    SynAck,
    /// Somebody reset it.
    Reset,
    /// Somebody refused it by ICMP.
    Unreachable(IpAddr),
    /// This machine did not let it out.
    Refused,
}

/// All repeats of one TTL, for the subject and for its control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// TTL or hop limit of the SYNs.
    pub ttl: u8,
    /// What the port under test drew.
    pub subject: Vec<Reach>,
    /// What the control drew.
    pub control: Vec<Reach>,
}

/// One operator's subject and control, walked side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Whose.
    pub operator: Operator,
    /// Address and port under test.
    pub subject: (IpAddr, Port),
    /// Address and port of the control, where there is one.
    pub control: Option<(IpAddr, Port)>,
    /// By ascending TTL.
    pub steps: Vec<Step>,
}

impl Walk {
    /// Whether the walk belongs to this port and family.
    pub fn is_of(&self, port: Port, family: Family) -> bool {
        self.subject.1 == port && Family::of(self.subject.0) == family
    }

    /// Greatest TTL at which the subject's packet was seen to die: it travelled at least this far.
    pub fn subject_reach(&self) -> Option<u8> {
        self.greatest(|step| &step.subject, |reach| matches!(reach, Reach::TimeExceeded(_)))
    }

    /// Greatest TTL at which the control's packet was seen to die.
    pub fn control_reach(&self) -> Option<u8> {
        self.greatest(|step| &step.control, |reach| matches!(reach, Reach::TimeExceeded(_)))
    }

    /// Smallest TTL at which somebody answered the subject's SYN with `wanted`.
    pub fn subject_draws(&self, wanted: impl Fn(&Reach) -> bool) -> Option<u8> {
        self.smallest(|step| &step.subject, wanted)
    }

    /// Smallest TTL at which somebody completed or reset the control's handshake: the control's distance.
    pub fn control_distance(&self) -> Option<u8> {
        self.smallest(|step| &step.control, |reach| matches!(reach, Reach::SynAck | Reach::Reset))
    }

    /// Whether subject and control are the same address, so that their distances can be compared exactly.
    pub fn same_host(&self) -> bool {
        self.control.is_some_and(|(ip, _)| ip == self.subject.0)
    }

    /// Whether the control's packet was seen to die with this TTL.
    pub fn control_dies_at(&self, ttl: u8) -> bool {
        let died = |reach: &Reach| matches!(reach, Reach::TimeExceeded(_));
        self.steps.iter().any(|step| step.ttl == ttl && step.control.iter().any(died))
    }

    /// Whether subject and control were seen to die at one and the same router with this TTL.
    pub fn parts_behind_one_router(&self, ttl: u8) -> bool {
        let died = |reach: &&Reach| matches!(reach, Reach::TimeExceeded(_));
        let mut here = self.steps.iter().filter(|step| step.ttl == ttl);
        here.any(|step| step.subject.iter().filter(died).any(|at| step.control.contains(at)))
    }

    /// The hop's TTL at which this router was seen to let a packet die, for subject or control.
    pub fn hop_of(&self, router: IpAddr) -> Option<u8> {
        let died_here = |reach: &Reach| *reach == Reach::TimeExceeded(router);
        let subject = self.smallest(|step| &step.subject, died_here);
        let control = self.smallest(|step| &step.control, died_here);
        subject.into_iter().chain(control).min()
    }

    fn greatest(&self, side: impl Fn(&Step) -> &Vec<Reach>, wanted: impl Fn(&Reach) -> bool) -> Option<u8> {
        self.steps.iter().filter(|step| side(step).iter().any(&wanted)).map(|step| step.ttl).max()
    }

    fn smallest(&self, side: impl Fn(&Step) -> &Vec<Reach>, wanted: impl Fn(&Reach) -> bool) -> Option<u8> {
        self.steps.iter().filter(|step| side(step).iter().any(&wanted)).map(|step| step.ttl).min()
    }
}
