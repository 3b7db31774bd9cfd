//! Headers of every export, which may carry a secret: their values are given to whom they are for and shown to nobody.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::section::Refusal;
use super::value::Read;

/// Stands for the value of a header wherever a person or a program looks.
pub(super) const HIDDEN: &str = "(hidden)";

/// Names and values, in the order given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads `name=value,name=value`, the values percent-encoded (OpenTelemetry's "Specifying headers via environment
    /// variables").
    pub(super) fn parse(text: &str) -> Read<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
            .map(header)
            .collect::<Read<_>>()
            .map(Self)
    }

    /// Each name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, _)| (name, HIDDEN))).finish()
    }
}

fn header(pair: &str) -> Read<(String, String)> {
    let wrong = |label| {
        let hint =
            "write name=value, and a comma between two of them: authorization=Bearer%20…,x-tenant=mail";
        Refusal::new("must be a list of headers", label, hint)
    };
    let (name, value) = pair.split_once('=').ok_or_else(|| wrong("one has no `=`"))?;
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(wrong("one has a name that no header can have"));
    }
    let value = percent_decode_str(value.trim())
        .decode_utf8()
        .map_err(|_| wrong("one has a value that is not text"))?;
    if value.chars().any(char::is_control) {
        return Err(wrong("one has a value with control characters"));
    }
    Ok((name, value.into_owned()))
}

/// The characters of a field name (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_seen_in_logs() {
        let headers = Headers::parse("Authorization=s3cret,").expect("good");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("authorization", "s3cret")]);
        assert_eq!(format!("{headers:?}"), "{\"authorization\": \"(hidden)\"}");
    }
}
