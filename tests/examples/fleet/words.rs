//! What is said of a story: who is in it, what is true each minute, and what became of the exports. Pure.

use std::fmt::Write as _;
use std::time::Duration;

use e2e::fleet::{Script, Statistics, Truth};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

/// What is true of each subscription, in the order of the story.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Minute(Vec<String>);

/// Who there is, with the ids that boards show.
pub(crate) fn opening(script: &Script, gateway: &str, minutes: u64, hurry: u32) -> String {
    let scenario = &script.scenario;
    let pace = if hurry == 1 { String::new() } else { format!(", {hurry} times as fast") };
    let mut text =
        format!("{}\n{} agents, {minutes} minutes{pace}, to {gateway}\n\n", scenario.title, scenario.vms());
    for (subscription, id) in scenario.subscription.iter().zip(&script.population.subscriptions) {
        let _ = writeln!(text, "  {id}  {}", subscription.name);
    }
    text
}

impl Minute {
    pub(crate) fn of(script: &Script, moment: Duration) -> Self {
        let truth = script.truth_at(moment);
        let subscriptions = script.scenario.subscription.iter().enumerate();
        Self(subscriptions.map(|(number, _)| subscription(script, number, &truth, moment)).collect())
    }

    /// What differs from the minute before.
    pub(crate) fn told(&self, number: u64, before: Option<&Self>) -> String {
        let is_news =
            |(index, text): &(usize, &String)| before.is_none_or(|before| before.0[*index] != **text);
        let news: String = self.0.iter().enumerate().filter(is_news).map(|(_, text)| text.as_str()).collect();
        if news.is_empty() {
            format!("minute {number}: as before\n")
        } else {
            format!("minute {number}\n{news}")
        }
    }
}

/// Its type as Azure tells it, how many agents run, and how many of them are in which state.
fn subscription(script: &Script, number: usize, truth: &Truth, moment: Duration) -> String {
    let scenario = &script.scenario;
    let name = &scenario.subscription[number].name;
    let first = script.population.vms.iter().find(|vm| vm.subscription == number);
    let kind = first.map_or(scenario.subscription[number].kind, |vm| script.kind(vm, moment));
    let agents = truth.agents.get(name).copied().unwrap_or_default();
    let mut text = format!("  {name}: {}, {agents} agents\n", kind.code());
    for &port in &scenario.agent.ports {
        let counts = Family::ALL.map(|family| (family, counts(truth, name, port, family)));
        let measured: Vec<_> = counts.iter().filter(|(_, counts)| !counts.is_empty()).collect();
        // As `sortie fleet` does: one line where the families stand alike.
        match measured.as_slice() {
            [] => {}
            [first, more @ ..] if more.iter().all(|(_, counts)| *counts == first.1) => {
                let _ = writeln!(text, "    {port:<9}  {}", first.1);
            }
            differing => {
                for (family, counts) in differing {
                    let _ = writeln!(text, "    {port:<4} {}  {counts}", family.code());
                }
            }
        }
    }
    text
}

fn counts(truth: &Truth, name: &str, port: Port, family: Family) -> String {
    let count = |state: State| (truth.count(name, port, family, state), state.code());
    let counts = State::ALL.map(count).into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, state)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// What was delivered, refused and lost.
pub(crate) fn sum(statistics: &Statistics) -> String {
    let mut text = format!(
        "\n{} exports with {} samples: {} delivered, {} lost, {} still waiting\n",
        statistics.made,
        statistics.samples,
        statistics.taken,
        statistics.lost,
        statistics.waiting()
    );
    for (ending, count) in &statistics.endings {
        if !ending.is_empty() && *count > 0 {
            let _ = writeln!(text, "  {count} requests were not taken: {ending}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use e2e::fleet::Scenario;

    use super::*;

    fn script() -> Script {
        let text = "title = 'A block'\nwhy = 'b'\nlength = '10m'\nagent.families = ['ipv4', 'ipv6']\n\
                    [[subscription]]\nname = 'prod'\ntype = 'ea'\nvms = 4\n\
                    [[subscription]]\nname = 'dev'\ntype = 'ea-devtest'\nvms = 2\nfamilies = ['ipv4']\n\
                    [[happening]]\nat = '2m'\nto = { subscription = 'prod', share = 0.5, families = ['ipv4'] }\n\
                    what.fault = 'platform_drop'\n";
        Script::new(Scenario::parse("x", text).expect("well-formed"), 1)
    }

    #[test]
    fn a_minute_says_what_is_true_and_the_next_one_what_is_new() {
        let minutes = [0, 1, 2].map(|minute| Minute::of(&script(), Duration::from_secs(minute * 60)));
        assert_eq!(
            minutes[0].told(0, None),
            "minute 0\n  prod: ea, 4 agents\n    25         4 open\n    587        4 open\n  \
             dev: ea-devtest, 2 agents\n    25         2 platform_blocked\n    587        2 open\n"
        );
        assert_eq!(minutes[1].told(1, Some(&minutes[0])), "minute 1: as before\n");
        assert_eq!(
            minutes[2].told(2, Some(&minutes[1])),
            "minute 2\n  prod: ea, 4 agents\n    25   ipv4  2 open, 2 platform_blocked\n    25   ipv6  4 open\n    \
             587        4 open\n"
        );
    }

    #[test]
    fn the_opening_has_the_ids_that_boards_show() {
        let script = script();
        let text = opening(&script, "http://127.0.0.1:4318", 10, 2);
        assert!(
            text.starts_with("A block\n6 agents, 10 minutes, 2 times as fast, to http://127.0.0.1:4318\n"),
            "{text}"
        );
        assert!(text.contains(&format!("  {}  prod\n", script.population.subscriptions[0])), "{text}");
    }

    #[test]
    fn the_sum_says_what_was_not_taken_and_why() {
        let endings = [(String::new(), 9), ("503".to_owned(), 3), ("400".to_owned(), 0)].into();
        let mut statistics = Statistics::default();
        statistics.endings = endings;
        (statistics.made, statistics.samples) = (12, 300);
        (statistics.taken, statistics.lost) = (9, 1);
        assert_eq!(
            sum(&statistics),
            "\n12 exports with 300 samples: 9 delivered, 1 lost, 2 still waiting\n  3 requests were not taken: 503\n"
        );
    }
}
