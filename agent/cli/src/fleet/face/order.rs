//! In which order subscriptions are shown.

use std::cmp::Reverse;

use crate::args::Sort;
use crate::fleet::census::Subscription;

/// Sorted as asked; of those that are alike the smaller id comes first.
pub(super) fn sorted(subscriptions: &[Subscription], by: Sort) -> Vec<&Subscription> {
    let mut sorted: Vec<&Subscription> = subscriptions.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    match by {
        Sort::Subscription => {}
        // Among the worst those with most of it.
        Sort::Worst => sorted.sort_by_key(|one| Reverse((one.standing(), against(one), one.silent))),
        Sort::Vms => sorted.sort_by_key(|one| Reverse(one.agents + one.silent)),
        Sort::Blocked => sorted.sort_by_key(|one| Reverse(most(one, |row| row.tally.blocked()))),
        Sort::Silent => sorted.sort_by_key(|one| Reverse(one.silent)),
        Sort::Since => sorted.sort_by(|a, b| latest(b).total_cmp(&latest(a))),
    }
    sorted
}

fn against(one: &Subscription) -> u64 {
    most(one, |row| row.tally.violated() + row.tally.degraded())
}

fn most(one: &Subscription, of: impl Fn(&crate::fleet::census::Row) -> u64) -> u64 {
    one.rows.iter().filter(|row| row.counts).map(of).max().unwrap_or_default()
}

/// Its latest change; what nobody has seen to change is older than all.
fn latest(one: &Subscription) -> f64 {
    let changes = one.rows.iter().filter(|row| row.counts).filter_map(|row| row.since);
    changes.filter(|since| since.changed).map(|since| since.at).fold(0.0, f64::max)
}
