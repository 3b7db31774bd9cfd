//! A lane against a queue and a receiver of the simplest kind.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const INTERVAL: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn lane() -> Lane {
    Lane::new(Pace::new(INTERVAL))
}

/// A lane that has delivered this export, and has nothing to resume.
fn delivered(number: u64) -> Lane {
    let mut lane = lane();
    assert_eq!(lane.next(Some(number), at(0), 0.0), Next::Live(number));
    assert_eq!(lane.ended(Sent::Live(number), Outcome::Taken, None, at(0), 0.0), Fate::Settled);
    assert_eq!(lane.next(None, at(0), 0.0), Next::Idle);
    lane
}

#[test]
fn a_lane_without_an_export_has_nothing_to_do() {
    assert_eq!(lane().next(None, at(0), 0.5), Next::Idle);
}

#[test]
fn after_a_restart_the_newest_goes_first_and_the_rest_follows_within_five_intervals() {
    for (random, first_replay) in [(0.25, at(82)), (0.5, at(157)), (0.99, at(304))] {
        let mut lane = lane();
        assert_eq!(lane.next(Some(9), at(7), random), Next::Live(9));
        lane.ended(Sent::Live(9), Outcome::Taken, None, at(7), random);
        assert_eq!(lane.next(Some(8), at(7), random), Next::Wait(first_replay));
        assert_eq!(lane.next(Some(8), first_replay, 0.9), Next::Replay { before: 10 });
    }
}

#[test]
fn each_newer_export_goes_before_more_backlog_does() {
    let mut lane = delivered(5);
    assert_eq!(lane.next(Some(4), at(0), 0.0), Next::Replay { before: 6 });
    lane.ended(Sent::Replay(&[1, 2]), Outcome::Taken, None, at(1), 0.0);
    assert_eq!(lane.next(Some(4), at(1), 0.0), Next::Wait(at(11)), "a sixth of an interval");
    assert_eq!(lane.next(Some(6), at(2), 0.0), Next::Live(6), "at once");
    lane.ended(Sent::Live(6), Outcome::Taken, None, at(3), 0.0);
    assert_eq!(lane.next(Some(4), at(11), 0.0), Next::Replay { before: 7 });
}

#[test]
fn a_live_export_that_failed_is_live_again_until_there_is_a_newer_one() {
    let mut lane = delivered(5);
    assert_eq!(lane.next(Some(6), at(10), 0.0), Next::Live(6));
    assert_eq!(lane.ended(Sent::Live(6), Outcome::Failed, None, at(10), 0.5), Fate::Kept);
    assert_eq!(lane.next(Some(6), at(10), 0.0), Next::Wait(Duration::from_millis(10_500)));
    assert_eq!(lane.next(Some(6), at(11), 0.0), Next::Live(6));
    lane.ended(Sent::Live(6), Outcome::Failed, None, at(11), 0.0);
    assert_eq!(lane.next(Some(7), at(11), 0.0), Next::Live(7));
    assert_eq!(lane.ended(Sent::Live(7), Outcome::Taken, None, at(11), 0.0), Fate::Settled);
    assert_eq!(lane.next(Some(6), at(11), 0.5), Next::Wait(at(161)), "the fleet is spread");
    assert_eq!(lane.next(Some(6), at(161), 0.0), Next::Replay { before: 8 });
}

#[test]
fn what_was_added_while_another_was_under_way_is_not_spread() {
    let mut lane = delivered(5);
    lane.ended(Sent::Live(8), Outcome::Taken, None, at(10), 0.5);
    assert_eq!(lane.next(Some(7), at(10), 0.5), Next::Replay { before: 9 });
}

#[test]
fn failures_wait_longer_each_time_until_one_is_taken() {
    let mut lane = delivered(1);
    for (random, waits) in [(0.5, 0.5), (0.5, 1.0), (0.25, 1.0), (0.5, 4.0), (1.0, 16.0)] {
        lane.ended(Sent::Live(2), Outcome::Failed, None, at(100), random);
        assert_eq!(
            lane.next(Some(2), at(100), 0.0),
            Next::Wait(at(100) + Duration::from_secs_f64(waits)),
            "{random}"
        );
    }
    lane.ended(Sent::Live(2), Outcome::Taken, None, at(200), 0.5);
    lane.ended(Sent::Live(3), Outcome::Failed, None, at(200), 1.0);
    assert_eq!(lane.next(Some(3), at(200), 0.0), Next::Wait(at(201)), "from the beginning");
}

