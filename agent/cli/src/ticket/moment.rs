//! Moments and spans as a ticket writes them.

use std::time::{Duration, SystemTime};

use crate::assemble::rfc3339;
use crate::text::printable;

const MINUTE: u64 = 60;

/// `2026-11-25 13:13:12 UTC`; what is no moment is shown as it is.
pub(super) fn utc(text: &str) -> String {
    let Ok(at) = humantime::parse_rfc3339(text) else { return printable(text).into_owned() };
    humantime::format_rfc3339_seconds(at).to_string().replace('T', " ").replace('Z', " UTC")
}

/// RFC 3339 of an offset from the Unix epoch.
pub(super) fn written(since_epoch: Duration) -> String {
    rfc3339(SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// `2h 3m`: whole minutes from one on.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let whole = if seconds < MINUTE { seconds } else { seconds - seconds % MINUTE };
    humantime::format_duration(Duration::from_secs(whole)).to_string()
}

/// From one moment in RFC 3339 to a later one.
pub(super) fn between(from: &str, to: &str) -> Option<Duration> {
    let parse = |text| humantime::parse_rfc3339(text).ok();
    parse(to)?.duration_since(parse(from)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc_and_spans_are_short() {
        assert_eq!(utc("2026-11-25T13:13:12.345Z"), "2026-11-25 13:13:12 UTC");
        assert_eq!(utc("soon\u{7}"), "soon\\u{7}");
        for (seconds, text) in [(0, "0s"), (59, "59s"), (61, "1m"), (7_390, "2h 3m")] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(between("2026-11-25T13:00:00Z", "2026-11-25T13:01:00Z"), Some(Duration::from_secs(60)));
        assert_eq!(between("2026-11-25T13:01:00Z", "2026-11-25T13:00:00Z"), None);
    }
}
