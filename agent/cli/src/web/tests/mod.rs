//! The server as a specification, over real sockets.

mod bounds;
mod client;
mod live;
mod refusals;
mod routes;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use sortie_core::report::Report;

use self::client::Client;
use super::*;
use crate::board::AgentFacts;
use crate::render::sample;

const ASSETS: &[Asset] =
    &[Asset { path: "/assets/page.css", content_type: "text/css", bytes: b"body { margin: 0 }" }];
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A server on a port of its own, until the test ends.
struct Server {
    address: SocketAddr,
    board: Arc<Board>,
    metrics_rendered: Arc<AtomicUsize>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        Self::with_page(limits, |display, history, _| {
            format!("<h1>generation {}, {} changes</h1>", display.generation, history.changes().len())
        })
    }

    fn with_page(limits: Limits, page: fn(&Display, &History, SystemTime) -> String) -> Self {
        let listener = bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (board, metrics_rendered) = (Arc::new(Board::new()), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&metrics_rendered);
        let metrics = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            b"sortie_up 1\n".to_vec()
        });
        let faces = Faces {
            board: Arc::clone(&board),
            page,
            assets: ASSETS,
            metrics,
            metrics_content_type: METRICS_TYPE,
        };
        let hosts = Hosts::new("mail-1", &["page.example.com".to_owned()]);
        tokio::spawn(serve(listener, faces, hosts, limits));
        Self { address, board, metrics_rendered }
    }

    /// Puts a report up.
    fn show(&self) {
        self.show_report(sample::report());
    }

    fn show_report(&self, report: Report) {
        let agent = AgentFacts {
            version: "0.0.0",
            started: UNIX_EPOCH,
            measured: None,
            next_round: None,
            interval: Duration::from_secs(60),
            demonstration: false,
            config: None,
            config_hash: String::new(),
        };
        self.board.show(report, agent, Vec::new());
    }

    async fn client(&self) -> Client {
        Client::connect(self.address).await
    }
}
