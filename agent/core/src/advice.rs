//! What to do next, by state and rule. Every sentence names something that a person can do now.

use crate::circumstances::Circumstances;
use crate::knowledge::{self, Procedure, Provider, Standing, When};
use crate::policy::{self, Documented};
use crate::report::NextStep;
use crate::target::Port;
use crate::verdict::rules::ids::NOT_DIRECT;
use crate::verdict::{Attribution, Finding, Signature, State};

/// Microsoft's article on outbound SMTP in Azure; the policy, the exemption and the relays.
pub const AZURE_SMTP: &str =
    "https://learn.microsoft.com/troubleshoot/azure/virtual-network/troubleshoot-outbound-smtp-connectivity";

/// The next steps for a finding on `port`, in the words of the provider's own documents where it is known.
pub fn next_steps(port: Port, finding: &Finding, circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    let steps: Vec<String> = match finding.state {
        State::Open => Vec::new(),
        State::PlatformBlocked => return platform(port, finding, circumstances),
        State::PathBlocked => vec![
            "Ask whoever runs the firewall, network appliance or access line at that hop to allow this port; the evidence names the hop".into(),
        ],
        State::LocallyBlocked => vec![local(finding.rule).into()],
        State::Intercepted => vec![
            "Ask the network's operator for an SMTP proxy or inspection on this port; mail sent now passes through it".into(),
            "Verify the server's certificate when sending, so that a proxy is noticed".into(),
        ],
        State::Throttled => vec!["Send more slowly, or through an authenticated relay on port 587".into()],
        State::Refused => return refused(circumstances),
        State::Partial => vec![
            "Look at the destinations below: the failing operators may filter this address; ask them".into(),
            "Run the check again in an hour: a destination that is down recovers by itself".into(),
        ],
        State::NoEgress => no_egress(finding),
        State::Inconclusive => inconclusive(finding.rule),
    };
    steps.into_iter().map(plain).collect()
}

/// What to do when something has happened that the provider's documents speak of.
pub fn in_situation(provider: &'static Provider, when: When) -> Vec<NextStep> {
    provider.situation(when).map(|procedure| spelled_out(provider, procedure)).unwrap_or_default()
}

fn platform(port: Port, finding: &Finding, circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    if let Some(rule) = circumstances.denying_rule().filter(|_| port == Port::SMTP) {
        let allow = format!("Let outbound TCP to port {port} pass: the security rule {rule} denies it");
        let mut steps = vec![plain(allow)];
        if circumstances.attribution(port, finding) != Some(Attribution::SecurityGroup) {
            steps.extend(by_the_platform(port, circumstances));
        }
        return steps;
    }
    let look = format!(
        "Look for an outbound rule on port {port} in this machine's security group or network policy: on the wire it is identical to a block by the provider"
    );
    let is_told_apart = circumstances.attribution(port, finding) == Some(Attribution::Platform);
    let look = (!is_told_apart).then(|| plain(look));
    if circumstances.is_exempted() && port == Port::SMTP {
        return in_situation(knowledge::azure(), When::ExemptionNotEffective)
            .into_iter()
            .chain(look)
            .collect();
    }
    look.into_iter().chain(by_the_platform(port, circumstances)).collect()
}

/// What lifts a block by the provider, or does without.
fn by_the_platform(port: Port, circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    let ask = plain(format!(
        "Ask the network provider whether outbound port {port} is blocked for this account and how to lift it; attach this report"
    ));
    let relay = || {
        plain("Send through an authenticated relay on port 587, which most providers leave open".to_owned())
    };
    let (cloud, subscription) = (circumstances.cloud, circumstances.subscription);
    let mut steps = Vec::new();
    match policy::documented(cloud, subscription, port) {
        Some(documented) => {
            steps.extend(procedure(&documented));
            // A procedure that does without is a relay already.
            if documented.standing == Standing::Open {
                steps.push(ask);
            }
            if port == Port::SMTP && matches!(documented.standing, Standing::Open | Standing::Exemptible) {
                steps.push(relay());
            }
        }
        None if port == Port::SMTP => {
            steps.push(ask);
            if cloud.is_none_or(|cloud| cloud.provider == knowledge::azure().id && cloud.is_host()) {
                steps.push(NextStep {
                    text: "On Azure: see which subscriptions may ask for an exemption; after it, stop and deallocate the VM, then start it, a reboot is not enough".into(),
                    url: Some(AZURE_SMTP.into()),
                });
            }
            steps.push(relay());
        }
        None => steps.push(ask),
    }
    if port == Port::SMTP && circumstances.may_have_changed_type() {
        let look = "See whether the subscription still is of the type that it was: after a change from Enterprise Agreement or MCA-E to another, outbound SMTP may be blocked";
        steps.push(plain(look.to_owned()));
    }
    steps
}

fn refused(circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    let is_azure = circumstances.cloud.is_some_and(|cloud| cloud.provider == knowledge::azure().id);
    let documented =
        if is_azure { in_situation(knowledge::azure(), When::DestinationsRefuse) } else { Vec::new() };
    if documented.is_empty() {
        let ask = "Ask the receiving operators why they refuse this address: reputation lists and missing reverse DNS are the usual reasons";
        return vec![plain(ask.to_owned())];
    }
    documented
}

