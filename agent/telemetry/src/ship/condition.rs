//! What is worth a line in the log: a change of condition, and not each export that failed like the one before.

use tracing::{info, warn};

use super::ending::Ending;
use crate::spool::Signal;

/// The condition of a lane; nothing is known before the first request.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// What the latest ending is alike with.
    latest: Option<String>,
    /// Requests since one was taken.
    failures: u64,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing.
    None,
    /// A request was taken for the first time, or again after this many failures.
    Reached(u64),
    /// Requests are taken, and there is something to say about it.
    Warned(String),
    /// Requests fail, or fail otherwise than before.
    Lost(String),
}

impl Condition {
    pub(super) fn turn(&mut self, signal: Signal, ending: &Ending) -> News {
        let alike = match (ending, ending.error_type(signal)) {
            (Ending::Warned(warning), _) => warning.clone(),
            (_, Some(word)) => word.into_owned(),
            (_, None) => String::new(),
        };
        let is_news = self.latest.replace(alike.clone()) != Some(alike);
        let is_taken = ending.is_taken();
        let failures = if is_taken { std::mem::take(&mut self.failures) } else { 0 };
        self.failures += u64::from(!is_taken);
        match ending {
            _ if !is_news => News::None,
            Ending::Taken => News::Reached(failures),
            Ending::Warned(warning) => News::Warned(warning.clone()),
            _ => News::Lost(ending.to_string()),
        }
    }
}

impl News {
    pub(super) fn tell(&self, signal: Signal, endpoint: &str) {
        let signal = signal.code();
        match self {
            Self::None => {}
            Self::Reached(0) => info!("{signal} reach {endpoint}"),
            Self::Reached(1) => info!("{signal} reach {endpoint} again, after one request that failed"),
            Self::Reached(failures) => {
                info!("{signal} reach {endpoint} again, after {failures} requests that failed");
            }
            Self::Warned(warning) => warn!("{signal} reach {endpoint}, but {warning}"),
            Self::Lost(reason) => warn!("{signal} do not reach {endpoint}: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ending::Answer;
    use super::*;

    fn postponed(status: &'static str) -> Ending {
        Ending::Postponed(Answer { status: status.into(), message: String::new(), hold: None })
    }

    #[test]
    fn only_a_change_of_condition_is_news() {
        let cut = |cause: &str| Ending::Disconnected(cause.to_owned());
        let warned = || Ending::Warned("it is full".to_owned());
        let mut condition = Condition::default();
        for (ending, news) in [
            (Ending::Taken, News::Reached(0)),
            (Ending::Taken, News::None),
            (postponed("503"), News::Lost("the receiver answered 503".to_owned())),
            (postponed("503"), News::None),
            (postponed("502"), News::Lost("the receiver answered 502".to_owned())),
            (cut("connection refused"), News::Lost("connection refused".to_owned())),
            (cut("connection reset"), News::None),
            (Ending::Taken, News::Reached(5)),
            (warned(), News::Warned("it is full".to_owned())),
            (warned(), News::None),
            (Ending::Taken, News::Reached(0)),
            (Ending::Taken, News::None),
        ] {
            assert_eq!(condition.turn(Signal::Metrics, &ending), news, "{ending:?}");
        }
    }

    #[test]
    fn a_receiver_that_was_never_there_is_news_once() {
        let mut condition = Condition::default();
        let lost = News::Lost("no answer in time".to_owned());
        assert_eq!(condition.turn(Signal::Events, &Ending::TimedOut), lost);
        assert_eq!(condition.turn(Signal::Events, &Ending::TimedOut), News::None);
    }
}
