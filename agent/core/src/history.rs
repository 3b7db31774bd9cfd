//! What an agent remembers: every change of state, and how each destination answered over time.
//!
//! Bounded by construction: the oldest goes first, whatever is recorded. The moments are arguments; they are offsets
//! from the Unix epoch, so that a history outlives the process that began it.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::observation::Observation;
use crate::outcome::{self, Outcome};
use crate::report::compose;
use crate::target::{Family, Port, Role};
use crate::verdict::rules::ids::{self, RuleId};
use crate::verdict::{Attribution, Signature, State};

/// The schema of a history on the wire.
pub const SCHEMA: &str = "sortie.history/1";
/// Changes that are kept: a port that flaps every round for four hours.
const CHANGES_MOST: usize = 256;
/// Points that are kept of one destination: more than a day of rounds in which one of five operators is asked.
const POINTS_MOST: usize = 512;
/// Destinations that are kept: targets, their controls and the global controls, in both families.
const SERIES_MOST: usize = 320;

/// A change of the state on show. A clean block and a clean lift are one each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateChange {
    /// Unique to this change, the same on every face that tells it.
    pub uid: String,
    /// RFC 3339, UTC: when it was decided.
    pub at: String,
    /// The same moment since the Unix epoch.
    #[serde(skip)]
    pub moment: Duration,
    /// The port under test.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// The state shown before; `null` for the first one.
    pub previous: Option<State>,
    /// The state shown from now on.
    pub state: State,
    /// How it shows on the wire, or the cause.
    pub signature: Option<Signature>,
    /// Whose block it is.
    pub attribution: Option<Attribution>,
    /// 0 to 1.
    pub confidence: f64,
    /// Stable id of the rule that decided.
    #[serde(deserialize_with = "ids::deserialize")]
    pub rule: RuleId,
    /// One sentence.
    pub summary: String,
}

/// One probe of one destination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Since the Unix epoch, when the round began.
    pub moment: Duration,
    /// What it meant.
    pub outcome: Outcome,
    /// From SYN to answer; `None` where nothing answered.
    pub handshake: Option<Duration>,
}

/// One probe of one destination, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Who runs it; `None` for a global control.
    pub operator: Option<String>,
    /// Why it was probed.
    pub role: Role,
    /// As configured, `host:port`.
    pub address: String,
    /// The probed port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// What it meant.
    pub outcome: Outcome,
    /// Microseconds from SYN to answer; `None` where nothing answered.
    pub handshake_us: Option<u64>,
}

impl Sample {
    /// What an observation comes to.
    pub fn of(observation: &Observation) -> Self {
        let handshake = compose::handshake(observation);
        Self {
            operator: observation.operator.as_ref().map(ToString::to_string),
            role: observation.role,
            address: observation.address.to_string(),
            port: observation.port(),
            family: observation.family,
            outcome: outcome::classify(observation),
            handshake_us: handshake.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
        }
    }
}

/// The probes of one destination in one family, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Who runs it; `None` for a global control.
    pub operator: Option<String>,
    /// Why it was probed.
    pub role: Role,
    /// As configured, `host:port`.
    pub address: String,
    /// The probed port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// Oldest first.
    pub points: VecDeque<Point>,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    changes: VecDeque<StateChange>,
    series: Vec<Series>,
}

