//! `[expect]`: what would be right, so that the exit code can say whether it is.

use sortie_core::knowledge::Subscription;
use toml::Spanned;

use super::section::Section;
use super::value;

/// What somebody says about a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortExpectation {
    /// What the knowledge base says about this cloud and subscription.
    #[default]
    Auto,
    /// Open.
    Open,
    /// Blocked.
    Blocked,
    /// Either is right.
    Any,
}

impl PortExpectation {
    pub(super) const WORDS: [(&str, Self); 4] =
        [("auto", Self::Auto), ("open", Self::Open), ("blocked", Self::Blocked), ("any", Self::Any)];
}

/// What kind of subscription this is; `None` where the cloud shall be asked.
pub(super) const SUBSCRIPTIONS: [(&str, Option<Subscription>); 6] = [
    ("auto", None),
    ("ea", Some(Subscription::Ea)),
    ("mca-e", Some(Subscription::McaE)),
    ("ea-devtest", Some(Subscription::EaDevtest)),
    ("other", Some(Subscription::Other)),
    ("unknown", Some(Subscription::Unknown)),
];

/// `[expect]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Kind of subscription, where the configuration names it.
    pub subscription: Option<Subscription>,
    /// Port 25.
    pub port_25: PortExpectation,
    /// Port 587.
    pub port_587: PortExpectation,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            subscription: None,
            port_25: PortExpectation::Auto,
            // Azure restricts it for nobody; some providers do, and whoever sends through a relay wants to hear of that.
            port_587: PortExpectation::Open,
        }
    }
}

impl Expect {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let subscription = section.value("subscription", |v| value::word(v, &SUBSCRIPTIONS));
        let port_25 = section.value("port_25", |v| value::word(v, &PortExpectation::WORDS));
        let port_587 = section.value("port_587", |v| value::word(v, &PortExpectation::WORDS));
        Self {
            subscription: subscription.map_or(defaults.subscription, Spanned::into_inner),
            port_25: port_25.map_or(defaults.port_25, Spanned::into_inner),
            port_587: port_587.map_or(defaults.port_587, Spanned::into_inner),
        }
    }
}
