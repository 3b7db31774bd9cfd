//! What is worth a line in the log: a change of condition, and not each export that failed like the one before.

use std::borrow::Cow;

use tracing::{info, warn};

use super::ending::Ending;

/// The condition of the push; nothing is known before the first export.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// The word of the latest ending.
    latest: Option<Cow<'static, str>>,
    /// Exports since one was taken.
    failures: u64,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing.
    None,
    /// An export was taken for the first time, or again after this many failures.
    Reached(u64),
    /// Exports fail, or fail otherwise than before.
    Lost(String),
}

impl Condition {
    pub(super) fn turn(&mut self, ending: &Ending) -> News {
        let failure = ending.error_type();
        let is_taken = failure.is_none();
        let word = failure.unwrap_or(Cow::Borrowed("taken"));
        let is_news = self.latest.as_ref() != Some(&word);
        self.latest = Some(word);
        let failures = if is_taken { std::mem::take(&mut self.failures) } else { 0 };
        self.failures += u64::from(!is_taken);
        match (is_news, is_taken) {
            (false, _) => News::None,
            (true, true) => News::Reached(failures),
            (true, false) => News::Lost(ending.to_string()),
        }
    }
}

impl News {
    pub(super) fn tell(&self, endpoint: &str) {
        match self {
            Self::None => {}
            Self::Reached(0) => info!("metrics reach {endpoint}"),
            Self::Reached(failures) => {
                info!("metrics reach {endpoint} again, after {failures} failed exports");
            }
            Self::Lost(reason) => warn!("metrics do not reach {endpoint}: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_of_condition_is_news() {
        let refused = |status| Ending::Refused { status, retry_after: None };
        let cut = |cause: &str| Ending::Disconnected(cause.to_owned());
        let mut condition = Condition::default();
        for (ending, news) in [
            (Ending::Taken, News::Reached(0)),
            (Ending::Taken, News::None),
            (refused(503), News::Lost("the receiver answered 503".to_owned())),
            (refused(503), News::None),
            (refused(500), News::Lost("the receiver answered 500".to_owned())),
            (cut("connection refused"), News::Lost("connection refused".to_owned())),
            (cut("connection reset"), News::None),
            (Ending::Taken, News::Reached(5)),
            (Ending::Taken, News::None),
        ] {
            assert_eq!(condition.turn(&ending), news, "{ending:?}");
        }
    }

    #[test]
    fn a_receiver_that_was_never_there_is_news_once() {
        let mut condition = Condition::default();
        assert_eq!(condition.turn(&Ending::TimedOut), News::Lost("no answer in time".to_owned()));
        assert_eq!(condition.turn(&Ending::TimedOut), News::None);
    }
}
