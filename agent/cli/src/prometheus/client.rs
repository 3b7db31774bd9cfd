//! A Prometheus API, asked by HTTP: a deadline for each question, a limit for each answer, no redirect.

use std::error::Error;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url, retry};

use super::answer::{self, Malformed, Vector};
use super::header::Header;
use crate::text::{excerpt, printable};

/// What we are called.
const USER_AGENT: &str = concat!("sortie/", env!("CARGO_PKG_VERSION"));
/// A query over a week of a large fleet takes seconds; Prometheus itself gives one up after two minutes.
const ANSWER_MOST: Duration = Duration::from_secs(60);
/// 40,000 machines in two families, with the longest names and three states each.
const BODY_MOST: usize = 64 << 20;
/// A token with many claims is 4 KiB.
const TOKEN_MOST: u64 = 64 << 10;

/// Where the questions go.
pub(crate) struct Prometheus {
    client: reqwest::Client,
    url: Url,
    token: Option<PathBuf>,
    headers: HeaderMap,
}

/// A URL that nothing can be asked at. A usage error: the exit code is 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is none, or has something that does not belong there.
    #[error("--prometheus {url}: {reason}")]
    NotUrl {
        /// As given, printable.
        url: String,
        /// Finishes the sentence.
        reason: &'static str,
    },
    /// A token would be readable on the way.
    #[error("--bearer-token-file needs https: over {0} everybody on the way reads the token")]
    TokenInClear(String),
    /// A header that cannot go with a question.
    #[error("--header{}{name}: {reason}", if .name.is_empty() { "" } else { " " })]
    NotHeader {
        /// Empty where it has none.
        name: String,
        /// Finishes the sentence.
        reason: &'static str,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("failed to make the client for the Prometheus API: {0}")]
    Client(String),
    #[error("failed to read the token from {}: {reason}", .path.display())]
    Token { path: PathBuf, reason: String },
    #[error("the Prometheus API does not answer: {0}")]
    Nobody(String),
    #[error("the Prometheus API did not answer within {} s", ANSWER_MOST.as_secs())]
    Slow,
    #[error("the Prometheus API answers with more than {} MiB", BODY_MOST >> 20)]
    TooLarge,
    #[error(
        "the Prometheus API wants to know who asks (401): give it a token with --bearer-token-file, or a tenant with --header X-Scope-OrgID=TENANT"
    )]
    Unauthorized,
    #[error("the Prometheus API does not let this token in (401): {0}")]
    TokenRefused(String),
    #[error("the Prometheus API is elsewhere: it answers {0} and names {1}")]
    Moved(StatusCode, String),
    #[error(
        "there is no Prometheus API at this URL, it answers 404: {0}; that of Mimir is below /prometheus"
    )]
    NoSuchPath(String),
    #[error("the Prometheus API answers {}: {says}", .status.as_u16())]
    Refused { status: StatusCode, says: String },
    #[error("the Prometheus API {0}")]
    Malformed(Malformed),
}

// Its text is in ours already: as a source it would be told twice.
impl From<Malformed> for AskError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl AskError {
    /// Whether the same question may be answered later, without anybody doing something here.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Nobody(_) | Self::Slow => true,
            Self::Refused { status, .. } => {
                status.is_server_error()
                    || *status == StatusCode::TOO_MANY_REQUESTS
                    || *status == StatusCode::REQUEST_TIMEOUT
            }
            _ => false,
        }
    }
}

impl Prometheus {
    /// The API below this URL; nothing is sent yet.
    pub(crate) fn at(text: &str, token: Option<&Path>, headers: &[Header]) -> anyhow::Result<Self> {
        let url = url(text, token.is_some())?;
        let headers = headers.iter().map(Header::read).collect::<Result<HeaderMap, _>>()?;
        // Refused where somebody else in this process was first, who chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .retry(retry::never())
            .timeout(ANSWER_MOST)
            .http1_only();
        // On a small image there are no certificates, and nobody needs them for http.
        let builder = if url.scheme() == "https" { builder } else { builder.tls_certs_only([]) };
        let builder = if is_loopback(&url) { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| AskError::Client(root_cause(&error)))?;
        Ok(Self { client, url, token: token.map(Path::to_owned), headers })
    }

    /// An instant query, evaluated now, by the clock of the API.
    pub(crate) async fn ask(&self, query: &str) -> Result<Vector, AskError> {
        self.ask_at(query, None).await
    }

