//! Who is asked, and who is believed.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;
use tracing::debug;

use crate::around::Surroundings;
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Provider};

/// For all providers together, where nothing tells which one it could be. A cloud answers within milliseconds.
const EVERYBODY_MOST: Duration = Duration::from_secs(2);

/// Who may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The metadata services where they are known to be, as the surroundings suggest.
    Known,
    /// The service at this URL and no other, whatever the surroundings suggest.
    Only(String),
}

/// Asks for the place of this machine. `None` where nobody told more than [`Surroundings::place`].
///
/// Takes seconds where nobody answers, and up to minutes where somebody is busy: whoever cannot wait drops it.
pub async fn ask(whom: &Whom, around: &Surroundings) -> Option<Place> {
    let place = match whom {
        Whom::Only(url) => ask_only(url).await,
        Whom::Known => ask_known(around, Provider::known_url).await,
    }?;
    Some(Place { platform: around.platform(place.platform), ..place })
}

/// Azure's protocol first; whoever is there and does not speak it may speak another one.
async fn ask_only(url: &str) -> Option<Place> {
    let service = open(url)?;
    match Provider::Azure.ask(&service).await {
        Ok(place) => Some(place),
        Err(silence @ (Silence::Client(_) | Silence::Nobody(_) | Silence::Slow(_))) => {
            debug!("the metadata service {silence}");
            None
        }
        Err(silence) => {
            debug!("the metadata service {silence}: the others are tried");
            let others = Provider::ALL.into_iter().filter(|provider| *provider != Provider::Azure);
            first(others.map(|provider| attempt(provider, &service))).await
        }
    }
}

/// The provider that the surroundings suggest; where they suggest none, all of them at once.
pub(crate) async fn ask_known(
    around: &Surroundings,
    url: impl Fn(Provider) -> &'static str,
) -> Option<Place> {
    let suggested = around.maker.or(around.is_in_aks.then_some(Provider::Azure));
    match suggested {
        _ if around.settled.is_some() => None,
        Some(provider) => attempt(provider, &open(url(provider))?).await,
        None if around.arc.is_some() => None,
        None => {
            let mut services: Vec<(&str, Metadata)> = Vec::new();
            for url in Provider::ALL.map(&url) {
                if !services.iter().any(|(known, _)| *known == url) {
                    services.push((url, open(url)?));
                }
            }
            let everybody = services.iter().flat_map(|(at, service)| {
                let here = Provider::ALL.into_iter().filter(|provider| url(*provider) == *at);
                here.map(|provider| attempt(provider, service))
            });
            timeout(EVERYBODY_MOST, first(everybody)).await.ok().flatten()
        }
    }
}

fn open(url: &str) -> Option<Metadata> {
    Metadata::at(url).inspect_err(|silence| debug!("the metadata service {silence}")).ok()
}

async fn attempt(provider: Provider, service: &Metadata) -> Option<Place> {
    let answer = provider.ask(service).await;
    answer.inspect_err(|silence| debug!("{}: the metadata service {silence}", provider.code())).ok()
}

/// The first who knows.
async fn first(asked: impl Iterator<Item = impl Future<Output = Option<Place>>>) -> Option<Place> {
    let mut answers: FuturesUnordered<_> = asked.collect();
    while let Some(answer) = answers.next().await {
        if answer.is_some() {
            return answer;
        }
    }
    None
}
