//! The configured relays, asked side by side: how each stands, and what of it counts.
//!
//! A check asks while it probes, so that an answer is there when the verdict is. `sortie run` asks beside probing.

use std::time::Duration;

use futures_util::future::join_all;
use sortie_core::relay::{Conversation, Usability};
use sortie_core::report;
use sortie_core::schedule::Pace;
use sortie_core::target::Port;
use sortie_net::{Caller, Destination, Roots};
use tokio::task::JoinHandle;

use crate::config::{Config, Relay};
use crate::engine;

/// The longest conversation. A relay that greets only after the six seconds of a greet delay has time for the rest.
pub(crate) const MOST: Duration = Duration::from_secs(15);

/// Which relays are asked; in a network that is made up, none.
pub(crate) fn asked(config: &Config) -> Vec<Relay> {
    if config.pace == Pace::DEFAULT { config.relays.clone() } else { Vec::new() }
}

/// Holds a conversation with each of them, side by side, and tells how it stands.
pub(crate) async fn ask(config: &Config, relays: &[Relay], most: Duration) -> Vec<report::Relay> {
    if relays.is_empty() {
        return Vec::new();
    }
    let (caller, roots) = (Caller::new(&engine::settings(config)), Roots::of_this_machine().await);
    let told = relays.iter().map(async |relay| {
        let destination = Destination { address: relay.address.clone(), tls: relay.tls };
        let conversation: Conversation = caller.converse(&destination, &roots, most).await;
        report::relay(relay.name.as_str().to_owned(), relay.required, &conversation)
    });
    join_all(told).await
}

/// Whether mail that has to go this way does not.
pub(crate) fn is_missed(relay: &report::Relay) -> bool {
    relay.required && relay.result == Usability::Unusable.code()
}

/// Why a relay is not as it should be, in one sentence without a full stop; `None` where it is.
pub(crate) fn why(relay: &report::Relay) -> Option<&str> {
    let failed = relay.failed_stage?;
    relay.stages.iter().find(|stage| stage.stage == failed).map(|stage| stage.text.as_str())
}

/// Relays that are being asked while a check probes.
pub(crate) struct Asking(JoinHandle<Vec<report::Relay>>);

impl Asking {
    /// Begins with those on these ports, where ports are named. Whoever names destinations asks for no relay.
    pub(crate) fn begin(config: &Config, (addresses, ports): (&[String], &[Port]), most: Duration) -> Self {
        let wanted = |relay: &Relay| ports.is_empty() || ports.contains(&relay.address.port);
        let mut relays = asked(config);
        relays.retain(|relay| addresses.is_empty() && wanted(relay));
        let (config, most) = (config.clone(), most.min(MOST));
        Self(tokio::spawn(async move { ask(&config, &relays, most).await }))
    }

    /// How they stand. A conversation that is still under way is waited for: it ends by itself.
    pub(crate) async fn told(self) -> Vec<report::Relay> {
        self.0.await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{File, defaults};
    use crate::render::sample;

    fn config(text: &str) -> Config {
        File { path: "x.toml".into(), text: text.to_owned() }.config().expect("good")
    }

    #[test]
    fn a_demonstration_asks_no_relay_and_own_targets_none_that_is_built_in() {
        let own = "[[relay]]\nname = 'own'\naddress = '192.0.2.1:587'\n";
        let target = "[[target]]\naddress = 'a.example:25'\n";
        for (config, names) in [
            (defaults(), "acs"),
            (config(own), "own"),
            (config(target), ""),
            (config(&format!("{target}{own}")), "own"),
            (Config { pace: Pace::DEMONSTRATION, ..config(own) }, ""),
        ] {
            let asked: Vec<_> = asked(&config).iter().map(|relay| relay.name.as_str().to_owned()).collect();
            assert_eq!(asked.join(" "), names);
        }
    }

    #[tokio::test]
    async fn whoever_names_destinations_or_other_ports_asks_no_relay() {
        // Nobody listens there, which is all that has to be known here.
        let config = config("[[relay]]\nname = 'own'\naddress = '127.0.0.1:1'\ntls = 'none'\n");
        let address = ["192.0.2.1:587".to_owned()];
        let one = Port::new(1).expect("not zero");
        for (addresses, ports, asked) in
            [(&[][..], &[][..], 1), (&[], &[one], 1), (&[], &[Port::SMTP], 0), (&address, &[], 0)]
        {
            let told = Asking::begin(&config, (addresses, ports), MOST).told().await;
            assert_eq!(told.len(), asked, "{addresses:?} {ports:?}");
            assert!(told.iter().all(|relay| relay.failed_stage == Some("connect")), "{told:?}");
        }
    }

    #[test]
    fn only_a_required_relay_that_is_unusable_is_missed() {
        let [usable, degraded, unusable] = sample::relays();
        for (relay, missed) in [
            (&usable, false),
            (&degraded, false),
            (&unusable, true),
            (&report::Relay { required: false, ..unusable.clone() }, false),
            (&report::Relay { result: report::FOREIGN, ..unusable.clone() }, false),
        ] {
            assert_eq!(is_missed(relay), missed, "{relay:?}");
        }
        assert_eq!((why(&usable), why(&unusable)), (None, Some("STARTTLS is not offered")));
    }
}