fn procedure(documented: &Documented) -> Vec<NextStep> {
    let procedure = documented.procedure();
    procedure.map(|procedure| spelled_out(documented.provider, procedure)).unwrap_or_default()
}

/// The steps of a procedure, the first with its title, its date and its address.
fn spelled_out(provider: &Provider, procedure: &Procedure) -> Vec<NextStep> {
    let source = procedure.sources.first().and_then(|id| provider.source(id));
    let step = |(number, step): (usize, &&str)| match source {
        Some(source) if number == 0 => NextStep {
            text: format!("{} (as documented on {}). {step}", procedure.title, source.date),
            url: Some(source.url.to_owned()),
        },
        _ => plain((*step).to_owned()),
    };
    procedure.steps.iter().enumerate().map(step).collect()
}

fn plain(text: String) -> NextStep {
    NextStep { text, url: None }
}

fn local(rule: &str) -> &'static str {
    match rule {
        "local_fw_input" => {
            "Look at this machine's input rules (`nft list ruleset`, `iptables -S INPUT`): answers to outbound connections must be let in"
        }
        "local_tc_drop" => {
            "Look at egress filters on this machine's interface (`nft list ruleset`, `tc filter show dev IFACE egress`)"
        }
        "local_policy_route" => {
            "Look at this machine's policy routing (`ip rule`, `ip -6 rule`) for a rule that refuses this port"
        }
        _ => {
            "Look at this machine's output rules (`nft list ruleset`, `iptables -S OUTPUT`, endpoint security software) for this port"
        }
    }
}

fn no_egress(finding: &Finding) -> Vec<String> {
    let step = match (finding.signature, finding.rule) {
        (_, "host_firewall_all") => {
            "Look at this machine's output rules (`nft list ruleset`): every port that was tried is refused"
        }
        (Some(Signature::NoRoute), _) => {
            "Look at this machine's addresses and routes (`ip address`, `ip route`, `ip -6 route`) and at its gateway (`ip neigh`)"
        }
        (Some(Signature::Dns), _) => {
            "Look at the resolver (`/etc/resolv.conf`, `resolvectl status`) and whether its servers can be reached"
        }
        _ => {
            "Look for a way out at all: a private subnet without NAT gateway or public address, a security group that denies everything, a network that is down"
        }
    };
    vec![step.to_owned(), "Run the check again when other traffic leaves this machine".to_owned()]
}

