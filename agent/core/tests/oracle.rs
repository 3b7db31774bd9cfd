//! An exact model as the ledger's oracle.
//!
//! The platform blocks or does not; every operator is well or is itself persistently in the state that looks like a
//! block (chance q). A round with a valid control shows the symptom with chance 1 − ε under a block, always at an
//! operator that is persistently so, and with chance p₀ at one that is well. The posterior is computed by summing
//! over all of these states: 512 for eight operators.
//!
//! The ledger keeps of each operator what it says about now: its latest answer, or the symptoms since, ten rounds at
//! most. For that evidence it equals the exact posterior odds, except that it takes an answer for `log₁₀ ε`, which is
//! less than the exact weight by [`ANSWER_MARGIN`]: it errs towards "not blocked".

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sortie_core::ledger::{EPSILON, LONGEST_STREAK, Ledger, Mark, Mode, P0, Prior, Q};
use sortie_core::target::Operator;

/// Operators of the model at most.
const MOST_OPERATORS: usize = 8;
/// Seconds between rounds; thirty rounds fit into the time after which a streak begins to fade.
const SPACING: u64 = 9;
/// Rounding of sums of logarithms.
const ROUNDING: f64 = 1e-9;
/// An answer's exact weight is `log₁₀ ε − log₁₀ (1−q)(1−p₀)`; the ledger leaves the second term out: 0.05 bans.
const ANSWER_MARGIN: f64 = 0.050_2;

/// One word of an operator in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Symptom,
    Answer,
    /// The control failed.
    Nothing,
}

/// What an operator's history says about now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latest {
    Nothing,
    Answer,
    Symptoms(u32),
}

fn latest(history: &[Word]) -> Latest {
    history.iter().fold(Latest::Nothing, |latest, word| match (word, latest) {
        (Word::Nothing, latest) => latest,
        (Word::Answer, _) => Latest::Answer,
        (Word::Symptom, Latest::Symptoms(n)) => Latest::Symptoms((n + 1).min(LONGEST_STREAK)),
        (Word::Symptom, _) => Latest::Symptoms(1),
    })
}

/// Chance of what an operator said, given the platform and the operator.
fn likelihood(latest: Latest, blocked: bool, persistent: bool) -> f64 {
    let symptom = match (blocked, persistent) {
        (true, _) => 1.0 - EPSILON,
        (false, true) => 1.0,
        (false, false) => P0,
    };
    match latest {
        Latest::Nothing => 1.0,
        Latest::Answer => 1.0 - symptom,
        Latest::Symptoms(rounds) => (0..rounds).map(|_| symptom).product(),
    }
}

/// log₁₀ of the posterior odds of a block, by summing over every state of the platform and the operators.
fn exact(prior: Prior, said: &[Latest]) -> f64 {
    let chance = |blocked: bool| -> f64 {
        let states = 0..1_u32 << said.len();
        let of_state = |state: u32| -> f64 {
            let operators = said.iter().enumerate().map(|(index, latest)| {
                let persistent = state >> index & 1 == 1;
                let chance = if persistent { Q } else { 1.0 - Q };
                chance * likelihood(*latest, blocked, persistent)
            });
            operators.product()
        };
        states.map(of_state).sum()
    };
    prior.bans() + (chance(true) / chance(false)).log10()
}

fn name(index: usize) -> Operator {
    Operator::new(&format!("operator-{index}")).expect("a valid name")
}

fn record(ledger: &mut Ledger, operator: usize, round: usize, word: Word) {
    let mark = match word {
        Word::Symptom => Mark::Symptom(Mode::Drop),
        Word::Answer => Mark::Answer,
        Word::Nothing => Mark::Nothing,
    };
    ledger.record(&name(operator), mark, Duration::from_secs(round as u64 * SPACING));
}

fn ledger(histories: &[Vec<Word>]) -> Ledger {
    let mut ledger = Ledger::default();
    for (operator, history) in histories.iter().enumerate() {
        history.iter().enumerate().for_each(|(round, word)| record(&mut ledger, operator, round, *word));
    }
    ledger
}

fn evidence(prior: Prior, histories: &[Vec<Word>]) -> f64 {
    prior.bans() + ledger(histories).sum(Mode::Drop)
}

fn any_prior() -> impl Strategy<Value = Prior> {
    prop_oneof![Just(Prior::Unknown), Just(Prior::Open), Just(Prior::Blocked)]
}

