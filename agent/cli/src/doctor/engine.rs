//! Which engine probes here, and what it could not see. It is opened as a check opens it, and sends nothing.

use sortie_core::observation::EngineKind;
use sortie_net::OpenError;

use super::finding::Finding;
use crate::config::{Config, EngineChoice};
use crate::engine;

const CHECK: &str = "engine";

/// Opens it and closes it again.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    match engine::prober(config) {
        Ok(prober) => judge(config.probe.engine, prober.engine(), &prober.limits()),
        Err(error) => vec![unopened(&error)],
    }
}

fn judge(wanted: EngineChoice, kind: EngineKind, limits: &[String]) -> Vec<Finding> {
    let takes = match (wanted, kind) {
        (EngineChoice::Auto, kind) => format!("auto takes {}", kind.code()),
        (_, kind) => format!("{} opens", kind.code()),
    };
    let by_choice = wanted != EngineChoice::Auto || kind == EngineKind::Raw;
    if by_choice {
        let limits = limits.iter().map(|limit| Finding::not_seen(CHECK, limit));
        return std::iter::once(Finding::fine(CHECK, takes)).chain(limits).collect();
    }
    let advice = "grant CAP_NET_RAW (`setcap cap_net_raw=ep` on the binary, `AmbientCapabilities=` in the unit) \
                  to see more; verdicts are reached without it, too";
    let why = limits.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    vec![Finding::worth_a_look(CHECK, takes + &why).todo(advice)]
}

fn unopened(error: &OpenError) -> Finding {
    Finding::broken(CHECK, format!("probing cannot start: {error}"))
        .todo("grant CAP_NET_RAW, or set [probe] engine to \"auto\"")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing;
    use super::*;

    #[test]
    fn only_an_engine_that_nobody_chose_is_worth_a_look() {
        let limits = ["the raw engine is not used: CAP_NET_RAW is missing".to_owned()];
        for (wanted, kind, standing, says) in [
            (EngineChoice::Auto, EngineKind::Raw, Standing::Fine, "auto takes raw"),
            (EngineChoice::Raw, EngineKind::Raw, Standing::Fine, "raw opens"),
            (EngineChoice::Connect, EngineKind::Connect, Standing::Fine, "connect opens"),
            (EngineChoice::Auto, EngineKind::Connect, Standing::WorthALook, "CAP_NET_RAW is missing"),
        ] {
            let findings = judge(wanted, kind, &limits);
            assert_eq!(findings[0].standing, standing, "{findings:?}");
            assert!(findings[0].text.contains(says), "{findings:?}");
        }
    }

    #[test]
    fn an_engine_that_was_demanded_and_does_not_open_is_broken() {
        let finding = unopened(&OpenError::Raw("CAP_NET_RAW is missing".to_owned()));
        assert_eq!(finding.standing, Standing::Broken);
        assert!(finding.text.contains("CAP_NET_RAW is missing"), "{finding:?}");
    }
}
