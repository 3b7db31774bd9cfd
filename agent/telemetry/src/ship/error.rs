//! Why nothing can be shipped: said before anything is sent, and without a secret.

use std::path::PathBuf;

/// Why nothing can be shipped.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// Nothing would ever be sent.
    #[error("no OTLP endpoint is set, neither for metrics nor for events")]
    NoEndpoint,
    /// Not an address of a receiver.
    #[error("`{}` is no OTLP endpoint: {reason}", endpoint.escape_debug())]
    Endpoint {
        /// As it was given, unless there might be a password in it.
        endpoint: String,
        /// What is wrong with it, and how to write it.
        reason: String,
    },
    /// An interval from which no wait can follow.
    #[error("the time between two exports must be more than zero and no more than a day")]
    Interval,
    /// Every request would end before it begins.
    #[error("the time that an export may take must not be zero")]
    Timeout,
    /// A header that cannot be sent. The value is not shown: it may be a secret.
    #[error("the OTLP header `{}` is refused: {reason}", name.escape_debug())]
    Header {
        /// The header in question.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a proxy. It is not shown: there may be a password in it.
    #[error("the proxy for OTLP is refused: {0}")]
    Proxy(String),
    /// A certificate without its key, or a key without its certificate.
    #[error("a client certificate for OTLP and its key are set together or not at all")]
    HalfIdentity,
    /// A file of certificates or keys.
    #[error("failed to read the {what} for OTLP from {}: {reason}", path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Why it was not read.
        reason: String,
    },
    /// TLS could not be prepared.
    #[error("failed to prepare for OTLP: {0}, see whether the package ca-certificates is installed")]
    Client(String),
}
