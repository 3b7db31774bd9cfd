//! The page beside probing: on the address that was asked for, again when that changes, and never in its way.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sortie_telemetry::{PROMETHEUS_CONTENT_TYPE, Telemetry};
use tokio::sync::watch;
use tracing::{info, warn};

use super::settings;
use super::supervise::supervise;
use crate::board::Board;
use crate::config::{Config, Web};
use crate::host;
use crate::page::{ASSETS, render};
use crate::web::{self, Faces, Hosts, Limits};

/// Whoever has the port now may be gone by then.
const AGAIN: Duration = Duration::from_secs(30);

/// What is served, wherever that is.
pub(super) fn faces(board: &Arc<Board>, telemetry: &Arc<Telemetry>) -> Faces {
    let telemetry = Arc::clone(telemetry);
    Faces {
        board: Arc::clone(board),
        page: render,
        assets: ASSETS,
        metrics: Arc::new(move || telemetry.prometheus().into_bytes()),
        metrics_content_type: PROMETHEUS_CONTENT_TYPE,
    }
}

/// The page's socket, as far as there is one.
#[derive(Debug)]
pub(super) struct Page {
    /// Opened by whoever started this process; no file has a say in it.
    inherited: Option<TcpListener>,
    /// Opened at the start on the configured address.
    bound: Option<(SocketAddr, TcpListener)>,
}

impl Page {
    /// The listening socket that is standard input.
    pub(super) fn inherited() -> anyhow::Result<Self> {
        let socket = io::stdin().as_fd().try_clone_to_owned().context("failed to take the socket over")?;
        let listener = TcpListener::from(socket);
        tell(&listener).context("standard input is not a socket that listens")?;
        Ok(Self { inherited: Some(listener), bound: None })
    }

    /// Listens on the configured address. Where that fails probing goes on without a page, unless it was `asked` for.
    pub(super) fn open(web: &Web, asked: bool) -> anyhow::Result<Self> {
        let bound = match web.listen {
            Some(address) if asked => Some((address, listen(address)?)),
            Some(address) => try_to_listen(address).map(|listener| (address, listener)),
            None => None,
        };
        Ok(Self { inherited: None, bound })
    }

    /// Serves for as long as the agent lives.
    pub(super) async fn keep(mut self, faces: Faces, mut settings: watch::Receiver<Arc<Config>>) {
        loop {
            let web = settings.borrow_and_update().web.clone();
            tokio::select! {
                () = self.serve(&web, &faces) => {}
                () = settings::changed(&mut settings, |config| config.web != web) => {}
            }
        }
    }

    async fn serve(&mut self, web: &Web, faces: &Faces) {
        let listener = match (&self.inherited, web.listen) {
            (Some(listener), _) => listener.try_clone(),
            (None, Some(address)) => Ok(self.listener(address).await),
            (None, None) => std::future::pending().await,
        };
        match listener {
            Ok(listener) => supervise("page", || serve_once(&listener, faces, &web.hosts)).await,
            Err(error) => {
                warn!("failed to serve the page: {error}");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// A socket on this address, however long it takes until there can be one.
    async fn listener(&mut self, address: SocketAddr) -> TcpListener {
        if let Some((_, listener)) = self.bound.take_if(|(bound, _)| *bound == address) {
            return listener;
        }
        loop {
            if let Some(listener) = try_to_listen(address) {
                return listener;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn try_to_listen(address: SocketAddr) -> Option<TcpListener> {
    listen(address).inspect_err(|error| warn!("there is no page: {error}")).ok()
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = web::bind(address)?;
    tell(&listener)?;
    Ok(listener)
}

/// The address may have been asked for with port 0.
fn tell(listener: &TcpListener) -> io::Result<()> {
    let address = listener.local_addr()?;
    info!("the page is on http://{address}/");
    Ok(())
}

/// One life of the server; the next one has a socket of its own.
fn serve_once(listener: &TcpListener, faces: &Faces, hosts: &[String]) -> impl Future<Output = ()> + use<> {
    let (listener, faces) = (listener.try_clone(), faces.clone());
    let hosts = Hosts::new(&host::name().unwrap_or_default(), hosts);
    async move {
        let served = match listener {
            Ok(listener) => web::serve(listener, faces, hosts, Limits::default()).await,
            Err(error) => Err(error),
        };
        let Err(error) = served;
        warn!("failed to serve the page: {error}");
    }
}
