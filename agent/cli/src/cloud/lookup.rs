//! What a check asks while it probes: the metadata service first, then Resource Manager, and whatever has arrived by the end.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sortie_cloud::arm::Scope;
use sortie_cloud::{Surroundings, Whom};
use sortie_core::report::Cloud;
use sortie_core::target::{Host, Port, Roster};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::debug;

use super::{Manager, reported, whom};
use crate::config::Config;
use crate::terminal;

/// How long a check waits for the answer beyond its verdict.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Questions under way.
pub(crate) struct Lookup(Option<Asked>);

struct Asked {
    told: watch::Receiver<Option<Cloud>>,
    questions: JoinHandle<()>,
    /// Closed, or true, when only the way out is left to ask about.
    is_standing_told: watch::Receiver<bool>,
    way_out: Arc<WayOut>,
    /// Where nothing says that there is a cloud, nobody is any slower for the question.
    is_dark: bool,
}

/// Whether anybody wants to know the way out, which takes Azure up to a minute.
#[derive(Debug, Default)]
struct WayOut {
    is_wanted: AtomicBool,
    wanted: Notify,
}

impl Lookup {
    /// Asks whom the configuration allows.
    pub(crate) fn begin(config: &Config) -> Self {
        Self(whom(config).map(|whom| {
            let around = Surroundings::look();
            let by_signs = around.place().map(reported);
            let is_dark = whom == Whom::Known && by_signs.is_none();
            let (tell, told) = watch::channel(by_signs);
            let (over, is_standing_told) = watch::channel(false);
            let (config, way_out) = (config.clone(), Arc::<WayOut>::default());
            let questions = tokio::spawn(ask(config, (whom, around), tell, over, Arc::clone(&way_out)));
            Asked { told, questions, is_standing_told, way_out, is_dark }
        }))
    }

    /// Asks about the way out too: port 25 seems to be stopped.
    pub(crate) fn want_way_out(&self) {
        if let Some(Asked { way_out, .. }) = &self.0
            && !way_out.is_wanted.swap(true, Ordering::Relaxed)
        {
            way_out.wanted.notify_one();
        }
    }

    /// What is known within this time.
    pub(crate) async fn answer_within(self, most: Duration) -> Option<Cloud> {
        let Asked { told, mut questions, mut is_standing_told, way_out, is_dark } = self.0?;
        let most = if is_dark { Duration::ZERO } else { most };
        let answered = async {
            if way_out.is_wanted.load(Ordering::Relaxed) {
                // Ended or failed: there is nothing more to come.
                let _ = (&mut questions).await;
            } else {
                let _ = is_standing_told.wait_for(|told| *told).await;
            }
        };
        // What has arrived counts, whether or not there is more to come.
        let _ = tokio::time::timeout(most, answered).await;
        questions.abort();
        told.borrow().clone()
    }
}

async fn ask(
    config: Config,
    (whom, around): (Whom, Surroundings),
    tell: watch::Sender<Option<Cloud>>,
    over: watch::Sender<bool>,
    way_out: Arc<WayOut>,
) {
    let Some(place) = sortie_cloud::ask(&whom, &around).await else { return };
    tell.send_replace(Some(reported(place.clone())));
    let manager = match Manager::of(&config, &whom, &place) {
        None => return,
        Some(Ok(manager)) => manager,
        Some(Err(error)) => return terminal::warn(&format!("Azure Resource Manager is not asked: {error}")),
    };
    let told = manager.ask_telling(Scope::Standing, &tell).await;
    told.trouble.iter().for_each(|sentence| terminal::warn(sentence));
    over.send_replace(true);
    way_out.wanted.notified().await;
    let told = manager.ask_telling(Scope::WayOut(remote(&config.roster).await), &tell).await;
    told.withheld.iter().chain(&told.trouble).for_each(|sentence| debug!("{sentence}"));
}

/// A public address of a destination on port 25, for questions about the way to it.
async fn remote(roster: &Roster) -> Option<SocketAddrV4> {
    for target in roster.targets().iter().filter(|target| target.address().port == Port::SMTP) {
        let found = match &target.address().host {
            Host::Literal(ip) => Some(*ip),
            Host::Name(name) => {
                let found = tokio::net::lookup_host((name.as_str(), Port::SMTP.number())).await;
                found
                    .ok()
                    .and_then(|mut addresses| addresses.find(SocketAddr::is_ipv4))
                    .map(|found| found.ip())
            }
            Host::Mx(_) => None,
        };
        if let Some(IpAddr::V4(ip)) = found {
            return Some(SocketAddrV4::new(ip, Port::SMTP.number()));
        }
    }
    None
}
