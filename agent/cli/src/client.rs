//! A running agent, asked as a browser would ask: over the address of its page.
//!
//! One question on one connection, with a deadline and a limit to what is read. Who answers there may be anybody.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::text::excerpt;

/// As many destinations as can be configured (64 targets with their controls, 16 others), in both families and with
/// eight SYNs each, make 2 MiB.
const ANSWER_MAX: u64 = 4 << 20;

/// Characters of a refusal that are told again.
const REASON_MOST: usize = 200;

/// The page of an agent on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    address: SocketAddr,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens there, or the connection broke.
    #[error("nobody answers on {address}: {source}")]
    Nobody {
        /// Who was asked.
        address: SocketAddr,
        /// What the kernel says.
        source: io::Error,
    },
    /// It takes too long.
    #[error("{address} did not answer within {}", humantime::format_duration(*.patience))]
    Slow {
        /// Who was asked.
        address: SocketAddr,
        /// How long it was waited.
        patience: Duration,
    },
    /// More than any report.
    #[error("{address} answers with more than {} MiB", ANSWER_MAX >> 20)]
    TooLarge {
        /// Who was asked.
        address: SocketAddr,
    },
    /// Another protocol.
    #[error("what answers on {address} does not speak HTTP")]
    NotHttp {
        /// Who was asked.
        address: SocketAddr,
    },
    /// It speaks HTTP, and says no.
    #[error("{address} answers {status}: {reason}")]
    Refused {
        /// Who was asked.
        address: SocketAddr,
        /// Of the answer.
        status: u16,
        /// The beginning of its body, printable.
        reason: String,
    },
}

impl Page {
    /// Where an agent listens. Nobody can be asked at "every address": then it is this machine's loopback.
    pub(crate) fn at(mut address: SocketAddr) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Self { address }
    }

    /// For a browser.
    pub(crate) fn url(self) -> String {
        format!("http://{}/", self.address)
    }

    /// The body of the answer to a GET of this path.
    pub(crate) async fn get(self, path: &str, patience: Duration) -> Result<Vec<u8>, AskError> {
        let address = self.address;
        match tokio::time::timeout(patience, self.ask(path)).await {
            Ok(Ok(answer)) if answer.len() as u64 > ANSWER_MAX => Err(AskError::TooLarge { address }),
            Ok(Ok(answer)) => self.body(&answer),
            Ok(Err(source)) => Err(AskError::Nobody { address, source }),
            Err(_) => Err(AskError::Slow { address, patience }),
        }
    }

    /// Everything that comes back, and a byte more than may come at the most.
    async fn ask(self, path: &str) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address).await?;
        // Without the scope of a link-local address, which means nothing to the other side (RFC 6874 §4).
        let host = SocketAddr::new(self.address.ip(), self.address.port());
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX + 1).read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// The body of an answer with status 200 whose end is the end of the connection.
    fn body(self, answer: &[u8]) -> Result<Vec<u8>, AskError> {
        const BLANK: &[u8] = b"\r\n\r\n";
        let address = self.address;
        let end = answer.windows(BLANK.len()).position(|four| four == BLANK);
        let (head, body) = end
            .map(|end| (String::from_utf8_lossy(&answer[..end]), &answer[end + BLANK.len()..]))
            .ok_or(AskError::NotHttp { address })?;
        let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        match status.ok_or(AskError::NotHttp { address })? {
            200 => Ok(body.to_vec()),
            status => {
                let reason = excerpt(String::from_utf8_lossy(body).trim(), REASON_MOST);
                Err(AskError::Refused { address, status, reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn page() -> Page {
        Page::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 9525)))
    }

    /// Somebody who takes one request and answers with this.
    fn server(answer: Vec<u8>) -> (SocketAddr, thread::JoinHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut request = [0; 1024];
            let length = stream.read(&mut request).expect("a request");
            // Whoever has heard enough leaves.
            let _ = stream.write_all(&answer);
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (address, served)
    }

    #[test]
    fn only_an_answer_with_200_has_a_body() {
        assert_eq!(page().body(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}").expect("a body"), b"{}");
        for (answer, says) in [
            (&b""[..], "does not speak HTTP"),
            (b"HTTP/1.1 200 OK\r\n", "does not speak HTTP"),
            (b"\r\n\r\n{}", "does not speak HTTP"),
            (b"HTTP/1.1 2\xff0 OK\r\n\r\n", "does not speak HTTP"),
            (b"220 mx.example ESMTP\r\n\r\n", "does not speak HTTP"),
            (b"HTTP/1.1 503 No\r\n\r\nnot ready:\x1b no round\n", "answers 503: not ready:\\u{1b} no round"),
        ] {
            let error = page().body(answer).expect_err("no body").to_string();
            assert!(error.ends_with(says) && error.contains("127.0.0.1:9525"), "{error}");
        }
    }

    #[test]
    fn a_page_at_every_address_is_asked_at_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:9525", "http://127.0.0.1:9525/"),
            ("[::]:9525", "http://[::1]:9525/"),
            ("192.0.2.1:80", "http://192.0.2.1:80/"),
        ] {
            assert_eq!(Page::at(listens.parse().expect("an address")).url(), asked);
        }
    }

    #[tokio::test]
    async fn a_question_names_the_host_as_an_address() {
        let (address, served) = server(b"HTTP/1.1 200 OK\r\n\r\nyes".to_vec());
        assert_eq!(Page::at(address).get("/livez", PATIENCE).await.expect("an answer"), b"yes");
        let request = served.join().expect("it has answered");
        assert!(request.starts_with(&format!("GET /livez HTTP/1.1\r\nHost: {address}\r\n")), "{request}");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        answer.resize(answer.len() + usize::try_from(ANSWER_MAX).expect("small"), b' ');
        let (address, served) = server(answer);
        let error = Page::at(address).get("/", PATIENCE).await.expect_err("too much").to_string();
        assert_eq!(error, format!("{address} answers with more than 4 MiB"));
        served.join().expect("it has answered");
    }

    #[tokio::test]
    async fn who_is_silent_is_not_waited_for() {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = silent.local_addr().expect("it is bound");
        let error = Page::at(address).get("/", Duration::from_millis(1)).await.expect_err("no answer");
        assert_eq!(error.to_string(), format!("{address} did not answer within 1ms"));
        drop(silent);
        let error = Page::at(address).get("/", PATIENCE).await.expect_err("nobody is there any more");
        assert!(matches!(error, AskError::Nobody { .. }), "{error}");
    }
}
