//! How far one probe is, told to the session that waits beside it.

use tokio::sync::watch;

/// Where a probe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No handshake so far.
    Waiting,
    /// A handshake was completed.
    Established,
    /// The probe is over, and none was.
    Over,
}

/// The probe's side.
#[derive(Debug)]
pub(crate) struct Progress(watch::Sender<Stage>);

impl Progress {
    pub(crate) fn new() -> (Self, watch::Receiver<Stage>) {
        let (sender, receiver) = watch::channel(Stage::Waiting);
        (Self(sender), receiver)
    }

    /// A handshake was completed.
    pub(crate) fn established(&self) {
        self.0.send_replace(Stage::Established);
    }

    /// The probe is over; a completed handshake stays one.
    pub(crate) fn over(&self) {
        self.0.send_if_modified(|stage| {
            let open = *stage == Stage::Waiting;
            if open {
                *stage = Stage::Over;
            }
            open
        });
    }
}