#[test]
fn a_receiver_that_asks_to_be_left_alone_is_left_alone() {
    for (sent, outcome) in [
        (Sent::Live(6), Outcome::Failed),
        (Sent::Live(6), Outcome::Refused),
        (Sent::Replay(&[3]), Outcome::Failed),
        (Sent::Replay(&[3, 4]), Outcome::Failed),
        (Sent::Replay(&[3, 4]), Outcome::Refused),
    ] {
        let mut lane = delivered(5);
        lane.ended(sent, outcome, Some(at(120)), at(10), 0.25);
        for newest in [4, 6, 7] {
            assert_eq!(lane.next(Some(newest), at(130), 0.0), Next::Wait(at(145)), "{sent:?} {outcome:?}");
        }
        assert_eq!(lane.next(Some(7), at(145), 0.0), Next::Live(7));
    }
}

#[test]
fn a_single_export_that_was_refused_is_given_up_and_the_next_is_not_hurried() {
    for sent in [Sent::Live(6), Sent::Replay(&[3])] {
        let mut lane = delivered(5);
        assert_eq!(lane.ended(sent, Outcome::Refused, None, at(10), 0.5), Fate::Rejected);
        assert_eq!(lane.next(Some(7), at(10), 0.0), Next::Wait(Duration::from_millis(10_500)), "{sent:?}");
        assert_eq!(lane.next(Some(7), at(11), 0.0), Next::Live(7));
    }
}

#[test]
fn a_token_that_has_expired_burns_no_day_of_backlog() {
    let mut lane = delivered(10_000);
    let mut now = at(0);
    let mut burnt = 0;
    while now < at(3_600) {
        match lane.next(Some(9_999), now, 0.5) {
            Next::Replay { .. } => {
                lane.ended(Sent::Replay(&[burnt]), Outcome::Refused, None, now, 0.5);
                burnt += 1;
            }
            Next::Wait(until) => now = until,
            other => panic!("{other:?}"),
        }
    }
    assert!(burnt < 40, "{burnt} in an hour, and a sixth of an interval apart they were 360");
}

#[test]
fn a_request_of_several_that_was_refused_goes_again_in_halves() {
    let mut lane = delivered(9);
    let steps: [(u64, &[u64], Outcome, Fate); 8] = [
        (10, &[1, 2, 3, 5, 8], Outcome::Refused, Fate::Kept),
        (3, &[1, 2], Outcome::Refused, Fate::Kept),
        (2, &[1], Outcome::Refused, Fate::Rejected),
        (3, &[2], Outcome::Taken, Fate::Settled),
        (9, &[3, 5, 8], Outcome::Refused, Fate::Kept),
        (4, &[3], Outcome::Taken, Fate::Settled),
        // The queue has let go of 5 meanwhile.
        (9, &[8], Outcome::Taken, Fate::Settled),
        (10, &[9], Outcome::Taken, Fate::Settled),
    ];
    let mut now = at(0);
    for (before, numbers, outcome, fate) in steps {
        now += INTERVAL;
        assert_eq!(lane.next(Some(9), now, 0.0), Next::Replay { before }, "{numbers:?}");
        assert_eq!(lane.ended(Sent::Replay(numbers), outcome, None, now, 0.5), fate, "{numbers:?}");
    }
    assert!(lane.parts.is_empty());
}

#[test]
fn a_part_of_which_nothing_is_left_is_passed_over() {
    let mut lane = delivered(9);
    lane.ended(Sent::Replay(&[1, 2, 3, 4]), Outcome::Refused, None, at(0), 0.0);
    assert_eq!(lane.next(Some(8), at(60), 0.0), Next::Replay { before: 3 });
    lane.found_none(at(60));
    assert_eq!(lane.next(Some(8), at(60), 0.0), Next::Replay { before: 5 });
    lane.found_none(at(60));
    assert_eq!(lane.next(Some(8), at(60), 0.0), Next::Replay { before: 10 });
    lane.found_none(at(60));
    assert_eq!(lane.next(Some(8), at(60), 0.0), Next::Wait(at(70)), "asked in a circle");
}

/// What happens to a lane.
#[derive(Clone, Debug)]
enum Event {
    Append(u8),
    /// The queue lets go of the oldest exports.
    Forget(u8),
    Pass(u64),
    /// The lane sends what is next, if it may.
    Send(Mood),
}

/// How the receiver answers.
#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Not now, and with this wish to be left alone, in seconds.
    Failing(Option<u64>),
    /// By what is in the request.
    Judging,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        2 => (1..5_u8).prop_map(Event::Append),
        1 => (0..3_u8).prop_map(Event::Forget),
        2 => (0..400_u64).prop_map(Event::Pass),
        2 => proptest::option::of(0..5_000_u64).prop_map(|hold| Event::Send(Mood::Failing(hold))),
        4 => Just(Event::Send(Mood::Judging)),
    ];
    proptest::collection::vec(event, 1..80)
}

struct World {
    lane: Lane,
    queue: BTreeSet<u64>,
    added: u64,
    now: Duration,
    /// No request is allowed before, because the receiver said so.
    asked: Duration,
    /// Every export with a number that is a multiple of this is refused.
    bad: u64,
    rejected: Vec<u64>,
    latest_live: u64,
}

