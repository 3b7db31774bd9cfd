//! The engine that needs no privilege: the kernel's own `connect()`.
//!
//! One socket per attempt, each from its own source port and all kept until the probe is over. What a socket's
//! error queue and `TCP_INFO` say becomes the same observation that the raw engine makes from packets, with fewer
//! fields: no distance of an answer, no reset that the kernel ignores, no second answer.

mod departures;
mod trial;

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sortie_core::errno::Errno;
use sortie_core::observation::{Answer, Attempt, Seen};
use sortie_core::target::Port;

use crate::own::OwnAddresses;
use crate::patience::{Patience, until};
use crate::progress::Progress;
use crate::settings::Source;
use trial::Trial;

/// Probes by `connect()`.
#[derive(Debug)]
pub(crate) struct ConnectEngine {
    source: Option<Source>,
}

/// What the connect engine cannot see, on any machine.
pub(crate) const LIMITS: [&str; 2] = [
    "the connect engine sees neither the distance of an answer nor a reset that the kernel ignores",
    "the connect engine cannot tell answers dropped by this machine's own firewall from silence",
];

impl ConnectEngine {
    pub(crate) fn new(source: Option<Source>) -> Self {
        Self { source }
    }

    /// Probes one peer until `patience` ends.
    pub(crate) async fn probe(
        &self,
        (ip, port): (IpAddr, Port),
        mut patience: Patience,
        own: &OwnAddresses,
        progress: &Progress,
    ) -> Vec<Attempt> {
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut trials: Vec<Option<Rc<Trial>>> = Vec::new();
        let mut waiting: FuturesUnordered<Waiting> = FuturesUnordered::new();
        loop {
            let deadline = patience.deadline();
            let next = patience.next_send().filter(|at| *at < deadline);
            tokio::select! {
                Some((number, answers)) = waiting.next(), if !waiting.is_empty() => {
                    note(&mut patience, progress, number, &answers);
                    if let Some(trial) = trials[number].as_ref().filter(|_| holds_handshake(&answers)) {
                        waiting.push(listen_on(number, Rc::clone(trial)));
                    }
                    attempts[number].answers.extend(answers);
                }
                () = until(next.unwrap_or(deadline)) => {
                    if next.is_none() {
                        break;
                    }
                    let number = attempts.len();
                    let mut attempt = Attempt { at: patience.sent(), ..Attempt::default() };
                    // What goes to this machine itself never leaves it, and its resets are the destination's own.
                    let watch = !own.contains(ip) && attempts.iter().any(was_reset);
                    match Trial::start(ip, port, self.source.as_ref(), None, watch) {
                        Ok(trial) => {
                            let trial = Rc::new(trial);
                            attempt.source_port = trial.source_port();
                            waiting.push(wait_on(number, Rc::clone(&trial), own.clone()));
                            trials.push(Some(trial));
                        }
                        Err(errno) => {
                            attempt.answers.push(refused(errno));
                            patience.answered(number, Instant::now());
                            trials.push(None);
                        }
                    }
                    attempts.push(attempt);
                }
            }
        }
        for (attempt, trial) in attempts.iter_mut().zip(&trials) {
            attempt.kernel = trial.as_ref().and_then(|trial| trial.kernel_view());
        }
        attempts
    }

    /// Sends one SYN with a limited TTL and says what it drew, if anything, within `wait`.
    pub(crate) async fn cast(
        &self,
        (ip, port): (IpAddr, Port),
        ttl: u8,
        wait: Duration,
        own: &OwnAddresses,
    ) -> Option<Seen> {
        let trial = match Trial::start(ip, port, self.source.as_ref(), Some(ttl), false) {
            Ok(trial) => trial,
            Err(errno) => return Some(Seen::Refused(errno)),
        };
        let answers = tokio::time::timeout(wait, trial.wait(own)).await.ok()?;
        answers.into_iter().next().map(|answer| answer.seen)
    }
}

type Heard = (usize, Vec<Answer>);

/// Both kinds of waiting live in one set, so they share a type.
type Waiting = std::pin::Pin<Box<dyn Future<Output = Heard>>>;

fn wait_on(number: usize, trial: Rc<Trial>, own: OwnAddresses) -> Waiting {
    Box::pin(async move { (number, trial.wait(&own).await) })
}

fn listen_on(number: usize, trial: Rc<Trial>) -> Waiting {
    Box::pin(async move { (number, trial.after_handshake().await) })
}

fn refused(errno: Errno) -> Answer {
    Answer { after: Duration::ZERO, late: false, seen: Seen::Refused(errno) }
}

/// After a reset the next SYN is watched: this machine's own rules may be the author.
fn was_reset(attempt: &Attempt) -> bool {
    attempt.answers.iter().any(|answer| matches!(answer.seen, Seen::Reset(_)))
}

/// Whether the last word of `answers` is a handshake that still stands.
fn holds_handshake(answers: &[Answer]) -> bool {
    matches!(answers.last(), Some(Answer { seen: Seen::SynAck(_), .. }))
}

fn note(patience: &mut Patience, progress: &Progress, number: usize, answers: &[Answer]) {
    let now = Instant::now();
    for answer in answers {
        match &answer.seen {
            Seen::SynAck(_) => {
                patience.established(now, answer.after);
                progress.established();
            }
            _ => patience.answered(number, now),
        }
    }
}