impl History {
    /// Every change, oldest first.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &StateChange> + ExactSizeIterator {
        self.changes.iter()
    }

    /// Every destination that was probed, in the order of its first probe.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// Remembers a change.
    pub fn change(&mut self, change: StateChange) {
        if self.changes.len() == CHANGES_MOST {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// Remembers the probes of a round that began at `moment`.
    pub fn record(&mut self, samples: impl IntoIterator<Item = Sample>, moment: Duration) {
        samples.into_iter().for_each(|sample| self.sample(sample, moment));
    }

    fn sample(&mut self, sample: Sample, moment: Duration) {
        let point = Point {
            moment,
            outcome: sample.outcome,
            handshake: sample.handshake_us.map(Duration::from_micros),
        };
        let Some(points) = self.points_of(sample) else { return };
        if points.len() == POINTS_MOST {
            points.pop_front();
        }
        points.push_back(point);
    }

    /// The points of the destination that was probed, made room for where it is new.
    fn points_of(&mut self, sample: Sample) -> Option<&mut VecDeque<Point>> {
        let Sample { operator, role, address, port, family, .. } = sample;
        let known = self.series.iter().position(|series| {
            series.family == family
                && series.role == role
                && series.address == address
                && series.operator == operator
        });
        let index = if let Some(index) = known {
            index
        } else {
            if self.series.len() == SERIES_MOST {
                self.forget_the_stalest();
            }
            let points = VecDeque::new();
            self.series.push(Series { operator, role, address, port, family, points });
            self.series.len() - 1
        };
        self.series.get_mut(index).map(|series| &mut series.points)
    }

    /// A destination that the configuration no longer has makes room for one that it has.
    fn forget_the_stalest(&mut self) {
        let last = |series: &Series| series.points.back().map(|point| point.moment);
        let stalest =
            self.series.iter().enumerate().min_by_key(|(_, series)| last(series)).map(|(index, _)| index);
        if let Some(index) = stalest {
            self.series.remove(index);
        }
    }
}

impl Serialize for History {
    /// `sortie.history/1`: the changes, oldest first, and for each destination its points as
    /// `[milliseconds since the Unix epoch, outcome, milliseconds of the handshake or null]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            schema: &'static str,
            changes: &'a VecDeque<StateChange>,
            samples: Vec<Samples<'a>>,
        }
        #[derive(Serialize)]
        struct Samples<'a> {
            operator: Option<&'a str>,
            role: Role,
            address: &'a str,
            port: Port,
            family: Family,
            points: Vec<(u64, &'static str, Option<f64>)>,
        }
        let point = |point: &Point| {
            let at = u64::try_from(point.moment.as_millis()).unwrap_or(u64::MAX);
            (at, point.outcome.code(), point.handshake.map(compose::millis))
        };
        let samples = self.series.iter().map(|series| Samples {
            operator: series.operator.as_deref(),
            role: series.role,
            address: &series.address,
            port: series.port,
            family: series.family,
            points: series.points.iter().map(point).collect(),
        });
        Wire { schema: SCHEMA, changes: &self.changes, samples: samples.collect() }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Answer, Attempt, Peer, Seen, Segment};
    use crate::target::Operator;

    fn observed(host: usize, answered: bool) -> Observation {
        let syn_ack = Answer {
            after: Duration::from_millis(12),
            late: false,
            seen: Seen::SynAck(Segment { acceptable: true, ..Segment::default() }),
        };
        Observation {
            operator: Operator::new(&format!("operator-{host}")).ok(),
            role: Role::Subject,
            address: format!("mx{host}.example:25").parse().expect("an address"),
            peer: Peer::Ip([192, 0, 2, 1].into()),
            family: Family::Ipv4,
            on_link: false,
            has_source: true,
            is_routed: true,
            attempts: vec![Attempt {
                at: Duration::ZERO,
                source_port: None,
                answers: if answered { vec![syn_ack] } else { Vec::new() },
                kernel: None,
            }],
            session: None,
            took: Duration::from_secs(7),
            dns_took: None,
        }
    }

    fn change(number: u64) -> StateChange {
        StateChange {
            uid: format!("uid-{number}"),
            at: "2026-11-25T00:00:00.000Z".to_owned(),
            moment: Duration::from_secs(number),
            port: Port::SMTP,
            family: Family::Ipv4,
            previous: Some(State::Open),
            state: State::PlatformBlocked,
            signature: Some(Signature::SilentDrop),
            attribution: None,
            confidence: 0.999,
            rule: "silent_all",
            summary: "Port 25 is dropped".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_the_published_schema() {
        let mut history = History::default();
        history.change(change(1));
        history.record([Sample::of(&observed(1, true))], Duration::from_secs(1_000));
        history.record([Sample::of(&observed(1, false))], Duration::from_secs(1_060));
        insta::assert_snapshot!(serde_json::to_string_pretty(&history).expect("plain data"));
    }

    #[test]
    fn what_was_written_down_is_read_again() {
        let told = StateChange { moment: Duration::ZERO, ..change(1) };
        let text = serde_json::to_string(&told).expect("plain data");
        assert_eq!(serde_json::from_str::<StateChange>(&text).expect("it was written by us"), told);
        let (mut one, mut other) = (History::default(), History::default());
        let observed = observed(1, true);
        one.record([Sample::of(&observed)], Duration::from_secs(1_000));
        let text = serde_json::to_string(&Sample::of(&observed)).expect("plain data");
        let read: Sample = serde_json::from_str(&text).expect("it was written by us");
        other.record([read], Duration::from_secs(1_000));
        assert_eq!(one, other);
    }

    #[test]
    fn a_history_is_bounded_and_forgets_the_oldest() {
        let mut history = History::default();
        (0..2_000).for_each(|number| history.change(change(number)));
        assert_eq!(history.changes().len(), CHANGES_MOST);
        assert_eq!(history.changes().last().map(|change| change.uid.as_str()), Some("uid-1999"));
        for second in 0..(2 * POINTS_MOST as u64) {
            history.record([Sample::of(&observed(0, true))], Duration::from_secs(second));
        }
        let points = &history.series()[0].points;
        assert_eq!(points.len(), POINTS_MOST);
        assert_eq!(points.back().map(|p| p.moment.as_secs()), Some(2 * POINTS_MOST as u64 - 1));
    }

    #[test]
    fn destinations_that_are_gone_make_room() {
        let mut history = History::default();
        for host in 0..=SERIES_MOST {
            history.record([Sample::of(&observed(host, false))], Duration::from_secs(host as u64));
        }
        assert_eq!(history.series().len(), SERIES_MOST);
        assert_eq!(history.series()[0].address, "mx1.example:25");
        assert_eq!(history.series()[SERIES_MOST - 1].points[0].handshake, None);
    }
}
