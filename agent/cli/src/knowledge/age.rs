//! How long ago facts were compared with their sources.

use std::time::{Duration, SystemTime};

use sortie_core::knowledge::Day;

/// Policies of providers were rewritten about once a year since 2017: after half of that a reader is told.
const OLD: u64 = 180;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The days since then, where they are so many that it has to be said. A clock that was never set makes nothing old.
pub(super) fn old(checked: Day, now: SystemTime) -> Option<u64> {
    let then = humantime::parse_rfc3339(&format!("{checked}T00:00:00Z")).ok()?;
    let days = now.duration_since(then).ok()?.as_secs() / DAY.as_secs();
    (days > OLD).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sortie_core::knowledge;

    #[test]
    fn only_what_is_older_than_half_a_year_is_called_old() {
        let checked = knowledge::azure().checked;
        let then = humantime::parse_rfc3339(&format!("{checked}T00:00:00Z")).expect("a day");
        for (days, said) in [(0, None), (180, None), (181, Some(181)), (4_000, Some(4_000))] {
            assert_eq!(old(checked, then + DAY * days), said, "{days}");
        }
        assert_eq!(old(checked, SystemTime::UNIX_EPOCH), None, "a clock that was never set");
    }

    #[test]
    fn nothing_is_of_the_future() {
        let tomorrow = humantime::format_rfc3339_seconds(SystemTime::now() + DAY).to_string();
        let relays = knowledge::relays();
        let files = knowledge::providers().map(|provider| (provider.checked, provider.sources));
        for (checked, sources) in files.chain([(relays.checked, relays.sources)]) {
            for (day, source) in sources.iter().map(|source| (source.date, source)) {
                assert!(*day.to_string() <= tomorrow[..10], "{source:?}");
                assert!(*checked.to_string() <= tomorrow[..10], "{checked}, beside {source:?}");
            }
        }
    }
}
