//! Since when: what an agent on this machine knows of a state that a check has found again.
//!
//! A check is one moment. Beside an agent, or after one, a state that is still the same did not begin with it. It is
//! looked up while the check probes, and never waited for: what is not known by then is not known.

use std::thread;
use std::time::Duration;

use sortie_core::report::{PortVerdict, Report};
use sortie_core::schedule::Pace;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::debug;

use super::{running, stored};
use crate::assemble;
use crate::config::Config;

/// For the agent and for the disk together.
const PATIENCE: Duration = Duration::from_secs(1);

/// The verdicts on show, as they are being looked up.
pub(crate) struct Shown(JoinHandle<Vec<PortVerdict>>);

impl Shown {
    /// Begins to look.
    pub(crate) fn look(config: &Config) -> Self {
        let config = config.clone();
        Self(tokio::spawn(async move {
            // Its network is made up, and the agent of this machine knows another one.
            if config.pace != Pace::DEFAULT {
                return Vec::new();
            }
            tokio::time::timeout(PATIENCE, verdicts(config)).await.unwrap_or_else(|_| {
                debug!("since when is not known: no answer within {} s", PATIENCE.as_secs());
                Vec::new()
            })
        }))
    }

    /// Gives every verdict whose state is the one on show its beginning. What was not found by now is left.
    pub(crate) async fn pass_on(self, report: &mut Report) {
        if !self.0.is_finished() {
            debug!("since when is not known: the check was quicker");
            self.0.abort();
            return;
        }
        let Ok(shown) = self.0.await else { return };
        pass_on(&shown, report);
    }
}

fn pass_on(shown: &[PortVerdict], report: &mut Report) {
    let what = |verdict: &PortVerdict| (verdict.port, verdict.family, verdict.state);
    for verdict in &mut report.verdicts {
        if let Some(same) = shown.iter().find(|same| what(same) == what(verdict)) {
            verdict.since.clone_from(&same.since);
        }
    }
}

async fn verdicts(config: Config) -> Vec<PortVerdict> {
    match running::ask(config.web.listen, PATIENCE).await {
        Ok(told) if assemble::is_demonstration(&told.report) => Vec::new(),
        Ok(told) => told.report.verdicts,
        Err(silence) => {
            debug!("no agent is asked since when: {silence}");
            read(config).await
        }
    }
}

/// On a thread of its own, which nobody waits for at the end: the disk may hang.
async fn read(config: Config) -> Vec<PortVerdict> {
    let (answer, answered) = oneshot::channel();
    let reader = thread::Builder::new().name("store".to_owned());
    let spawned = reader.spawn(move || {
        let report = stored::report(&config);
        let report = report.inspect_err(|error| debug!("no store says since when: {error}"));
        // Nobody may be there any more to hear it.
        drop(answer.send(report.ok().flatten().map(|report| report.verdicts)));
    });
    match spawned {
        Ok(_) => answered.await.ok().flatten().unwrap_or_default(),
        Err(error) => {
            debug!("no store says since when: {error}");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::target::{Family, Port};

    use super::*;
    use crate::render::sample;

    #[test]
    fn only_the_same_state_of_the_same_port_and_family_began_then() {
        const THEN: &str = "2026-11-01T00:00:00.000Z";
        const NOW: &str = "2026-11-26T12:00:00.000Z";
        let verdict = |port, family, state, since: &str| PortVerdict {
            port,
            family,
            state,
            since: since.to_owned(),
            ..sample::verdict()
        };
        let shown = [verdict(Port::SMTP, Family::Ipv4, "open", THEN)];
        for (found, since) in [
            (verdict(Port::SMTP, Family::Ipv4, "open", NOW), THEN),
            (verdict(Port::SMTP, Family::Ipv4, "refused", NOW), NOW),
            (verdict(Port::SMTP, Family::Ipv6, "open", NOW), NOW),
            (verdict(Port::SUBMISSION, Family::Ipv4, "open", NOW), NOW),
        ] {
            let mut report = Report { verdicts: vec![found.clone()], ..sample::report() };
            pass_on(&shown, &mut report);
            assert_eq!(report.verdicts, [PortVerdict { since: since.to_owned(), ..found }]);
        }
    }
}
