//! Commands and replies over a stream, in the clear or not.

use std::io::{self, ErrorKind};
use std::time::Duration;

use sortie_core::relay::Seen;
use sortie_core::smtp::{Progress, QUIT, Reply, ReplyReader};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::dial;

/// Read at once, in bytes; a reply that is longer comes in pieces.
const PIECE: usize = 1024;

/// Most that is read of a goodbye, in bytes.
const GOODBYE_MAX: usize = 4096;

/// One side of a conversation.
pub(super) struct Talk<S> {
    stream: S,
    /// What has arrived behind the latest reply, at most one piece.
    ahead: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// Sends a command, which may be empty, and reads one whole reply.
    pub(super) async fn ask(&mut self, command: &[u8]) -> Result<Reply, Seen> {
        self.stream.write_all(command).await.map_err(|error| broken(&error))?;
        self.stream.flush().await.map_err(|error| broken(&error))?;
        let mut reader = ReplyReader::default();
        let mut bytes = std::mem::take(&mut self.ahead);
        loop {
            match reader.push(&bytes) {
                Progress::NeedMore => {}
                Progress::Reply(reply) => {
                    self.ahead = bytes.split_off(bytes.len() - reader.surplus());
                    return Ok(reply);
                }
                Progress::NotSmtp(text) => return Err(Seen::NotSmtp(text)),
            }
            bytes.resize(PIECE, 0);
            let length = self.stream.read(&mut bytes).await.map_err(|error| broken(&error))?;
            if length == 0 {
                return Err(Seen::Closed);
            }
            bytes.truncate(length);
        }
    }

    /// The stream alone; an error where something was said that was not asked for, which would be lost with it.
    pub(super) fn into_stream(self) -> Result<S, usize> {
        if self.ahead.is_empty() { Ok(self.stream) } else { Err(self.ahead.len()) }
    }

    /// Says goodbye and reads until the server closes, so that our own close is a FIN and not a RST.
    pub(super) async fn leave(&mut self, most: Duration) {
        let goodbye = async {
            self.stream.write_all(QUIT).await?;
            let mut read = 0;
            while let length @ 1.. = self.stream.read(&mut [0; PIECE]).await? {
                read += length;
                if read > GOODBYE_MAX {
                    break;
                }
            }
            io::Result::Ok(())
        };
        // Nothing is wanted from a server that is left.
        let _ = timeout(most, goodbye).await;
    }
}

fn broken(error: &io::Error) -> Seen {
    match error.kind() {
        // A connection under TLS that ends without its farewell (RFC 8446 §6.1) is as closed as any other.
        ErrorKind::UnexpectedEof => Seen::Closed,
        _ => Seen::Broken(dial::errno(error)),
    }
}
