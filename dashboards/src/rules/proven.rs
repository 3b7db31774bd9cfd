//! Every alert has been seen to fire, to stay silent and to end: `dashboards/rules/tests`, which `promtool test rules` runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::tests::alerts;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/tests");
/// It always fires, and the test says so.
const NEVER_SILENT: &str = "SortieWatchdog";

#[derive(Deserialize)]
struct Suite {
    rule_files: Vec<PathBuf>,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    promql_expr_test: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    expr: String,
    eval_time: String,
    exp_samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    #[expect(dead_code, reason = "that there is one is enough")]
    value: f64,
}

/// What a case shows of one alert, in the order of time.
type Shown = Vec<(u32, bool)>;

fn suites() -> Vec<(PathBuf, Suite)> {
    let folder = std::fs::read_dir(TESTS).expect("the folder is there");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let suite = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        (path, suite)
    };
    paths.map(read).collect()
}

#[test]
fn every_alert_fires_stays_silent_and_ends_in_a_test() {
    let suites = suites();
    let cases = || suites.iter().flat_map(|(_, suite)| &suite.tests);
    for name in alerts().into_iter().map(|alert| alert.name) {
        let shown: Vec<Shown> =
            cases().map(|case| shown(case, name)).filter(|shown| !shown.is_empty()).collect();
        let fires = shown.iter().flatten().any(|(_, fires)| *fires);
        let silent = shown.iter().any(|shown| shown.iter().all(|(_, fires)| !fires));
        let ends = |shown: &Shown| shown.windows(2).any(|pair| pair[0].1 && !pair[1].1);
        assert!(fires, "{name} is never seen to fire");
        if name != NEVER_SILENT {
            assert!(silent, "{name} is never seen to stay silent");
            assert!(shown.iter().any(ends), "{name} is never seen to end");
        }
    }
}

#[test]
fn tests_ask_for_alerts_that_there_are_and_read_as_a_specification() {
    let names: BTreeSet<_> = alerts().iter().map(|alert| alert.name).collect();
    let mut seen = BTreeMap::new();
    for (path, suite) in suites() {
        for rules in &suite.rule_files {
            assert!(Path::new(TESTS).join(rules).is_file(), "{}: {}", path.display(), rules.display());
        }
        for case in suite.tests {
            for asked in &case.promql_expr_test {
                if let Some(asked) = asked_for(&asked.expr) {
                    assert!(names.contains(asked), "{asked} of {} is no alert", case.name);
                }
            }
            assert_eq!(seen.insert(case.name.clone(), path.clone()), None, "{} stands twice", case.name);
        }
    }
}

fn shown(case: &Case, alert: &str) -> Shown {
    let of_alert = case.promql_expr_test.iter().filter(|asked| asked_for(&asked.expr) == Some(alert));
    let mut shown: Shown =
        of_alert.map(|asked| (minutes(&asked.eval_time), !asked.exp_samples.is_empty())).collect();
    shown.sort_unstable();
    shown
}

/// The alert that an expression of a test is about.
fn asked_for(expr: &str) -> Option<&str> {
    expr.split_once("ALERTS{alertname=\"")?.1.split('"').next()
}

/// Of `2h10m`.
fn minutes(text: &str) -> u32 {
    let (hours, rest) = text.split_once('h').unwrap_or(("0", text));
    let minutes = rest.strip_suffix('m').filter(|minutes| !minutes.is_empty()).unwrap_or("0");
    let parsed =
        |number: &str| number.parse::<u32>().unwrap_or_else(|_| panic!("{text} is hours and minutes"));
    parsed(hours) * 60 + parsed(minutes)
}
