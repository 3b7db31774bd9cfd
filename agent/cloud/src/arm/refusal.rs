//! Why there is no answer.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::claim::field;

use super::client::BODY_MOST;
use super::token::NoToken;

/// It finishes the sentence "failed to …: ". No body of an answer is in it, and no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Token(#[from] NoToken),
    #[error("Azure Resource Manager does not answer: {0}")]
    Nobody(String),
    #[error("Azure Resource Manager did not answer within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("Azure Resource Manager answers with more than {} KiB", BODY_MOST >> 10)]
    TooLarge,
    #[error("Azure Resource Manager answers {}{}{}", .0.as_u16(), told(.1.as_deref()), hint(*.0))]
    Status(StatusCode, Option<String>),
    #[error("Azure Resource Manager answers {} and wants to be left alone for {} s", .0.as_u16(), .1.as_secs())]
    Busy(StatusCode, Duration),
    #[error("Azure Resource Manager wants to be left alone for another {} s", .0.as_secs())]
    LeftAlone(Duration),
    #[error("Azure Resource Manager sends elsewhere ({}), and a token goes nowhere else", .0.as_u16())]
    Elsewhere(StatusCode),
    #[error("Azure Resource Manager was not ready with it within {} s", .0.as_secs())]
    Endless(Duration),
    #[error("the answer of Azure Resource Manager is not UTF-8")]
    NotText,
    #[error("the answer of Azure Resource Manager is not JSON")]
    NotJson,
    #[error("Azure Resource Manager tells no usable {0}")]
    Malformed(&'static str),
    #[error("Azure Resource Manager tells of another subscription")]
    Foreign,
    #[error("Azure Resource Manager tells no primary interface among {0}")]
    NoPrimary(usize),
    #[error("there is no network watcher in {0}; Azure makes one for each region with a virtual network")]
    NoWatcher(String),
}

impl Refusal {
    /// The refusal of a question, with the code that Azure gives it.
    pub(super) fn of(status: StatusCode, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self::Status(status, body.get("error").map(|error| field(error, "code")).and_then(code))
    }
}

/// Letters alone: a token that somebody sends back has digits and dots.
fn code(text: &str) -> Option<String> {
    /// `MissingRegistrationForResourceType` is of the long ones.
    const CODE_MOST: usize = 64;
    let fits = (1..=CODE_MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
    fits.then(|| text.to_owned())
}

fn told(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => {
            ", also to a fresh token: is it the Resource Manager of this machine's own cloud and tenant?"
        }
        // A subscription that an identity may not read does not exist for it.
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            ": give the managed identity of this machine the role Reader on the subscription"
        }
        _ => "",
    }
}
