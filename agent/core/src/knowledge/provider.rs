//! One provider: what it documents, port by port or cell by cell, and how to have it lifted.

use serde::Serialize;

use super::source::{Day, Source};
use super::vocabulary::{OnTheWire, Standing, Subscription, When};
use crate::target::Port;

/// The resource that this agent stands on.
pub const VM: &str = "vm";

/// The file of a provider.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provider {
    /// Stable id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Every fact was compared with its sources on this day or later.
    pub checked: Day,
    /// Ports whose standing is the same for every resource and subscription.
    pub ports: &'static [PortRule],
    /// How a block looks.
    pub wire: Option<Wire>,
    /// Kinds of resource that [`Provider::policy`] tells apart.
    pub resources: &'static [Resource],
    /// Types of subscription that it tells apart.
    pub subscriptions: &'static [SubscriptionName],
    /// Port 25, where it depends on both.
    pub policy: &'static [Policy],
    /// What to do.
    pub procedures: &'static [Procedure],
    /// What to do when something has happened that is in no cell of a policy.
    pub situations: &'static [Situation],
    /// What the provider's id of an offer says about the subscription.
    pub offers: &'static [Offer],
    /// What else is worth knowing.
    pub notes: &'static [Note],
    /// What all of it rests on.
    pub sources: &'static [Source],
}

/// The standing of a port.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortRule {
    /// The port.
    pub port: Port,
    /// What holds for it.
    pub state: Standing,
    /// Where and for whom, where that is not everywhere and everybody.
    pub scope: Option<&'static str>,
    /// Id of the procedure that lifts it, or does without.
    pub procedure: Option<&'static str>,
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

/// How a block looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wire {
    /// In a word.
    pub signature: OnTheWire,
    /// Who saw what.
    pub text: &'static str,
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

/// A kind of resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// Within the file.
    pub id: &'static str,
    /// In words.
    pub name: &'static str,
}

/// A type of subscription in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubscriptionName {
    /// Which.
    #[serde(rename = "type")]
    pub subscription: Subscription,
    /// In words.
    pub name: &'static str,
}

/// Some cells of a policy that say the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Ids of resources.
    pub resources: &'static [&'static str],
    /// Types of subscription.
    pub subscriptions: &'static [Subscription],
    /// What holds for port 25.
    pub state: Standing,
    /// Id of the procedure that lifts it, or does without.
    pub procedure: Option<&'static str>,
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

/// Something to do, step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Procedure {
    /// Within the file.
    pub id: &'static str,
    /// What it comes to, in a sentence.
    pub title: &'static str,
    /// In order.
    pub steps: &'static [&'static str],
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

/// What to do when something has happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Situation {
    /// What.
    pub when: When,
    /// Id of the procedure.
    pub procedure: &'static str,
}

/// What an Azure quotaId says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// The beginning of it.
    pub quota_id: &'static str,
    /// The offers that share it.
    pub name: &'static str,
    /// Their numbers.
    pub numbers: &'static [&'static str],
    /// Every type of subscription that it leaves possible.
    pub subscriptions: &'static [Subscription],
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// In sentences.
    pub text: &'static str,
    /// Ids of sources.
    pub sources: &'static [&'static str],
}

impl Provider {
    /// The standing of a port, where it is the same for everybody.
    pub fn port(&self, port: Port) -> Option<&PortRule> {
        self.ports.iter().find(|rule| rule.port == port)
    }

    /// The cell of the policy of port 25; `None` for a resource or subscription that it does not know.
    pub fn cell(&self, resource: &str, subscription: Subscription) -> Option<&Policy> {
        let is_meant =
            |cell: &&Policy| cell.resources.contains(&resource) && cell.subscriptions.contains(&subscription);
        self.policy.iter().find(is_meant)
    }

    /// What to do in a situation.
    pub fn situation(&self, when: When) -> Option<&Procedure> {
        let situation = self.situations.iter().find(|situation| situation.when == when)?;
        self.procedure(situation.procedure)
    }

    /// The procedure with this id.
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.id == id)
    }

    /// The offers behind a quotaId, matched by its beginning and ignoring case. The longest match counts.
    pub fn offer(&self, quota_id: &str) -> Option<&Offer> {
        let begins = |offer: &&Offer| {
            quota_id.get(..offer.quota_id.len()).is_some_and(|head| head.eq_ignore_ascii_case(offer.quota_id))
        };
        self.offers.iter().filter(begins).max_by_key(|offer| offer.quota_id.len())
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }
}

impl Offer {
    /// The type of subscription, where a quotaId leaves no choice.
    pub fn subscription(&self) -> Subscription {
        match *self.subscriptions {
            [subscription] => subscription,
            _ => Subscription::Unknown,
        }
    }
}
