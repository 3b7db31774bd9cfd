//! The schema `sortie.report/1`: plain data in the published order.

use serde::{Deserialize, Serialize};

use super::words::{self, Word};
use crate::target::{Family, Port, Role};

/// The schema that [`Report`] follows.
pub const SCHEMA: &str = "sortie.report/1";

/// Everything that one check, or one moment of a running agent, has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    #[serde(deserialize_with = "words::schema")]
    pub schema: Word,
    /// RFC 3339, UTC.
    pub generated_at: String,
    /// The machine.
    pub host: Host,
    /// `raw` or `connect`; `null` where nobody probes, and this is what was on show when somebody last did.
    #[serde(deserialize_with = "words::engine")]
    pub engine: Option<Word>,
    /// What the engine could not see on this machine, one sentence each.
    pub unseen: Vec<String>,
    /// Where the machine stands; `null` until a cloud is recognised.
    pub cloud: Option<Cloud>,
    /// One per port and family that was measured.
    pub verdicts: Vec<PortVerdict>,
    /// The latest observation of every destination.
    pub observations: Vec<Sighting>,
    /// One per configured relay, as of its latest conversation; empty before the first one.
    pub relays: Vec<Relay>,
    /// Every packet, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// The machine that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Stable identity, where one is known.
    pub id: Option<String>,
    /// Host name.
    pub name: Option<String>,
}

/// [`WayOut::next_hop`] of traffic that goes straight out.
const STRAIGHT: &str = "Internet";
/// `platform` of a machine that Azure knows and does not host.
const ARC: &str = "azure.arc";

/// The recognised cloud, as far as it told about the machine. Its texts come from outside: a face makes them printable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// `azure`, as `cloud.provider` of the OpenTelemetry conventions.
    pub provider: String,
    /// `azure.vm`, as `cloud.platform` of the same.
    pub platform: String,
    /// The name by which the cloud knows the machine, whole.
    pub resource_id: Option<String>,
    /// The machine itself.
    pub vm_id: Option<String>,
    /// `westeurope`
    pub region: Option<String>,
    /// Within the region.
    pub zone: Option<String>,
    /// `Standard_D2s_v5`
    pub size: Option<String>,
    /// The scale set that the machine belongs to.
    pub scale_set: Option<String>,
    /// The subscription, account, project or tenancy that pays.
    pub account_id: Option<String>,
    /// The same, where it is a subscription of Azure.
    pub subscription_id: Option<String>,
    /// `AzureUSGovernmentCloud`, where the provider runs more than one cloud.
    pub environment: Option<String>,
    /// What is known of the subscription.
    pub subscription: Option<Subscription>,
    /// `allowPort25Out` of the primary network interface. Advisory: no document describes it.
    pub allow_port_25_out: Option<bool>,
    /// What Azure Resource Manager says of the way out.
    pub way_out: Option<WayOut>,
    /// RFC 3339, UTC: when Azure last finished something with the machine, as its instance view tells.
    pub provisioned_at: Option<String>,
    /// One sentence, where the provider does not support port 25 on this platform at all.
    pub unsupported: Option<String>,
}

impl Cloud {
    /// Where its traffic goes first, where the control plane says that it does not go straight to the internet.
    pub fn detour(&self) -> Option<String> {
        let way = self.way_out.as_ref()?;
        let next_hop = way.next_hop.as_deref().filter(|kind| !kind.eq_ignore_ascii_case(STRAIGHT))?;
        let address = way.next_hop_address.iter().map(|address| format!(" {address}"));
        Some(std::iter::once(next_hop.to_owned()).chain(address).collect())
    }

    /// Whether packets of this machine leave through the provider's network.
    pub fn is_host(&self) -> bool {
        self.platform != ARC
    }
}

