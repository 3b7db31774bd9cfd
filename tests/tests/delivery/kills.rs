//! An acknowledgement outlives whoever gave it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use std::{slice, thread};

use anyhow::{Result, ensure};
use e2e::backend::{Acknowledgement, Backend, Collector};
use e2e::netns::Namespace;
use e2e::otlp::sample::Agent;
use e2e::otlp::{Answer, Message, Protocol};

use crate::gateway::{OURS, points, require_stored, require_taken};
use crate::{Job, kills_wanted};

/// A moment within the work on a handful of requests.
const LIFE: Duration = Duration::from_millis(200);
/// As long as nobody listens there is no need to hurry.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) const JOBS: &[(Acknowledgement, &str, Job)] = &[(
    Acknowledgement::OfTheBackend,
    "collector_and_prometheus_are_killed_and_what_was_acknowledged_is_stored",
    of_collector_and_prometheus,
)];

/// Every export is sent once, however that ends, while the collector and Prometheus are killed in turn. What was
/// acknowledged is stored; what was not may be, and is when it was sent again.
fn of_collector_and_prometheus(backend: &mut Backend<'_>) -> Result<()> {
    let ended = AtomicBool::new(false);
    let namespace = backend.namespace();
    let outcomes = thread::scope(|scope| {
        let sending = scope.spawn(|| send_until(&ended, namespace));
        let killed = kill_in_turn(backend);
        ended.store(true, Ordering::Relaxed);
        let outcomes = sending.join().expect("sending panics nowhere");
        killed.and(outcomes)
    })?;
    let (taken, open): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|(_, answer)| *answer == Answer::Taken);
    let messages = |outcomes: Vec<(Message, Answer)>| -> Vec<_> {
        outcomes.into_iter().map(|(message, _)| message).collect()
    };
    let [taken, open] = [messages(taken), messages(open)];
    ensure!(
        !taken.is_empty() && !open.is_empty(),
        "{} taken, {} not: nothing shown",
        taken.len(),
        open.len()
    );
    let lost = points(&taken)?.missing_in(&backend.prometheus.points(OURS)?);
    ensure!(lost.is_empty(), "acknowledged and lost: {lost:#?}");
    require_taken(&backend.send(Protocol::Http, &open, &[])?)?;
    require_stored(backend, &[taken, open].concat())
}

fn kill_in_turn(backend: &mut Backend<'_>) -> Result<()> {
    for kill in 0..kills_wanted()? {
        thread::sleep(LIFE.mul_f64(fastrand::f64()));
        let victim = if kill % 2 == 0 { backend.collector.service() } else { backend.prometheus.service() };
        victim.kill()?;
        victim.start()?;
    }
    thread::sleep(LIFE);
    Ok(())
}

fn send_until(ended: &AtomicBool, namespace: &Namespace) -> Result<Vec<(Message, Answer)>> {
    let begin = SystemTime::now() - Duration::from_secs(3600);
    let agent = Agent::new("vm", begin);
    namespace.run(|| {
        let mut outcomes = Vec::new();
        for turn in 0.. {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            let export = agent.export(begin + Duration::from_millis(turn.into()), turn);
            let answer = Collector::sender(Protocol::Http).send(slice::from_ref(&export), &[])?.remove(0);
            if answer != Answer::Taken {
                thread::sleep(PAUSE);
            }
            outcomes.push((export, answer));
        }
        Ok(outcomes)
    })
}
