//! Percentiles of a sample.

use std::time::Duration;

/// A sample in ascending order, never empty.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    /// `None` of an empty sample.
    pub(crate) fn of(sample: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<_> = sample.into_iter().collect();
        sorted.sort_unstable();
        (!sorted.is_empty()).then_some(Self(sorted))
    }

    /// The smallest value that is not exceeded by this percentage of the sample (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).clamp(1, self.0.len());
        self.0[rank - 1]
    }

    pub(crate) fn max(&self) -> Duration {
        self.percentile(100)
    }
}
