//! What happened, oldest first: changes of state, and when nobody was there to see one.

use std::time::Duration;

use sortie_core::history::StateChange;
use sortie_core::report::Report;
use sortie_core::verdict::{Attribution, Signature, State};

use super::document::{Entry, Timeline};
use super::moment::{span, written};
use super::sources::Past;
use crate::render::words::{percent, spoken};

/// Entries that are told: a month of a port that changes daily, and still one screen.
const MOST: usize = 40;
/// Rounds that may be missing before it is called a gap: the jury's sittings make the pace uneven.
const ROUNDS_MISSING: u32 = 5;
/// A restart of the agent or of the machine is no gap yet.
const SHORTEST_GAP: Duration = Duration::from_secs(300);

/// What is remembered up to the report.
pub(super) fn of(past: &Past, report: &Report) -> Timeline {
    let mut entries: Vec<(Duration, Entry)> = Vec::new();
    entries.extend(begins(past));
    entries.extend(gaps(&past.rounds));
    entries.extend(past.changes.iter().map(|change| (change.moment, told(change))));
    entries.sort_by_key(|(at, _)| *at);
    let omitted = entries.len().saturating_sub(MOST);
    let mut entries: Vec<Entry> = entries.into_iter().skip(omitted).map(|(_, entry)| entry).collect();
    entries.push(last(report));
    Timeline { entries, omitted, notes: past.losses.clone() }
}

/// The first thing that is kept: whatever was before is not known, rather than quiet.
fn begins(past: &Past) -> Option<(Duration, Entry)> {
    let change = past.changes.first().map(|change| change.moment);
    let at = past.rounds.first().copied().into_iter().chain(change).min()?;
    let text = "What is kept begins here; nothing is known of the time before.".to_owned();
    Some((at, entry("begins", at, text)))
}

/// Times without a round, by the pace of all others.
fn gaps(rounds: &[Duration]) -> Vec<(Duration, Entry)> {
    let mut pauses: Vec<Duration> = rounds.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    pauses.sort_unstable();
    let Some(usual) = pauses.get(pauses.len() / 2) else { return Vec::new() };
    let least = SHORTEST_GAP.max(*usual * ROUNDS_MISSING);
    let gap = |pair: &[Duration]| {
        let (from, until) = (pair[0], pair[1]);
        let pause = until.saturating_sub(from);
        let text = format!(
            "No round for {}: the agent did not run, the machine slept, or nothing was kept.",
            span(pause)
        );
        let gap = Entry { until: Some(written(until)), ..entry("gap", from, text) };
        (pause > least).then_some((from, gap))
    };
    rounds.windows(2).filter_map(gap).collect()
}

fn told(change: &StateChange) -> Entry {
    let StateChange { previous, state, signature, attribution, confidence, rule, .. } = change;
    let before = previous.map_or("first verdict".to_owned(), |state| spoken(State::code(state)));
    let by = attribution.map(Attribution::code).or(signature.map(Signature::code));
    let by = by.map(|word| format!(" ({})", spoken(word))).unwrap_or_default();
    let text =
        format!("{before} → {}{by}; rule {rule}, confidence {}", spoken(state.code()), percent(*confidence));
    Entry { port: Some(change.port), family: Some(change.family), ..entry("change", change.moment, text) }
}

/// Where the timeline ends.
fn last(report: &Report) -> Entry {
    let text = match report.engine {
        Some(_) => "The report of this ticket.",
        None => "The last that is known; no agent has probed since.",
    };
    Entry { at: report.generated_at.clone(), ..entry("report", Duration::ZERO, text.to_owned()) }
}

fn entry(what: &'static str, at: Duration, text: String) -> Entry {
    Entry { at: written(at), what, until: None, port: None, family: None, text }
}

#[cfg(test)]
mod tests {
    use sortie_core::target::{Family, Port};

    use super::*;
    use crate::render::sample;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    fn change(minute: u64) -> StateChange {
        StateChange {
            uid: String::new(),
            at: String::new(),
            moment: minutes(minute),
            port: Port::SMTP,
            family: Family::Ipv4,
            previous: Some(State::Open),
            state: State::PlatformBlocked,
            signature: Some(Signature::SilentDrop),
            attribution: Some(Attribution::PlatformOrSecurityGroup),
            confidence: 0.9999,
            rule: "silent_all",
            summary: String::new(),
        }
    }

    fn kinds(past: &Past) -> Vec<&'static str> {
        of(past, &sample::report()).entries.iter().map(|entry| entry.what).collect()
    }

    #[test]
    fn a_gap_is_told_where_rounds_are_missing_and_nowhere_else() {
        let even: Vec<Duration> = (0..30).map(minutes).collect();
        let two_hours_later: Vec<Duration> = (150..180).map(minutes).collect();
        let sparse: Vec<Duration> = (0..10).map(|number| minutes(number * 60)).collect();
        for (rounds, expected) in [
            (Vec::new(), &["report"][..]),
            (even.clone(), &["begins", "report"]),
            (sparse, &["begins", "report"]),
            ([even.clone(), vec![minutes(33)]].concat(), &["begins", "report"]),
            ([even, two_hours_later].concat(), &["begins", "gap", "report"]),
        ] {
            assert_eq!(kinds(&Past { rounds, ..Past::default() }), expected);
        }
    }

    #[test]
    fn changes_stand_between_what_else_happened_in_the_order_of_time() {
        let rounds = (0..10).chain(100..110).map(minutes).collect();
        let past = Past { rounds, changes: vec![change(5), change(105)], ..Past::default() };
        assert_eq!(kinds(&past), ["begins", "change", "gap", "change", "report"]);
        let told = of(&past, &sample::report()).entries.swap_remove(1);
        assert_eq!(
            told.text,
            "open → platform blocked (platform or security group); rule silent_all, confidence 99.99 %"
        );
    }

    #[test]
    fn a_port_that_flaps_leaves_the_newest_and_a_count() {
        let past = Past { changes: (0..200).map(change).collect(), ..Past::default() };
        let timeline = of(&past, &sample::report());
        assert_eq!((timeline.entries.len(), timeline.omitted), (MOST + 1, 200 + 1 - MOST));
        assert_eq!(timeline.entries[MOST - 1].at, "1970-01-01T03:19:00.000Z");
    }
}
