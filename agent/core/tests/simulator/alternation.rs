//! Something that is quiet, then busy, then quiet again: lossy bursts, dead destinations, a frozen machine.
//!
//! The moments of change are drawn as far ahead as somebody asks, and kept, so that questions within one round may
//! come in any order. Times are seconds since the start of the simulated agent.

use fastrand::Rng;

/// How long one phase lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    /// Memoryless, with this mean.
    Exponential(f64),
    /// Anything between the two alike.
    Uniform(f64, f64),
    /// For good.
    Endless,
}

impl Span {
    /// One length.
    pub(crate) fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Self::Exponential(mean) => -mean * (1.0 - rng.f64()).ln(),
            Self::Uniform(least, most) => least + (most - least) * rng.f64(),
            Self::Endless => f64::INFINITY,
        }
    }
}

/// The process and the part of its course that is still of interest.
#[derive(Clone, Debug)]
pub(crate) struct Alternation {
    quiet: Span,
    busy: Span,
    starts_busy: bool,
    changes: Vec<f64>,
}

impl Alternation {
    /// Quiet at `at`.
    pub(crate) fn quiet_at(at: f64, quiet: Span, busy: Span, rng: &mut Rng) -> Self {
        let mut process = Self { quiet, busy, starts_busy: false, changes: Vec::new() };
        process.restart(at, false, rng);
        process
    }

    /// Forgets its past and future, and begins again in this phase.
    pub(crate) fn restart(&mut self, at: f64, busy: bool, rng: &mut Rng) {
        self.starts_busy = busy;
        self.changes.clear();
        self.changes.push(at + self.span(busy).draw(rng));
    }

    /// Forgets what was before `at`.
    pub(crate) fn forget(&mut self, at: f64) {
        if self.changes.len() == 1 {
            return;
        }
        let past = self.changes.iter().take(self.changes.len() - 1).filter(|change| **change <= at).count();
        self.changes.drain(..past);
        self.starts_busy ^= past % 2 == 1;
    }

    /// The end of the busy phase in which `at` falls.
    pub(crate) fn busy_until(&mut self, at: f64, rng: &mut Rng) -> Option<f64> {
        let mut last = self.changes[self.changes.len() - 1];
        while last <= at {
            let busy = self.starts_busy ^ (self.changes.len() % 2 == 1);
            last += self.span(busy).draw(rng);
            self.changes.push(last);
        }
        let phase = self.changes.iter().position(|change| *change > at).unwrap_or(0);
        (self.starts_busy ^ (phase % 2 == 1)).then(|| self.changes[phase])
    }

    /// Whether `at` falls in a busy phase.
    pub(crate) fn is_busy(&mut self, at: f64, rng: &mut Rng) -> bool {
        self.busy_until(at, rng).is_some()
    }

    fn span(&self, busy: bool) -> Span {
        if busy { self.busy } else { self.quiet }
    }
}
