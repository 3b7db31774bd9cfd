//! When this machine itself raises an alert, and when the alert is over.
//!
//! One cause is one alert: of a port and family the worst thing that is known, of the subscription that it changed, of a
//! relay that it is of no use. What is raised is remembered, so that the next life of an agent raises nothing again.

mod port;
mod relay;
mod subscription;

use serde::{Deserialize, Serialize};

pub use self::port::{Alarm, Grounds, TypeStanding};
pub use self::relay::RelayAlarm;
pub use self::subscription::TypeAlarm;

/// What an alert is about: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// Somebody stops the mail.
    PortBlocked,
    /// Mail leaves late, in part, or through other hands.
    PortDegraded,
    /// Mail leaves where it should not.
    PortOpenUnexpectedly,
    /// Nothing leaves this machine any more.
    NoEgress,
    /// Mail leaves, and the destinations do not take it.
    DestinationsRefusing,
    /// The provider says that port 25 is allowed, and it is still blocked.
    ExemptionNotEffective,
    /// The subscription has another type, agreement, state or spending limit, or the machine has another subscription.
    SubscriptionTypeChanged,
    /// A port that was open is blocked as it is for other types of subscription, and nobody can be asked for the type.
    SubscriptionTypeChangeSuspected,
    /// A relay that this machine hands its mail to cannot be used.
    RelayUnusable,
}

/// How urgent: the words of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Wakes somebody.
    Critical,
    /// Somebody looks at it in working hours.
    Warning,
}

/// An alert that is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub cause: Cause,
    /// How urgent it is.
    pub severity: Severity,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// An alert that is over.
    pub cleared: Option<Alert>,
    /// An alert that began.
    pub raised: Option<Alert>,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 9] = [
        Self::PortBlocked,
        Self::PortDegraded,
        Self::PortOpenUnexpectedly,
        Self::NoEgress,
        Self::DestinationsRefusing,
        Self::ExemptionNotEffective,
        Self::SubscriptionTypeChanged,
        Self::SubscriptionTypeChangeSuspected,
        Self::RelayUnusable,
    ];

    /// The name of the alert.
    pub fn code(self) -> &'static str {
        match self {
            Self::PortBlocked => "SortiePortBlocked",
            Self::PortDegraded => "SortiePortDegraded",
            Self::PortOpenUnexpectedly => "SortiePortOpenUnexpectedly",
            Self::NoEgress => "SortieNoEgress",
            Self::DestinationsRefusing => "SortieDestinationsRefusing",
            Self::ExemptionNotEffective => "SortieExemptionNotEffective",
            Self::SubscriptionTypeChanged => "SortieSubscriptionTypeChanged",
            Self::SubscriptionTypeChangeSuspected => "SortieSubscriptionTypeChangeSuspected",
            Self::RelayUnusable => "SortieRelayUnusable",
        }
    }
}

impl Severity {
    /// Every severity, the most urgent first.
    pub const ALL: [Self; 2] = [Self::Critical, Self::Warning];

    /// The word in events and labels.
    pub fn code(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

impl Turn {
    fn between(before: Option<Alert>, now: Option<Alert>) -> Self {
        if before == now { Self::default() } else { Self { cleared: before, raised: now } }
    }
}
