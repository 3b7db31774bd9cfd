//! Traffic that the control plane sends elsewhere first: an appliance or a gateway stands where the platform would, and
//! drops, resets and refuses just as it does.
//!
//! A veto, as for packets that are seen to pass the platform: whoever is silent, the wire cannot tell the two apart, and
//! an exemption holds only for traffic that goes straight to the internet (Microsoft, "Troubleshoot outbound SMTP
//! connectivity problems in Azure").

use super::ids::NOT_DIRECT;
use super::{Evidence, Finding, State, View, inconclusive};

/// Turns a conviction of the platform into what it is on such a way.
pub(super) fn heed(view: &View<'_>, finding: Finding) -> Finding {
    let Some(next_hop) = view.detour().filter(|_| finding.state == State::PlatformBlocked) else {
        return finding;
    };
    let because = format!(
        "is stopped near this machine, whose traffic does not go straight to the internet (next hop: {next_hop}): that device and the provider look the same from here"
    );
    let told =
        Evidence::new(0.0, format!("the provider's routes send this machine's traffic to {next_hop} first"));
    Finding {
        signature: finding.signature,
        evidence: finding.evidence.into_iter().chain([told]).collect(),
        ..inconclusive(NOT_DIRECT, because).settled(finding.settled)
    }
}
