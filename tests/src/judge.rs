//! Comparing a report with what its scenario expects. Pure: no clock, no process, no network.

use crate::agent::Answer;
use crate::plan::Family;
use crate::report::{NARROW, Observation, Report, Verdict, exit_code_of};
use crate::scenario::{Engine, Expect, OneOrMany, Scenario};

/// How good a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    Right,
    /// Not what was expected, but nobody was accused.
    Wrong,
    /// Somebody was accused who did nothing: the most serious mistake.
    WrongNarrow,
    /// There is no verdict: no report, or none for this port and family.
    Missing,
}

/// The grade of one verdict.
#[derive(Clone, Debug)]
pub struct Cell {
    pub scenario: String,
    pub engine: Engine,
    pub family: Family,
    pub port: u16,
    pub got: String,
    pub grade: Grade,
}

/// Everything that is to be said about one run.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    pub cells: Vec<Cell>,
    pub complaints: Vec<String>,
}

/// Judges a run. `answer` is what `sortie` said and how it ended.
pub fn judge(scenario: &Scenario, engine: Engine, answer: &Answer) -> Judgement {
    let mut judgement = Judgement::default();
    let report = match &answer.report {
        Ok(report) => Some(report),
        Err(reason) => {
            judgement.complaints.push(format!("no report: {reason}"));
            None
        }
    };
    for (family, port) in scenario.cells() {
        let verdict = report.and_then(|report| report.verdict(family.name(), port));
        let (grade, complaints) = match scenario.expectation(engine, family, port) {
            Ok(expect) => grade(expect, verdict, report, family, port),
            Err(error) => (Grade::Missing, vec![error.to_string()]),
        };
        let place = format!("{family} port {port}");
        judgement.complaints.extend(complaints.into_iter().map(|text| format!("{place}: {text}")));
        judgement.cells.push(Cell {
            scenario: scenario.name.clone(),
            engine,
            family,
            port,
            got: verdict.map_or_else(|| "–".into(), |verdict| verdict.state.clone()),
            grade,
        });
    }
    if let Some(report) = report {
        judgement.complaints.extend(complaints_about_run(scenario, engine, report, answer));
    }
    judgement
}

fn grade(
    expect: &Expect,
    verdict: Option<&Verdict>,
    report: Option<&Report>,
    family: Family,
    port: u16,
) -> (Grade, Vec<String>) {
    let Some(verdict) = verdict else {
        return (Grade::Missing, vec!["the report holds no verdict".into()]);
    };
    let mut complaints = Vec::new();
    let state = verdict.state.as_str();
    let grade = if expect.state.allows(state) {
        Grade::Right
    } else if NARROW.contains(&state) {
        complaints.push(format!("WRONG NARROW VERDICT {state}, expected {}", wanted(&expect.state)));
        Grade::WrongNarrow
    } else {
        complaints.push(format!("state {state}, expected {}", wanted(&expect.state)));
        Grade::Wrong
    };
    for (what, expected, got) in [
        ("signature", &expect.signature, verdict.signature.as_deref()),
        ("attribution", &expect.attribution, verdict.attribution.as_deref()),
        ("rule", &expect.rule, Some(verdict.rule.as_str())),
    ] {
        if let Some(expected) = expected
            && !got.is_some_and(|got| expected.allows(got))
        {
            complaints.push(format!("{what} {}, expected {}", got.unwrap_or("absent"), wanted(expected)));
        }
    }
    complaints.extend(malformed(verdict));
    if let Some(report) = report {
        complaints.extend(outcomes(expect, report, family, port));
    }
    let right = grade != Grade::Right || complaints.is_empty();
    (if right { grade } else { Grade::Wrong }, complaints)
}

/// What no verdict may lack, whatever the condition.
fn malformed(verdict: &Verdict) -> impl Iterator<Item = String> {
    [
        (!(0.0..=1.0).contains(&verdict.confidence), "confidence outside 0 to 1"),
        (verdict.rule.is_empty(), "no rule"),
        (verdict.summary.is_empty(), "no summary"),
        (verdict.state != "open" && verdict.evidence.is_empty(), "a verdict without evidence"),
    ]
    .into_iter()
    .filter(|(bad, _)| *bad)
    .map(|(_, text)| text.to_owned())
}

fn outcomes(expect: &Expect, report: &Report, family: Family, port: u16) -> Vec<String> {
    let of_family = |seen: &&Observation| seen.family == family.name();
    let mut complaints = Vec::new();
    let mut demand = |seen: &Observation, expected: &OneOrMany| {
        if !expected.allows(&seen.outcome) {
            let operator = seen.operator.as_deref().unwrap_or("a global");
            complaints.push(format!(
                "{operator} {} outcome {}, expected {}",
                seen.role,
                seen.outcome,
                wanted(expected)
            ));
        }
    };
    for seen in report.observations.iter().filter(of_family) {
        let subject = seen.role != "control" && seen.port == port;
        let own = expect.operator.iter().find(|(host, _)| seen.operator.as_deref() == Some(host.name()));
        if subject && let Some(expected) = own.map(|(_, expected)| expected).or(expect.subject.as_ref()) {
            demand(seen, expected);
        }
        if seen.role == "control"
            && let Some(expected) = &expect.control
        {
            demand(seen, expected);
        }
    }
    complaints
}

