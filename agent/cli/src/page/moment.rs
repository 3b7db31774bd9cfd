//! Moments as people read them: exact for tickets, relative for the eye.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use maud::{Markup, html};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A moment, and how far away it is. The script keeps the distance true.
pub(super) fn moment(at: SystemTime, now: SystemTime) -> Markup {
    html! { time datetime=(rfc3339(at)) { (utc(at)) } " " span .ago { (distance(at, now)) } }
}

/// A moment in RFC 3339 from a report; what is none is shown as it is.
pub(super) fn written(text: &str, now: SystemTime) -> Markup {
    let at = humantime::parse_rfc3339(text);
    at.map_or_else(|_| html! { (crate::text::printable(text)) }, |at| moment(at, now))
}

/// `2026-11-25 14:03:12 UTC`
pub(super) fn utc(at: SystemTime) -> String {
    rfc3339(at).replace('T', " ").replace('Z', " UTC")
}

/// `14:03`
pub(super) fn clock(at: Duration) -> String {
    rfc3339(wall(at)).get(11..16).unwrap_or_default().to_owned()
}

/// `25 Nov`
pub(super) fn day(at: Duration) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = rfc3339(wall(at));
    let part = |range| text.get(range).and_then(|digits: &str| digits.parse::<usize>().ok()).unwrap_or(1);
    format!("{} {}", part(8..10), MONTHS[(part(5..7) - 1).min(MONTHS.len() - 1)])
}

/// The wall-clock time of an offset from the Unix epoch.
pub(super) fn wall(at: Duration) -> SystemTime {
    UNIX_EPOCH.checked_add(at).unwrap_or(UNIX_EPOCH)
}

/// `3 min ago`, `in 48 s`: one unit is enough to know whether it matters.
pub(super) fn distance(at: SystemTime, now: SystemTime) -> String {
    match (now.duration_since(at), at.duration_since(now)) {
        (Ok(past), _) if past.as_secs() == 0 => "just now".to_owned(),
        (Ok(past), _) => format!("{} ago", span(past)),
        (Err(_), Ok(ahead)) => format!("in {}", span(ahead)),
        (Err(_), Err(_)) => String::new(),
    }
}

/// `48 s`, `3 min`, `7 h`, `12 days`.
pub(super) fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ ..MINUTE => format!("{seconds} s"),
        seconds @ ..HOUR => format!("{} min", seconds / MINUTE),
        // Two days are the first that nobody counts in hours.
        seconds if seconds < 2 * DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} days", seconds / DAY),
    }
}

fn rfc3339(at: SystemTime) -> String {
    // A clock before 1970 or after 9999 has no such form; the page is shown all the same.
    let mut text = String::new();
    let written = at >= UNIX_EPOCH && write!(text, "{}", humantime::format_rfc3339_seconds(at)).is_ok();
    if written { text } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_says_how_far_away_a_moment_is() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (seconds, text) in [
            (0, "just now"),
            (-1, "1 s ago"),
            (-59, "59 s ago"),
            (-60, "1 min ago"),
            (-3_599, "59 min ago"),
            (-3_600, "1 h ago"),
            (-172_799, "47 h ago"),
            (-172_800, "2 days ago"),
            (48, "in 48 s"),
            (90, "in 1 min"),
        ] {
            let length = Duration::from_secs(i64::unsigned_abs(seconds));
            let at = if seconds < 0 { now - length } else { now + length };
            assert_eq!(distance(at, now), text);
        }
    }

    #[test]
    fn a_moment_is_exact_and_relative() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_615_392_250);
        let html = moment(at, at + Duration::from_secs(12)).into_string();
        assert_eq!(
            html,
            r#"<time datetime="2026-11-25T14:03:12Z">2026-11-25 14:03:12 UTC</time> <span class="ago">12 s ago</span>"#
        );
    }

    #[test]
    fn a_clock_that_is_far_off_breaks_nothing() {
        for at in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(1 << 40)] {
            assert!(moment(at, UNIX_EPOCH).into_string().contains("unknown"));
        }
        assert_eq!(wall(Duration::MAX), UNIX_EPOCH);
        assert_eq!((clock(Duration::ZERO), day(Duration::ZERO)), ("00:00".into(), "1 Jan".into()));
        assert_eq!(
            (clock(Duration::from_secs(1 << 40)), day(Duration::from_secs(1 << 40))),
            (String::new(), "1 Jan".into())
        );
    }

    #[test]
    fn what_is_no_moment_is_shown_as_it_is() {
        assert_eq!(written("<soon>", UNIX_EPOCH).into_string(), "&lt;soon&gt;");
    }
}
