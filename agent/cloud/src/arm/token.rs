//! The token of this machine's managed identity: asked for at the metadata service, held in memory, sent to Azure Resource
//! Manager alone.
//!
//! It cannot be printed: its type says nothing in `Debug`, and no error here carries a body. Its own memory is zeroed when
//! it is dropped; copies in the buffers of HTTP are out of reach.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::claim::{field, word};
use crate::metadata::{Headers, Metadata, Silence};

/// "How to use managed identities for Azure resources on a VM to acquire an access token".
const PATH: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01";
const HEADERS: Headers<'_> = &[("Metadata", "true")];
/// The first token of an identity comes from Microsoft Entra, behind the metadata service.
const TOKEN_WAIT_MOST: Duration = Duration::from_secs(10);
/// Those of identities with many groups are a quarter of this.
const TOKEN_MOST: usize = 16 << 10;
/// A token that is nearer to its end than this is not used any more: clocks differ, and an answer takes time.
const MARGIN: Duration = Duration::from_secs(5 * 60);
/// Where nothing tells how long a token lives; the shortest that Entra gives lives for an hour.
const LIFETIME_UNTOLD: Duration = Duration::from_secs(10 * 60);
/// The longest that a managed identity gets.
const LIFETIME_MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no token; it finishes the sentence "failed to …: ".
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("this machine has no managed identity: give it one with the role Reader on the subscription")]
    Nobody,
    #[error(
        "this machine has no managed identity with the client id of AZURE_CLIENT_ID: assign it, or leave the variable out"
    )]
    NobodyOfThisName,
    #[error(
        "this machine has several managed identities: set AZURE_CLIENT_ID to the client id of one of them"
    )]
    Several,
    #[error("no token, the metadata service {0}")]
    Silence(Silence),
    #[error("no token, the metadata service answers {} ({})", .0.as_u16(), .1)]
    Refused(StatusCode, String),
    #[error("no token, the metadata service answers with none")]
    Malformed,
}

/// What opens the door.
#[derive(Deserialize)]
#[serde(from = "String")]
pub(super) struct Secret(Zeroizing<String>);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A token, and how long it is good.
#[derive(Debug)]
pub(super) struct Token {
    secret: Secret,
    fresh_until: Instant,
}

impl Token {
    /// The value of `Authorization` (RFC 6750 §2.1), which no log of HTTP shows.
    pub(super) fn header(&self) -> Result<HeaderValue, NoToken> {
        let text = Zeroizing::new(format!("Bearer {}", self.secret.0.as_str()));
        let mut header = HeaderValue::from_str(&text).map_err(|_| NoToken::Malformed)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// The metadata service, and the token that it gave last.
pub(super) struct Tokens {
    service: Metadata,
    path: String,
    is_named: bool,
    held: Mutex<Option<Arc<Token>>>,
}

impl Tokens {
    /// For this resource, of the identity with this client id or of the only one.
    pub(super) fn new(imds: &str, resource: &str, client_id: Option<&str>) -> Result<Self, Silence> {
        let identity = client_id.map(|id| format!("&client_id={id}")).unwrap_or_default();
        Ok(Self {
            service: Metadata::at_with_patience(imds, TOKEN_WAIT_MOST)?,
            path: format!("{PATH}&resource={resource}{identity}"),
            is_named: client_id.is_some(),
            held: Mutex::default(),
        })
    }

    /// A fresh one. Whoever asks while it is fetched waits for the same.
    pub(super) async fn current(&self) -> Result<Arc<Token>, NoToken> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| Instant::now() < token.fresh_until) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.fetch().await?);
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    /// This one was not believed.
    pub(super) async fn forget(&self, refused: &Arc<Token>) {
        let mut held = self.held.lock().await;
        // Somebody else may have fetched another one meanwhile.
        if held.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *held = None;
        }
    }

    async fn fetch(&self) -> Result<Token, NoToken> {
        let asked = Instant::now();
        let answer = self.service.text(&self.path, HEADERS).await;
        let text = Zeroizing::new(answer.map_err(|silence| self.refused(silence))?);
        let (secret, lifetime) = read(&text, SystemTime::now())?;
        Ok(Token { secret, fresh_until: asked + lifetime - MARGIN.min(lifetime / 2) })
    }

    fn refused(&self, silence: Silence) -> NoToken {
        // Mostly 400, but not for every cause and from every version of the service.
        let Silence::Refused(status, body) = &silence else { return NoToken::Silence(silence) };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let description = field(&body, "error_description").to_ascii_lowercase();
        if description.contains("multiple user assigned") {
            NoToken::Several
        } else if description.contains("identity not found") {
            if self.is_named { NoToken::NobodyOfThisName } else { NoToken::Nobody }
        } else {
            let status = *status;
            match word(field(&body, "error")) {
                Some(error) => NoToken::Refused(status, error),
                None => NoToken::Silence(silence),
            }
        }
    }
}

/// A token and its lifetime from now on. Numbers may be strings, as everything of this service.
pub(super) fn read(text: &str, now: SystemTime) -> Result<(Secret, Duration), NoToken> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: Secret,
        #[serde(default)]
        expires_in: Value,
        #[serde(default)]
        expires_on: Value,
    }
    // What is wrong with it may have a part of the token.
    let answer: Answer = serde_json::from_str(text).map_err(|_| NoToken::Malformed)?;
    let secret = answer.access_token;
    let fits = (1..=TOKEN_MOST).contains(&secret.0.len()) && secret.0.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        return Err(NoToken::Malformed);
    }
    let until = |end: Duration| end.saturating_sub(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    let lifetime = seconds(&answer.expires_in).or_else(|| seconds(&answer.expires_on).map(until));
    Ok((secret, lifetime.unwrap_or(LIFETIME_UNTOLD).min(LIFETIME_MOST)))
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Some(Duration::from_secs(seconds))
}
