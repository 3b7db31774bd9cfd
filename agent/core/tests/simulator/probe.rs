//! One destination's port in one round: attempts on schedule, an answer or the end of the window.

use sortie_core::hearing::{Greeting, Tally};

use crate::world::{Side, World};

/// SYNs of the kernel's own handshake (Linux 6.5 and later), in seconds after the first.
const KERNEL_SYNS: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 4.0];
/// Transmissions of the server's greeting, by its retransmission timer.
const GREETINGS: [f64; 4] = [0.0, 0.3, 0.9, 2.1];
/// How long a conversation is waited for.
const SESSION_DEADLINE: f64 = 5.0;

/// When SYNs are sent and how long their answers are waited for, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Offsets of the attempts.
    pub(crate) attempts: &'static [f64],
    /// Length of the window.
    pub(crate) window: f64,
}

/// What became of the attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probed {
    /// When the first answer arrived.
    pub(crate) answered: Option<f64>,
    /// When nothing more was to be waited for.
    pub(crate) end: f64,
    /// SYNs.
    pub(crate) tally: Tally,
}

/// Sends attempts until one is answered. A frozen machine sends late, and nothing after the window.
pub(crate) fn handshake(
    world: &mut World,
    destination: usize,
    side: Side,
    start: f64,
    patience: Patience,
) -> Probed {
    let window_end = world.awake(start + patience.window);
    let mut answered: Option<f64> = None;
    let mut tally = Tally::default();
    for offset in patience.attempts {
        let at = world.awake(start + offset);
        if at >= start + patience.window || answered.is_some_and(|earlier| earlier <= at) {
            break;
        }
        tally.sent += 1;
        match world.exchange(destination, side, at).filter(|arrives| *arrives <= window_end) {
            Some(arrives) => answered = Some(answered.map_or(arrives, |known| known.min(arrives))),
            None => tally.unanswered += 1,
        }
    }
    Probed { answered, end: answered.unwrap_or(window_end), tally }
}

/// A conversation with a destination that completed a handshake at `start`: what was heard, and until when.
pub(crate) fn conversation(world: &mut World, destination: usize, start: f64) -> (Greeting, f64) {
    let start = world.awake(start);
    let deadline = world.awake(start + SESSION_DEADLINE);
    let mut first = |offsets: &[f64], from: f64| {
        let sent = offsets.iter().map(|offset| from + offset).take_while(|at| *at < deadline);
        for at in sent {
            let at = world.awake(at);
            if let Some(arrives) = world.exchange(destination, Side::Subject, at).filter(|a| *a <= deadline) {
                return Some(arrives);
            }
        }
        None
    };
    let Some(connected) = first(&KERNEL_SYNS, start) else { return (Greeting::Lost, deadline) };
    match first(&GREETINGS, connected) {
        Some(greeted) => (Greeting::Valid, greeted),
        None => (Greeting::Silent, deadline),
    }
}
