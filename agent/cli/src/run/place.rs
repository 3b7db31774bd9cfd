//! Where the agent stands: asked beside probing until somebody has told, and again when other settings are in force.
//!
//! The network may come up after the agent, so a silent service is asked again, ever more rarely. Where the machine shows
//! no sign of a cloud that is given up soon: such questions look odd in a network of one's own.

use std::sync::Arc;
use std::time::Duration;

use sortie_cloud::{Surroundings, Whom};
use sortie_core::report::Cloud;
use tokio::sync::watch;
use tracing::info;

use super::{settings, watcher};
use crate::board::Board;
use crate::cloud::{reported, whom};
use crate::config::Config;

/// Pause before the second question.
const PAUSE_LEAST: Duration = Duration::from_secs(5);
/// A service that is closed to this process costs one question an hour.
const PAUSE_MOST: Duration = Duration::from_secs(3_600);
/// Questions where nothing says that there is a cloud.
const TRIES_IN_THE_DARK: u32 = 3;

/// Tells what is known of the cloud, for as long as the agent lives.
pub(super) async fn keep(
    told: watch::Sender<Option<Cloud>>,
    mut settings: watch::Receiver<Arc<Config>>,
    board: Arc<Board>,
) {
    loop {
        let config = Arc::clone(&settings.borrow_and_update());
        let asked = |config: &Config| (whom(config), config.cloud.clone());
        tokio::select! {
            () = learn(&told, &config, &board) => {}
            () = settings::changed(&mut settings, |other| asked(other) != asked(&config)) => {}
        }
    }
}

/// Ends never.
async fn learn(told: &watch::Sender<Option<Cloud>>, config: &Config, board: &Board) {
    let whom = whom(config);
    let around = whom.as_ref().map(|_| Surroundings::look());
    watcher::tell(told, around.as_ref().and_then(Surroundings::place).map(reported));
    if let Some((whom, around)) = whom.zip(around) {
        let is_dark = whom == Whom::Known && around.place().is_none();
        let tries = if is_dark { TRIES_IN_THE_DARK } else { u32::MAX };
        let mut pause = PAUSE_LEAST;
        for _ in 0..tries {
            if let Some(place) = sortie_cloud::ask(&whom, &around).await {
                let cloud = reported(place.clone());
                let id = cloud.resource_id.as_deref().or(cloud.vm_id.as_deref()).unwrap_or("unnamed");
                info!("this machine stands in {}: {id}", cloud.platform);
                watcher::tell(told, Some(cloud));
                watcher::stay(told, config, board, (&whom, &around), place).await;
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }
    std::future::pending::<()>().await;
}
