//! What is raised about the relays, and what is over, after each of them was spoken to. A relay that does not count, or is
//! not configured any more, has no alert.

use sortie_core::alert::Turn;
use sortie_core::relay::Usability;
use sortie_core::report::Relay;

use crate::known::KnownMachine;
use crate::relays::why;

/// An alert about a relay that began or is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RelayNews {
    /// Which relay.
    pub(super) name: String,
    /// How it stands, one sentence without a full stop.
    pub(super) summary: String,
    /// What began, and what is over.
    pub(super) turn: Turn,
}

impl KnownMachine {
    /// Takes one conversation with each of these relays; `required` are the names of those that count now.
    pub(super) fn hear(&mut self, required: &[&str], spoken: &[Relay]) -> Vec<RelayNews> {
        let mut news = Vec::new();
        self.relays.retain(|name, alarm| {
            let counts = required.contains(&name.as_str());
            if let (false, Some(raised)) = (counts, alarm.raised()) {
                let summary = format!("The relay {name} does not count any more");
                let turn = Turn { cleared: Some(raised), raised: None };
                news.push(RelayNews { name: name.clone(), summary, turn });
            }
            counts
        });
        for relay in spoken.iter().filter(|relay| required.contains(&relay.name.as_str())) {
            let Some(result) = Usability::ALL.into_iter().find(|known| known.code() == relay.result) else {
                continue;
            };
            let turn = self.relays.entry(relay.name.clone()).or_default().turn(result);
            if turn != Turn::default() {
                news.push(RelayNews { name: relay.name.clone(), summary: summary(relay), turn });
            }
        }
        news
    }
}

fn summary(relay: &Relay) -> String {
    let Relay { name, address, result, .. } = relay;
    let stage = relay.failed_stage.zip(why(relay));
    let why = stage.map(|(stage, why)| format!(" at {stage}: {why}")).unwrap_or_default();
    format!("The relay {name} ({address}) is {result}{why}")
}

#[cfg(test)]
mod tests {
    use sortie_core::alert::{Cause, Severity};

    use super::*;
    use crate::render::sample;

    fn story(machine: &mut KnownMachine, required: &[&str], spoken: &[Relay]) -> Vec<String> {
        let told = |news: RelayNews| {
            let how = if news.turn.raised.is_some() { "raised" } else { "cleared" };
            format!("{how}: {}", news.summary)
        };
        machine.hear(required, spoken).into_iter().map(told).collect()
    }

    #[test]
    fn the_second_failure_of_a_relay_that_counts_is_told_and_so_is_its_end() {
        let [usable, _, unusable] = sample::relays();
        let of = |relay: &Relay| Relay { name: "own".to_owned(), ..relay.clone() };
        let mut machine = KnownMachine::default();
        let required = ["own"];
        let nothing = [""; 0];
        assert_eq!(story(&mut machine, &required, &[of(&unusable)]), nothing);
        let raised = machine.hear(&required, &[of(&unusable)]);
        let [RelayNews { name, summary, turn }] = raised.as_slice() else { panic!("{raised:?}") };
        assert_eq!(name, "own");
        assert_eq!(
            summary,
            "The relay own (192.0.2.25:587) is unusable at starttls: STARTTLS is not offered"
        );
        let alert = turn.raised.expect("it began");
        assert_eq!((alert.cause, alert.severity), (Cause::RelayUnusable, Severity::Warning));
        let text = serde_json::to_string(&machine).expect("plain data");
        let mut next: KnownMachine = serde_json::from_str(&text).expect("its own");
        assert_eq!(
            story(&mut next, &required, &[of(&unusable)]),
            nothing,
            "the next life raises nothing again"
        );
        assert_eq!(
            story(&mut next, &required, &[of(&usable)]),
            ["cleared: The relay own (smtp.azurecomm.net:587) is usable"]
        );
    }

    #[test]
    fn a_relay_that_does_not_count_is_never_an_alert_and_one_that_stops_to_count_has_none_any_more() {
        let [_, _, unusable] = sample::relays();
        let name = unusable.name.clone();
        let mut machine = KnownMachine::default();
        for _ in 0..3 {
            assert_eq!(story(&mut machine, &[], std::slice::from_ref(&unusable)), [""; 0]);
        }
        for _ in 0..2 {
            machine.hear(&[&name], std::slice::from_ref(&unusable));
        }
        assert_eq!(
            story(&mut machine, &[], &[]),
            ["cleared: The relay branch office does not count any more"]
        );
        assert_eq!(machine, KnownMachine::default());
    }
}
