//! The words of the store for those of telemetry and of the clock, which know nothing of each other.

use std::time::{Duration, SystemTime};

use sortie_store::{Lane, Moment};
use sortie_telemetry::{Loss, Signal};

/// The lane of a signal.
pub(super) fn lane(signal: Signal) -> Lane {
    match signal {
        Signal::Metrics => Lane::Metrics,
        Signal::Events => Lane::Events,
    }
}

/// The signal of a lane.
pub(super) fn signal(lane: Lane) -> Signal {
    match lane {
        Lane::Metrics => Signal::Metrics,
        Lane::Events => Signal::Events,
    }
}

/// A loss as the store counts it.
pub(super) fn counted(loss: Loss) -> sortie_store::Loss {
    match loss {
        Loss::Rejected => sortie_store::Loss::Rejected,
        Loss::Age => sortie_store::Loss::Age,
        Loss::Size => sortie_store::Loss::Size,
        Loss::Corrupt => sortie_store::Loss::Corrupt,
        Loss::Memory => sortie_store::Loss::Memory,
    }
}

/// A loss as metrics and events tell it.
pub(super) fn told(loss: sortie_store::Loss) -> Loss {
    match loss {
        sortie_store::Loss::Rejected => Loss::Rejected,
        sortie_store::Loss::Age => Loss::Age,
        sortie_store::Loss::Size => Loss::Size,
        sortie_store::Loss::Corrupt => Loss::Corrupt,
        sortie_store::Loss::Memory => Loss::Memory,
    }
}

/// A moment of the wall clock.
pub(super) fn moment(time: SystemTime) -> Moment {
    since_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// A moment by its offset from the Unix epoch.
pub(super) fn since_epoch(offset: Duration) -> Moment {
    Moment::from_millis(u64::try_from(offset.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_counterpart() {
        for one in Signal::ALL {
            assert_eq!(signal(lane(one)), one);
        }
        for one in Loss::ALL {
            assert_eq!(told(counted(one)), one);
        }
    }
}
