//! What to do next, by state and rule. Every sentence names something that a person can do now.

use crate::report::NextStep;
use crate::target::Port;
use crate::verdict::{Finding, Signature, State};

/// Microsoft's article on outbound SMTP in Azure; the policy, the exemption and the relays.
const AZURE_SMTP: &str =
    "https://learn.microsoft.com/troubleshoot/azure/virtual-network/troubleshoot-outbound-smtp-connectivity";

/// The next steps for a finding on `port`.
pub fn next_steps(port: Port, finding: &Finding) -> Vec<NextStep> {
    let steps: Vec<String> = match finding.state {
        State::Open => Vec::new(),
        State::PlatformBlocked => return platform(port),
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

fn platform(port: Port) -> Vec<NextStep> {
    let mut steps = vec![
        NextStep {
            text: format!(
                "Look for an outbound rule on port {port} in this machine's security group or network policy: on the wire it is identical to a block by the provider"
            ),
            url: None,
        },
        NextStep {
            text: format!(
                "Ask the network provider whether outbound port {port} is blocked for this account and how to lift it; attach this report"
            ),
            url: None,
        },
    ];
    if port == Port::SMTP {
        steps.push(NextStep {
            text: "On Azure: see which subscriptions may ask for an exemption; after it, stop and deallocate the VM, then start it, a reboot is not enough".into(),
            url: Some(AZURE_SMTP.into()),
        });
        steps.push(NextStep {
            text: "Send through an authenticated relay on port 587, which most providers leave open".into(),
            url: None,
        });
    }
    steps
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