/// A subscription of Azure. Its texts are Azure's, verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// As far as the policy of port 25 tells them apart, see [`crate::knowledge::Subscription`].
    #[serde(rename = "type", deserialize_with = "words::subscription_type")]
    pub kind: Word,
    /// `MSDNDevTest_2014-09-01`
    pub quota_id: Option<String>,
    /// `EnterpriseAgreement`, where Azure told it to this reader.
    pub agreement_type: Option<String>,
    /// `On`, `Off` or `CurrentPeriodOff`.
    pub spending_limit: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    pub state: Option<String>,
    /// Who named the type: `arm` or `config`.
    #[serde(deserialize_with = "words::subscription_source")]
    pub source: Word,
}

impl Subscription {
    /// A type, and who named it; nothing else is known.
    pub fn of(kind: Word, source: Word) -> Self {
        Self { kind, quota_id: None, agreement_type: None, spending_limit: None, state: None, source }
    }
}

/// The way of this machine's traffic to the internet, as the network's control plane has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// Type of the effective next hop to the internet: `Internet`, `VirtualAppliance`, `VirtualNetworkGateway`, `None`.
    pub next_hop: Option<String>,
    /// Address of an appliance.
    pub next_hop_address: Option<String>,
    /// What IP flow verify says of port 25.
    pub flow: Option<Flow>,
}

/// What the security rules do with a flow; the platform's own block is none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Whether every rule lets it pass.
    pub allowed: bool,
    /// The rule that decided.
    pub rule: Option<String>,
}

/// A relay as its latest conversation showed it. Its texts come from outside: a face makes them printable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relay {
    /// As configured.
    pub name: String,
    /// As configured, `host:port`.
    pub address: String,
    /// Whether it counts: one that does not is shown, and alarms nobody.
    pub required: bool,
    /// Closed vocabulary, see [`crate::relay::Usability`].
    #[serde(deserialize_with = "words::usability")]
    pub result: Word,
    /// The stage that the result is due to; `null` where nothing is in the way.
    #[serde(deserialize_with = "words::failed_stage")]
    pub failed_stage: Option<Word>,
    /// Every stage that was reached, in order.
    pub stages: Vec<RelayStage>,
    /// What TLS was agreed on, and with whom; `null` where it did not begin.
    pub tls: Option<RelayTls>,
    /// What is offered for logging in.
    pub auth: RelayAuth,
}

/// One stage of a conversation with a relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelayStage {
    /// Closed vocabulary, see [`crate::relay::Stage`].
    #[serde(deserialize_with = "words::stage")]
    pub stage: Word,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// One sentence without a full stop.
    pub text: String,
}

/// TLS with a relay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayTls {
    /// `TLSv1.3`
    pub version: String,
    /// `TLS13_AES_256_GCM_SHA384`
    pub cipher: String,
    /// Common name of the certificate, else its first DNS name.
    pub subject: Option<String>,
    /// Whether this machine trusts the certificate; `null` where it trusts no authority at all.
    pub trusted: Option<bool>,
    /// Whether the configured name is on it.
    pub name_matches: Option<bool>,
    /// Whole days until its end, below zero when that is over.
    pub expires_in_days: Option<i64>,
}

/// SASL mechanisms that a relay offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAuth {
    /// Without TLS.
    pub before_tls: Vec<String>,
    /// Under TLS.
    pub after_tls: Vec<String>,
}

/// The verdict of one port in one family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortVerdict {
    /// The port under test.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// Closed vocabulary, see [`crate::verdict::State`].
    #[serde(deserialize_with = "words::state")]
    pub state: Word,
    /// How it shows on the wire, or the cause; see [`crate::verdict::Signature`].
    #[serde(deserialize_with = "words::signature")]
    pub signature: Option<Word>,
    /// Whose block it is, see [`crate::verdict::Attribution`].
    #[serde(deserialize_with = "words::attribution")]
    pub attribution: Option<Word>,
    /// 0 to 1.
    pub confidence: f64,
    /// Stable id of the rule that decided.
    #[serde(deserialize_with = "words::rule")]
    pub rule: Word,
    /// Weighted sentences, heaviest first.
    pub evidence: Vec<WeightedSentence>,
    /// `open`, `blocked` or `any`.
    #[serde(deserialize_with = "words::expected")]
    pub expected: Word,
    /// Whether the state is what was expected; `any` is never violated, an unknown state is `null`.
    pub as_expected: Option<bool>,
    /// RFC 3339, UTC: when this state began.
    pub since: String,
    /// One sentence.
    pub summary: String,
    /// What to do.
    pub next_steps: Vec<NextStep>,
}

