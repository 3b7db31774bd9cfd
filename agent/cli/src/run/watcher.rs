//! Whether what Azure says of the machine and its subscription is still so: asked at intervals, and at once when port 25 is
//! found to be blocked, because only Azure can tell the platform from a security group.
//!
//! The way out is asked about once at the beginning, so that a block on a way that is not straight never is the platform's, and
//! then only while port 25 is stopped.
//!
//! A machine can be moved to another subscription while it runs, so the metadata service is asked again too.

use std::net::SocketAddrV4;
use std::time::Duration;

use sortie_cloud::arm::{Scope, Told};
use sortie_cloud::{Place, Platform, Surroundings, Whom};
use sortie_core::report::{Cloud, PortVerdict, Report};
use sortie_core::target::{Port, Role};
use sortie_core::verdict::State;
use sortie_core::verdict::rules::ids::NOT_DIRECT;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use crate::board::Board;
use crate::cloud::{Manager, reported};
use crate::config::Config;

/// Between two questions, however much happens meanwhile.
const PAUSE_LEAST: Duration = Duration::from_secs(10);

/// Watches the machine at this place. Ends at once where there is nothing to watch, else never.
pub(super) async fn stay(
    told: &watch::Sender<Option<Cloud>>,
    config: &Config,
    board: &Board,
    (whom, around): (&Whom, &Surroundings),
    mut place: Place,
) {
    if !matches!(place.platform, Platform::AzureVm | Platform::Aks) {
        return;
    }
    let mut manager = manager(config, whom, &place);
    let mut display = board.watch();
    let mut said = Vec::new();
    let mut is_first = true;
    loop {
        let asked = Instant::now();
        let wanted =
            display.borrow_and_update().as_ref().map_or(Scope::Standing, |shown| scope(&shown.report));
        let begins = std::mem::replace(&mut is_first, false) && wanted == Scope::Standing;
        let scope = if begins { Scope::WayOut(None) } else { wanted };
        if let Some(manager) = &manager {
            let mut cloud = told.borrow().clone();
            let answer = manager.ask(scope, &mut cloud).await;
            tell(told, cloud);
            say(answer, &mut said);
        }
        tokio::time::sleep_until(asked + PAUSE_LEAST).await;
        let block_begins = display.wait_for(|shown| {
            let now = shown.as_ref().map_or(Scope::Standing, |shown| self::scope(&shown.report));
            wanted == Scope::Standing && now != Scope::Standing
        });
        // Due, or a block began: it is asked again either way.
        let _ = timeout_at(asked + config.cloud.arm_interval, block_begins).await;
        if let Some(next) = sortie_cloud::ask(whom, around).await.filter(|next| *next != place) {
            info!("the metadata service tells something else of this machine than before");
            tell(told, Some(reported(next.clone())));
            manager = self::manager(config, whom, &next);
            place = next;
        }
    }
}

fn manager(config: &Config, whom: &Whom, place: &Place) -> Option<Manager> {
    match Manager::of(config, whom, place)? {
        Ok(manager) => Some(manager),
        Err(error) => {
            warn!("Azure Resource Manager is not asked: {error}");
            None
        }
    }
}

/// The way out matters where port 25 is stopped near this machine; by then the addresses of destinations are known.
fn scope(report: &Report) -> Scope {
    let is_near = |verdict: &PortVerdict| {
        verdict.port == Port::SMTP
            && (verdict.state == State::PlatformBlocked.code() || verdict.rule == NOT_DIRECT)
    };
    if !report.verdicts.iter().any(is_near) {
        return Scope::Standing;
    }
    let subjects =
        report.observations.iter().filter(|seen| seen.port == Port::SMTP && seen.role == Role::Subject);
    let peers = subjects.filter_map(|seen| seen.peer.as_ref()?.parse().ok());
    Scope::WayOut(peers.map(|ip| SocketAddrV4::new(ip, Port::SMTP.number())).next())
}

/// What is wrong is said when it begins, not with every question.
fn say(answer: Told, said: &mut Vec<String>) {
    for sentence in answer.trouble.iter().filter(|sentence| !said.contains(sentence)) {
        warn!("Azure Resource Manager: {sentence}");
    }
    for sentence in answer.withheld.iter().filter(|sentence| !said.contains(sentence)) {
        info!("Azure Resource Manager: {sentence}");
    }
    *said = answer.trouble;
    said.extend(answer.withheld);
}

/// What is no news wakes nobody.
pub(super) fn tell(told: &watch::Sender<Option<Cloud>>, cloud: Option<Cloud>) {
    told.send_if_modified(|known| {
        let is_news = *known != cloud;
        *known = cloud;
        is_news
    });
}
