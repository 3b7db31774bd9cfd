//! A header that goes with every question: the tenant of a Mimir or Thanos, or what a proxy before it wants.
//!
//! Its value may be a secret. So it is not read while the command line is, whose errors repeat what was given, and it is shown
//! to nobody, but for a tenant, which is a name.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT,
};

use super::UrlError;
use crate::ticket::sh;

/// Names of tenants are no secrets: Mimir's, and that of Thanos.
const TENANTS: [&str; 2] = ["x-scope-orgid", "thanos-tenant"];
/// What the conversation itself needs.
const OURS: [HeaderName; 8] =
    [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT];
/// Stands for a value in what is shown.
const HIDDEN: &str = "...";

/// `NAME=VALUE`, as given.
#[derive(Clone, PartialEq, Eq)]
pub struct Header(String);

impl FromStr for Header {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Header {
    /// What is sent.
    ///
    /// # Errors
    /// When it is no header, or one that is not for this.
    pub(crate) fn read(&self) -> Result<(HeaderName, HeaderValue), UrlError> {
        let refused = |name: &str, reason| UrlError::NotHeader { name: name.to_owned(), reason };
        let (name, value) = self.parts().ok_or_else(|| refused("", "write NAME=VALUE"))?;
        if name == AUTHORIZATION {
            return Err(refused(
                name.as_str(),
                "use --bearer-token-file, so that no list of processes shows it",
            ));
        }
        if OURS.contains(&name) {
            return Err(refused(name.as_str(), "sortie sets it itself"));
        }
        let mut sent = HeaderValue::from_str(value.trim())
            .map_err(|_| refused(name.as_str(), "its value has characters that no header can have"))?;
        sent.set_sensitive(true);
        Ok((name, sent))
    }

    /// As a part of a command that is fit to be pasted, once whoever pastes it has put in what is hidden.
    pub(crate) fn flag(&self) -> String {
        format!(" --header {}", sh(&self.shown()))
    }

    fn shown(&self) -> String {
        match self.parts() {
            Some((name, value)) if TENANTS.contains(&name.as_str()) => format!("{name}={value}"),
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        }
    }

    fn parts(&self) -> Option<(HeaderName, &str)> {
        let (name, value) = self.0.split_once('=')?;
        Some((name.trim().parse().ok()?, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Header {
        text.parse().expect("whatever is given")
    }

    #[test]
    fn a_tenant_is_sent_as_given() {
        for (text, value) in
            [("X-Scope-OrgID=mail", "mail"), ("x-scope-orgid= a|b ", "a|b"), ("X-Scope-OrgID=a=b", "a=b")]
        {
            let (name, sent) = header(text).read().expect("a header");
            assert_eq!((name.as_str(), sent.as_bytes()), ("x-scope-orgid", value.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_no_header_or_not_for_this_is_refused_without_a_secret_in_the_text() {
        for (text, error) in [
            ("s3cret", "--header: write NAME=VALUE"),
            ("=s3cret", "--header: write NAME=VALUE"),
            ("a b=s3cret", "--header: write NAME=VALUE"),
            ("X-Key=s3cret\r\nHost: a", "--header x-key: its value has characters that no header can have"),
            (
                "Authorization=Basic s3cret",
                "--header authorization: use --bearer-token-file, so that no list of processes shows it",
            ),
            ("Host=s3cret", "--header host: sortie sets it itself"),
            ("Transfer-Encoding=s3cret", "--header transfer-encoding: sortie sets it itself"),
        ] {
            assert_eq!(header(text).read().expect_err(text).to_string(), error);
        }
    }

    #[test]
    fn only_a_tenant_is_shown() {
        for (text, shown) in [
            ("X-Scope-OrgID=mail", " --header 'x-scope-orgid=mail'"),
            ("X-Scope-OrgID=a b", " --header 'x-scope-orgid=a b'"),
            ("X-Key=s3cret", " --header 'x-key=...'"),
        ] {
            assert_eq!(header(text).flag(), shown);
        }
        assert_eq!(format!("{:?} {:?}", header("X-Key=s3cret"), header("s3cret")), "x-key=... ...");
    }
}
