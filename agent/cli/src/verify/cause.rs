//! What stands in the way of an exemption: the verdict of a port and family beside what else is known of the machine.
//!
//! The verdict decides first. Only where it blames the platform, which a security group cannot be told from on the wire,
//! the rest is asked: since when the machine runs, and what Azure says of its way out. What nobody told is no obstacle.

use std::time::SystemTime;

use sortie_core::report::{Cloud, Flow, PortVerdict};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::{Attribution, State};
use sortie_core::verification::Reason;

/// Type of an effective next hop that is no detour.
const STRAIGHT: &str = "Internet";
/// Where an exemption takes effect at the next deallocation.
const AZURE: &str = "azure";

/// What is known of the machine beside its ports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    /// When the exemption was granted.
    pub(super) since: Option<SystemTime>,
    /// When the machine was booted.
    pub(super) booted: SystemTime,
    /// What the cloud told.
    pub(super) cloud: Option<&'a Cloud>,
}

impl Circumstances<'_> {
    /// The latest moment at which the machine can have been deallocated, where that is before the exemption.
    pub(super) fn not_deallocated(&self) -> Option<SystemTime> {
        let since = self.since?;
        // Other providers lift a block while the machine runs.
        if self.cloud.is_some_and(|cloud| cloud.provider != AZURE || !cloud.is_host()) {
            return None;
        }
        let provisioned = self.cloud.and_then(|cloud| cloud.provisioned_at.as_deref());
        let provisioned = provisioned.and_then(|at| humantime::parse_rfc3339(at).ok());
        [Some(self.booted), provisioned].into_iter().flatten().filter(|at| *at < since).min()
    }

    /// Type of the next hop to the internet, where it is a detour.
    pub(super) fn detour(&self) -> Option<&str> {
        let hop = self.cloud?.way_out.as_ref()?.next_hop.as_deref()?;
        (!hop.eq_ignore_ascii_case(STRAIGHT)).then_some(hop)
    }

    /// What the security rules do with port 25, where they deny it.
    pub(super) fn denial(&self) -> Option<&Flow> {
        self.cloud?.way_out.as_ref()?.flow.as_ref().filter(|flow| !flow.allowed)
    }
}

/// Everything that is known to stand in the way, the first thing to mend in front; never empty.
pub(super) fn obstacles(verdict: &PortVerdict, around: &Circumstances<'_>) -> Vec<Reason> {
    let state = State::ALL.into_iter().find(|state| state.code() == verdict.state);
    by_state(state).map_or_else(|| of_platform(verdict, around), |reason| vec![reason])
}

/// What a state says by itself; `None` where it blames the platform, for which there may be a reason.
pub(super) fn by_state(state: Option<State>) -> Option<Reason> {
    match state {
        Some(State::PlatformBlocked) => None,
        Some(State::Open) => Some(Reason::Open),
        // Whoever stops it or answers stands between this machine and the internet.
        Some(State::PathBlocked | State::Intercepted) => Some(Reason::NotDirect),
        Some(State::LocallyBlocked) => Some(Reason::LocalFirewall),
        Some(State::Refused) => Some(Reason::DestinationsRefuse),
        Some(State::NoEgress) => Some(Reason::NoEgress),
        Some(State::Throttled | State::Partial | State::Inconclusive) | None => Some(Reason::Unknown),
    }
}

