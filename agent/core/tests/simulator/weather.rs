//! Gilbert–Elliott loss: nothing is lost in the good state, every second packet in the bad one.
//!
//! Thirty percent of the loss happens on a first hop that all packets share, the rest on the way to each
//! destination, in each direction on its own. A sitting begins with the stationary law: the sitting before ended
//! some fifty seconds, twenty-five mean bursts, ago. Within a sitting, from the sentinel's SYN to the last confirm
//! round, the bursts run on.

use fastrand::Rng;

use crate::alternation::{Alternation, Span};

/// Packets lost while the state is bad.
const LOSS_IN_BURST: f64 = 0.5;
/// Mean length of a burst, in seconds.
const BURST: f64 = 2.0;
/// Part of the loss that is on the shared hop.
const SHARED: f64 = 0.3;

/// Loss of one link in one direction.
#[derive(Clone, Debug)]
struct Link {
    share_of_bursts: f64,
    bursts: Alternation,
}

impl Link {
    fn new(loss: f64, rng: &mut Rng) -> Self {
        let share_of_bursts = loss / LOSS_IN_BURST;
        let good = if loss > 0.0 {
            Span::Exponential(BURST * (1.0 - share_of_bursts) / share_of_bursts)
        } else {
            Span::Endless
        };
        let bursts = Alternation::quiet_at(0.0, good, Span::Exponential(BURST), rng);
        Self { share_of_bursts, bursts }
    }

    fn renew(&mut self, at: f64, rng: &mut Rng) {
        let bad = self.share_of_bursts > 0.0 && rng.f64() < self.share_of_bursts;
        self.bursts.restart(at, bad, rng);
    }

    fn loses(&mut self, at: f64, rng: &mut Rng) -> bool {
        self.share_of_bursts > 0.0 && self.bursts.is_busy(at, rng) && rng.f64() < LOSS_IN_BURST
    }
}

/// One direction and the other.
#[derive(Clone, Debug)]
struct Way {
    there: Link,
    back: Link,
}

impl Way {
    fn new(loss: f64, rng: &mut Rng) -> Self {
        Self { there: Link::new(loss, rng), back: Link::new(loss, rng) }
    }

    fn renew(&mut self, at: f64, rng: &mut Rng) {
        self.there.renew(at, rng);
        self.back.renew(at, rng);
    }
}

/// All links of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    hop: Way,
    ways: Vec<Way>,
}

impl Weather {
    /// `loss` is the average rate each way.
    pub(crate) fn new(loss: f64, destinations: usize, rng: &mut Rng) -> Self {
        let hop = Way::new(loss * SHARED, rng);
        let ways = (0..destinations).map(|_| Way::new(loss * (1.0 - SHARED), rng)).collect();
        Self { hop, ways }
    }

    /// A sitting that asks one destination begins.
    pub(crate) fn renew(&mut self, destination: usize, at: f64, rng: &mut Rng) {
        self.hop.renew(at, rng);
        self.ways[destination].renew(at, rng);
    }

    /// The sitting goes on with all the other destinations.
    pub(crate) fn renew_others(&mut self, but: Option<usize>, at: f64, rng: &mut Rng) {
        if but.is_none() {
            self.hop.renew(at, rng);
        }
        for (_, way) in self.ways.iter_mut().enumerate().filter(|(index, _)| Some(*index) != but) {
            way.renew(at, rng);
        }
    }

    /// Whether a packet to `destination` is lost.
    pub(crate) fn loses_there(&mut self, destination: usize, at: f64, rng: &mut Rng) -> bool {
        self.hop.there.loses(at, rng) || self.ways[destination].there.loses(at, rng)
    }

    /// Whether a packet from `destination` is lost.
    pub(crate) fn loses_back(&mut self, destination: usize, at: f64, rng: &mut Rng) -> bool {
        self.ways[destination].back.loses(at, rng) || self.hop.back.loses(at, rng)
    }
}