    /// The same as of a moment, Unix time, so that answers to several questions go together.
    pub(crate) async fn ask_at(&self, query: &str, at: Option<f64>) -> Result<Vector, AskError> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("query", query);
        if let Some(at) = at {
            url.query_pairs_mut().append_pair("time", &format!("{at:.3}"));
        }
        let mut request = self.client.get(url).headers(self.headers.clone());
        if let Some(path) = &self.token {
            // Anew each time: tokens are renewed under their names.
            request = request.header(reqwest::header::AUTHORIZATION, bearer(path)?);
        }
        let response = request.send().await.map_err(|error| silence(&error))?;
        let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
        let body = body(response).await?;
        if status.is_success() {
            return Ok(answer::vector(&body)?);
        }
        Err(match status {
            StatusCode::UNAUTHORIZED if self.token.is_none() => AskError::Unauthorized,
            StatusCode::UNAUTHORIZED => AskError::TokenRefused(answer::says(&body)),
            _ if status.is_redirection() => {
                let named = location.as_ref().and_then(|to| to.to_str().ok()).unwrap_or("no place");
                AskError::Moved(status, excerpt(named, answer::REASON_MOST))
            }
            _ => {
                let named = || status.canonical_reason().unwrap_or("and nothing more").to_owned();
                let says = Some(answer::says(&body)).filter(|says| !says.is_empty()).unwrap_or_else(named);
                if status == StatusCode::NOT_FOUND {
                    AskError::NoSuchPath(says)
                } else {
                    AskError::Refused { status, says }
                }
            }
        })
    }
}

/// The URL of instant queries below the URL of a server, which may have a path (Mimir's is `/prometheus`).
fn url(text: &str, has_token: bool) -> Result<Url, UrlError> {
    let refused = |reason| UrlError::NotUrl { url: printable(text).into_owned(), reason };
    let mut url =
        Url::parse(text).map_err(|_| refused("not a URL, write it like https://prometheus.example"))?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        return Err(refused("neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let shown = UrlError::NotUrl {
            url: url.host_str().unwrap_or_default().to_owned(),
            reason: "take the user and password out, and use --bearer-token-file",
        };
        return Err(shown);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("a URL without query and fragment is expected"));
    }
    if has_token && url.scheme() == "http" && !is_loopback(&url) {
        return Err(UrlError::TokenInClear(printable(text).into_owned()));
    }
    let path = url.path().trim_end_matches('/').trim_end_matches("/api/v1/query").trim_end_matches("/api/v1");
    let path = format!("{path}/api/v1/query");
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn bearer(path: &Path) -> Result<HeaderValue, AskError> {
    let failed = |reason: &str| AskError::Token { path: path.to_owned(), reason: reason.to_owned() };
    let mut text = String::new();
    let file = File::open(path).map_err(|error| failed(&error.to_string()))?;
    file.take(TOKEN_MOST).read_to_string(&mut text).map_err(|error| failed(&error.to_string()))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(failed("nothing is in it"));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| failed("what is in it cannot be a token"))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn body(mut response: Response) -> Result<Vec<u8>, AskError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silence(&error))? {
        if body.len() + chunk.len() > BODY_MOST {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn silence(error: &reqwest::Error) -> AskError {
    if error.is_timeout() { AskError::Slow } else { AskError::Nobody(root_cause(error)) }
}

/// The last error of a chain, which says what happened; the first one has the URL, which everybody knows.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_goes_below_the_path_of_the_server() {
        for (given, asked) in [
            ("https://p.example", "https://p.example/api/v1/query"),
            ("https://p.example/", "https://p.example/api/v1/query"),
            ("https://p.example:9090/prometheus/", "https://p.example:9090/prometheus/api/v1/query"),
            ("http://p.example/api/v1", "http://p.example/api/v1/query"),
            ("http://[::1]:9090/api/v1/query", "http://[::1]:9090/api/v1/query"),
        ] {
            assert_eq!(url(given, false).map(String::from).as_deref(), Ok(asked), "{given}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused() {
        for text in [
            "",
            "p.example",
            "p.example:9090",
            "ftp://p.example",
            "unix:/run/prometheus",
            "https://user:secret@p.example",
            "https://p.example/?query=up",
            "https://p.example/#graph",
        ] {
            let error = url(text, false).expect_err(text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn why_an_answer_is_none_is_told_once() {
        let error = anyhow::Error::from(AskError::from(Malformed::NotVector("matrix".to_owned())));
        assert_eq!(format!("{error:#}"), "the Prometheus API answers with a matrix instead of a vector");
    }

    #[test]
    fn a_token_is_not_sent_where_everybody_can_read_it() {
        assert!(url("http://p.example", true).is_err() && url("http://10.0.0.1:9090", true).is_err());
        for safe in
            ["https://p.example", "http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090"]
        {
            assert!(url(safe, true).is_ok(), "{safe}");
        }
    }
}