fn complaints_about_run(
    scenario: &Scenario,
    engine: Engine,
    report: &Report,
    answer: &Answer,
) -> Vec<String> {
    let mut complaints = Vec::new();
    if report.schema != "sortie.report/1" {
        complaints.push(format!("schema {}, expected sortie.report/1", report.schema));
    }
    if report.engine != engine.name() {
        complaints.push(format!("engine {} ran, {} was asked for", report.engine, engine.name()));
    }
    if let Some(allowed) = allowed_exit_codes(scenario, report)
        && !answer.exit.is_some_and(|code| allowed.contains(&code))
    {
        complaints.push(format!("exit code {:?}, expected one of {allowed:?}", answer.exit));
    }
    if answer.stderr.contains("panicked at") {
        complaints.push("something panicked".into());
    }
    if let Some(bound) = scenario.run.max_rss_mib
        && answer.peak_rss_kib > bound * 1024
    {
        complaints.push(format!("{} KiB resident, at most {bound} MiB allowed", answer.peak_rss_kib));
    }
    complaints
}

/// Exit codes that fit the reported states, unless the scenario says it better. Where states of several
/// codes meet, or a port has no expectation in the configuration, the contract leaves the code open.
fn allowed_exit_codes(scenario: &Scenario, report: &Report) -> Option<Vec<i32>> {
    if let Some(codes) = &scenario.run.exit {
        return Some(codes.clone());
    }
    if !scenario.targets.ports.iter().all(|port| matches!(port, 25 | 587)) || !scenario.config.is_empty() {
        return None;
    }
    let mut codes: Vec<i32> = report.verdicts.iter().map(|verdict| exit_code_of(&verdict.state)).collect();
    codes.sort_unstable();
    codes.dedup();
    (codes.len() == 1).then_some(codes)
}

fn wanted(expected: &OneOrMany) -> String {
    expected.words().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(expect: &str) -> Scenario {
        let text = format!("title = 'a'\nwhy = 'b'\n[targets]\nfamilies = ['ipv4']\n[[expect]]\n{expect}\n");
        Scenario::parse("x", &text).expect("parses")
    }

    fn answer(state: &str, exit: i32) -> Answer {
        let report = serde_json::json!({
            "schema": "sortie.report/1", "engine": "raw",
            "verdicts": [{"port": 25, "family": "ipv4", "state": state, "signature": null,
                "attribution": null, "confidence": 0.5, "rule": "r", "summary": "s",
                "evidence": [{"weight": 1.0, "text": "t"}]}],
            "observations": [{"operator": "alpha", "role": "subject", "port": 25, "family": "ipv4",
                "outcome": "timeout"}],
        });
        Answer {
            report: serde_json::from_value(report).map_err(|error| error.to_string()),
            exit: Some(exit),
            ..Answer::default()
        }
    }

    fn grade_of(expect: &str, state: &str) -> Grade {
        judge(&scenario(expect), Engine::Raw, &answer(state, exit_code_of(state))).cells[0].grade
    }

    #[test]
    fn an_accusation_that_was_not_expected_is_the_worst_grade() {
        for (expected, got, grade) in [
            ("state = 'open'", "open", Grade::Right),
            ("state = ['open', 'partial']", "partial", Grade::Right),
            ("state = 'open'", "inconclusive", Grade::Wrong),
            ("state = 'open'", "platform_blocked", Grade::WrongNarrow),
            ("state = 'path_blocked'", "platform_blocked", Grade::WrongNarrow),
            ("state = 'open'\nsignature = 'reset'", "open", Grade::Wrong),
            ("state = 'open'\nsubject = 'timeout'", "open", Grade::Right),
            ("state = 'open'\nsubject = 'reset'", "open", Grade::Wrong),
            ("state = 'open'\nsubject = 'reset'\noperator.alpha = 'timeout'", "open", Grade::Right),
        ] {
            assert_eq!(grade_of(expected, got), grade, "{expected} against {got}");
        }
    }

    #[test]
    fn the_exit_code_must_fit_the_states() {
        let judgement = judge(&scenario("state = 'open'"), Engine::Raw, &answer("open", 2));
        assert_eq!(judgement.complaints, ["exit code Some(2), expected one of [0]"]);
    }

    #[test]
    fn a_run_without_a_report_leaves_no_cell_graded_right() {
        let judgement = judge(&scenario("state = 'open'"), Engine::Raw, &Answer::default());
        assert_eq!(judgement.cells[0].grade, Grade::Missing);
        assert!(!judgement.complaints.is_empty());
    }
}
