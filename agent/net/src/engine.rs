//! Either engine behind one face.

use std::net::IpAddr;
use std::time::Duration;

use sortie_core::observation::{Attempt, EngineKind, Seen};
use sortie_core::target::Port;

use crate::connect::{self, ConnectEngine};
use crate::own::OwnAddresses;
use crate::patience::Patience;
use crate::progress::Progress;
use crate::raw::{self, RawEngine};
use crate::settings::{Choice, OpenError, Settings};

/// The engine of a prober.
#[derive(Debug)]
pub(crate) enum Engine {
    Raw(Box<RawEngine>),
    /// With the reason why raw is not used, where it was wanted.
    Connect(ConnectEngine, Option<String>),
}

/// What a probe left behind; raw answers are collected when the round is over, since late ones still come in.
#[derive(Clone, Debug)]
pub(crate) enum Trace {
    Raw(raw::Trace),
    Connect(Vec<Attempt>),
}

impl Engine {
    pub(crate) fn open(settings: &Settings) -> Result<Self, OpenError> {
        let connect = |reason| Self::Connect(ConnectEngine::new(settings.source.clone()), reason);
        if settings.engine == Choice::Connect {
            return Ok(connect(None));
        }
        match RawEngine::open(&settings.families, settings.source.clone()) {
            Ok(raw) => Ok(Self::Raw(Box::new(raw))),
            Err(error) => {
                let reason = match error.raw_os_error() {
                    Some(libc::EPERM | libc::EACCES) => "CAP_NET_RAW is missing".to_owned(),
                    _ => error.to_string(),
                };
                if settings.engine == Choice::Raw {
                    Err(OpenError::Raw(reason))
                } else {
                    Ok(connect(Some(reason)))
                }
            }
        }
    }

    pub(crate) fn kind(&self) -> EngineKind {
        match self {
            Self::Raw(_) => EngineKind::Raw,
            Self::Connect(..) => EngineKind::Connect,
        }
    }

    pub(crate) fn limits(&self) -> Vec<String> {
        match self {
            Self::Raw(raw) => raw.limits(),
            Self::Connect(_, reason) => {
                let reason = reason.iter().map(|reason| format!("the raw engine is not used: {reason}"));
                reason.chain(connect::LIMITS.map(str::to_owned)).collect()
            }
        }
    }

    pub(crate) fn take_late(&self) -> Vec<(IpAddr, Port)> {
        if let Self::Raw(raw) = self { raw.take_late() } else { Vec::new() }
    }

    pub(crate) fn surplus_answers(&self) -> u64 {
        if let Self::Raw(raw) = self { raw.surplus_answers() } else { 0 }
    }

    pub(crate) async fn probe(
        &self,
        destination: (IpAddr, Port),
        patience: Patience,
        own: &OwnAddresses,
        progress: &Progress,
    ) -> Trace {
        match self {
            Self::Raw(raw) => Trace::Raw(raw.probe(destination, patience, progress).await),
            Self::Connect(connect, _) => {
                Trace::Connect(connect.probe(destination, patience, own, progress).await)
            }
        }
    }

    pub(crate) async fn cast(
        &self,
        destination: (IpAddr, Port),
        ttl: u8,
        wait: Duration,
        own: &OwnAddresses,
    ) -> Option<Seen> {
        match self {
            Self::Raw(raw) => raw.cast(destination, ttl, wait).await,
            Self::Connect(connect, _) => connect.cast(destination, ttl, wait, own).await,
        }
    }

    pub(crate) fn attempts(&self, trace: Trace) -> Vec<Attempt> {
        match (self, trace) {
            (Self::Raw(raw), Trace::Raw(trace)) => raw.attempts(&trace),
            (_, Trace::Connect(attempts)) => attempts,
            (Self::Connect(..), Trace::Raw(_)) => Vec::new(),
        }
    }

    /// Does `work` while listening for what it waits for.
    pub(crate) async fn while_listening<T>(&self, own: &OwnAddresses, work: impl Future<Output = T>) -> T {
        match self {
            Self::Raw(raw) => {
                let listening = async {
                    raw.listen(own).await;
                    // Its sockets only fail with the runtime; the work then ends by its own deadlines.
                    std::future::pending().await
                };
                tokio::select! {
                    done = work => done,
                    done = listening => done,
                }
            }
            Self::Connect(..) => work.await,
        }
    }
}
