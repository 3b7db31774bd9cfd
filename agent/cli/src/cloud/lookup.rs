//! What a check asks while it probes: the metadata service first, then Resource Manager, and whatever has arrived by the end.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use sortie_cloud::arm::Scope;
use sortie_cloud::{Surroundings, Whom};
use sortie_core::report::Cloud;
use sortie_core::target::{Host, Port, Roster};
use tokio::sync::watch;
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
    /// Where nothing says that there is a cloud, nobody is any slower for the question.
    is_dark: bool,
}

impl Lookup {
    /// Asks whom the configuration allows.
    pub(crate) fn begin(config: &Config) -> Self {
        Self(whom(config).map(|whom| {
            let around = Surroundings::look();
            let by_signs = around.place().map(reported);
            let is_dark = whom == Whom::Known && by_signs.is_none();
            let (tell, told) = watch::channel(by_signs);
            let config = config.clone();
            Asked { told, questions: tokio::spawn(ask(config, whom, around, tell)), is_dark }
        }))
    }

    /// What is known within this time.
    pub(crate) async fn answer_within(self, most: Duration) -> Option<Cloud> {
        let Asked { told, mut questions, is_dark } = self.0?;
        let most = if is_dark { Duration::ZERO } else { most };
        // What has arrived counts, whether or not there is more to come.
        let _ = tokio::time::timeout(most, &mut questions).await;
        questions.abort();
        told.borrow().clone()
    }
}

async fn ask(config: Config, whom: Whom, around: Surroundings, tell: watch::Sender<Option<Cloud>>) {
    let Some(place) = sortie_cloud::ask(&whom, &around).await else { return };
    let mut cloud = Some(reported(place.clone()));
    tell.send_replace(cloud.clone());
    let manager = match Manager::of(&config, &whom, &place) {
        None => return,
        Some(Ok(manager)) => manager,
        Some(Err(error)) => return terminal::warn(&format!("Azure Resource Manager is not asked: {error}")),
    };
    let told = manager.ask(Scope::Standing, &mut cloud).await;
    told.trouble.iter().for_each(|sentence| terminal::warn(sentence));
    tell.send_replace(cloud.clone());
    let told = manager.ask(Scope::WayOut(remote(&config.roster).await), &mut cloud).await;
    told.withheld.iter().chain(&told.trouble).for_each(|sentence| debug!("{sentence}"));
    tell.send_replace(cloud);
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
