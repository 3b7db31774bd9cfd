//! A verification as `JUnit` XML: one test case for each port and family, or for each machine of a fleet.

use quick_junit::{NonSuccessKind, Report as Suites, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::Outcome;
use crate::exit::Standing;
use crate::text::printable;

/// A port in a family, or a machine.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Case {
    pub(in crate::verify) name: String,
    /// `None` where it does not count for the whole.
    pub(in crate::verify) standing: Option<Standing>,
    /// A word of the closed list of reasons.
    pub(in crate::verify) reason: &'static str,
    pub(in crate::verify) says: String,
}

/// XML with a line break at the end. What was not as expected fails; what could not be known is an error. Where each case
/// is as expected and the whole is not, because it was not for long enough, the whole is a case of its own.
pub(in crate::verify) fn junit(outcome: &Outcome, cases: &[Case]) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("sortie verify");
    suite.add_property(("result", outcome.conclusion.ending.code()));
    suite.add_property(("reason", outcome.conclusion.reason.code()));
    suite.add_property(("waited", outcome.waited.as_secs().to_string().as_str()));
    if let Some(since) = &outcome.since {
        suite.add_property(("since", since.as_str()));
    }
    suite.add_test_cases(cases.iter().map(case));
    let is_fine_now = cases.iter().all(|case| matches!(case.standing, None | Some(Standing::Fine)));
    if outcome.conclusion.code != 0 && is_fine_now {
        let standing = if outcome.conclusion.code == crate::exit::UNKNOWN {
            Standing::Unknown
        } else {
            Standing::Degraded
        };
        suite.add_test_case(case(&Case {
            name: "soak".to_owned(),
            standing: Some(standing),
            reason: outcome.conclusion.reason.code(),
            says: outcome.summary.clone(),
        }));
    }
    let mut suites = Suites::new("sortie");
    suites.add_test_suite(suite);
    let mut xml = suites.to_string()?;
    xml.push('\n');
    Ok(xml)
}

fn case(of: &Case) -> TestCase {
    let mut status = match of.standing {
        None => TestCaseStatus::skipped(),
        Some(Standing::Fine) => TestCaseStatus::success(),
        Some(Standing::Unknown) => TestCaseStatus::non_success(NonSuccessKind::Error),
        Some(Standing::Degraded | Standing::Violated) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(of.reason).set_message(printable(&of.says).as_ref());
    let mut case = TestCase::new(printable(&of.name).as_ref(), status);
    case.set_classname("sortie.verify");
    case
}