/// A piece of evidence: log10 of the odds it adds, and a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightedSentence {
    /// Bans (log10 odds), rounded to hundredths.
    pub weight: f64,
    /// For people.
    pub text: String,
}

/// Something to do, and where to read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// What to do.
    pub text: String,
    /// Where it is documented.
    pub url: Option<String>,
}

/// One destination as it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Who runs it; `null` for a global control.
    pub operator: Option<String>,
    /// Why it was probed.
    pub role: Role,
    /// As configured, `host:port`.
    pub address: String,
    /// The probed address, `null` when the name gave none.
    pub peer: Option<String>,
    /// The probed port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// Closed vocabulary, see [`crate::outcome::Outcome`].
    #[serde(deserialize_with = "words::outcome")]
    pub outcome: Word,
    /// The failure in one word, `null` where there is none.
    pub error_type: Option<String>,
    /// Milliseconds from SYN to answer, or to the end of the window.
    pub duration_ms: f64,
    /// Milliseconds that the name took to resolve; `null` for a literal.
    pub dns_ms: Option<f64>,
    /// Every SYN.
    pub attempts: Vec<AttemptSeen>,
    /// What the answer carried.
    pub detail: Detail,
}

/// One SYN and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptSeen {
    /// Milliseconds from the first SYN.
    pub at_ms: f64,
    /// Source port, where known.
    pub source_port: Option<u16>,
    /// `silent`, or the first thing that came back.
    pub seen: String,
    /// Everything that came back, in order, with milliseconds from the SYN.
    pub answers: Vec<AnswerSeen>,
}

/// One packet or refusal that came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    /// Milliseconds from the SYN.
    pub after_ms: f64,
    /// What it was, in one line.
    pub what: String,
}

/// Facts of the deciding answer; `null` where the engine could not see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// TTL or hop limit on arrival.
    pub ttl: Option<u8>,
    /// `type/code`.
    pub icmp: Option<String>,
    /// Who sent the ICMP message.
    pub offender: Option<String>,
    /// Name of the error that this machine's kernel returned.
    #[serde(deserialize_with = "words::errno")]
    pub errno: Option<Word>,
    /// First line of the greeting, printable characters only.
    pub greeting: Option<String>,
    /// Why the name gave no address.
    #[serde(deserialize_with = "words::dns")]
    pub dns: Option<Word>,
}

/// Every packet of a sitting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rounds in order.
    pub rounds: Vec<RoundSeen>,
    /// The walks in order.
    pub walks: Vec<WalkSeen>,
}

/// One round of the jury.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundSeen {
    /// Milliseconds from the start of the check.
    pub started_ms: f64,
    /// Everything that was asked.
    pub observations: Vec<Sighting>,
}

/// TTL-limited SYNs to one operator's subject and control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkSeen {
    /// Whose.
    pub operator: String,
    /// The IP family.
    pub family: Family,
    /// Address and port under test.
    pub subject: String,
    /// Address and port of the control, where there was one.
    pub control: Option<String>,
    /// By ascending TTL.
    pub steps: Vec<StepSeen>,
}

/// What the SYNs of one TTL drew, one entry for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSeen {
    /// TTL or hop limit.
    pub ttl: u8,
    /// On the port under test.
    pub subject: Vec<String>,
    /// On the control.
    pub control: Vec<String>,
}
