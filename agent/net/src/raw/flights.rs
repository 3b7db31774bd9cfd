//! SYNs on their way, and what has come back for each.
//!
//! Only what answers a SYN in this table is kept, and of each SYN only the first answers, so that neither strangers
//! nor a hostile peer can make it grow. It knows no socket and no clock.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use sortie_core::observation::{Answer, Attempt, Seen, Segment};
use sortie_core::packet::Flow;
use tokio::sync::Notify;

/// How long an answer is still recognised: a late answer is not a lost one.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Most SYNs that are remembered.
const FLIGHTS_MAX: usize = 8192;

/// Answers that are kept per SYN; the rest is counted.
const ANSWERS_MAX: usize = 16;

/// How long the raw socket may be behind the tap before a SYN-ACK counts as dropped on arrival.
const TAP_GRACE: Duration = Duration::from_millis(50);

/// What identifies a SYN in whatever comes back: peer, its port, our port.
pub(super) type Key = (IpAddr, u16, u16);

/// The key of a flow.
pub(super) fn key(flow: &Flow) -> Key {
    (flow.destination, flow.destination_port, flow.source_port)
}

/// One SYN.
#[derive(Debug)]
struct Flight {
    isn: u32,
    at: Duration,
    sent: Instant,
    left: Option<Duration>,
    answers: Vec<Answer>,
    tapped: Option<(Instant, Answer)>,
    over: bool,
    told: Rc<Notify>,
}

/// When something was received: by our clock, and by the kernel's where it says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    pub(super) at: Instant,
    /// Kernel time stamp, since the epoch.
    pub(super) stamp: Option<Duration>,
}

/// All SYNs of the last minute.
#[derive(Debug, Default)]
pub(super) struct Flights {
    table: HashMap<Key, Flight>,
    late: BTreeSet<(IpAddr, u16)>,
    surplus: u64,
}

impl Flights {
    /// Remembers a SYN; `told` is rung for each of its answers.
    pub(super) fn depart(&mut self, flow: &Flow, isn: u32, at: Duration, sent: Instant, told: Rc<Notify>) {
        if self.table.len() >= FLIGHTS_MAX {
            let half = REMEMBERED / 2;
            self.table.retain(|_, flight| sent.duration_since(flight.sent) < half);
        }
        let flight =
            Flight { isn, at, sent, left: None, answers: Vec::new(), tapped: None, over: false, told };
        self.table.insert(key(flow), flight);
    }

    /// The kernel refused to send it.
    pub(super) fn refused(&mut self, key: &Key, seen: Seen) {
        if let Some(flight) = self.table.get_mut(key) {
            flight.answers.push(Answer { after: Duration::ZERO, late: false, seen });
        }
    }

    /// The kernel says when the SYN with this number left the machine.
    pub(super) fn left(&mut self, key: &Key, isn: u32, stamp: Duration) {
        if let Some(flight) = self.table.get_mut(key).filter(|flight| flight.isn == isn) {
            flight.left.get_or_insert(stamp);
        }
    }

    /// Files what `read` makes of a SYN's sequence number, if it is an answer to it.
    pub(super) fn file(&mut self, key: &Key, received: Received, read: impl FnOnce(u32) -> Option<Seen>) {
        let Some(flight) = self.table.get_mut(key) else { return };
        let Some(seen) = read(flight.isn) else { return };
        if flight.over && matches!(&seen, Seen::SynAck(segment) if segment.acceptable) {
            self.late.insert((key.0, key.1));
        }
        if flight.answers.len() >= ANSWERS_MAX {
            self.surplus += 1;
            return;
        }
        let after = flight.after(received);
        flight.answers.push(Answer { after, late: flight.over, seen });
        flight.told.notify_one();
    }

    /// Notes a SYN-ACK that the tap saw at the interface.
    pub(super) fn tap(&mut self, key: &Key, received: Received, read: impl FnOnce(u32) -> Option<Seen>) {
        let Some(flight) = self.table.get_mut(key).filter(|flight| flight.tapped.is_none()) else { return };
        if let Some(Seen::SynAck(segment @ Segment { acceptable: true, .. })) = read(flight.isn) {
            let seen = Seen::DroppedOnArrival(segment);
            let answer = Answer { after: flight.after(received), late: flight.over, seen };
            flight.tapped = Some((received.at, answer));
        }
    }

    /// What has come back so far.
    pub(super) fn answers(&self, key: &Key) -> &[Answer] {
        self.table.get(key).map_or(&[], |flight| &flight.answers)
    }

    /// The probe is over: what comes from now on is late.
    pub(super) fn close(&mut self, keys: &[Key], now: Instant) {
        for key in keys {
            let Some(flight) = self.table.get_mut(key) else { continue };
            flight.over = true;
            let arrived = flight.answers.iter().any(|answer| matches!(answer.seen, Seen::SynAck(_)));
            if let Some((seen_at, answer)) = flight.tapped.take()
                && !arrived
                && now.duration_since(seen_at) >= TAP_GRACE
            {
                flight.answers.push(answer);
            }
        }
    }

    /// The attempts behind these keys, as an observation tells them.
    pub(super) fn attempts(&self, keys: &[Key]) -> Vec<Attempt> {
        let attempt = |key: &Key| {
            let flight = self.table.get(key)?;
            let answers = flight.answers.clone();
            Some(Attempt { at: flight.at, source_port: Some(key.2), answers, kernel: None })
        };
        keys.iter().filter_map(attempt).collect()
    }

