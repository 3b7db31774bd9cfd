//! What is asked, in `PromQL` that Prometheus, Mimir, Thanos and `VictoriaMetrics` read alike. Pure.
//!
//! Everything is summed where it is stored: an answer has a row for each subscription, port, family and state, and none for
//! each VM. The sums are those of the shipped recording rules; where these are not loaded, or not kept by region or for
//! this window, the same is counted from what the agents export.

use std::collections::BTreeSet;
use std::time::Duration;

use sortie_core::target::Port;
use sortie_core::verdict::State;

use super::census::Key;
use super::observed::Observed;
use super::since::Span;
use crate::args::{Fleet, NO_SUBSCRIPTION, Ports};
use crate::prometheus::promql::matcher;

/// What a row is of.
const ROW: &str = "cloud_account_id, server_port, network_type";
/// The window of `cloud_account:sortie_agents_seen6h:count`.
const SEEN_RECORDED: Duration = Duration::from_secs(6 * 3_600);
/// Between two looks into the past for an agent: a series is found for so long after its last sample
/// (`query.lookback-delta` of Prometheus).
const SEEN_STEP: &str = "5m";
/// Subscriptions in one question: their ids have to fit into a URL twice or three times, of which a proxy takes 8 KiB.
const NAMED_MOST: usize = 50;
/// Known to nobody for sure.
const INCONCLUSIVE: &str = "no_egress|inconclusive";

/// Which machines are asked about.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Empty for all; an empty one is that of machines without any.
    subscriptions: Vec<String>,
    region: Option<String>,
    /// `None` for all.
    ports: Option<Vec<Port>>,
    pub(super) window: Duration,
}

/// Where the sums come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The recording rules.
    Recorded,
    /// What agents export.
    Raw,
}

impl Source {
    /// The word in JSON.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Raw => "raw",
        }
    }
}

/// How a VM may contradict what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    Blocked,
    Open,
}

impl Scope {
    pub(super) fn of(args: &Fleet) -> Self {
        let id = |text: &String| if text == NO_SUBSCRIPTION { String::new() } else { text.clone() };
        Self {
            subscriptions: args.subscriptions.iter().map(id).collect(),
            region: args.region.clone(),
            ports: match args.port {
                None => Some(vec![Port::SMTP, Port::SUBMISSION]),
                Some(Ports::One(port)) => Some(vec![port]),
                Some(Ports::All) => None,
            },
            window: args.window,
        }
    }