fn any_word() -> impl Strategy<Value = Word> {
    prop_oneof![3 => Just(Word::Symptom), 1 => Just(Word::Answer), 1 => Just(Word::Nothing)]
}

/// Symptoms in a row, with rounds between them whose control failed.
fn unbroken() -> impl Strategy<Value = Vec<Word>> {
    vec(prop_oneof![3 => Just(Word::Symptom), 1 => Just(Word::Nothing)], 0..10)
}

fn histories() -> impl Strategy<Value = Vec<Vec<Word>>> {
    vec(vec(any_word(), 0..30), 1..=MOST_OPERATORS)
}

proptest! {
    #[test]
    fn unbroken_symptoms_weigh_exactly_what_they_are_worth(
        prior in any_prior(),
        histories in vec(unbroken(), 1..=MOST_OPERATORS),
    ) {
        let said: Vec<_> = histories.iter().map(|history| latest(history)).collect();
        let (ours, exact) = (evidence(prior, &histories), exact(prior, &said));
        prop_assert!((ours - exact).abs() < ROUNDING, "{ours} against {exact}");
    }

    #[test]
    fn whatever_was_said_the_ledger_never_claims_more_than_the_exact_odds(
        prior in any_prior(),
        histories in histories(),
    ) {
        let said: Vec<_> = histories.iter().map(|history| latest(history)).collect();
        let answers = said.iter().filter(|latest| **latest == Latest::Answer).count() as f64;
        let (ours, exact) = (evidence(prior, &histories), exact(prior, &said));
        prop_assert!(ours <= exact + ROUNDING, "{ours} against {exact}");
        prop_assert!(ours >= exact - answers * ANSWER_MARGIN - ROUNDING, "{ours} against {exact}");
    }

    #[test]
    fn no_operator_says_more_than_its_own_chance_of_being_dead(histories in histories()) {
        let ledger = ledger(&histories);
        for operator in 0..histories.len() {
            let weight = ledger.weight(&name(operator), Mode::Drop);
            prop_assert!((EPSILON.log10()..=-Q.log10()).contains(&weight), "{weight}");
        }
    }

    #[test]
    fn a_failed_control_changes_nothing(histories in histories(), operator in 0..MOST_OPERATORS) {
        let mut ledger = ledger(&histories);
        let before = ledger.sum(Mode::Drop);
        record(&mut ledger, operator, 30, Word::Nothing);
        prop_assert!((ledger.sum(Mode::Drop) - before).abs() < ROUNDING);
    }

    #[test]
    fn an_answer_never_speaks_for_a_block(histories in histories(), operator in 0..MOST_OPERATORS) {
        let mut ledger = ledger(&histories);
        let before = ledger.sum(Mode::Drop);
        record(&mut ledger, operator, 30, Word::Answer);
        prop_assert!(ledger.sum(Mode::Drop) <= before + ROUNDING);
    }

    /// A blocked port lets one answer in a hundred through, so a silence of many rounds is worth a trifle less than
    /// one of four: by the leak, `log₁₀ (1−ε)` a round.
    #[test]
    fn a_symptom_never_speaks_against_a_block(histories in histories(), operator in 0..MOST_OPERATORS) {
        let mut ledger = ledger(&histories);
        let before = ledger.sum(Mode::Drop);
        record(&mut ledger, operator, 30, Word::Symptom);
        prop_assert!(ledger.sum(Mode::Drop) >= before + (1.0 - EPSILON).log10() - ROUNDING);
    }

    #[test]
    fn silence_says_nothing_about_resets(histories in vec(unbroken(), 1..=MOST_OPERATORS)) {
        prop_assert!(ledger(&histories).sum(Mode::Reset).abs() < ROUNDING);
    }
}

#[test]
fn two_silent_operators_convict_nobody_and_three_do_only_before_anything_was_settled() {
    let silent = |operators: usize| vec![vec![Word::Symptom; 10]; operators];
    let reaches = |prior, operators| evidence(prior, &silent(operators)) >= sortie_core::ledger::RAISE;
    assert!(!reaches(Prior::Open, 2));
    assert!(!reaches(Prior::Open, 3));
    assert!(reaches(Prior::Open, 4));
    assert!(reaches(Prior::Unknown, 3));
}
