//! From many points to few marks: what a strip shows of a day.
//!
//! The time is divided into columns. Within a column the handshakes of one outcome become one mark from the quickest
//! to the slowest, so that no extreme is lost; probes without an answer become one mark for each outcome, and as long
//! as nothing else comes between, one run across columns.

use std::time::Duration;

use sortie_core::history::Point;
use sortie_core::outcome::Outcome;

use super::Window;

/// Some probes that are drawn as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::page) struct Mark {
    /// What all of them were.
    pub(in crate::page) outcome: Outcome,
    /// When the first one was, since the Unix epoch.
    pub(in crate::page) from: Duration,
    /// When the last one was.
    pub(in crate::page) to: Duration,
    /// How many there were.
    pub(in crate::page) probes: usize,
    /// The quickest and the slowest handshake; `None` where there was nothing to time.
    pub(in crate::page) times: Option<(Duration, Duration)>,
}

impl Mark {
    fn of(point: &Point) -> Self {
        Self {
            outcome: point.outcome,
            from: point.moment,
            to: point.moment,
            probes: 1,
            times: point.handshake.map(|time| (time, time)),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.outcome, self.times.is_some()) == (other.outcome, other.times.is_some())
    }

    fn take(&mut self, other: &Self) {
        self.to = other.to;
        self.probes += other.probes;
        if let (Some((least, most)), Some((quick, slow))) = (&mut self.times, other.times) {
            (*least, *most) = ((*least).min(quick), (*most).max(slow));
        }
    }
}

/// The marks of some points, oldest first, in at most `columns` times the number of outcomes.
pub(in crate::page) fn thin<'a>(
    points: impl IntoIterator<Item = &'a Point>,
    window: &Window,
    columns: u32,
) -> Vec<Mark> {
    let column = |moment| window.column(moment, columns);
    let mut marks: Vec<Mark> = Vec::new();
    for point in points.into_iter().filter(|point| point.moment >= window.from) {
        let new = Mark::of(point);
        let goes_on = |last: &Mark| new.times.is_none() && last.is_like(&new);
        if let Some(last) = marks.last_mut().filter(|last| goes_on(last)) {
            last.take(&new);
            continue;
        }
        let mut beside = marks.iter_mut().rev().take_while(|mark| column(mark.to) == column(new.from));
        match beside.find(|mark| mark.is_like(&new)) {
            Some(mark) => mark.take(&new),
            None => marks.push(new),
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { from: Duration::from_secs(1_000), to: Duration::from_secs(1_100) };

    fn points(script: &[(u64, Outcome, Option<u64>)]) -> Vec<Point> {
        let point = |(second, outcome, ms): &(u64, Outcome, Option<u64>)| Point {
            moment: Duration::from_secs(*second),
            outcome: *outcome,
            handshake: ms.map(Duration::from_millis),
        };
        script.iter().map(point).collect()
    }

    /// Ten columns of ten seconds; a mark as `from-to: outcome × probes, quickest to slowest`.
    fn told(script: &[(u64, Outcome, Option<u64>)]) -> Vec<String> {
        let tell = |mark: Mark| {
            let (from, to) = (mark.from.as_secs() - 1_000, mark.to.as_secs() - 1_000);
            let times =
                mark.times.map(|(least, most)| format!(", {least:?} to {most:?}")).unwrap_or_default();
            format!("{from}-{to}: {} ×{}{times}", mark.outcome.code(), mark.probes)
        };
        thin(&points(script), &WINDOW, 10).into_iter().map(tell).collect()
    }

    #[test]
    fn a_column_keeps_its_extremes_and_a_run_its_length() {
        use Outcome::{Established, Greeted, Reset, Timeout};
        for (what, script, marks) in [
            ("nothing", vec![], vec![]),
            ("what is older than the window is left out", vec![(900, Timeout, None)], vec![]),
            (
                "handshakes of one column are one mark, those of two are two",
                vec![
                    (1_001, Established, Some(12)),
                    (1_005, Established, Some(30)),
                    (1_009, Established, Some(20)),
                    (1_010, Established, Some(5)),
                ],
                vec!["1-9: established ×3, 12ms to 30ms", "10-10: established ×1, 5ms to 5ms"],
            ),
            (
                "silence is one run, across columns",
                vec![(1_001, Timeout, None), (1_050, Timeout, None), (1_099, Timeout, None)],
                vec!["1-99: timeout ×3"],
            ),
            (
                "an answer ends a run",
                vec![(1_001, Timeout, None), (1_050, Greeted, Some(9)), (1_099, Timeout, None)],
                vec!["1-1: timeout ×1", "50-50: greeted ×1, 9ms to 9ms", "99-99: timeout ×1"],
            ),
            (
                "what alternates within a column is one mark for each outcome",
                vec![
                    (1_001, Timeout, None),
                    (1_002, Reset, None),
                    (1_003, Timeout, None),
                    (1_004, Reset, None),
                ],
                vec!["1-3: timeout ×2", "2-4: reset ×2"],
            ),
            (
                "a handshake that nobody timed is not one of those that were",
                vec![(1_001, Established, Some(7)), (1_002, Established, None)],
                vec!["1-1: established ×1, 7ms to 7ms", "2-2: established ×1"],
            ),
            (
                "what is said to be in the future is drawn at the end",
                vec![(1_099, Reset, None), (2_000, Reset, None)],
                vec!["99-1000: reset ×2"],
            ),
        ] {
            assert_eq!(told(&script), marks, "{what}");
        }
    }

    #[test]
    fn however_much_is_remembered_the_marks_are_bounded() {
        let outcomes = [Outcome::Established, Outcome::Timeout, Outcome::Reset];
        let rounds = (0..100_000u64).zip(outcomes.into_iter().cycle());
        let script: Vec<_> = rounds
            .map(|(n, outcome)| (1_000 + n / 1_000, outcome, outcome.is_handshake().then_some(n)))
            .collect();
        assert!(told(&script).len() <= 30, "{}", told(&script).len());
    }
}