impl World {
    fn append(&mut self, count: u8) {
        for _ in 0..count {
            self.added += 1;
            self.queue.insert(self.added);
        }
    }

    /// Does what the lane does next, and says when to come back.
    fn step(&mut self, mood: Mood, random: f64) -> Option<Duration> {
        let newest = self.queue.last().copied();
        let (numbers, is_live) = match self.lane.next(newest, self.now, random) {
            Next::Idle => {
                assert!(self.queue.is_empty());
                return None;
            }
            Next::Wait(until) => {
                assert!(until > self.now);
                return Some(until);
            }
            Next::Live(number) => {
                assert_eq!(Some(number), newest, "live is the newest");
                assert!(number > self.latest_live, "what was live and settled is live no more");
                (vec![number], true)
            }
            Next::Replay { before } => {
                assert!(newest <= Some(self.latest_live), "the newest goes first");
                let backlog = self.queue.range(..before).copied().take(crate::ship::REPLAY_EXPORTS_MOST);
                (backlog.collect::<Vec<_>>(), false)
            }
        };
        if numbers.is_empty() {
            self.lane.found_none(self.now);
            return Some(self.now);
        }
        assert!(self.now >= self.asked, "the receiver asked for patience until {:?}", self.asked);
        let is_bad = numbers.iter().any(|number| number % self.bad == 0);
        let (outcome, hold) = match mood {
            Mood::Failing(hold) => (Outcome::Failed, hold.map(at)),
            Mood::Judging if is_bad => (Outcome::Refused, None),
            Mood::Judging => (Outcome::Taken, None),
        };
        if let Some(hold) = hold {
            self.asked = self.now + hold.min(at(3_600));
        }
        let sent = if is_live { Sent::Live(numbers[0]) } else { Sent::Replay(&numbers) };
        let fate = self.lane.ended(sent, outcome, hold, self.now, random);
        let is_over = fate != Fate::Kept;
        assert_eq!(fate == Fate::Settled, outcome == Outcome::Taken);
        if fate == Fate::Rejected {
            assert_eq!(numbers.len(), 1, "one bad export costs one");
            self.rejected.push(numbers[0]);
        }
        if is_over {
            self.queue.retain(|number| !numbers.contains(number));
            self.latest_live = if is_live { numbers[0] } else { self.latest_live };
        }
        Some(self.now)
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_newest_goes_first_only_the_bad_are_given_up_and_in_the_end_nothing_is_left(
        events in events(),
        bad in 2..40_u64,
        randoms in proptest::collection::vec(0.0..1.0, 16),
    ) {
        let mut randoms = randoms.into_iter().cycle();
        let mut random = || randoms.next().expect("an endless list");
        let lane = lane();
        let mut world = World {
            lane, queue: BTreeSet::new(), added: 0, now: at(0), asked: at(0), bad, rejected: Vec::new(), latest_live: 0,
        };
        for event in events {
            match event {
                Event::Append(count) => world.append(count),
                Event::Forget(count) => for _ in 0..count { world.queue.pop_first(); },
                Event::Pass(seconds) => world.now += at(seconds),
                Event::Send(mood) => { world.step(mood, random()); },
            }
        }
        // From here on the receiver takes what is good.
        let mut steps = 0;
        while let Some(until) = world.step(Mood::Judging, random()) {
            world.now = until;
            steps += 1;
            prop_assert!(steps < 10_000, "{} are left", world.queue.len());
        }
        prop_assert!(world.rejected.iter().all(|number| number % bad == 0), "{:?}", world.rejected);
    }
}

#[test]
fn one_bad_export_among_many_costs_itself_and_a_few_requests() {
    for bad in [1, 17, 32, 33, 64] {
        let mut lane = delivered(100);
        let mut queue: BTreeSet<u64> = (1..=64).collect();
        let (mut now, mut requests, mut lost) = (at(0), 0, Vec::new());
        while !queue.is_empty() {
            let newest = queue.last().copied();
            match lane.next(newest, now, 0.5) {
                Next::Replay { before } => {
                    let numbers: Vec<_> = queue.range(..before).copied().collect();
                    let outcome = if numbers.contains(&bad) { Outcome::Refused } else { Outcome::Taken };
                    let fate = lane.ended(Sent::Replay(&numbers), outcome, None, now, 0.5);
                    if fate != Fate::Kept {
                        queue.retain(|number| !numbers.contains(number));
                    }
                    if fate == Fate::Rejected {
                        lost.extend(numbers);
                    }
                    requests += 1;
                }
                Next::Wait(until) => now = until,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(lost, [bad]);
        assert_eq!(requests, 13, "the whole, and both halves of each of six halvings");
    }
}
