//! What somebody should know about the agent itself, until it is over.

use std::time::SystemTime;

use sortie_core::drift::Change;
use sortie_telemetry::{Signal, Telemetry};

use super::memory::Condition;
use crate::board::Notice;
use crate::config::Otlp;
use crate::known::KnownMachine;

/// The configuration file was refused at a reload; the last good one is in use.
pub(super) const CONFIG_REJECTED: &str = "config_rejected";
/// The disk refuses: what happens is kept in memory until it takes it again.
pub(super) const NOT_KEPT: &str = "not_kept";
/// What is exported does not reach its receiver.
pub(super) const NOT_DELIVERED: &str = "not_delivered";

/// The subscription of the machine has changed within the last day.
pub(super) const SUBSCRIPTION_CHANGED: &str = "subscription_changed";

/// The current ones, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices(Vec<Notice>);

impl Notices {
    /// It is so, since now or since it was said first.
    pub(super) fn raise(&mut self, code: &'static str, text: String) {
        match self.0.iter_mut().find(|notice| notice.code == code) {
            Some(known) => known.text = text,
            None => self.0.push(Notice { code, text, since: SystemTime::now() }),
        }
    }

    /// How it stands with the disk, of which the thread that writes to it knows.
    pub(super) fn of_disk(&mut self, Condition { trouble, lost }: &Condition) {
        match (trouble, lost) {
            (None, _) => self.clear(NOT_KEPT),
            (Some(why), 0) => self.raise(NOT_KEPT, format!("Nothing is kept on disk: {why}.")),
            (Some(why), lost) => {
                self.raise(NOT_KEPT, format!("Nothing is kept on disk: {why}. {lost} rounds are lost."));
            }
        }
    }

    /// How it stands with the receiver of what is exported.
    pub(super) fn of_receiver(&mut self, otlp: &Otlp, telemetry: &Telemetry) {
        let exported = Signal::ALL.into_iter().filter(|signal| otlp.exports(*signal));
        let undelivered = exported.filter_map(|signal| Some((signal.code(), telemetry.undelivered(signal)?)));
        let told: Vec<_> = undelivered
            .map(|(signal, why)| format!("The receiver of {signal} did not take the latest request: {why}."))
            .collect();
        if told.is_empty() {
            self.clear(NOT_DELIVERED);
        } else {
            self.raise(NOT_DELIVERED, told.join(" "));
        }
    }

    /// Whether the subscription has changed lately.
    pub(super) fn of_machine(&mut self, machine: &KnownMachine) {
        match machine.alarm.origin().cloned().zip(machine.subscription.clone()) {
            Some((previous, current)) => {
                self.raise(SUBSCRIPTION_CHANGED, Change { previous, current }.spoken());
            }
            None => self.clear(SUBSCRIPTION_CHANGED),
        }
    }

    /// It is over.
    pub(super) fn clear(&mut self, code: &str) {
        self.0.retain(|notice| notice.code != code);
    }

    /// Whether it is so.
    pub(super) fn has(&self, code: &str) -> bool {
        self.0.iter().any(|notice| notice.code == code)
    }

    /// As they are shown.
    pub(super) fn list(&self) -> Vec<Notice> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_said_twice_is_one_and_keeps_its_beginning() {
        let mut notices = Notices::default();
        notices.raise(CONFIG_REJECTED, "line 3".to_owned());
        let since = notices.list()[0].since;
        notices.raise(CONFIG_REJECTED, "line 4".to_owned());
        assert_eq!(notices.list().len(), 1);
        assert_eq!((notices.list()[0].text.as_str(), notices.list()[0].since), ("line 4", since));
        notices.clear(CONFIG_REJECTED);
        assert!(!notices.has(CONFIG_REJECTED));
    }
}
