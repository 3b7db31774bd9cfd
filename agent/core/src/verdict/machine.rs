//! The verdict as a state machine: what is shown, and when it changes.
//!
//! ```text
//!   (resumed) ── what another life had on show ────────────────▶ Doubting(s)
//!
//!              first settled finding (no change is announced)
//!   Starting ────────────────────────────────────────────────▶ Settled(s)
//!
//!   Settled(s) ── the sentinel agrees ─────────────────────────▶ Settled(s)
//!   Settled(s) ── the sentinel disagrees, or a jury is due ────▶ Doubting(s)     s stays on show
//!   Doubting(s) ─ the jury finds s again ──────────────────────▶ Settled(s)
//!   Doubting(s) ─ the jury settles on t ≠ s ───────────────────▶ Settled(t)      one change: s → t
//!   Doubting(s) ─ unsettled, confirm rounds left ──────────────▶ Doubting(s)     next round after 10 s
//!   Doubting(s) ─ silent within a minute of an answer ─────────▶ Doubting(s)     a throttle, or a block's onset
//!   Doubting(s) ─ unsettled, none left ────────────────────────▶ Settled(t)      t is what the last round found
//! ```
//!
//! In words: a healthy port is watched by one operator a round. The first SYN without an answer calls every
//! operator; while they are heard the old state stays on show, so a block that begins is one change from `open` to
//! `platform_blocked`, with no detour over `inconclusive`. What is on show gives way to what two rounds in a row
//! found, so a block is lifted by two rounds of answers, and a round in which this machine was frozen changes nothing.

use std::time::Duration;

use super::docket::Docket;
use super::view::View;
use super::{Finding, State, rules};
use crate::hearing::{Hearing, Testimony};
use crate::ledger::Prior;
use crate::schedule::{CONFIRM_ROUNDS, LAST_ROUND, Pace};
use crate::target::{Family, Port};
use crate::walk::Walk;

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The state shown before.
    pub previous: State,
    /// The state shown now.
    pub state: State,
    /// When it was decided.
    pub at: Duration,
}

/// The state machine of one port and family.
#[derive(Clone, Debug)]
pub struct Machine {
    docket: Docket,
    /// What is on show.
    shown: Option<Finding>,
    doubting: bool,
    /// The rule of the round before.
    found: Option<&'static str>,
}

impl Machine {
    /// A machine that has heard nothing.
    pub fn new(port: Port, family: Family, pace: Pace) -> Self {
        Self { docket: Docket::new(port, family, pace), shown: None, doubting: true, found: None }
    }

    /// A machine that goes on from what another life of the agent had on show, which stays there until the jury, which
    /// is due, finds something else.
    pub fn resumed(port: Port, family: Family, pace: Pace, finding: Finding) -> Self {
        let mut machine = Self::new(port, family, pace);
        machine.shown = Some(finding);
        machine.docket.begin(machine.prior());
        machine
    }

    /// The port under test.
    pub fn port(&self) -> Port {
        self.docket.port()
    }

    /// The IP family.
    pub fn family(&self) -> Family {
        self.docket.family()
    }

    /// What is on show; `None` until the first episode is over.
    pub fn shown(&self) -> Option<&Finding> {
        self.shown.as_ref()
    }

    /// The times that it keeps.
    pub fn pace(&self) -> Pace {
        self.docket.pace
    }

    /// Whether the jury is needed in the next round.
    pub fn is_doubting(&self) -> bool {
        self.doubting
    }

    /// Jury rounds heard in the current episode.
    pub fn rounds(&self) -> u32 {
        self.docket.rounds()
    }

    /// What the jury would say now, settled or not.
    pub fn leaning(&self) -> Option<Finding> {
        rules::find(&self.docket)
    }

    /// Hears the round of a sentinel. Anything but the settled answer begins an episode.
    pub fn glance(&mut self, hearing: &Hearing) {
        self.docket.glance(hearing);
        let agrees = self.shown.as_ref().is_some_and(|shown| agrees(shown.state, hearing));
        if !agrees {
            self.doubt();
        }
    }

    /// Begins an episode: the whole jury is due.
    pub fn doubt(&mut self) {
        if self.doubting {
            return;
        }
        self.doubting = true;
        self.found = None;
        self.docket.begin(self.prior());
    }

    /// Heeds where the control plane sends traffic first; `None` where that is straight to the internet, or not known.
    /// Whether what is on show could be another finding with it: then the jury is due.
    pub fn heed(&mut self, detour: Option<&str>) -> bool {
        if self.docket.detour.as_deref() == detour {
            return false;
        }
        self.docket.detour = detour.map(str::to_owned);
        self.shown.as_ref().is_some_and(|shown| {
            shown.state == State::PlatformBlocked || shown.rule == rules::ids::NOT_DIRECT
        })
    }

    /// Judges anew what was heard in this episode, for whom no other round comes.
    pub fn reconsider(&mut self) {
        if let Some(finding) = self.shown.as_ref().and_then(|_| rules::find(&self.docket)) {
            self.shown = Some(finding);
        }
    }

    /// Enters walks of the current episode.
    pub fn add_walks(&mut self, walks: impl IntoIterator<Item = Walk>) {
        self.docket.add_walks(walks);
    }

    /// Hears a round of the whole jury, made at `at`, and says what changed on show.
    pub fn hear(&mut self, hearing: Hearing, at: Duration) -> Option<Change> {
        self.docket.hear(hearing);
        let view = View::of(&self.docket)?;
        let finding = rules::decide(&view);
        // A block that begins between two answers takes as long as a throttle could.
        let ripe = finding.settled || (view.rounds() > CONFIRM_ROUNDS && !view.is_torn());
        let repeated = self.found.replace(finding.rule) == Some(finding.rule);
        if !(ripe && self.may_show(&finding, repeated)) {
            return None;
        }
        self.doubting = false;
        self.show(finding, at)
    }

    /// Nothing could be asked: no destination has an address in this family. Nothing is shown then.
    pub fn excuse(&mut self) {
        self.doubting = false;
    }

    fn may_show(&self, finding: &Finding, repeated: bool) -> bool {
        let Some(shown) = &self.shown else { return true };
        let stays = shown.state == finding.state;
        // Rules that convict count their rounds themselves.
        stays || repeated || finding.state.is_block() || self.docket.rounds() >= LAST_ROUND
    }

    fn show(&mut self, finding: Finding, at: Duration) -> Option<Change> {
        let state = finding.state;
        let previous = self.shown.replace(finding)?.state;
        (previous != state).then_some(Change { previous, state, at })
    }

    fn prior(&self) -> Prior {
        match self.shown.as_ref().map(|shown| shown.state) {
            Some(State::Open) => Prior::Open,
            Some(state) if state.is_block() => Prior::Blocked,
            _ => Prior::Unknown,
        }
    }
}

/// Whether one subject and its control fit the settled state.
///
/// States that one operator cannot speak for (partial, throttled, refused, intercepted, inconclusive) are never
/// contradicted by a sentinel; for them the whole jury is due more often ([`crate::schedule::jury_interval`]).
fn agrees(state: State, hearing: &Hearing) -> bool {
    let measured = || hearing.measured();
    match state {
        State::Open => measured().next().is_some() && measured().all(Testimony::is_genuine),
        State::PlatformBlocked | State::PathBlocked | State::LocallyBlocked => {
            measured().next().is_some() && measured().all(|t| !t.is_answered() && t.control.is_valid())
        }
        State::NoEgress => hearing.controls().0 == 0 && !measured().any(Testimony::is_answered),
        _ => true,
    }
}