fn of_platform(verdict: &PortVerdict, around: &Circumstances<'_>) -> Vec<Reason> {
    // Azure looks at port 25 over IPv4, and at nothing else.
    let is_looked_at = (verdict.port, verdict.family) == (Port::SMTP, Family::Ipv4);
    let is_denied = is_looked_at && around.denial().is_some();
    let is_group = verdict.attribution == Some(Attribution::SecurityGroup.code());
    let known = [
        (around.not_deallocated().is_some(), Reason::NotDeallocated),
        (is_looked_at && around.detour().is_some(), Reason::NotDirect),
        (is_denied || is_group, Reason::SecurityGroup),
    ];
    let mut obstacles: Vec<Reason> =
        known.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect();
    if obstacles.is_empty() {
        obstacles.push(Reason::StillBlocked);
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sortie_core::report::{FOREIGN, WayOut};

    use super::*;
    use crate::render::sample;

    fn at(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + hour * 3_600)
    }

    fn azure(next_hop: Option<&str>, allowed: Option<bool>, provisioned: Option<u64>) -> Cloud {
        let flow = allowed.map(|allowed| Flow { allowed, rule: Some("DenySmtp".to_owned()) });
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            way_out: Some(WayOut { next_hop: next_hop.map(str::to_owned), flow, ..WayOut::default() }),
            provisioned_at: provisioned.map(|hour| humantime::format_rfc3339_millis(at(hour)).to_string()),
            ..Cloud::default()
        }
    }

    /// The exemption was granted at ten o'clock.
    fn around(booted: u64, cloud: Option<&Cloud>) -> Circumstances<'_> {
        Circumstances { since: Some(at(10)), booted: at(booted), cloud }
    }

    #[test]
    fn the_verdict_decides_first() {
        // Everything else that could stand in the way does.
        let cloud = azure(Some("VirtualAppliance"), Some(false), Some(9));
        for (state, reason) in [
            ("open", Reason::Open),
            ("path_blocked", Reason::NotDirect),
            ("intercepted", Reason::NotDirect),
            ("locally_blocked", Reason::LocalFirewall),
            ("refused", Reason::DestinationsRefuse),
            ("no_egress", Reason::NoEgress),
            ("throttled", Reason::Unknown),
            ("partial", Reason::Unknown),
            ("inconclusive", Reason::Unknown),
            (FOREIGN, Reason::Unknown),
        ] {
            let verdict = PortVerdict { state, ..sample::verdict() };
            assert_eq!(obstacles(&verdict, &around(9, Some(&cloud))), [reason], "{state}");
        }
    }

    #[test]
    fn a_block_by_the_platform_has_the_obstacles_that_are_known_and_no_other() {
        use Reason::{NotDeallocated, NotDirect, SecurityGroup, StillBlocked};
        let silent = azure(None, None, None);
        let straight = azure(Some("Internet"), Some(true), Some(11));
        let rebooted = azure(Some("internet"), Some(true), Some(9));
        let appliance = azure(Some("VirtualAppliance"), Some(true), None);
        let nowhere = azure(Some("None"), None, None);
        let denied = azure(Some("Internet"), Some(false), None);
        let all = azure(Some("VirtualNetworkGateway"), Some(false), Some(9));
        for (booted, cloud, expected) in [
            (11, None, &[StillBlocked][..]),
            (9, None, &[NotDeallocated]),
            (10, None, &[StillBlocked]),
            (11, Some(&silent), &[StillBlocked]),
            (11, Some(&straight), &[StillBlocked]),
            (9, Some(&straight), &[NotDeallocated]),
            (11, Some(&rebooted), &[NotDeallocated]),
            (11, Some(&appliance), &[NotDirect]),
            (11, Some(&nowhere), &[NotDirect]),
            (11, Some(&denied), &[SecurityGroup]),
            (9, Some(&all), &[NotDeallocated, NotDirect, SecurityGroup]),
        ] {
            assert_eq!(obstacles(&sample::verdict(), &around(booted, cloud)), expected, "{booted} {cloud:?}");
        }
    }

    #[test]
    fn without_a_moment_of_the_exemption_nobody_was_not_deallocated() {
        let around = Circumstances { since: None, ..around(1, None) };
        assert_eq!(obstacles(&sample::verdict(), &around), [Reason::StillBlocked]);
    }

    #[test]
    fn only_azure_wants_a_machine_deallocated() {
        for (provider, platform, expected) in [
            ("azure", "azure.vm", Reason::NotDeallocated),
            ("azure", "azure.arc", Reason::StillBlocked),
            ("aws", "aws_ec2", Reason::StillBlocked),
        ] {
            let cloud =
                Cloud { provider: provider.to_owned(), platform: platform.to_owned(), ..Cloud::default() };
            assert_eq!(obstacles(&sample::verdict(), &around(9, Some(&cloud))), [expected], "{platform}");
        }
    }

    #[test]
    fn what_azure_says_of_port_25_over_ipv4_is_said_of_nothing_else() {
        let all = azure(Some("VirtualAppliance"), Some(false), None);
        let ipv6 = PortVerdict { family: Family::Ipv6, ..sample::verdict() };
        let submission = PortVerdict { port: Port::SUBMISSION, ..sample::verdict() };
        for verdict in [ipv6, submission] {
            assert_eq!(obstacles(&verdict, &around(11, Some(&all))), [Reason::StillBlocked]);
        }
    }

    #[test]
    fn the_wire_may_have_told_that_it_is_a_security_group() {
        let verdict = PortVerdict { attribution: Some("security_group"), ..sample::verdict() };
        assert_eq!(obstacles(&verdict, &around(11, None)), [Reason::SecurityGroup]);
    }
}
