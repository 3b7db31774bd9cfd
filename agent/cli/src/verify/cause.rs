//! What stands in the way of an exemption: the verdict of a port and family beside what else is known of the machine.
//!
//! The verdict decides first. Only where it blames the platform, which a security group and an appliance cannot be told from
//! on the wire, the rest is asked: what Azure says of the way out, and since when the machine runs. What is certain comes
//! before what is likely, and what nobody told is no obstacle.

use std::time::SystemTime;

use sortie_core::report::{Cloud, Flow, PortVerdict};
use sortie_core::target::Port;
use sortie_core::verdict::rules::ids::NOT_DIRECT;
use sortie_core::verdict::{Attribution, State};
use sortie_core::verification::Reason;

/// Where an exemption takes effect at the next deallocation.
const AZURE: &str = "azure";

/// What is known of the machine beside its ports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// When the exemption was granted.
    pub(super) since: Option<SystemTime>,
    /// When the machine was booted.
    pub(super) booted: SystemTime,
    /// What the cloud told.
    pub(super) cloud: Option<&'a Cloud>,
}

impl Around<'_> {
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

    /// What the security rules do with port 25, where they deny it.
    pub(super) fn denial(&self) -> Option<&Flow> {
        self.cloud?.way_out.as_ref()?.flow.as_ref().filter(|flow| !flow.allowed)
    }
}

/// Whether the port is stopped near this machine, by the platform or by the device that its traffic goes through: the two
/// are the same from here.
pub(super) fn is_stopped_on_a_detour(verdict: &PortVerdict) -> bool {
    verdict.rule == NOT_DIRECT
}

/// Everything that is known to stand in the way, the first thing to mend in front; never empty.
pub(super) fn obstacles(verdict: &PortVerdict, around: &Around<'_>) -> Vec<Reason> {
    if is_stopped_on_a_detour(verdict) {
        return vec![Reason::NotDirect];
    }
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

fn of_platform(verdict: &PortVerdict, around: &Around<'_>) -> Vec<Reason> {
    let is_denied = verdict.port == Port::SMTP && around.denial().is_some();
    let is_group = verdict.attribution == Some(Attribution::SecurityGroup.code());
    let known = [
        (is_denied || is_group, Reason::SecurityGroup),
        (around.not_deallocated().is_some(), Reason::NotDeallocated),
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

    fn azure(allowed: Option<bool>, provisioned: Option<u64>) -> Cloud {
        let flow = allowed.map(|allowed| Flow { allowed, rule: Some("DenySmtp".to_owned()) });
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            way_out: Some(WayOut { flow, ..WayOut::default() }),
            provisioned_at: provisioned.map(|hour| humantime::format_rfc3339_millis(at(hour)).to_string()),
            ..Cloud::default()
        }
    }

    /// The exemption was granted at ten o'clock.
    fn around(booted: u64, cloud: Option<&Cloud>) -> Around<'_> {
        Around { since: Some(at(10)), booted: at(booted), cloud }
    }

    #[test]
    fn the_verdict_decides_first() {
        // Everything else that could stand in the way does.
        let cloud = azure(Some(false), Some(9));
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
    fn what_is_stopped_on_a_detour_is_stopped_whoever_does_it() {
        let verdict = PortVerdict { state: "inconclusive", rule: "not_direct", ..sample::verdict() };
        let cloud = azure(Some(false), Some(9));
        assert_eq!(obstacles(&verdict, &around(9, Some(&cloud))), [Reason::NotDirect]);
        assert!(is_stopped_on_a_detour(&verdict) && !is_stopped_on_a_detour(&sample::verdict()));
    }

    #[test]
    fn a_block_by_the_platform_has_the_obstacles_that_are_known_and_no_other() {
        use Reason::{NotDeallocated, SecurityGroup, StillBlocked};
        let silent = azure(None, None);
        let good = azure(Some(true), Some(11));
        let rebooted = azure(Some(true), Some(9));
        let denied = azure(Some(false), None);
        let both = azure(Some(false), Some(9));
        for (booted, cloud, expected) in [
            (11, None, &[StillBlocked][..]),
            (9, None, &[NotDeallocated]),
            (10, None, &[StillBlocked]),
            (11, Some(&silent), &[StillBlocked]),
            (11, Some(&good), &[StillBlocked]),
            (9, Some(&good), &[NotDeallocated]),
            (11, Some(&rebooted), &[NotDeallocated]),
            (11, Some(&denied), &[SecurityGroup]),
            (9, Some(&both), &[SecurityGroup, NotDeallocated]),
        ] {
            assert_eq!(obstacles(&sample::verdict(), &around(booted, cloud)), expected, "{booted} {cloud:?}");
        }
    }

    #[test]
    fn without_a_moment_of_the_exemption_nobody_was_not_deallocated() {
        let around = Around { since: None, ..around(1, None) };
        assert_eq!(obstacles(&sample::verdict(), &around), [Reason::StillBlocked]);
    }

    #[test]
    fn only_azure_wants_a_machine_deallocated() {
        for (provider, platform, expected) in [
            ("azure", "azure.vm", Reason::NotDeallocated),
            ("azure", "azure.arc", Reason::StillBlocked),
            ("aws", "aws_ec2", Reason::StillBlocked),
        ] {
            let (provider, platform) = (provider.to_owned(), platform.to_owned());
            let cloud = Cloud { provider, platform, ..Cloud::default() };
            assert_eq!(obstacles(&sample::verdict(), &around(9, Some(&cloud))), [expected], "{cloud:?}");
        }
    }

    #[test]
    fn what_azure_says_of_port_25_is_said_of_no_other() {
        let denied = azure(Some(false), None);
        let submission = PortVerdict { port: Port::SUBMISSION, ..sample::verdict() };
        assert_eq!(obstacles(&submission, &around(11, Some(&denied))), [Reason::StillBlocked]);
    }

    #[test]
    fn the_verdict_may_have_told_that_it_is_a_security_group() {
        let verdict = PortVerdict { attribution: Some("security_group"), ..sample::verdict() };
        assert_eq!(obstacles(&verdict, &around(11, None)), [Reason::SecurityGroup]);
    }
}
