//! When a probe is over.
//!
//! ```text
//!                     ┌─ acceptable SYN-ACK ─▶ no further SYN, linger for what follows it ─▶ over
//! SYN at 0, 1, 3 s ───┼─ every SYN answered otherwise ─▶ a short rest after the last ─▶ over
//!                     └─ otherwise ─▶ end of the window ─▶ over
//! ```
//!
//! A reset or an ICMP error does not stop the later SYNs: a gateway that authenticates SYNs answers the first one
//! oddly and lets the second one through.

use std::time::{Duration, Instant};

/// Shortest time to listen after a completed handshake: a reset that follows it, or a second and different answer,
/// is evidence.
const LINGER: Duration = Duration::from_millis(200);

/// Multiple of the round-trip time for which the same holds on long paths.
const LINGER_ROUND_TRIPS: u32 = 3;

/// Longest time to listen after a completed handshake: a SYN that the kernel repeated makes a round trip look long.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// How long to listen once every SYN has drawn something that is no SYN-ACK.
const REST: Duration = Duration::from_millis(300);

/// Waits until `at`. The runtime counts whole milliseconds, so its own sleep until now lasts until the next one.
pub(crate) async fn until(at: Instant) {
    if at > Instant::now() {
        tokio::time::sleep_until(at.into()).await;
    }
}

/// Decides when to send again and when to stop; told everything, asks nothing.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    start: Instant,
    offsets: Vec<Duration>,
    window_end: Instant,
    sent: usize,
    answered: Vec<bool>,
    established: Option<Instant>,
    last_answer: Instant,
}

impl Patience {
    pub(crate) fn new(start: Instant, offsets: &[Duration], window: Duration) -> Self {
        Self {
            start,
            offsets: offsets.to_vec(),
            window_end: start + window,
            sent: 0,
            answered: vec![false; offsets.len()],
            established: None,
            last_answer: start,
        }
    }

    /// When the next SYN is due, while one is left to send.
    pub(crate) fn next_send(&self) -> Option<Instant> {
        let offset = self.offsets.get(self.sent)?;
        self.established.is_none().then(|| self.start + *offset)
    }

    /// Notes a SYN and says which offset it stands for.
    pub(crate) fn sent(&mut self) -> Duration {
        let offset = self.offsets[self.sent];
        self.sent += 1;
        offset
    }

    /// Notes that attempt number `attempt` drew something other than an acceptable SYN-ACK.
    pub(crate) fn answered(&mut self, attempt: usize, now: Instant) {
        self.answered[attempt] = true;
        self.last_answer = now;
    }

    /// Notes a completed handshake.
    pub(crate) fn established(&mut self, now: Instant, round_trip: Duration) {
        let until = now + (round_trip * LINGER_ROUND_TRIPS).clamp(LINGER, LINGER_MAX);
        self.established.get_or_insert(until);
    }

    /// When the probe is over, as far as is known now.
    pub(crate) fn deadline(&self) -> Instant {
        match self.established {
            Some(until) => until.min(self.window_end),
            None if self.answered.iter().all(|a| *a) => (self.last_answer + REST).min(self.window_end),
            None => self.window_end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn patience(start: Instant) -> Patience {
        Patience::new(start, &[ms(0), ms(1000), ms(3000)], ms(7000))
    }

    #[test]
    fn silence_lasts_until_the_window_closes() {
        let start = Instant::now();
        let mut p = patience(start);
        assert_eq!(p.next_send(), Some(start));
        assert_eq!(p.sent(), ms(0));
        assert_eq!(p.next_send(), Some(start + ms(1000)));
        p.sent();
        assert_eq!(p.sent(), ms(3000));
        assert_eq!(p.next_send(), None);
        assert_eq!(p.deadline(), start + ms(7000));
    }

    #[test]
    fn a_handshake_ends_the_sending_and_soon_the_probe() {
        let start = Instant::now();
        for (round_trip, linger) in [(1, 200), (100, 300), (2000, 1000)] {
            let mut p = patience(start);
            p.sent();
            p.established(start + ms(10), ms(round_trip));
            assert_eq!(p.next_send(), None);
            assert_eq!(p.deadline(), start + ms(10) + ms(linger));
        }
    }

    #[test]
    fn a_reset_does_not_stop_the_later_attempts() {
        let start = Instant::now();
        let mut p = patience(start);
        p.sent();
        p.answered(0, start + ms(5));
        assert_eq!(p.next_send(), Some(start + ms(1000)));
        assert_eq!(p.deadline(), start + ms(7000));
    }

    #[test]
    fn a_probe_that_was_refused_every_time_ends_soon_after_the_last() {
        let start = Instant::now();
        let mut p = patience(start);
        for (attempt, at) in [(0, 5), (1, 1005), (2, 3005)] {
            p.sent();
            p.answered(attempt, start + ms(at));
        }
        assert_eq!(p.deadline(), start + ms(3005) + REST);
    }
}
