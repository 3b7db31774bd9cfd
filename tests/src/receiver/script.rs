//! What a receiver may do with a request.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Takes all of it.
    Take,
    /// Takes the rest of it (OTLP specification, "Partial Success").
    Partial { rejected: i64, message: String },
    /// Answers with this HTTP status; to gRPC too, as a proxy does that knows nothing of it.
    Status { status: u16, retry_after: Option<RetryAfter> },
    /// Refuses with this status of gRPC, or the HTTP status that OTLP has for it.
    Code { code: u8, retry_after: Option<Duration> },
    /// Says that all is well, in bytes that are no OTLP.
    Unparsable,
    /// Promises a longer answer than comes, and closes.
    Truncated,
    /// Resets the connection when it has seen the head of the request.
    ResetBeforeBody,
    /// Resets the connection when it has read everything: as a receiver that died before it could answer.
    ResetAfterBody,
    /// Writes random bytes as soon as it is connected to, and closes.
    Garbage,
    /// Reads everything, and takes its time.
    After(Duration, Box<Step>),
    /// Does what that step does, and resets the connection instead of saying so: what is taken is not known to be.
    Unsaid(Box<Step>),
    /// Passes it on to somebody else, whose answer is the answer; resets the connection where there is none.
    Forward(SocketAddr),
}

impl Step {
    /// A status without advice.
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }

    /// A status of gRPC without advice.
    pub fn code(code: u8) -> Self {
        Self::Code { code, retry_after: None }
    }

    #[must_use]
    pub fn unsaid(self) -> Self {
        Self::Unsaid(Box::new(self))
    }

    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }
}

/// When to come again (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    Seconds(u64),
    /// This long after the answer, as a date.
    Date(Duration),
}

impl RetryAfter {
    pub(super) fn header(self, now: SystemTime) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(after) => httpdate::fmt_http_date(now + after),
        }
    }
}
