//! What a prober is told once, when it is opened.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sortie_core::target::Family;

/// Which engine is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Raw where the capability is there, else connect.
    #[default]
    Auto,
    /// Raw or nothing.
    Raw,
    /// Connect, even where raw would be possible.
    Connect,
}

/// Where probes leave from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Through this interface.
    Interface(String),
    /// From this address; probes of the other family are not bound.
    Address(IpAddr),
}

impl Source {
    /// An address where the text is one, else the name of an interface.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Interface(text.to_owned()), Self::Address)
    }
}

/// Who answers questions about names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NameServers {
    /// `/etc/hosts` and `/etc/resolv.conf`, read anew for every pass: they change under a running agent.
    #[default]
    System,
    /// These servers, by UDP and TCP.
    These(Vec<SocketAddr>),
}

/// Everything that a [`Prober`](crate::Prober) is told when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which engine.
    pub engine: Choice,
    /// Which families, at least one.
    pub families: Vec<Family>,
    /// Offsets of the SYNs of one probe, ascending. At least a second apart: copies in a burst share their fate.
    pub attempts: Vec<Duration>,
    /// How long a silent probe is listened to, from its first SYN.
    pub window: Duration,
    /// Where probes leave from, else what routing says.
    pub source: Option<Source>,
    /// How long a server may take to greet once its handshake is complete.
    pub session_deadline: Duration,
    /// Who answers questions about names.
    pub names: NameServers,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: Choice::Auto,
            families: Family::ALL.to_vec(),
            attempts: [0, 1, 3].map(Duration::from_secs).to_vec(),
            window: Duration::from_secs(7),
            source: None,
            // Greet delays against spammers are six seconds long by default (Postfix `postscreen_greet_wait`).
            session_deadline: Duration::from_secs(8),
            names: NameServers::System,
        }
    }
}

/// Why a prober cannot be opened. The texts finish the sentence "probing cannot start: …".
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No family to probe.
    #[error("no address family is left to probe")]
    NoFamily,
    /// No attempts, attempts out of order, or a window that closes before the last one.
    #[error("the attempts must be in ascending order and the window must be longer than the last of them")]
    Schedule,
    /// The raw engine was demanded and is not possible.
    #[error(
        "the raw engine was asked for and failed to open: {0} (run as root, grant CAP_NET_RAW, or use the engine auto)"
    )]
    Raw(String),
}

impl Settings {
    /// Refuses combinations that could not probe anything.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if self.families.is_empty() {
            return Err(OpenError::NoFamily);
        }
        check_schedule(&self.attempts, self.window)
    }
}

/// A schedule has a first attempt, ascending ones, and time to listen after the last.
pub(crate) fn check_schedule(attempts: &[Duration], window: Duration) -> Result<(), OpenError> {
    let ascending = attempts.is_sorted_by(|a, b| a < b);
    match attempts.last() {
        Some(last) if ascending && window > *last => Ok(()),
        _ => Err(OpenError::Schedule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_cannot_be_kept_are_refused() {
        let seconds = |list: &[u64]| list.iter().map(|s| Duration::from_secs(*s)).collect::<Vec<_>>();
        for (attempts, window, accepted) in [
            (&[0, 1, 3][..], 7, true),
            (&[0], 1, true),
            (&[], 7, false),
            (&[0, 3, 1], 7, false),
            (&[0, 0], 7, false),
            (&[0, 1, 3], 3, false),
        ] {
            let checked = check_schedule(&seconds(attempts), Duration::from_secs(window));
            assert_eq!(checked.is_ok(), accepted, "{attempts:?} in {window} s");
        }
    }

    #[test]
    fn a_source_is_an_address_or_an_interface() {
        assert_eq!(Source::parse("eth0"), Source::Interface("eth0".to_owned()));
        assert!(matches!(Source::parse("2001:db8::1"), Source::Address(IpAddr::V6(_))));
    }
}
