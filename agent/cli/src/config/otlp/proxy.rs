//! Who passes requests on to the receiver.

use toml::de::DeValue;

use super::OFF;
use crate::config::section::Refusal;
use crate::config::url::{PROXY, url};
use crate::config::value::{self, Read};

/// The way to the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Off,
    /// This one, whatever the environment says.
    Url(String),
}

impl Proxy {
    pub(super) fn read(value: &DeValue<'_>) -> Read<Self> {
        let text = value::text(value)?;
        if text == OFF {
            return Ok(Self::Off);
        }
        let either = |refusal: Refusal| Refusal { problem: "must be a URL, or off".to_owned(), ..refusal };
        url(&text, &PROXY).map(Self::Url).map_err(either)
    }

    /// As it is written in the file.
    pub(in crate::config) fn written(&self) -> Option<&str> {
        match self {
            Self::Environment => None,
            Self::Off => Some(OFF),
            Self::Url(url) => Some(url),
        }
    }
}
