//! Tokens of managed identities: who was given which, for what, until when.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A signature of RS256 with a key of 2048 bits.
const SIGNATURE: usize = 256;
/// What Azure writes into one: tenant, object, roles, groups. It makes headers of some kilobytes.
const CLAIMS: usize = 900;

/// Every token that was ever given.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    given: Vec<Token>,
}

#[derive(Clone, Debug)]
struct Token {
    text: String,
    /// Whom it is for, without a slash at the end.
    audience: String,
    expires: SystemTime,
    is_revoked: bool,
}

/// Why a token is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Foreign,
    Revoked,
    Expired,
    /// For somebody else.
    Audience,
}

impl Tokens {
    /// A new one. It looks like one of Azure's and is random to its last character.
    pub(super) fn give(&mut self, audience: &str, now: SystemTime, lifetime: Duration) -> String {
        let random =
            |length: usize| URL_SAFE_NO_PAD.encode((0..length).map(|_| fastrand::u8(..)).collect::<Vec<_>>());
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256"}"#);
        let text = format!("{header}.{}.{}", random(CLAIMS), random(SIGNATURE));
        let audience = audience.trim_end_matches('/').to_owned();
        self.given.push(Token { text: text.clone(), audience, expires: now + lifetime, is_revoked: false });
        text
    }

    /// Whether a token opens the door of `audience` now.
    pub(super) fn check(&self, bearer: Option<&str>, audience: &str, now: SystemTime) -> Result<(), Refusal> {
        let bearer = bearer.ok_or(Refusal::Missing)?;
        let token = self.given.iter().find(|token| token.text == bearer).ok_or(Refusal::Foreign)?;
        if token.is_revoked {
            return Err(Refusal::Revoked);
        }
        if token.audience != audience.trim_end_matches('/') {
            return Err(Refusal::Audience);
        }
        if token.expires <= now { Err(Refusal::Expired) } else { Ok(()) }
    }

    /// No token that was given so far is worth anything any more.
    pub(super) fn revoke(&mut self) {
        for token in &mut self.given {
            token.is_revoked = true;
        }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.given.iter().map(|token| token.text.clone()).collect()
    }
}

impl Refusal {
    /// As Azure words it: a code and a sentence.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
            }
            Self::Foreign | Self::Revoked => ("InvalidAuthenticationToken", "The access token is invalid."),
            Self::Expired => (
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
            ),
            Self::Audience => (
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARM: &str = "https://management.azure.com/";
    const NOW: SystemTime = SystemTime::UNIX_EPOCH;
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_token_opens_one_door_until_it_expires() {
        let mut tokens = Tokens::default();
        let text = tokens.give(ARM, NOW, HOUR);
        let check = |text: &str, audience: &str, now| tokens.check(Some(text), audience, now);
        assert_eq!(check(&text, ARM, NOW), Ok(()));
        assert_eq!(check(&text, ARM.trim_end_matches('/'), NOW), Ok(()));
        assert_eq!(check(&text, "https://management.chinacloudapi.cn/", NOW), Err(Refusal::Audience));
        assert_eq!(check(&text, ARM, NOW + HOUR), Err(Refusal::Expired));
        assert_eq!(check(&text[1..], ARM, NOW), Err(Refusal::Foreign));
        assert_eq!(tokens.check(None, ARM, NOW), Err(Refusal::Missing));
    }

    #[test]
    fn what_was_revoked_is_worth_nothing_and_the_next_one_is() {
        let mut tokens = Tokens::default();
        let old = tokens.give(ARM, NOW, HOUR);
        tokens.revoke();
        let new = tokens.give(ARM, NOW, HOUR);
        assert_eq!(tokens.check(Some(&old), ARM, NOW), Err(Refusal::Revoked));
        assert_eq!(tokens.check(Some(&new), ARM, NOW), Ok(()));
        assert_eq!(tokens.texts(), [old, new]);
    }
}
