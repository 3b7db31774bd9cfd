//! One accepted connection, from greeting to farewell.

use std::io;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::Behaviour;

/// Longer than any run: a silent server is silent to the end.
const FOREVER: Duration = Duration::from_secs(600);

/// Between the pieces of a greeting that comes in several segments.
const PIECE_GAP: Duration = Duration::from_millis(30);

/// Holds the conversation; a client that goes away ends it.
pub(super) async fn hold(stream: TcpStream, name: String, behaviour: Behaviour) {
    // A client that resets or leaves is the usual end of a probe, not an event.
    let _ = converse(stream, &name, behaviour).await;
}

async fn converse(mut stream: TcpStream, name: &str, behaviour: Behaviour) -> io::Result<()> {
    let greeting = format!("220 {name} ESMTP ready\r\n");
    match behaviour {
        Behaviour::Smtp => smtp(stream, name, &greeting).await,
        Behaviour::Greet(line) => smtp(stream, name, &format!("{line}\r\n")).await,
        Behaviour::GreetAfterMs(delay) => {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            smtp(stream, name, &greeting).await
        }
        Behaviour::GreetInPieces => {
            for piece in [format!("220-{name} wel"), "come\r\n".into(), "220-No unsol".into()] {
                stream.write_all(piece.as_bytes()).await?;
                stream.flush().await?;
                tokio::time::sleep(PIECE_GAP).await;
            }
            smtp(stream, name, &format!("icited mail\r\n220 {name} ESMTP\r\n")).await
        }
        Behaviour::Say(bytes) => {
            stream.write_all(bytes.as_bytes()).await?;
            drain(stream).await
        }
        Behaviour::Accept => drain(stream).await,
        Behaviour::Silent => {
            tokio::time::sleep(FOREVER).await;
            Ok(())
        }
        Behaviour::ResetOnAccept => reset(&stream),
        Behaviour::ResetAfterRead => {
            stream.read_u8().await?;
            reset(&stream)
        }
        Behaviour::Garbage => {
            let mut bytes = [0; 512];
            fastrand::Rng::with_seed(25).fill(&mut bytes);
            stream.write_all(&bytes).await?;
            tokio::time::sleep(FOREVER).await;
            Ok(())
        }
        Behaviour::Flood => {
            let bytes = [b'2'; 4096];
            loop {
                stream.write_all(&bytes).await?;
            }
        }
        Behaviour::CloseOnAccept | Behaviour::Closed | Behaviour::Dead => Ok(()),
    }
}

/// Waits for the client to go away.
async fn drain(mut stream: TcpStream) -> io::Result<()> {
    let mut sink = [0; 1024];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}

/// The close that follows sends a reset instead of a FIN.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// RFC 5321 as far as a polite stranger without mail needs it.
async fn smtp(stream: TcpStream, name: &str, greeting: &str) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(greeting.as_bytes()).await?;
    if !greeting.contains("220 ") {
        return stream.shutdown().await;
    }
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => format!("250-{name}\r\n250-PIPELINING\r\n250 SIZE 10485760\r\n"),
            "HELO" => format!("250 {name}\r\n"),
            "NOOP" | "RSET" => "250 2.0.0 OK\r\n".into(),
            "QUIT" => format!("221 2.0.0 {name} closes\r\n"),
            _ => "502 5.5.1 not here\r\n".into(),
        };
        stream.write_all(answer.as_bytes()).await?;
        if verb == "QUIT" {
            return stream.shutdown().await;
        }
    }
}
