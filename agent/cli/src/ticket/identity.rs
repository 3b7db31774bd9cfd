//! Which machine, and what the control plane says of it: facts as they were told, absent ones left out.

use sortie_core::report::{Cloud, Report, Subscription, WayOut};

use super::document::Fact;
use super::moment::utc;
use super::sources::{Interface, Machine};

/// Interfaces that are told: a host of containers has hundreds.
const INTERFACES_MOST: usize = 8;

/// Everything that helps a support engineer to find the machine.
pub(super) fn of(report: &Report, machine: &Machine, made_by: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut tell = |name: &'static str, value: Option<String>| {
        facts.extend(value.map(|value| Fact { name, value }));
    };
    tell("host", report.host.name.clone());
    tell("host_id", report.host.id.clone());
    if let Some(cloud) = &report.cloud {
        tell("cloud", Some(cloud.platform.clone()));
        tell("environment", cloud.environment.clone());
        match &cloud.subscription_id {
            Some(id) => {
                tell("subscription_id", Some(id.clone()));
                tell("subscription_type", Some(kind(cloud.subscription.as_ref())));
            }
            None => tell("account_id", cloud.account_id.clone()),
        }
        tell("resource_id", cloud.resource_id.clone());
        tell("vm_id", cloud.vm_id.clone());
        tell("scale_set", cloud.scale_set.clone());
        tell("region", cloud.region.clone());
        tell("zone", cloud.zone.clone());
        tell("size", cloud.size.clone());
    }
    if machine.is_told_by(report) {
        let used = machine.interfaces.iter().filter(|interface| !interface.addresses.is_empty());
        for interface in used.take(INTERFACES_MOST) {
            tell("interface", Some(told(interface)));
        }
    }
    tell("engine", Some(report.engine.unwrap_or("none: nobody probes").to_owned()));
    tell("made_by", Some(made_by.to_owned()));
    facts
}

/// What the network's and the machine's control plane say, where it was asked.
pub(super) fn control_plane(cloud: &Cloud) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut tell = |name: &'static str, value: Option<String>| {
        facts.extend(value.map(|value| Fact { name, value }));
    };
    tell("allow_port_25_out", cloud.allow_port_25_out.map(|allowed| allowed.to_string()));
    if let Some(WayOut { next_hop, next_hop_address, flow }) = &cloud.way_out {
        tell("next_hop", next_hop.clone());
        tell("next_hop_address", next_hop_address.clone());
        if let Some(flow) = flow {
            let verdict = if flow.allowed { "allowed" } else { "denied" };
            let rule = flow.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
            tell("ip_flow_verify", Some(format!("port 25 is {verdict}{rule}")));
        }
    }
    tell("provisioned_at", cloud.provisioned_at.as_deref().map(utc));
    tell("unsupported", cloud.unsupported.clone());
    facts
}

/// `ea-devtest (quotaId MSDNDevTest_2014-09-01, said by arm)`
fn kind(subscription: Option<&Subscription>) -> String {
    let Some(subscription) = subscription else { return "not known".to_owned() };
    let Subscription { kind, quota_id, agreement_type, spending_limit, state, source } = subscription;
    let told = [
        ("quotaId", quota_id),
        ("agreement", agreement_type),
        ("spending limit", spending_limit),
        ("state", state),
    ];
    let told = told.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    let told: Vec<String> = told.chain([format!("said by {source}")]).collect();
    format!("{kind} ({})", told.join(", "))
}

/// `eth0, 00:0d:3a:00:00:01, 10.0.0.4`
fn told(interface: &Interface) -> String {
    let parts = [Some(interface.name.clone()), interface.mac.clone()]
        .into_iter()
        .flatten()
        .chain(interface.addresses.clone());
    parts.collect::<Vec<_>>().join(", ")
}
