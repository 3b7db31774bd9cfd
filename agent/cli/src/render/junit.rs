//! The report as `JUnit` XML: one test case per port and family and per required relay, for pipelines that collect such files.

use quick_junit::{NonSuccessKind, Report as Suites, SerializeError, TestCase, TestCaseStatus, TestSuite};
use sortie_core::report::{PortVerdict, Relay, Report};

use super::relays::standing;
use super::words::{headline, place, time};
use crate::exit::Standing;
use crate::text::printable;

/// XML with a line break at the end. What fails is what the exit code calls degraded or blocked; what could not be
/// known is an error.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("sortie check");
    if let Some(engine) = report.engine {
        suite.add_property(("engine", engine));
    }
    suite.add_property(("generated_at", report.generated_at.as_str()));
    if let Some(host) = &report.host.name {
        suite.add_property(("host", printable(host).as_ref()));
    }
    suite.add_test_cases(report.verdicts.iter().map(case));
    suite.add_test_cases(report.relays.iter().filter(|relay| relay.required).map(of_relay));
    let mut suites = Suites::new("sortie");
    suites.add_test_suite(suite);
    let mut xml = suites.to_string()?;
    xml.push('\n');
    Ok(xml)
}

fn case(verdict: &PortVerdict) -> TestCase {
    let mut status = match Standing::of(verdict) {
        Standing::Fine => TestCaseStatus::success(),
        Standing::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Standing::Degraded | Standing::Violated => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status
        .set_type(verdict.state)
        .set_message(headline(verdict))
        .set_description(printable(&verdict.summary).as_ref());
    let mut case = TestCase::new(place(verdict), status);
    case.set_classname("sortie.check");
    case.set_system_out(evidence(verdict));
    case
}

fn of_relay(relay: &Relay) -> TestCase {
    let mut status = match Standing::of_relay(relay) {
        Standing::Fine => TestCaseStatus::success(),
        Standing::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Standing::Degraded | Standing::Violated => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(relay.result).set_message(standing(relay));
    let name = format!("relay {}, {}", printable(&relay.name), printable(&relay.address));
    let mut case = TestCase::new(name, status);
    case.set_classname("sortie.check");
    let stages = relay.stages.iter();
    let stages = stages.map(|s| format!("{}  {}  {}", s.stage, time(s.ms), printable(&s.text)));
    case.set_system_out(stages.collect::<Vec<_>>().join("\n"));
    case
}

fn evidence(verdict: &PortVerdict) -> String {
    let why =
        verdict.evidence.iter().map(|piece| format!("{:+.2}  {}", piece.weight, printable(&piece.text)));
    let what = verdict.next_steps.iter().map(|step| format!("next: {}", printable(&step.text)));
    let rule = format!("rule {}, confidence {:.4}", verdict.rule, verdict.confidence);
    why.chain([rule]).chain(what).collect::<Vec<_>>().join("\n")
}
