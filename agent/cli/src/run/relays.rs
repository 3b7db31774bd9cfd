//! The relays, spoken to beside probing: at the start, then as often as destinations are greeted, and at once when other
//! relays or another way to them are configured. Every conversation is told, also one that went as the last one did.

use std::sync::Arc;

use sortie_core::report::Relay;
use sortie_core::schedule;
use tokio::sync::watch;
use tracing::info;

use super::settings;
use crate::clock::Reading;
use crate::config::Config;
use crate::relays::{MOST, ask, asked};

/// How the relays stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// Counts conversations with all of them: only another number is news.
    pub(super) round: u64,
    /// As of that round; those that left the configuration since are missing.
    pub(super) relays: Vec<Relay>,
}

/// Tells how the relays stand, for as long as the agent lives.
pub(super) async fn keep(told: watch::Sender<Heard>, mut settings: watch::Receiver<Arc<Config>>) {
    loop {
        let config = Arc::clone(&settings.borrow_and_update());
        told.send_if_modified(|known| {
            let before = known.relays.len();
            known.relays.retain(|relay| is_configured(relay, &config));
            known.relays.len() != before
        });
        tokio::select! {
            () = speak(&told, &config) => {}
            () = settings::changed(&mut settings, |new| !is_same(new, &config)) => {}
        }
    }
}

/// Ends never.
async fn speak(told: &watch::Sender<Heard>, config: &Config) {
    let relays = asked(config);
    if relays.is_empty() {
        std::future::pending::<()>().await;
    }
    loop {
        let before = Reading::now();
        let seen = ask(config, &relays, MOST).await;
        if Reading::now().suspended_since(&before).is_some() {
            info!("this machine was suspended while it spoke to the relays: they are asked again");
            continue;
        }
        told.send_modify(|heard| {
            heard.round += 1;
            heard.relays = seen;
        });
        tokio::time::sleep(schedule::jittered(config.probe.greeting_interval, fastrand::f64())).await;
    }
}

fn is_configured(relay: &Relay, config: &Config) -> bool {
    let is_it = |own: &crate::config::Relay| {
        own.name.as_str() == relay.name
            && own.address.to_string() == relay.address
            && own.required == relay.required
    };
    asked(config).iter().any(is_it)
}

/// Whether the same relays are reached in the same way.
fn is_same(one: &Config, other: &Config) -> bool {
    let way = |config: &Config| (config.probe.families.clone(), config.probe.source.clone());
    let how_often = |config: &Config| config.probe.greeting_interval;
    asked(one) == asked(other) && way(one) == way(other) && how_often(one) == how_often(other)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::File;

    const ONE: &str = "[[relay]]\nname = 'one'\naddress = '127.0.0.1:1'\ntls = 'none'\n";
    const TWO: &str = "[[relay]]\nname = 'two'\naddress = '127.0.0.1:2'\ntls = 'none'\n";
    const OFTEN: &str = "[probe]\ngreeting_interval = '1s'\n";

    fn config(text: &str) -> Arc<Config> {
        Arc::new(File { path: "x.toml".into(), text: text.to_owned() }.config().expect("good"))
    }

    fn names(heard: &Heard) -> String {
        heard.relays.iter().map(|relay| relay.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn each_conversation_is_told_and_a_relay_that_left_the_configuration_is_not() {
        let (settings, watched) = watch::channel(config(&format!("{OFTEN}{ONE}{TWO}")));
        let (tell, mut told) = watch::channel(Heard::default());
        let task = tokio::spawn(keep(tell, watched));
        for round in 1..=2 {
            // Nobody listens there: that nothing new was seen is news all the same.
            told.changed().await.expect("the task lives");
            let heard = told.borrow_and_update().clone();
            assert_eq!((names(&heard).as_str(), heard.round), ("one two", round));
        }
        settings.send_replace(config(&format!("{OFTEN}{TWO}")));
        told.wait_for(|heard| names(heard) == "two" && heard.round == 2).await.expect("the task lives");
        task.abort();
    }

    #[test]
    fn what_has_to_do_with_relays_begins_anew_and_nothing_else() {
        for (text, same) in [
            (ONE.to_owned(), true),
            (format!("[agent]\ninterval = '90s'\n{ONE}"), true),
            (format!("{ONE}{TWO}"), false),
            (format!("{ONE}required = false\n"), false),
            (format!("[probe]\nfamilies = ['ipv4']\n{ONE}"), false),
            (format!("[probe]\nsource = 'eth0'\n{ONE}"), false),
            (format!("{OFTEN}{ONE}"), false),
        ] {
            assert_eq!(is_same(&config(ONE), &config(&text)), same, "{text}");
        }
        assert_eq!(config(ONE).probe.greeting_interval, Duration::from_secs(900));
    }
}
