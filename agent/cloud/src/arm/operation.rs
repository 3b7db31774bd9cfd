//! Questions that are POST requests, some of which Azure answers later: 202 and a place on the same host to look at
//! ("Track asynchronous Azure operations").

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};
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
            while answer.status == StatusCode::ACCEPTED {
                answer = self.look(&answer).await?;
            }
            answer.json()
        };
        timeout(most, outcome).await.map_err(|_| Refusal::Endless(most))?
    }

    async fn look(&self, answer: &Answer) -> Result<Answer, Refusal> {
        let location = answer.headers.get(LOCATION).ok_or(Refusal::Malformed("Location"))?;
        let location = location.to_str().map_err(|_| Refusal::Malformed("Location"))?;
        let url = self.here(location).ok_or(Refusal::Elsewhere(answer.status))?;
        let asked = retry_after(&answer.headers).unwrap_or_default();
        sleep(asked.min(LOOK_MOST).max(self.patience.look)).await;
        self.send(&Method::GET, &url, None).await
    }
}
