//! A short, polite SMTP conversation: greeting, QUIT. Never MAIL, never AUTH.
//!
//! It makes its own `connect()`, in both engines: that proves that the port is open to programs of this machine and
//! not only to hand-built packets, which slip past policy rules such as `ip rule … dport 25 prohibit`.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use sortie_core::observation::{Session, SessionEnd};
use sortie_core::smtp::{Progress, QUIT, Reply, ReplyReader};
use sortie_core::target::Port;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};

use crate::dial;
use crate::settings::Source;

/// How long the answer to QUIT and the server's FIN are waited for.
const GOODBYE: Duration = Duration::from_millis(500);

/// Most that is read of a goodbye, in bytes.
const GOODBYE_MAX: usize = 4096;

/// Holds one conversation. `given_up` ends it while its own handshake is still under way.
pub(crate) async fn hold(
    (ip, port): (IpAddr, Port),
    source: Option<&Source>,
    deadline: Duration,
    given_up: impl Future<Output = ()>,
) -> Session {
    let started = Instant::now();
    let ended = |end| Session { end, took: started.elapsed() };
    let by = tokio::time::Instant::from_std(started + deadline);
    let open = || {
        let socket = dial::tcp_socket(ip, source)?;
        dial::start(&socket, ip, port)?;
        TcpStream::from_std(socket.into())
    };
    let mut stream = match open() {
        Ok(stream) => stream,
        Err(error) => return ended(SessionEnd::Refused(dial::errno(&error))),
    };
    let connected = tokio::select! {
        connected = timeout_at(by, established(&stream)) => connected.unwrap_or(Err(SessionEnd::NotConnected)),
        () = given_up => Err(SessionEnd::NotConnected),
    };
    if let Err(end) = connected {
        return ended(end);
    }
    let mut reader = ReplyReader::default();
    let end = timeout_at(by, greeting(&mut stream, &mut reader)).await.unwrap_or(SessionEnd::Silent);
    let session = ended(end);
    if matches!(session.end, SessionEnd::Greeting { .. }) {
        // Whatever happens to a goodbye, the greeting was heard.
        let _ = timeout(GOODBYE, goodbye(&mut stream)).await;
    }
    session
}

async fn established(stream: &TcpStream) -> Result<(), SessionEnd> {
    if stream.writable().await.is_err() {
        return Err(SessionEnd::NotConnected);
    }
    match stream.take_error() {
        Ok(None) => Ok(()),
        Ok(Some(error)) => Err(match error.raw_os_error() {
            Some(libc::ECONNRESET | libc::EPIPE) => SessionEnd::Reset,
            Some(libc::ETIMEDOUT) => SessionEnd::NotConnected,
            _ => SessionEnd::Rejected,
        }),
        Err(error) => Err(SessionEnd::Refused(dial::errno(&error))),
    }
}

async fn greeting(stream: &mut TcpStream, reader: &mut ReplyReader) -> SessionEnd {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return SessionEnd::Closed,
            Ok(length) => match reader.push(&buffer[..length]) {
                Progress::NeedMore => {}
                Progress::Reply(Reply { code, text, .. }) => return SessionEnd::Greeting { code, text },
                Progress::NotSmtp(text) => return SessionEnd::NotSmtp(text),
            },
            Err(_) => return SessionEnd::Reset,
        }
    }
}

/// Says QUIT and reads until the server closes, so that our own close is a FIN and not a RST.
async fn goodbye(stream: &mut TcpStream) {
    if stream.write_all(QUIT).await.is_err() {
        return;
    }
    let mut buffer = [0; 256];
    let mut read = 0;
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        read += length;
        if read > GOODBYE_MAX {
            return;
        }
    }
}
