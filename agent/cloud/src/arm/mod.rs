//! Azure Resource Manager: what Azure itself says of the subscription, the network interface and the way out.
//!
//! ```text
//!   metadata service ── token ──▶ Resource Manager of the machine's own cloud
//!                                   ├─ subscription · billing property
//!                                   ├─ machine ─▶ primary interface: allowPort25Out
//!                                   ├─ instance view: when it was last provisioned
//!                                   └─ on demand: effective routes · IP flow verify
//! ```
//!
//! Nothing here is asked unless [`Arm::ask`] is called, and the token goes to that one host. Every part may fail by itself:
//! what is not told is absent, and a sentence says why. It refuses to guess: an answer of which a part is not what it
//! claims to be is no answer, because half of one would look like a change.

mod billing;
mod client;
mod environment;
mod flow;
mod hearing;
mod instance;
mod interface;
mod machine;
mod operation;
mod read;
mod refusal;
mod routes;
mod service;
mod subscription;
#[cfg(test)]
mod tests;
mod token;
mod told;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Mutex, PoisonError};

use reqwest::StatusCode;

use crate::ask::Whom;
use crate::place::Place;

use self::client::{Client, Patience};
use self::hearing::{Hearing, Part};
use self::interface::Interface;
use self::refusal::Refusal;

pub use self::service::{ArmError, ArmService};
pub use self::told::{Billing, Flow, SubscriptionFacts, Told, WayOut};

/// Routes are looked up for this one where no destination was named: a documentation address (RFC 5737 §3) for which
/// nobody has a route of his own.
const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 25);

/// What a reader may not know. A resource that an identity may not read does not exist for it.
const WITHHELD: [StatusCode; 2] = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];

/// Azure Resource Manager, asked about this machine and its subscription.
pub struct Arm {
    client: Client,
    subscription: String,
    /// The id of the machine.
    machine: Option<String>,
    region: Option<String>,
    /// What was last told of the subscription.
    known: Mutex<Option<SubscriptionFacts>>,
}

/// How much is asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What costs a moment, and what a Reader may know.
    Standing,
    /// The way out too, which takes up to a minute, and which a plain Reader may not know. IP flow verify is asked about the
    /// way to this public address and port, because Azure wants one, and which one matters where rules name addresses;
    /// without one it is not asked.
    WayOut(Option<SocketAddrV4>),
}

impl Arm {
    /// For the machine at this place. Asks nobody.
    ///
    /// The token comes from the metadata service that may be asked, for the user-assigned identity that the environment
    /// variable `AZURE_CLIENT_ID` names, if it is set.
    pub fn new(service: &ArmService, imds: &Whom, place: &Place) -> Result<Self, ArmError> {
        let client_id = std::env::var_os("AZURE_CLIENT_ID");
        let client_id = client_id.as_ref().map(|id| id.to_string_lossy());
        Self::with(service, imds, place, client_id.as_deref().unwrap_or_default(), Patience::DEFAULT)
    }

    /// Asks about the subscription, the interface and the state of the machine, and about its way out where the scope says so.
    ///
    /// Takes seconds, and up to a minute where somebody is busy: whoever cannot wait for the whole is told each part when it
    /// arrives ([`Arm::ask_telling`]).
    pub async fn ask(&self, scope: Scope) -> Told {
        self.ask_telling(scope, |_| ()).await
    }

    /// The same; `tell` is called with what has arrived by then, whenever that is more than before.
    pub async fn ask_telling(&self, scope: Scope, tell: impl Fn(&Told) + Send + Sync) -> Told {
        let mut refused = Told::default();
        if refused.keep("ask about the subscription", self.client.ready().await).is_none() {
            return refused;
        }
        let hearing = Hearing::new(tell);
        let Some(machine) = &self.machine else {
            self.ask_subscription(&hearing).await;
            let mut told = hearing.whole();
            told.failed(
                "failed to read the machine: the metadata service tells no id of it in its subscription",
            );
            return told;
        };
        tokio::join!(
            self.ask_subscription(&hearing),
            self.ask_interface(&hearing, machine, scope),
            self.ask_machine(&hearing, machine),
        );
        hearing.whole()
    }

    async fn ask_subscription(&self, hearing: &Hearing<impl Fn(&Told)>) {
        let facts = async {
            let facts = subscription::ask(&self.client, &self.subscription).await;
            if let Ok(facts) = &facts {
                let subscription = Some(self.with_known_billing(facts.clone()));
                hearing.put(Part::Subscription, Told { subscription, ..Told::default() });
            }
            facts
        };
        let (facts, billing) = tokio::join!(facts, billing::ask(&self.client, &self.subscription));
        let mut told = Told::default();
        self.keep_subscription(&mut told, facts, billing);
        hearing.put(Part::Subscription, told);
    }

