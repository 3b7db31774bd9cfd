//! When: whole milliseconds since 1970, as they stand in keys and names.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last millisecond of the year 9999, beyond which RFC 3339 has no words.
const LAST: u64 = 253_402_300_799_999;

/// Milliseconds since the epoch, within the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// From milliseconds since the epoch; what lies beyond the year 9999 is its end.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis.min(LAST))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> u64 {
        self.0
    }

    pub(crate) fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    pub(crate) fn plus(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(span)))
    }
}

impl From<SystemTime> for Moment {
    /// A clock that stands before 1970 says 1970.
    fn from(time: SystemTime) -> Self {
        Self::from_millis(time.duration_since(UNIX_EPOCH).map_or(0, millis))
    }
}

/// RFC 3339 in UTC, to the second.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(self.0)).fmt(f)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_has_a_moment_that_can_be_written_down() {
        for (time, text) in [
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH + Duration::from_millis(1_795_697_106_999), "2026-11-26T12:45:06Z"),
            (UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 1000), "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Moment::from(time).to_string(), text);
        }
    }

    #[test]
    fn spans_end_where_time_ends() {
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(Moment::from_millis(5).minus(day), Moment::from_millis(0));
        assert_eq!(Moment::from_millis(LAST).plus(day), Moment::from_millis(LAST));
        assert_eq!(Moment::from_millis(5).plus(day).minus(day), Moment::from_millis(5));
    }
}
