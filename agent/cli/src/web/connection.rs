//! One connection: its requests in order and in turn, within bounds of size and time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::debug;

use super::Limits;
use super::answer::Answer;
use super::site::Site;
use super::turns::Turns;

/// The largest head of a request, in bytes; a browser's has a tenth of it. More is answered with 431.
const HEAD_MOST: usize = 8 * 1024;
/// Copying so many bytes to a socket takes about as long as answering a request.
const UNIT: u64 = 16 * 1024;

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, site: Arc<Site>, limits: Limits, spare: bool) {
    if let Err(error) = prepare(&stream, limits.stall) {
        debug!("failed to prepare a connection to the page: {error}");
        return;
    }
    let turns = Arc::new(Turns::per_second(limits.units_per_second, Instant::now()));
    let service = service_fn(|request: Request<Incoming>| {
        let (site, turns) = (Arc::clone(&site), Arc::clone(&turns));
        async move {
            turns.wait().await;
            let answer = site.answer(&request, spare);
            turns.spend(units(&answer), Instant::now());
            Ok::<_, Infallible>(answer)
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
    // Its place stays taken until it has paid: otherwise whoever reconnects for each request would never pay.
    turns.wait().await;
}

/// What an answer costs: one, and one more for each part of its body.
fn units(answer: &Answer) -> u32 {
    let parts = answer.body().size_hint().exact().unwrap_or(0) / UNIT;
    u32::try_from(parts).unwrap_or(u32::MAX - 1) + 1
}

/// The kernel ends a connection whose client takes nothing for so long (RFC 5482), whether it is asleep or gone.
fn prepare(stream: &TcpStream, stall: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_user_timeout(Some(stall))
}
