//! How one request ended, for the counter, for the log and for the lane.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::lane::Outcome;
use crate::spool::Signal;

/// What a receiver says about itself is cut here, in characters: it goes into a log.
const MESSAGE_MOST: usize = 200;

/// How one request ended. As text it finishes the sentence "metrics do not reach the receiver: …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The receiver took all of it.
    Taken,
    /// The receiver took all of it, and there is something to say about its answer.
    Warned(String),
    /// The receiver took the rest.
    PartlyRejected {
        /// Points or records, one at least.
        count: u64,
        /// Why, in its words.
        message: String,
    },
    /// An answer that means no, for good.
    Refused(Answer),
    /// An answer that means not now.
    Postponed(Answer),
    /// No answer in time.
    TimedOut,
    /// Names, TCP, TLS, a proxy; or the connection was closed before the answer was whole.
    Disconnected(String),
    /// Nothing was sent: what is sent with each request could not be read.
    Unready(String),
    /// Nothing was sent: these bytes are no export.
    Unreadable,
}

/// An answer that is not a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status of HTTP or of gRPC.
    pub(super) status: Cow<'static, str>,
    /// What the receiver says about it, or nothing.
    pub(super) message: String,
    /// For how long it wants to be left alone.
    pub(super) hold: Option<Duration>,
}

impl Ending {
    /// Whether the receiver has all of it.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Self::Taken | Self::Warned(_))
    }

    /// What it means for the lane.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Taken | Self::Warned(_) | Self::PartlyRejected { .. } => Outcome::Taken,
            Self::Refused(_) | Self::Unreadable => Outcome::Refused,
            Self::Postponed(_) | Self::TimedOut | Self::Disconnected(_) | Self::Unready(_) => Outcome::Failed,
        }
    }

    /// For how long the receiver wants to be left alone.
    pub(super) fn hold(&self) -> Option<Duration> {
        match self {
            Self::Refused(answer) | Self::Postponed(answer) => answer.hold,
            _ => None,
        }
    }

    /// The word by which endings are counted; `None` where all was taken.
    pub(super) fn error_type(&self, signal: Signal) -> Option<Cow<'static, str>> {
        match self {
            Self::Taken | Self::Warned(_) => None,
            Self::PartlyRejected { .. } => Some(match signal {
                Signal::Metrics => "points_rejected".into(),
                Signal::Events => "records_rejected".into(),
            }),
            Self::Refused(answer) | Self::Postponed(answer) => Some(answer.status.clone()),
            Self::TimedOut => Some("timeout".into()),
            Self::Disconnected(_) => Some("connection".into()),
            Self::Unready(_) => Some("headers".into()),
            Self::Unreadable => Some("_OTHER".into()),
        }
    }

    /// The ending of a request to which there was no whole answer.
    pub(super) fn without_answer(error: &(dyn Error + 'static)) -> Self {
        match error.downcast_ref::<reqwest::Error>() {
            Some(error) if error.is_timeout() => Self::TimedOut,
            _ => Self::Disconnected(root_cause(error)),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("they do"),
            Self::Warned(warning) => write!(f, "they do, but {warning}"),
            Self::PartlyRejected { count, message } => {
                write!(f, "{count} of them were rejected: {}", printable(message))
            }
            Self::Refused(answer) | Self::Postponed(answer) => write!(f, "the receiver answered {answer}"),
            Self::TimedOut => f.write_str("no answer in time"),
            // A certificate that is not trusted may have its names in here.
            Self::Disconnected(cause) | Self::Unready(cause) => f.write_str(&printable(cause)),
            Self::Unreadable => f.write_str("an export that waited is damaged"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.status)?;
        match self.message.as_str() {
            "" => Ok(()),
            message => write!(f, ": {}", printable(message)),
        }
    }
}

/// What a receiver says, without anything that a terminal would act on.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => printable.push(character),
            other => printable.extend(other.escape_debug()),
        }
    }
    printable
}

/// What a receiver says, no longer than a log wants it.
pub(super) fn cut(message: &str) -> String {
    message.trim().chars().take(MESSAGE_MOST).collect()
}

/// The innermost error: the outer ones repeat that a request failed, and to which URL.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &'static str, message: &str) -> Answer {
        Answer { status: status.into(), message: message.to_owned(), hold: None }
    }

    #[test]
    fn each_kind_of_ending_has_a_meaning_and_is_counted_under_one_word() {
        let partly = Ending::PartlyRejected { count: 1, message: "secret".to_owned() };
        for (ending, outcome, word) in [
            (Ending::Taken, Outcome::Taken, None),
            (Ending::Warned("its answer is odd".to_owned()), Outcome::Taken, None),
            (partly.clone(), Outcome::Taken, Some("points_rejected")),
            (Ending::Refused(answer("400", "")), Outcome::Refused, Some("400")),
            (Ending::Postponed(answer("UNAVAILABLE", "")), Outcome::Failed, Some("UNAVAILABLE")),
            (Ending::TimedOut, Outcome::Failed, Some("timeout")),
            (Ending::Disconnected("gateway said no".to_owned()), Outcome::Failed, Some("connection")),
            (Ending::Unready("no token".to_owned()), Outcome::Failed, Some("headers")),
            (Ending::Unreadable, Outcome::Refused, Some("_OTHER")),
        ] {
            assert_eq!(ending.outcome(), outcome, "{ending:?}");
            assert_eq!(ending.error_type(Signal::Metrics).as_deref(), word, "{ending:?}");
        }
        assert_eq!(partly.error_type(Signal::Events).as_deref(), Some("records_rejected"));
    }

    #[test]
    fn what_a_receiver_says_about_itself_is_cut_and_escaped() {
        let message = cut(&format!("\u{1b}[31m{}", "x".repeat(5_000)));
        for ending in [
            Ending::PartlyRejected { count: 1, message: message.clone() },
            Ending::Refused(answer("400", &message)),
            Ending::Disconnected(message.clone()),
        ] {
            let text = ending.to_string();
            assert!(text.len() < 300 && !text.contains('\u{1b}'), "{text}");
        }
        assert_eq!(printable("\u{202e}\"it's\"\n"), "\\u{202e}\"it's\"\\n");
    }
}
