//! Delays and what is said about many of them.

/// Delays in seconds, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Delays(Vec<f64>);

impl Delays {
    /// These, in whatever order.
    pub(crate) fn of(delays: impl Iterator<Item = f64>) -> Self {
        let mut delays: Vec<f64> = delays.collect();
        delays.sort_by(f64::total_cmp);
        Self(delays)
    }

    /// The mean; not a number where there is none.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The delay that this percentage of all does not exceed; not a number where there is none.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}
