//! What to do next, by state and rule. Every sentence names something that a person can do now.

use crate::knowledge::{self, Standing, Subscription};
use crate::report::NextStep;
use crate::target::Port;
use crate::verdict::{Finding, Signature, State};

/// Microsoft's article on outbound SMTP in Azure; the policy, the exemption and the relays.
pub const AZURE_SMTP: &str =
    "https://learn.microsoft.com/troubleshoot/azure/virtual-network/troubleshoot-outbound-smtp-connectivity";

/// The next steps for a finding on `port`; with the procedure that is documented for the type of subscription, where one is
/// known.
pub fn next_steps(port: Port, finding: &Finding, subscription: Option<Subscription>) -> Vec<NextStep> {
    let steps: Vec<String> = match finding.state {
        State::Open => Vec::new(),
        State::PlatformBlocked => return platform(port, subscription),
        State::PathBlocked => vec![
            "Ask whoever runs the firewall, network appliance or access line at that hop to allow this port; the evidence names the hop".into(),
        ],
        State::LocallyBlocked => vec![local(finding.rule).into()],
        State::Intercepted => vec![
            "Ask the network's operator for an SMTP proxy or inspection on this port; mail sent now passes through it".into(),
            "Verify the server's certificate when sending, so that a proxy is noticed".into(),
        ],
        State::Throttled => vec!["Send more slowly, or through an authenticated relay on port 587".into()],
        State::Refused => vec![
            "Ask the receiving operators why they refuse this address: reputation lists and missing reverse DNS are the usual reasons".into(),
        ],
        State::Partial => vec![
            "Look at the destinations below: the failing operators may filter this address; ask them".into(),
            "Run the check again in an hour: a destination that is down recovers by itself".into(),
        ],
        State::NoEgress => no_egress(finding),
        State::Inconclusive => inconclusive(finding.rule),
    };
    steps.into_iter().map(|text| NextStep { text, url: None }).collect()
}

fn platform(port: Port, subscription: Option<Subscription>) -> Vec<NextStep> {
    let plain = |text: String| NextStep { text, url: None };
    let security_group = plain(format!(
        "Look for an outbound rule on port {port} in this machine's security group or network policy: on the wire it is identical to a block by the provider"
    ));
    let ask = plain(format!(
        "Ask the network provider whether outbound port {port} is blocked for this account and how to lift it; attach this report"
    ));
    if port != Port::SMTP {
        return vec![security_group, ask];
    }
    let relay =
        plain("Send through an authenticated relay on port 587, which most providers leave open".to_owned());
    let Some((state, procedure)) = subscription.and_then(documented) else {
        let azure = NextStep {
            text: "On Azure: see which subscriptions may ask for an exemption; after it, stop and deallocate the VM, then start it, a reboot is not enough".into(),
            url: Some(AZURE_SMTP.into()),
        };
        return vec![security_group, ask, azure, relay];
    };
    let mut steps = vec![security_group];
    steps.extend(procedure);
    match state {
        Standing::Open => steps.extend([ask, relay]),
        Standing::Exemptible => steps.push(relay),
        // The procedure is a relay already, or nothing is known that this would add to.
        Standing::Blocked | Standing::Unsupported | Standing::Unknown => {}
    }
    steps
}

/// What Azure documents for port 25 of a VM in such a subscription, and what to do about it.
fn documented(subscription: Subscription) -> Option<(Standing, impl Iterator<Item = NextStep>)> {
    let azure = knowledge::azure();
    let cell = azure.cell(knowledge::VM, subscription)?;
    let procedure = azure.procedure(cell.procedure?)?;
    let source = azure.source(procedure.sources.first()?)?;
    let steps = procedure.steps.iter().enumerate().map(move |(number, step)| match number {
        0 => NextStep {
            text: format!("{} (as documented on {}). {step}", procedure.title, source.date),
            url: Some(source.url.to_owned()),
        },
        _ => NextStep { text: (*step).to_owned(), url: None },
    });
    Some((cell.state, steps))
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
    use crate::verdict::Attribution;

    fn platform_blocked() -> Finding {
        Finding {
            state: State::PlatformBlocked,
            signature: Some(Signature::SilentDrop),
            attribution: Some(Attribution::PlatformOrSecurityGroup),
            rule: "silent_all",
            ..Finding::unfinished()
        }
    }

    /// The first word or two of each step.
    fn told(port: Port, finding: &Finding, subscription: Option<Subscription>) -> Vec<String> {
        let opening = |step: &NextStep| step.text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        next_steps(port, finding, subscription).iter().map(opening).collect()
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
            assert_eq!(told(Port::SMTP, &platform_blocked(), subscription), steps, "{subscription:?}");
            let submission = told(Port::SUBMISSION, &platform_blocked(), subscription);
            assert_eq!(submission, ["Look for", "Ask the"], "{subscription:?}");
        }
    }

    #[test]
    fn a_procedure_says_of_when_it_is_and_where_it_stands() {
        let steps = next_steps(Port::SMTP, &platform_blocked(), Some(Subscription::EaDevtest));
        assert!(steps[1].text.contains("(as documented on 2025-07-28). In the Azure portal"), "{steps:?}");
        assert_eq!(steps[1].url.as_deref(), Some(AZURE_SMTP));
    }

    #[test]
    fn a_subscription_changes_nothing_where_the_platform_is_not_the_cause() {
        for state in State::ALL.into_iter().filter(|state| *state != State::PlatformBlocked) {
            let finding = Finding { state, ..Finding::unfinished() };
            let without = next_steps(Port::SMTP, &finding, None);
            assert_eq!(next_steps(Port::SMTP, &finding, Some(Subscription::Ea)), without, "{state:?}");
        }
    }
}
