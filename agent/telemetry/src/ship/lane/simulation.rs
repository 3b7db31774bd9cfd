//! A fleet after an outage of an hour: does it come back without knocking the receiver over again?

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::*;

const FLEET: u32 = 10_000;
const INTERVAL: Duration = Duration::from_secs(60);
const DOWN_AT: Duration = Duration::from_secs(600);
const UP_AT: Duration = Duration::from_secs(600 + 3_600);
/// By then every lane has sent its newest and its backlog: five intervals to come back, five of spread, and one request
/// a sixth of an interval for what has gathered.
const DRAINED_AT: Duration = Duration::from_secs(600 + 3_600 + 660);

struct Agent {
    lane: Lane,
    queue: BTreeSet<u64>,
    added: u64,
    append_at: Duration,
    /// When the lane is to be asked again; what lies in the heap for another moment is out of date.
    ask_at: Duration,
    asked_for_patience_until: Duration,
}

#[test]
fn a_fleet_comes_back_without_a_herd() {
    let mut random = fastrand::Rng::with_seed(25);
    let mut agents: Vec<Agent> = (0..FLEET)
        .map(|_| Agent {
            lane: Lane::new(Pace::new(INTERVAL)),
            queue: BTreeSet::new(),
            added: 0,
            append_at: INTERVAL.mul_f64(random.f64()),
            ask_at: Duration::MAX,
            asked_for_patience_until: Duration::ZERO,
        })
        .collect();
    let mut due: BinaryHeap<_> =
        (0_usize..).zip(&agents).map(|(index, agent)| Reverse((agent.append_at, index))).collect();
    let mut requests = vec![0_u32; 2 * 3_600];
    let (mut failed, mut throttled) = (0, 0);

    while let Some(Reverse((now, index))) = due.pop() {
        if now > DRAINED_AT {
            break;
        }
        let agent = &mut agents[index];
        if now == agent.append_at {
            agent.added += 1;
            agent.queue.insert(agent.added);
            agent.append_at = now + INTERVAL;
            due.push(Reverse((agent.append_at, index)));
        } else if now != agent.ask_at {
            continue;
        }
        loop {
            let newest = agent.queue.last().copied();
            let (numbers, is_live) = match agent.lane.next(newest, now, random.f64()) {
                Next::Idle => break,
                Next::Wait(until) => {
                    agent.ask_at = until;
                    due.push(Reverse((until, index)));
                    break;
                }
                Next::Live(number) => (vec![number], true),
                Next::Replay { before } => {
                    let backlog = agent.queue.range(..before).copied();
                    (backlog.take(crate::ship::REPLAY_EXPORTS_MOST).collect::<Vec<_>>(), false)
                }
            };
            requests[usize::try_from(now.as_secs()).expect("two hours")] += 1;
            assert!(now >= agent.asked_for_patience_until, "the receiver asked for patience");
            let is_down = (DOWN_AT..UP_AT).contains(&now);
            // What stands before the receiver answers a fifth of the requests with a wish of its own.
            let hold = (is_down && random.u8(..5) == 0).then(|| Duration::from_secs(random.u64(1..=300)));
            if let Some(hold) = hold {
                agent.asked_for_patience_until = now + hold;
                throttled += 1;
            }
            failed += u32::from(is_down);
            let outcome = if is_down { Outcome::Failed } else { Outcome::Taken };
            let sent = if is_live { Sent::Live(numbers[0]) } else { Sent::Replay(&numbers) };
            if agent.lane.ended(sent, outcome, hold, now, random.f64()) == Fate::Settled {
                agent.queue.retain(|number| !numbers.contains(number));
            }
        }
    }

    let seconds = |at: Duration| usize::try_from(at.as_secs()).expect("two hours");
    let busiest = |from, to| *requests[seconds(from)..seconds(to)].iter().max().expect("a second");
    let everyday = busiest(INTERVAL * 2, DOWN_AT);
    let back = busiest(UP_AT, DRAINED_AT);
    println!(
        "requests in the busiest second of {FLEET} lanes: everyday {everyday}, after the return {back}; \
         {failed} failed during the outage, {throttled} of them with a wish for patience"
    );
    // All at a time: an everyday export of each lane and interval (1), lanes that come back from a wait that was drawn
    // from up to five intervals, at a rate of one in its mean, two and a half (0.4), and backlog that is spread over
    // five (0.2). That is 1.6 times the everyday rate; the rest is room for chance, 5 σ of it.
    let rate = f64::from(FLEET) / INTERVAL.as_secs_f64();
    let bound = 1.6 * rate + 5.0 * (1.6 * rate).sqrt();
    assert!(bound < 3.0 * rate);
    assert!(f64::from(back) <= bound, "{back} in a second, more than {bound}");
    let left: usize = agents.iter().map(|agent| agent.queue.len()).sum();
    assert_eq!(left, 0, "exports are left");
}
