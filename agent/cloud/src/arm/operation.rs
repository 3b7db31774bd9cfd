//! Questions that are POST requests, some of which Azure answers later: 202 and a place on the same host to look at
//! ("Track asynchronous Azure operations").

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::http::retry_after;

use super::client::{Answer, Client};
use super::refusal::Refusal;

/// No longer than this between two looks, whatever `Retry-After` says.
const LOOK_MOST: Duration = Duration::from_secs(15);

impl Client {
    /// The JSON that an action has to say in the end.
    pub(super) async fn act(&self, path: &str, version: &str, body: &Value) -> Result<Value, Refusal> {
        let url = self.at(path, version)?;
        let most = self.patience.operation;
        let outcome = async {
            let mut answer = self.send(&Method::POST, &url, Some(body)).await?;
            let mut place = None;
            while answer.status == StatusCode::ACCEPTED {
                let at = self.place(&answer, place)?;
                answer = self.look(&answer, &at).await?;
                place = Some(at);
            }
            answer.json()
        };
        timeout(most, outcome).await.map_err(|_| Refusal::Endless(most))?
    }

    /// Where to look next: whoever is not ready yet may name the place once.
    fn place(&self, answer: &Answer, before: Option<Url>) -> Result<Url, Refusal> {
        let Some(location) = answer.headers.get(LOCATION) else {
            return before.ok_or(Refusal::Malformed("Location"));
        };
        let location = location.to_str().map_err(|_| Refusal::Malformed("Location"))?;
        self.here(location).ok_or(Refusal::Elsewhere(answer.status))
    }

    async fn look(&self, answer: &Answer, at: &Url) -> Result<Answer, Refusal> {
        let asked = retry_after(&answer.headers).unwrap_or_default();
        sleep(asked.min(LOOK_MOST).max(self.patience.look)).await;
        self.send(&Method::GET, at, None).await
    }
}
