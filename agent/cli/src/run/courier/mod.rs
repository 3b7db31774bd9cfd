//! Events of a command that is no agent: made durable where that is this command's to do, and shipped within seconds.
//!
//! ```text
//!   nobody has the state directory ──▶ memory (durable) ─▶ shipper ─▶ receiver      the rest is the next agent's
//!   an agent has it, or it is not ours ──▶ pocket ─▶ shipper ─▶ receiver            the rest is lost, and said to be
//! ```

mod pocket;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sortie_core::report::Cloud;
use sortie_telemetry::{Event, ShipSettings, Shipper, Signal, Spool, Telemetry};
use uuid::Uuid;

use self::pocket::Pocket;
use super::instance::Instance;
use super::memory::Memory;
use super::{export, telemetry};
use crate::config::Config;

/// For all events of one command together.
const SHIP_MOST: Duration = Duration::from_secs(10);
/// Between two looks whether the receiver has it.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a receiver does not have an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    /// An agent delivers it.
    #[error("an event was not delivered yet ({why}): it waits in {} for the agent", .dir.display())]
    Waits {
        /// What the receiver said, or that it did not.
        why: String,
        /// The state directory.
        dir: PathBuf,
    },
    /// Nobody will.
    #[error("an event was not delivered: {0}")]
    Lost(String),
}

/// Delivers events, one after the other. Nothing is done where events go nowhere.
pub(crate) async fn deliver(
    config: &Config,
    cloud: Option<&Cloud>,
    events: &[Event<'_>],
) -> Result<(), Undelivered> {
    if events.is_empty() || !config.otlp.exports(Signal::Events) {
        return Ok(());
    }
    let lost = |error: &dyn std::fmt::Display| Undelivered::Lost(error.to_string());
    let telemetry = Arc::new(telemetry(config, cloud).map_err(|error| lost(&format!("{error:#}")))?);
    // The metrics that wait are the agent's to deliver.
    let settings = ShipSettings { metrics: None, ..export::ship_settings(&config.otlp) };
    let dir = &config.agent.state_dir;
    match is_ours(dir).then(|| Instance::take(dir).ok()).flatten() {
        Some(instance) => {
            let memory = Memory::begin(dir.clone(), Some(instance), Arc::clone(&telemetry))
                .map_err(|error| lost(&format!("{error:#}")))?;
            memory.bound(export::limits(&config.otlp), false);
            let shipped = ship(&Arc::new(memory.clone()), &telemetry, &settings, events).await;
            let is_durable = memory.condition().trouble.is_none();
            memory.end().await;
            shipped.map_err(|failure| match failure {
                Failure::Silent(why) if is_durable => Undelivered::Waits { why, dir: dir.clone() },
                Failure::Silent(why) | Failure::Refused(why) => Undelivered::Lost(why),
            })
        }
        None => ship(&Arc::new(Pocket::default()), &telemetry, &settings, events)
            .await
            .map_err(|(Failure::Silent(why) | Failure::Refused(why))| Undelivered::Lost(why)),
    }
}

/// Whether the directory is there and an agent of this user's would use it: a file of somebody else's in it would lock the
/// agent out of its own state.
fn is_ours(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|dir| dir.uid() == nix::unistd::Uid::effective().as_raw())
}

/// How an event did not arrive.
enum Failure {
    /// Nobody has taken it by now.
    Silent(String),
    /// The receiver will never take it.
    Refused(String),
}

/// Puts one event after the other into the queue, each when the one before it has arrived: the newest of a queue goes at
/// once, and older ones are spread over minutes.
async fn ship<S: Spool>(
    spool: &Arc<S>,
    telemetry: &Arc<Telemetry>,
    settings: &ShipSettings,
    events: &[Event<'_>],
) -> Result<(), Failure> {
    let now = SystemTime::now();
    let encoded = |event| telemetry.event(event, &Uuid::now_v7().to_string(), now);
    let mut waiting = events.iter().filter_map(encoded);
    let shipper = Shipper::new(settings, Arc::clone(spool), Arc::clone(telemetry));
    let ended = match shipper {
        Ok(mut shipper) => {
            let deliver = async {
                for event in waiting.by_ref() {
                    spool.append(event).await;
                    arrival(&**spool).await;
                    if let Some(why) = telemetry.undelivered(Signal::Events) {
                        return Err(Failure::Refused(why));
                    }
                }
                Ok(())
            };
            tokio::select! {
                () = shipper.run() => Ok(()),
                ended = tokio::time::timeout(SHIP_MOST, deliver) => ended.unwrap_or_else(|_| {
                    let silence = || format!("no answer within {} s", SHIP_MOST.as_secs());
                    Err(Failure::Silent(telemetry.undelivered(Signal::Events).unwrap_or_else(silence)))
                }),
            }
        }
        Err(error) => Err(Failure::Silent(error.to_string())),
    };
    // What nobody has sent waits with the rest.
    for event in waiting {
        spool.append(event).await;
    }
    ended
}

/// Until the newest event is not in the queue any more.
async fn arrival<S: Spool>(spool: &S) {
    let Some(number) = spool.newest(Signal::Events).await.map(|export| export.number) else { return };
    while spool.newest(Signal::Events).await.is_some_and(|export| export.number == number) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
