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
    stage: watch::Receiver<Stage>,
    way_out: Arc<WayOut>,
    /// Where nothing says that there is a cloud, nobody is any slower for the question.
    is_dark: bool,
}

/// Who is being asked about the machine's standing, or was the last to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The metadata services where they are known to be: nobody need be there.
    Somebody,
    /// The metadata service at the URL that is configured.
    Metadata,
    Manager,
    /// Only the way out is left to ask about.
    Over,
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
            let is_named = whom != Whom::Known;
            let (reach, stage) = watch::channel(if is_named { Stage::Metadata } else { Stage::Somebody });
            let (config, way_out) = (config.clone(), Arc::<WayOut>::default());
            let questions = tokio::spawn(ask(config, (whom, around), tell, reach, Arc::clone(&way_out)));
            Asked { told, questions, stage, way_out, is_dark }
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
        let (cloud, stage) = self.heard_within(most).await?;
        match stage {
            Stage::Metadata => {
                terminal::warn("the metadata service of cloud.imds did not tell of this machine");
            }
            Stage::Manager => terminal::warn(
                "Azure Resource Manager did not answer in time: what it has not told yet is missing",
            ),
            Stage::Somebody | Stage::Over => {}
        }
        cloud
    }

    /// What is known within this time, and how far the questions have come.
    async fn heard_within(self, most: Duration) -> Option<(Option<Cloud>, Stage)> {
        let Asked { told, mut questions, mut stage, way_out, is_dark } = self.0?;
        let most = if is_dark { Duration::ZERO } else { most };
        let answered = async {
            if way_out.is_wanted.load(Ordering::Relaxed) {
                // Ended or failed: there is nothing more to come.
                let _ = (&mut questions).await;
            } else {
                let _ = stage.wait_for(|stage| *stage == Stage::Over).await;
            }
        };
        // What has arrived counts, whether or not there is more to come.
        let _ = tokio::time::timeout(most, answered).await;
        questions.abort();
        let (cloud, stage) = (told.borrow().clone(), *stage.borrow());
        Some((cloud, stage))
    }
}

async fn ask(
    config: Config,
    (whom, around): (Whom, Surroundings),
    tell: watch::Sender<Option<Cloud>>,
    reach: watch::Sender<Stage>,
    way_out: Arc<WayOut>,
) {
    let Some(place) = sortie_cloud::ask(&whom, &around).await else { return };
    tell.send_replace(Some(reported(place.clone())));
    let manager = match Manager::of(&config, &whom, &place) {
        None => {
            reach.send_replace(Stage::Over);
            return;
        }
        Some(Ok(manager)) => manager,
        Some(Err(error)) => {
            reach.send_replace(Stage::Over);
            return terminal::warn(&format!("Azure Resource Manager is not asked: {error}"));
        }
    };
    reach.send_replace(Stage::Manager);
    let told = manager.ask_telling(Scope::Standing, &tell).await;
    told.trouble.iter().for_each(|sentence| terminal::warn(sentence));
    reach.send_replace(Stage::Over);
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::{Cloud as Settings, Service, defaults};

    /// Of a machine, and a token at once.
    const MACHINE: &str = r#"{"compute": {"azEnvironment": "AzurePublicCloud",
        "subscriptionId": "00000000-0000-0000-0000-000000000001", "vmId": "02aab8a4-74ef-476e-8182-f6d2ba4166a6"},
        "access_token": "letters", "expires_in": "3600"}"#;

    /// A service that answers each question with this, or never.
    async fn service(answer: Option<&'static str>) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                if let Some(body) = answer {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                }
                open.push(stream);
            }
        });
        Service::At(url)
    }

    #[tokio::test]
    async fn who_has_not_answered_by_the_end_is_known() {
        let (machine, silence) = (|| service(Some(MACHINE)), || service(None));
        for (imds, arm, is_told, stage) in [
            (silence().await, Service::Off, false, Stage::Metadata),
            (machine().await, Service::Off, true, Stage::Over),
            (machine().await, silence().await, true, Stage::Manager),
        ] {
            let config = Config { cloud: Settings { imds, arm, ..Settings::default() }, ..defaults() };
            let heard = Lookup::begin(&config).heard_within(PATIENCE / 2).await;
            let (cloud, reached) = heard.expect("somebody may be asked");
            assert_eq!((cloud.is_some(), reached), (is_told, stage));
        }
    }
}
