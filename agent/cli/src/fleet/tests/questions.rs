//! What Prometheus is asked.

use std::time::Duration;

use super::{ONE, args};
use crate::fleet::observed::Observed;
use crate::fleet::query::{Against, Scope, Source};
use crate::fleet::since::Span;

#[test]
fn the_questions_read_like_this() {
    let plain = Scope::of(&args(&[]));
    let narrow = Scope::of(&args(&[
        "--subscription",
        ONE,
        "--subscription",
        "none",
        "--region",
        "uksouth",
        "--port",
        "25",
        "--window",
        "1h",
    ]));
    let state = Observed::One(sortie_core::verdict::State::PlatformBlocked);
    let lost = Observed::One(sortie_core::verdict::State::NoEgress);
    let mut told = Vec::new();
    for (name, scope) in [("plain", &plain), ("narrow", &narrow)] {
        for source in [Source::Recorded, Source::Raw] {
            told.push(format!("\n# {name}, {}", source.code()));
            told.extend([
                scope.states(source),
                scope.expected(source),
                scope.against(source, Against::Blocked),
                scope.against(source, Against::Open),
                scope.agents(source),
                scope.seen(source),
                scope.first(source, Span::whole(1)),
                scope.otherwise(source, state, Span::recent(1)),
                scope.otherwise(source, lost, Span::recent(1)),
                scope.otherwise(source, Observed::Mixed, Span::recent(1)),
            ]);
        }
        told.extend([scope.types(), scope.nameless(), scope.wrong(20), scope.wrong_count()]);
    }
    let hosts = ["a.b", "c\""];
    told.extend([
        "\n# hosts".to_owned(),
        Scope::held(&hosts, Span::recent(1)),
        Scope::held_first(&hosts, Span::whole(1)),
        Scope::heard(&hosts, Span::silence(Duration::from_secs(3_600))),
        Scope::anything(),
    ]);
    let told = told.join("\n");
    insta::assert_snapshot!("questions", told);
    assert_recorded(&told);
}

/// What is not recorded under its name would silently be counted, or be missing.
fn assert_recorded(questions: &str) {
    let rules = [
        include_str!("../../../../../dashboards/rules/prometheus/fleet.yaml"),
        include_str!("../../../../../dashboards/rules/prometheus/slow.yaml"),
    ];
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
    let names = questions.split(|c| !is_of_name(c)).filter(|name| name.contains(":sortie_"));
    let names: std::collections::BTreeSet<&str> = names.collect();
    assert_eq!(names.len(), 8, "{names:?}");
    for name in names {
        let rule = format!("record: {name}\n");
        assert!(rules.iter().any(|rules| rules.contains(&rule)), "no rule records {name}");
    }
}