    /// The same for the subscriptions and ports of these rows alone, where they are few enough to be named.
    pub(super) fn narrowed<'k>(&self, rows: impl Iterator<Item = &'k Key>) -> Self {
        let (mut subscriptions, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for (subscription, port, _) in rows {
            subscriptions.insert(subscription.clone());
            ports.insert(*port);
        }
        let subscriptions = if subscriptions.len() > NAMED_MOST {
            self.subscriptions.clone()
        } else {
            subscriptions.into_iter().collect()
        };
        Self { subscriptions, ports: Some(ports.into_iter().collect()), ..self.clone() }
    }

    /// VMs by row and state.
    pub(super) fn states(&self, source: Source) -> String {
        self.by_state(source, None)
    }

    /// VMs by row and expectation.
    pub(super) fn expected(&self, source: Source) -> String {
        match self.without_region(source) {
            Source::Recorded => format!(
                "max by ({ROW}, sortie_expected_state) (cloud_account_port_expected:sortie_vms:count{})",
                self.of_ports(None)
            ),
            Source::Raw => format!(
                "count by ({ROW}, sortie_expected_state) (sortie_expectation_status{} == 1)",
                self.of_ports(None)
            ),
        }
    }

    /// VMs by row that contradict what is expected of them.
    pub(super) fn against(&self, source: Source, against: Against) -> String {
        let name = match against {
            Against::Blocked => "cloud_account_port:sortie_vms_blocked_unexpectedly:count",
            Against::Open => "cloud_account_port:sortie_vms_open_unexpectedly:count",
        };
        match self.without_region(source) {
            Source::Recorded => format!("max by ({ROW}) ({name}{})", self.of_ports(None)),
            Source::Raw => format!("count by ({ROW}) ({})", self.vms_against(against)),
        }
    }

    /// Agents that report, by subscription.
    pub(super) fn agents(&self, source: Source) -> String {
        match (source, &self.region) {
            (Source::Recorded, None) => {
                format!("max by (cloud_account_id) (cloud_account:sortie_agents:count{})", self.of_agents())
            }
            (Source::Recorded, Some(_)) => {
                format!(
                    "max by (cloud_account_id) (cloud_account_region:sortie_agents:count{})",
                    self.of_agents()
                )
            }
            (Source::Raw, _) => format!("count by (cloud_account_id) ({})", self.now()),
        }
    }

    /// Agents that reported within the window, by subscription.
    pub(super) fn seen(&self, source: Source) -> String {
        match self.without_region(source) {
            Source::Recorded if self.window == SEEN_RECORDED => {
                format!(
                    "max by (cloud_account_id) (cloud_account:sortie_agents_seen6h:count{})",
                    self.of_agents()
                )
            }
            _ => format!("count by (cloud_account_id) ({})", self.before()),
        }
    }

    /// The type of each subscription, from those who ask Azure.
    pub(super) fn types(&self) -> String {
        let account = matcher("cloud_account_id", &self.subscriptions);
        let of = braces(account.as_slice());
        format!("max by (cloud_account_id, sortie_subscription_type) (sortie_subscription_info{of})")
    }

    /// How many series cannot be told apart by machine.
    pub(super) fn nameless(&self) -> String {
        format!("count(sortie_port_status{})", self.of_ports(Some("host_id=\"\"")))
    }

    /// How many series there are at all, whatever was asked for.
    pub(super) fn anything() -> String {
        "count(sortie_port_status)".to_owned()
    }

    /// By row: when it was last observed to be otherwise, Unix time.
    pub(super) fn otherwise(&self, source: Source, observed: Observed, span: Span) -> String {
        let conclusive = format!("sum by ({ROW}) ({})", self.by_state(source, Some(&but(INCONCLUSIVE))));
        let holds_not = match observed {
            Observed::One(state) if state.is_conclusive() => {
                let others = self.by_state(source, Some(&but(&format!("{}|{INCONCLUSIVE}", state.code()))));
                format!("sum by ({ROW}) ({others}) / {conclusive} > 0.1")
            }
            Observed::One(_) => format!("{conclusive} > 0"),
            Observed::Mixed => {
                let most = self.by_state(source, Some(&but(INCONCLUSIVE)));
                format!("max by ({ROW}) ({most}) / {conclusive} >= 0.9")
            }
        };
        format!("max_over_time((({holds_not}) * 0 + time())[{span}])")
    }

    /// By row: when it was first heard of, Unix time.
    pub(super) fn first(&self, source: Source, span: Span) -> String {
        format!("min_over_time((sum by ({ROW}) ({}) * 0 + time())[{span}])", self.by_state(source, None))
    }

    /// The VMs that are not as expected, at most so many, what is worst first: the value says which
    /// [`super::vms::Wrong`] it is.
    pub(super) fn wrong(&self, most: u16) -> String {
        format!("topk({most}, {})", self.all_wrong())
    }

    /// How many those are.
    pub(super) fn wrong_count(&self) -> String {
        format!("count({})", self.all_wrong())
    }

    /// For these hosts, by port, family and state: when it was last held, Unix time.
    pub(super) fn held(hosts: &[&str], span: Span) -> String {
        let of = braces(matcher("host_id", hosts).as_slice());
        format!(
            "max by (host_id, server_port, network_type, sortie_port_state) (max_over_time(((sortie_port_status{of} == 1) * 0 + time())[{span}]))"
        )
    }

    /// For these hosts, by port and family: when they were first heard of, Unix time.
    pub(super) fn held_first(hosts: &[&str], span: Span) -> String {
        let of = braces(matcher("host_id", hosts).as_slice());
        format!(
            "min by (host_id, server_port, network_type) (min_over_time(((sortie_port_status{of} == 1) * 0 + time())[{span}]))"
        )
    }

    /// For these hosts: when they were last heard, Unix time.
    pub(super) fn heard(hosts: &[&str], span: Span) -> String {
        let of = braces(matcher("host_id", hosts).as_slice());
        format!("max by (host_id) (max_over_time((sortie_agent_info{of} * 0 + time())[{span}]))")
    }

    /// VMs by row and state, of those states that a matcher leaves.
    fn by_state(&self, source: Source, states: Option<&str>) -> String {
        let of = self.of_ports(states);
        match (source, &self.region) {
            (Source::Recorded, None) => {
                format!("max by ({ROW}, sortie_port_state) (cloud_account_port_state:sortie_vms:count{of})")
            }
            (Source::Recorded, Some(_)) => format!(
                "max by ({ROW}, sortie_port_state) (cloud_account_region_port_state:sortie_vms:count{of})"
            ),
            (Source::Raw, _) => {
                format!("count by ({ROW}, sortie_port_state) (sortie_port_status{of} == 1)")
            }
        }
    }

    /// VMs that contradict what is expected of them, by port and family.
    fn vms_against(&self, against: Against) -> String {
        let (states, expected) = match against {
            Against::Blocked => (blocks(), "open"),
            Against::Open => (vec![State::Open.code()], "blocked"),
        };
        let states = matcher("sortie_port_state", &states);
        format!(
            "sortie_port_status{} == 1 and on (cloud_account_id, host_id, server_port, network_type) sortie_expectation_status{} == 1",
            self.of_ports(states.as_deref()),
            self.of_ports(Some(&format!("sortie_expected_state=\"{expected}\"")))
        )
    }

    /// All VMs that are not as expected. A family in which nothing leaves does not count where the other one was measured.
    fn all_wrong(&self) -> String {
        let in_state = |states: &[&str]| {
            let states = matcher("sortie_port_state", states);
            format!("sortie_port_status{} == 1", self.of_ports(states.as_deref()))
        };
        let degraded = State::ALL
            .iter()
            .filter(|state| state.is_conclusive() && !state.is_block() && **state != State::Open);
        let degraded: Vec<&str> = degraded.map(|state| state.code()).collect();
        let measured = self.of_ports(Some(&but(INCONCLUSIVE)));
        format!(
            "({}) * 0 + 6 or ({}) * 0 + 5 or ({}) * 0 + 4 or ({}) * 0 + 3 or ({} unless on (cloud_account_id, host_id, server_port) sortie_port_status{measured} == 1) * 0 + 2 or {} unless on (cloud_account_id, host_id) {}",
            self.vms_against(Against::Blocked),
            self.vms_against(Against::Open),
            in_state(&degraded),
            in_state(&[State::Inconclusive.code()]),
            in_state(&[State::NoEgress.code()]),
            format_args!(
                "group by (cloud_account_id, cloud_region, host_id, host_name) ({})",
                self.info_before()
            ),
            self.now(),
        )
    }

    /// The agents that report, one series each.
    fn now(&self) -> String {
        format!("group by (cloud_account_id, host_id) (sortie_agent_info{})", self.of_agents())
    }

    /// The agents that reported within the window, one series each.
    fn before(&self) -> String {
        format!("group by (cloud_account_id, host_id) ({})", self.info_before())
    }

    fn info_before(&self) -> String {
        format!(
            "max_over_time(sortie_agent_info{}[{}s:{SEEN_STEP}])",
            self.of_agents(),
            self.window.as_secs()
        )
    }

    /// What is not recorded by region is counted anew.
    fn without_region(&self, source: Source) -> Source {
        if self.region.is_some() { Source::Raw } else { source }
    }

    /// The matchers of what has no port.
    fn of_agents(&self) -> String {
        braces(&self.matchers())
    }

    fn of_ports(&self, more: Option<&str>) -> String {
        let ports: Vec<String> = self.ports.iter().flatten().map(Port::to_string).collect();
        let mut matchers = self.matchers();
        matchers.extend(matcher("server_port", &ports));
        matchers.extend(more.map(str::to_owned));
        braces(&matchers)
    }

    fn matchers(&self) -> Vec<String> {
        let account = matcher("cloud_account_id", &self.subscriptions);
        account.into_iter().chain(matcher("cloud_region", self.region.as_slice())).collect()
    }
}

fn braces(matchers: &[String]) -> String {
    if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(",")) }
}

/// All states but these, which are words of our own.
fn but(states: &str) -> String {
    format!("sortie_port_state!~\"{states}\"")
}

fn blocks() -> Vec<&'static str> {
    State::ALL.into_iter().filter(|state| state.is_block()).map(State::code).collect()
}
