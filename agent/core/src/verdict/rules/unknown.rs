//! What is left: measured, and honest about not knowing.

use super::{Finding, View, counted, inconclusive, may_convict};
use crate::hearing::Symptom;
use crate::target::MIN_OPERATORS;

/// Rounds after which another one would only repeat what is known.
const ENOUGH_ROUNDS: u32 = 4;

pub(super) fn decide(view: &View<'_>) -> Finding {
    let settled = view.rounds() >= ENOUGH_ROUNDS;
    if !may_convict(view) {
        let because = format!(
            "is not answered, but nobody can be named: {} measured, at least {MIN_OPERATORS} are needed",
            if view.operators() == 1 {
                "1 operator was".to_owned()
            } else {
                format!("{} operators were", view.operators())
            }
        );
        return inconclusive("too_few_operators", because).settled(view.rounds() >= 2);
    }
    let (answered, asked) = view.hearing.controls();
    if view.hearing.is_degraded() || view.bad.is_empty() {
        let because = format!("could not be judged: {answered} of {} answered", counted(asked, "control"));
        return inconclusive("net_degraded", because).settled(settled);
    }
    if view.bad.len() == 1 {
        let because = "fails at the one operator whose control answers; one operator convicts nobody";
        return inconclusive("silent_one", because).settled(settled);
    }
    let silent = view.failing(|s| *s == Symptom::Silent).len();
    let because = if silent == view.bad.len() {
        format!("gets no answer from {}; that is not yet enough to name anybody", counted(silent, "operator"))
    } else {
        "fails in different ways at different operators; no single cause explains it".to_owned()
    };
    inconclusive("mixed", because).settled(settled)
}
