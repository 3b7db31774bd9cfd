//! TTL-limited walks of subjects and their controls, side by side.
//!
//! ```text
//! repeat 1: TTL 1 ── 10 ms ── TTL 2 ── … ──▶ wait        (all pairs and both sides at once)
//! repeat 2: 1.1 s after the first began, …
//! ```
//!
//! Linux routers send at most one ICMP error per second to one destination after a burst of six, so repeats are
//! spaced, and every repeat begins with another pair, so that the ration is shared.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use sortie_core::localise::Pair;
use sortie_core::observation::Seen;
use sortie_core::target::Port;
use sortie_core::walk::{Reach, Step, Walk};
use tokio::time::{Instant, sleep, sleep_until};

use crate::side_by_side;

/// Between the SYNs of neighbouring TTLs.
const TTL_SPACING: Duration = Duration::from_millis(10);

/// Between the SYNs of different pairs at one TTL.
const PAIR_SPACING: Duration = Duration::from_millis(2);

/// From the start of one repeat to the start of the next.
const REPEAT_SPACING: Duration = Duration::from_millis(1100);

/// How long one SYN is listened to.
pub(crate) const WAIT: Duration = Duration::from_millis(800);

/// Where a SYN goes.
type Destination = (IpAddr, Port);

/// Walks all pairs; `cast` sends one SYN with a limited TTL and says what it drew.
pub(crate) async fn walk<F>(
    pairs: &[Pair],
    ttls: RangeInclusive<u8>,
    repeats: u8,
    cast: impl Fn(Destination, u8) -> F,
) -> Vec<Walk>
where
    F: Future<Output = Option<Seen>>,
{
    let mut walks: Vec<Walk> = pairs.iter().map(|pair| empty(pair, ttls.clone())).collect();
    for repeat in 0..repeats {
        let next = Instant::now() + REPEAT_SPACING;
        let casts = side_by_side::all(casts(&walks, usize::from(repeat)).into_iter().map(async |one| {
            sleep(one.delay).await;
            (one, reach(cast(one.to, one.ttl).await.as_ref()))
        }));
        for (one, reach) in casts.await {
            let step = &mut walks[one.pair].steps[one.step];
            if one.subject { &mut step.subject } else { &mut step.control }.push(reach);
        }
        if repeat + 1 < repeats {
            sleep_until(next).await;
        }
    }
    walks
}

/// One SYN of a walk.
#[derive(Clone, Copy, Debug)]
struct Cast {
    pair: usize,
    step: usize,
    ttl: u8,
    subject: bool,
    to: Destination,
    delay: Duration,
}

fn casts(walks: &[Walk], repeat: usize) -> Vec<Cast> {
    let mut casts = Vec::new();
    for (pair, walk) in walks.iter().enumerate() {
        let turn = (pair + repeat) % walks.len();
        let sides = [(true, Some(walk.subject)), (false, walk.control)];
        for (subject, to) in sides {
            let Some(to) = to else { continue };
            let arrived = arrival(walk, subject);
            for (step, at) in walk.steps.iter().enumerate() {
                // Beyond the shortest distance that completes a handshake there is nothing left to learn.
                if arrived.is_some_and(|ttl| at.ttl > ttl) {
                    continue;
                }
                // Subject and control take turns in going first.
                let second = subject == (repeat % 2 == 1);
                let place = u32::try_from(2 * turn + usize::from(second)).unwrap_or(u32::MAX);
                let delay = TTL_SPACING * u32::try_from(step).unwrap_or(u32::MAX) + PAIR_SPACING * place;
                casts.push(Cast { pair, step, ttl: at.ttl, subject, to, delay });
            }
        }
    }
    casts
}

/// The smallest TTL at which this side's handshake was completed so far.
fn arrival(walk: &Walk, subject: bool) -> Option<u8> {
    let side = |step: &Step| if subject { step.subject.clone() } else { step.control.clone() };
    walk.steps.iter().find(|step| side(step).contains(&Reach::SynAck)).map(|step| step.ttl)
}

fn empty(pair: &Pair, ttls: RangeInclusive<u8>) -> Walk {
    let step = |ttl| Step { ttl, subject: Vec::new(), control: Vec::new() };
    Walk {
        operator: pair.operator.clone(),
        subject: pair.subject,
        control: pair.control,
        steps: ttls.map(step).collect(),
    }
}

fn reach(seen: Option<&Seen>) -> Reach {
    match seen {
        None => Reach::Silent,
        Some(Seen::SynAck(_) | Seen::DroppedOnArrival(_)) => Reach::SynAck,
        Some(Seen::Reset(_)) => Reach::Reset,
        Some(Seen::Icmp(icmp)) if icmp.is_time_exceeded() => Reach::TimeExceeded(icmp.offender),
        Some(Seen::Icmp(icmp)) => Reach::Unreachable(icmp.offender),
        Some(Seen::Refused(_)) => Reach::Refused,
    }
}
