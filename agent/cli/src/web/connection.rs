//! One connection: its requests in order and in turn, within bounds of size and time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::debug;

use super::Limits;
use super::site::Site;
use super::turns::{self, Turns};

/// The largest head of a request, in bytes; a browser's has a tenth of it. More is answered with 431.
const HEAD_MOST: usize = 8 * 1024;

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, site: Arc<Site>, limits: Limits, spare: bool) {
    if let Err(error) = prepare(&stream, limits.stall) {
        debug!("failed to prepare a connection to the page: {error}");
        return;
    }
    let turns = Turns::per_second(limits.requests_per_second, Instant::now());
    let service = service_fn(move |request: Request<Incoming>| {
        let site = Arc::clone(&site);
        let pause = turns.take(Instant::now());
        async move {
            turns::wait(pause).await;
            Ok::<_, Infallible>(site.answer(&request, spare))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(if spare { limits.spare_head } else { limits.head })
        .max_buf_size(HEAD_MOST)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        debug!("a connection to the page ended early: {error}");
    }
}

/// The kernel ends a connection whose client takes nothing for so long (RFC 5482), whether it is asleep or gone.
fn prepare(stream: &TcpStream, stall: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_user_timeout(Some(stall))
}
