//! Headers of every request that are not OTLP's own: from the settings, and from a file whose content may change while the
//! agent runs.
//!
//! The file has one header in a line, `name: value` or `name=value`; empty lines and lines that begin with `#` say
//! nothing. It is read for each request, so that a token that was renewed is used at once, by a thread of its own, so that a
//! disk that hangs holds up nobody. A file that cannot be read stops the request: without its token a receiver would
//! refuse for good what it would have taken.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::oneshot;

/// Of a headers file, in bytes. Servers take 8 to 64 KiB of headers in all.
const FILE_MOST: u64 = 64 << 10;

/// What Sortie sets itself: a second one would make a request that no receiver understands.
const OWN: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    crate::ship::REPLAY_HEADER,
];

/// Why a header is none. The value is not shown: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("its {0} has characters that no header may have")]
    Characters(&'static str),
    #[error("Sortie sets it itself")]
    Own,
}

/// A header as it will be sent, which no debug output shows.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    let name = HeaderName::try_from(name).map_err(|_| HeaderError::Characters("name"))?;
    if OWN.contains(&name.as_str()) || name.as_str().starts_with("grpc-") {
        return Err(HeaderError::Own);
    }
    let mut value = HeaderValue::try_from(value).map_err(|_| HeaderError::Characters("value"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// A file of headers.
#[derive(Debug)]
pub(super) struct HeadersFile {
    path: PathBuf,
    /// A read that has not ended, so that a disk that hangs holds one thread and not one more for each request.
    reading: Option<oneshot::Receiver<io::Result<Vec<u8>>>>,
}

/// Reads for itself.
impl Clone for HeadersFile {
    fn clone(&self) -> Self {
        Self::new(self.path.clone())
    }
}

impl HeadersFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, reading: None }
    }

    /// What is in the file now, or a sentence that says why nothing is known of it.
    pub(super) async fn read(&mut self) -> Result<HeaderMap, String> {
        self.latest()
            .await
            .map_err(|reason| format!("failed to read the headers file {}: {reason}", self.path.display()))
    }

    async fn latest(&mut self) -> Result<HeaderMap, String> {
        let reading = match self.reading.take() {
            Some(reading) => reading,
            None => start(self.path.clone()).map_err(|error| error.to_string())?,
        };
        let reading = self.reading.insert(reading);
        let read = reading.await.unwrap_or_else(|_| Err(io::Error::other("the reader ended")));
        self.reading = None;
        parse(&read.map_err(|error| error.to_string())?)
    }
}

fn start(path: PathBuf) -> io::Result<oneshot::Receiver<io::Result<Vec<u8>>>> {
    let (told, reading) = oneshot::channel();
    thread::Builder::new().name("headers".to_owned()).spawn(move || told.send(content(&path)))?;
    Ok(reading)
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_MOST {
        return Err(io::Error::other(format!("it is longer than {} KiB", FILE_MOST >> 10)));
    }
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Result<HeaderMap, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut headers = HeaderMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line
            .split_once([':', '='])
            .ok_or_else(|| format!("line {number} is no header, write it like `authorization: Bearer …`"))?;
        let (name, value) = header(name.trim(), value.trim())
            .map_err(|reason| format!("line {number} is refused, because {reason}"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_header() {
        let file =
            b"# renewed each hour\n\nauthorization: Bearer a=b:c==\r\n X-Tenant = mail : net \nx-empty:";
        let headers = parse(file).expect("three headers");
        let mut read: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        read.sort_unstable();
        assert_eq!(
            read,
            [("authorization", &b"Bearer a=b:c=="[..]), ("x-empty", b""), ("x-tenant", b"mail : net"),]
        );
        assert!(!format!("{headers:?}").contains("Bearer"), "{headers:?}");
        assert_eq!(parse(b"").expect("none").len(), 0);
    }

    #[test]
    fn a_file_that_is_none_of_headers_says_where_and_shows_no_secret() {
        for (file, reason) in [
            (&b"x-tenant: a\nsecret"[..], "line 2 is no header, write it like `authorization: Bearer …`"),
            (
                b"secret secret: a",
                "line 1 is refused, because its name has characters that no header may have",
            ),
            (b"a: secret\x01", "line 1 is refused, because its value has characters that no header may have"),
            (b": secret", "line 1 is refused, because its name has characters that no header may have"),
            (b"Content-Type: text/plain", "line 1 is refused, because Sortie sets it itself"),
            (b"grpc-timeout: 1S", "line 1 is refused, because Sortie sets it itself"),
            (b"x-sortie-replay: 1", "line 1 is refused, because Sortie sets it itself"),
            (b"a: \xff", "it is not UTF-8"),
        ] {
            assert_eq!(parse(file).map(|headers| headers.len()), Err(reason.to_owned()));
        }
    }

    #[tokio::test]
    async fn a_file_that_is_absent_or_endless_is_no_headers() {
        for (path, reason) in [
            ("/nonexistent/headers", "No such file or directory (os error 2)"),
            ("/dev/zero", "it is longer than 64 KiB"),
        ] {
            let read = HeadersFile::new(path.into()).read().await;
            assert_eq!(read, Err(format!("failed to read the headers file {path}: {reason}")));
        }
    }
}