    async fn ask_machine(&self, hearing: &Hearing<impl Fn(&Told)>, machine: &str) {
        let mut told = Told::default();
        if let Some(instance) =
            told.keep("read the instance view", instance::ask(&self.client, machine).await)
        {
            told.provisioned_at = instance.provisioned_at;
            told.power_state = instance.power_state;
        }
        hearing.put(Part::Machine, told);
    }

    async fn ask_interface(&self, hearing: &Hearing<impl Fn(&Told)>, machine: &str, scope: Scope) {
        let mut told = Told::default();
        let found = self.interface(machine).await;
        told.has_interface = match &found {
            Ok(_) => true,
            Err(Refusal::Status(status, _)) => WITHHELD.contains(status),
            Err(_) => false,
        };
        if let Some((id, interface)) = told.keep("read the network interface", found) {
            told.allow_port_25_out = interface.allow_port_25_out;
            if let Scope::WayOut(remote) = scope {
                self.way_out(&mut told, machine, (&id, &interface), remote).await;
            }
        }
        hearing.put(Part::Interface, told);
    }

    async fn interface(&self, machine: &str) -> Result<(String, Interface), Refusal> {
        let id = machine::ask(&self.client, machine, &self.subscription).await?;
        let interface = interface::ask(&self.client, &id).await?;
        Ok((id, interface))
    }

    /// Billing that is not told now, and was for the same quota, is what it was.
    fn keep_subscription(
        &self,
        told: &mut Told,
        subscription: Result<SubscriptionFacts, Refusal>,
        billing: Result<Option<Billing>, Refusal>,
    ) {
        const BILLING: (&[StatusCode], &str) =
            (&WITHHELD, "the right to it (Microsoft.Billing/billingProperty/read), or there is none");
        let billing = told.keep_permitted("read the billing property", BILLING, billing).flatten();
        let Some(facts) = told.keep("read the subscription", subscription) else { return };
        let facts = match billing {
            Some(_) => SubscriptionFacts { billing, ..facts },
            None => self.with_known_billing(facts),
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts.clone());
        told.subscription = Some(facts);
    }

    fn with_known_billing(&self, facts: SubscriptionFacts) -> SubscriptionFacts {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.as_ref().filter(|before| before.quota_id == facts.quota_id);
        SubscriptionFacts { billing: before.and_then(|before| before.billing.clone()), ..facts }
    }

    async fn way_out(
        &self,
        told: &mut Told,
        machine: &str,
        (id, interface): (&str, &Interface),
        remote: Option<SocketAddrV4>,
    ) {
        const ROUTES: (&[StatusCode], &str) = (
            &[StatusCode::FORBIDDEN],
            "Microsoft.Network/networkInterfaces/effectiveRouteTable/action, which Reader does not have",
        );
        let hop = routes::ask(&self.client, id, remote.map_or(SOMEWHERE, |remote| *remote.ip())).await;
        let hop = told.keep_permitted("read the effective routes", ROUTES, hop).unwrap_or_default();
        let flow = match (remote, interface.address) {
            // "Supported target resource type is Microsoft.Compute/virtualMachines."
            (Some(remote), Some(local)) if !interface::is_in_uniform_set(machine) => {
                self.flow(told, &flow::Question { machine, interface: id, local, remote }).await
            }
            _ => None,
        };
        let way_out = WayOut { next_hop: hop.kind, next_hop_address: hop.address, flow };
        told.way_out = Some(way_out).filter(|way_out| *way_out != WayOut::default());
    }

    async fn flow(&self, told: &mut Told, question: &flow::Question<'_>) -> Option<Flow> {
        const FLOW: (&[StatusCode], &str) = (
            &[StatusCode::FORBIDDEN],
            "Microsoft.Network/networkWatchers/ipFlowVerify/action, which Reader does not have",
        );
        let region = self.region.as_deref()?;
        let watcher = flow::watcher(&self.client, &self.subscription, region).await;
        let watcher = told.keep("find the network watcher", watcher)?;
        let flow = flow::verify(&self.client, &watcher, question).await;
        told.keep_permitted("verify the flow", FLOW, flow)
    }
}

impl fmt::Debug for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arm")
            .field("subscription", &self.subscription)
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}