    /// Forgets what is too old to be answered.
    pub(super) fn forget(&mut self, now: Instant) {
        self.table.retain(|_, flight| now.duration_since(flight.sent) < REMEMBERED);
    }

    /// How many departures the kernel has stamped.
    #[cfg(test)]
    pub(super) fn stamped(&self) -> usize {
        self.table.values().filter(|flight| flight.left.is_some()).count()
    }

    /// Peers and ports that completed a handshake after its probe was over, since the last call; at most one entry
    /// for each SYN that is remembered.
    pub(super) fn take_late(&mut self) -> BTreeSet<(IpAddr, u16)> {
        std::mem::take(&mut self.late)
    }

    /// Answers beyond those that are kept per SYN.
    pub(super) fn surplus(&self) -> u64 {
        self.surplus
    }
}

impl Flight {
    /// From departure to arrival, by kernel stamps where they can be true.
    ///
    /// Both stamps are taken inside the interval that our own clock measures, so a difference that is negative or
    /// longer than that interval belongs to a step of the system clock.
    fn after(&self, received: Received) -> Duration {
        let elapsed = received.at.saturating_duration_since(self.sent);
        let by_kernel = received.stamp.zip(self.left).and_then(|(arrived, left)| arrived.checked_sub(left));
        by_kernel.filter(|after| *after <= elapsed).unwrap_or(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::observation::Icmp;
    use sortie_core::target::Family;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn flow() -> Flow {
        Flow {
            source: "192.0.2.1".parse().expect("valid"),
            destination: "192.0.2.2".parse().expect("valid"),
            source_port: 61000,
            destination_port: 25,
        }
    }

    fn syn_ack() -> Seen {
        Seen::SynAck(Segment { acceptable: true, ..Segment::default() })
    }

    fn one_flight() -> (Flights, Key, Instant) {
        let (mut flights, sent) = (Flights::default(), Instant::now());
        flights.depart(&flow(), 7, ms(0), sent, Rc::default());
        (flights, key(&flow()), sent)
    }

    #[test]
    fn kernel_stamps_are_believed_only_where_they_can_be_true() {
        for (left, arrived, expected) in [
            (Some(ms(100)), Some(ms(103)), ms(3)),
            (Some(ms(100)), Some(ms(99)), ms(5)),
            (Some(ms(100)), Some(ms(4000)), ms(5)),
            (None, Some(ms(103)), ms(5)),
            (Some(ms(100)), None, ms(5)),
        ] {
            let (mut flights, key, sent) = one_flight();
            if let Some(stamp) = left {
                flights.left(&key, 7, stamp);
                flights.left(&key, 8, ms(1));
            }
            flights.file(&key, Received { at: sent + ms(5), stamp: arrived }, |_| Some(syn_ack()));
            assert_eq!(flights.answers(&key)[0].after, expected, "{left:?} {arrived:?}");
        }
    }

    #[test]
    fn a_flood_of_answers_is_counted_and_not_kept() {
        let (mut flights, key, sent) = one_flight();
        for _ in 0..1000 {
            flights.file(&key, Received { at: sent, stamp: None }, |_| Some(syn_ack()));
        }
        assert_eq!((flights.answers(&key).len(), flights.surplus()), (ANSWERS_MAX, 984));
        flights.file(&(key.0, 25, 61001), Received { at: sent, stamp: None }, |_| Some(syn_ack()));
        assert_eq!(flights.table.len(), 1);
    }

    #[test]
    fn answers_after_the_end_are_late_for_a_minute() {
        let (mut flights, key, sent) = one_flight();
        flights.close(&[key], sent + ms(7000));
        flights.forget(sent + ms(59_000));
        flights.file(&key, Received { at: sent + ms(59_000), stamp: None }, |_| Some(syn_ack()));
        assert!(flights.answers(&key)[0].late);
        assert_eq!(flights.take_late().len(), 1);
        assert!(flights.take_late().is_empty());
        flights.forget(sent + ms(60_000));
        assert!(flights.attempts(&[key]).is_empty());
    }

    #[test]
    fn a_syn_ack_that_only_the_tap_saw_was_dropped_on_arrival() {
        let icmp = Icmp {
            family: Family::Ipv4,
            kind: 3,
            code: 1,
            offender: "192.0.2.9".parse().expect("valid"),
            from_self: false,
            hop_limit: None,
        };
        for (other, seen_at, dropped) in [
            (None, ms(10), true),
            (Some(syn_ack()), ms(10), false),
            (Some(Seen::Icmp(icmp)), ms(10), true),
            (None, ms(6960), false),
        ] {
            let (mut flights, key, sent) = one_flight();
            flights.tap(&key, Received { at: sent + seen_at, stamp: None }, |_| Some(syn_ack()));
            if let Some(seen) = other.clone() {
                flights.file(&key, Received { at: sent + ms(20), stamp: None }, |_| Some(seen));
            }
            flights.close(&[key], sent + ms(7000));
            let told = flights.answers(&key).iter().any(|a| matches!(a.seen, Seen::DroppedOnArrival(_)));
            assert_eq!(told, dropped, "{other:?} {seen_at:?}");
        }
    }

    #[test]
    fn an_unacceptable_syn_ack_on_the_tap_is_nothing() {
        let (mut flights, key, sent) = one_flight();
        let forged = |_| Some(Seen::SynAck(Segment::default()));
        flights.tap(&key, Received { at: sent, stamp: None }, forged);
        flights.close(&[key], sent + ms(7000));
        assert!(flights.answers(&key).is_empty());
    }
}