fn inconclusive(rule: &str) -> Vec<String> {
    let step = match rule {
        "too_few_operators" => {
            "Add targets of other operators, at least three, or run the check without addresses to use the built-in ones"
        }
        "no_controls" => {
            "Give each target a control on another port, or leave `[controls] global` at its default"
        }
        "dns_fail" | "dns_untrusted" => {
            "Look at the resolver (`/etc/resolv.conf`): compare its answers with those of another one"
        }
        "host_ports_exhausted" => {
            "Look for processes that hold many connections (`ss -s`) and at `net.ipv4.ip_local_port_range`"
        }
        "conntrack_full" => {
            "Raise `net.netfilter.nf_conntrack_max` or find what fills the table (`conntrack -S`)"
        }
        NOT_DIRECT => {
            "Look at the rules of the appliance or gateway that this machine's traffic passes (route table, firewall logs), or route it straight to the internet: an exemption holds for that way alone"
        }
        "answers_undelivered" => {
            "Look at this machine's input rules (`nft list ruleset`), or run with CAP_NET_RAW to see the answers arrive"
        }
        _ => "Run the check again, with CAP_NET_RAW if it was missing: the raw engine sees more",
    };
    vec![step.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Expectation;
    use crate::knowledge::Subscription;
    use crate::report::{Cloud, Flow, WayOut};

    fn platform_blocked() -> Finding {
        Finding {
            state: State::PlatformBlocked,
            signature: Some(Signature::SilentDrop),
            attribution: Some(Attribution::PlatformOrSecurityGroup),
            rule: "silent_all",
            ..Finding::unfinished()
        }
    }

    fn seen(subscription: Option<Subscription>, cloud: Option<&Cloud>) -> Circumstances<'_> {
        Circumstances { expected: Expectation::Any, subscription, cloud }
    }

    fn vm(flag: Option<bool>, denied: bool) -> Cloud {
        let flow = denied.then(|| Flow { allowed: false, rule: Some("DenySmtp".to_owned()) });
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            allow_port_25_out: flag,
            way_out: Some(WayOut { flow, ..WayOut::default() }),
            ..Cloud::default()
        }
    }

    /// The first word or two of each step.
    fn told(port: Port, finding: &Finding, circumstances: &Circumstances<'_>) -> Vec<String> {
        let opening = |step: &NextStep| step.text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        next_steps(port, finding, circumstances).iter().map(opening).collect()
    }

    #[test]
    fn a_block_by_the_platform_names_the_procedure_for_the_subscription() {
        use Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
        let unknown = ["Look for", "Ask the", "On Azure:", "Send through"];
        let not_blocked = ["Look for", "Azure does", "See whether", "Ask the", "Send through"];
        let exemption = ["Look for", "Azure exempts", "Stop and", "Where the", "Let mail", "Send through"];
        for (subscription, steps) in [
            (None, &unknown[..]),
            (Some(Unknown), &unknown),
            (Some(Ea), &not_blocked),
            (Some(McaE), &not_blocked),
            (Some(EaDevtest), &exemption),
            (Some(Other), &["Look for", "Azure offers"]),
        ] {
            let circumstances = seen(subscription, None);
            assert_eq!(told(Port::SMTP, &platform_blocked(), &circumstances), steps, "{subscription:?}");
        }
    }

    #[test]
    fn submission_that_is_stopped_where_the_provider_leaves_it_open_is_asked_about() {
        let circumstances = seen(Some(Subscription::Other), None);
        assert_eq!(told(Port::SUBMISSION, &platform_blocked(), &circumstances), ["Look for", "Ask the"]);
    }

    #[test]
    fn what_another_provider_documents_is_told_in_its_words() {
        for (provider, port, steps) in [
            ("aws", Port::SMTP, &["Look for", "AWS lifts", "For Lambda,", "Send through"][..]),
            ("gcp", Port::SMTP, &["Look for", "Google offers"]),
            ("scaleway", Port::SMTP, &["Look for", "Scaleway lets", "In the", "Send through"]),
            ("nobody", Port::SMTP, &["Look for", "Ask the", "Send through"]),
            ("nobody", Port::SUBMISSION, &["Look for", "Ask the"]),
        ] {
            let cloud =
                Cloud { provider: provider.to_owned(), platform: "a.vm".to_owned(), ..Cloud::default() };
            let told = told(port, &platform_blocked(), &seen(None, Some(&cloud)));
            assert_eq!(told, steps, "{provider} {port}");
        }
    }

    #[test]
    fn what_the_control_plane_tells_comes_first_and_what_it_rules_out_is_not_said() {
        use Subscription::{EaDevtest, Other};
        let allowed = Flow { allowed: true, rule: None };
        let mut platform = vm(Some(false), false);
        platform.way_out = Some(WayOut { flow: Some(allowed), ..WayOut::default() });
        for (subscription, cloud, steps) in [
            (EaDevtest, vm(Some(true), false), &["A VM", "Where the", "See that", "Look for"][..]),
            (EaDevtest, vm(Some(true), true), &["Let outbound"]),
            (Other, vm(None, true), &["Let outbound"]),
            (Other, vm(Some(false), true), &["Let outbound", "Azure offers"]),
            (Other, platform, &["Azure offers"]),
        ] {
            // Somebody told the type, so nothing is suspected.
            let told_type = crate::report::Subscription {
                kind: subscription.code(),
                quota_id: None,
                agreement_type: None,
                spending_limit: None,
                state: None,
                source: crate::report::SOURCE_ARM,
            };
            let cloud = Cloud { subscription: Some(told_type), ..cloud };
            let told = told(Port::SMTP, &platform_blocked(), &seen(Some(subscription), Some(&cloud)));
            assert_eq!(told, steps, "{subscription:?} {cloud:?}");
        }
    }

    #[test]
    fn where_nobody_tells_the_type_a_change_of_it_is_thought_of() {
        let cloud = vm(None, false);
        let told = told(Port::SMTP, &platform_blocked(), &seen(None, Some(&cloud)));
        assert_eq!(told, ["Look for", "Ask the", "On Azure:", "Send through", "See whether"]);
    }

    #[test]
    fn a_procedure_says_of_when_it_is_and_where_it_stands() {
        let circumstances = seen(Some(Subscription::EaDevtest), None);
        let steps = next_steps(Port::SMTP, &platform_blocked(), &circumstances);
        assert!(steps[1].text.contains("(as documented on 2025-07-28). In the Azure portal"), "{steps:?}");
        assert_eq!(steps[1].url.as_deref(), Some(AZURE_SMTP));
    }

    #[test]
    fn destinations_that_refuse_are_not_the_clouds_to_mend() {
        let refused = Finding { state: State::Refused, ..Finding::unfinished() };
        let cloud = vm(None, false);
        let steps = next_steps(Port::SMTP, &refused, &seen(None, Some(&cloud)));
        assert!(steps[0].text.contains("Delivery is not guaranteed"), "{steps:?}");
        assert_eq!(told(Port::SMTP, &refused, &seen(None, None)), ["Ask the"]);
    }

    #[test]
    fn a_subscription_changes_nothing_where_the_platform_is_not_the_cause() {
        for state in State::ALL.into_iter().filter(|state| *state != State::PlatformBlocked) {
            let finding = Finding { state, ..Finding::unfinished() };
            let without = next_steps(Port::SMTP, &finding, &seen(None, None));
            let with = next_steps(Port::SMTP, &finding, &seen(Some(Subscription::Ea), None));
            assert_eq!(with, without, "{state:?}");
        }
    }
}
