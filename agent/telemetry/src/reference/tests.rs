//! Nothing is emitted that is not registered, nothing is registered that is not emitted, and the documents say so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sortie_core::alert::{Cause, Severity};
use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription;
use sortie_core::observation::EngineKind;
use sortie_core::outcome::Outcome;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Role};
use sortie_core::verdict::{Attribution, Signature, State};

use super::emitted::{self, Emitted, Point};
use super::happened::{self, Told};
use super::promql::{self, Names};
use super::*;
use crate::registry::{self, Presence, RESOURCE};
use crate::testing;
use crate::{Bounds, CloudIdentity, Identity, Telemetry};

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/telemetry.md");
const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/telemetry.json");

/// Labels that whoever scrapes or receives puts on every series.
const OF_THE_BACKEND: [&str; 2] = ["instance", "job"];

#[test]
fn what_otlp_carries_is_the_registry() {
    let all = emitted::by_otlp();
    let emitted: BTreeSet<_> = all.keys().map(String::as_str).collect();
    assert_eq!(emitted, REGISTRY.iter().map(|metric| metric.name).collect());
    for metric in REGISTRY {
        let emitted = &all[metric.name];
        let told = (emitted.kind.as_str(), emitted.unit.as_str(), emitted.says.as_str());
        assert_eq!(told, (otlp_type(metric.kind), metric.unit, metric.says), "{}", metric.name);
        assert_eq!(emitted.bounds, bounds(metric), "{}", metric.name);
        let attributes = metric.attributes.iter().map(|attribute| (attribute.key.to_owned(), *attribute));
        assert_points(metric.name, &attributes.collect(), &emitted.points);
    }
}

#[test]
fn what_the_page_shows_is_the_registry() {
    let all = emitted::by_page();
    let shown: BTreeSet<_> = all.keys().cloned().collect();
    let registered = REGISTRY.iter().map(Metric::prometheus_name).chain([TARGET_INFO.to_owned()]);
    assert_eq!(shown, registered.collect());
    for metric in REGISTRY {
        let name = metric.prometheus_name();
        let Emitted { kind, says, series: shown, points, bounds: le, .. } = &all[&name];
        assert_eq!((kind.as_str(), says.as_str()), (page_type(metric.kind), metric.says), "{name}");
        assert_eq!(*shown, series(metric).into_iter().collect(), "{name}");
        let infinity = matches!(metric.kind, Kind::Histogram(_)).then(|| "+Inf".to_owned());
        assert_eq!(*le, bounds(metric).into_iter().chain(infinity).collect(), "{name}");
        let attributes = metric.attributes.iter().map(|a| (a.prometheus_label(), *a));
        assert_points(&name, &attributes.collect(), points);
    }
}

#[test]
fn what_happens_is_the_registry() {
    let all = happened::by_otlp();
    let told: BTreeSet<_> = all.keys().map(String::as_str).collect();
    assert_eq!(told, EVENTS.iter().map(|event| event.name).collect());
    for event in EVENTS {
        let Told { levels, points } = &all[event.name];
        assert_eq!(
            *levels,
            event.levels.iter().map(|(level, _)| level.number().into()).collect(),
            "{}",
            event.name
        );
        let attributes = event.attributes.iter().map(|attribute| (attribute.key.to_owned(), *attribute));
        assert_points(event.name, &attributes.collect(), points);
    }
}

#[test]
fn the_resource_is_the_registry_on_both_faces() {
    let known = |text: &str| Some(text.to_owned());
    let cloud = CloudIdentity {
        provider: known("azure"),
        platform: known("azure.vm"),
        account_id: known("5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
        region: known("westeurope"),
        availability_zone: known("1"),
        resource_id: known("/subscriptions/5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
    };
    let whole = Identity { cloud, ..testing::identity() };
    let nameless = Identity { host_name: String::new(), ..testing::identity() };
    let without_id = Identity { host_id: String::new(), ..testing::identity() };
    let bounds = Bounds { destinations: 1, ports: 1 };
    let of = |identity| Telemetry::new(&identity, &bounds).expect("an identity and bounds");
    let (mut by_otlp, mut by_page) = (BTreeSet::new(), BTreeSet::new());
    for telemetry in [whole, nameless, without_id].map(of) {
        by_otlp.insert(emitted::resource(&telemetry));
        by_page.insert(emitted::target_info(&telemetry));
    }
    let keyed = |name: fn(&Attribute) -> String| RESOURCE.iter().map(|a| (name(a), *a)).collect();
    assert_points("resource", &keyed(|attribute| attribute.key.to_owned()), &by_otlp);
    assert_points(TARGET_INFO, &keyed(Attribute::prometheus_label), &by_page);
}

/// Each point has what is always there and nothing unknown, each optional attribute was seen and was missing, and each
/// word of a closed list was seen and no other.
fn assert_points(metric: &str, attributes: &BTreeMap<String, Attribute>, points: &BTreeSet<Point>) {
    assert!(!points.is_empty(), "{metric} has no points");
    for point in points {
        for (key, held) in point {
            let attribute = attributes.get(key).unwrap_or_else(|| panic!("{metric} has {key} in {point:?}"));
            let expected = value_type(attribute.holds);
            assert!(held.value_type.is_none_or(|is| is == expected), "{metric}: {key} is {held:?}");
        }
    }
    for (key, attribute) in attributes {
        let missing = points.iter().filter(|point| !point.contains_key(key)).count();
        match attribute.presence {
            Presence::Always => assert_eq!(missing, 0, "{metric}: {key}"),
            Presence::Where(_) => assert!((1..points.len()).contains(&missing), "{metric}: {key}"),
        }
        let seen: BTreeSet<&str> =
            points.iter().filter_map(|point| Some(point.get(key)?.text.as_str())).collect();
        match attribute.holds {
            Holds::Word(words) => assert_eq!(seen, words().into_iter().collect(), "{metric}: {key}"),
            Holds::Integer(_) => {
                assert!(seen.iter().all(|text| text.parse::<i64>().is_ok()), "{metric}: {key}");
            }
            Holds::Double(_) => {
                assert!(seen.iter().all(|text| text.parse::<f64>().is_ok()), "{metric}: {key}");
            }
            Holds::Boolean => assert_eq!(seen, ["false", "true"].into(), "{metric}: {key}"),
            Holds::Text(_) | Holds::Texts(_) | Holds::Doubles(_) | Holds::Yes => {}
        }
    }
}

fn bounds(metric: &Metric) -> BTreeSet<String> {
    let Kind::Histogram(buckets) = metric.kind else { return BTreeSet::new() };
    buckets.iter().map(ToString::to_string).collect()
}

/// The words of an enum. A variant that is added does not compile before it stands here.
macro_rules! words {
    ($name:ident: $($variant:ident),+) => {{
        let _all_of_them = |value: $name| match value { $($name::$variant => ()),+ };
        vec![$($name::$variant.code()),+]
    }};
}

#[test]
fn closed_lists_are_the_words_of_core() {
    for (attribute, words) in [
        (
            registry::PORT_STATE,
            words!(State: Open, PlatformBlocked, PathBlocked, LocallyBlocked, Intercepted, Throttled, Refused, Partial,
                NoEgress, Inconclusive),
        ),
        (
            registry::PROBE_OUTCOME,
            words!(Outcome: Established, Greeted, RejectedGreeting, SilentGreeting, Reset, ResetAfterHandshake, Timeout,
                Prohibited, Unreachable, NoRoute, DeniedLocally, LocalError, DnsError),
        ),
        (registry::RELAY_STATE, words!(Usability: Usable, Degraded, Unusable)),
        (registry::TARGET_ROLE, words!(Role: Subject, Anchor, Control)),
        (registry::NETWORK_TYPE, words!(Family: Ipv4, Ipv6)),
        (registry::EXPECTED_STATE, words!(Expectation: Open, Blocked, Any)),
        (registry::PROBE_MODE, words!(EngineKind: Raw, Connect)),
        (registry::BLOCK_SIGNATURE, words!(Signature: SilentDrop, Reset, Prohibited, NoRoute, Dns, NoAnswer)),
        (registry::BLOCK_ATTRIBUTION, words!(Attribution: Platform, PlatformOrSecurityGroup, SecurityGroup)),
        (
            registry::ALERT_NAME,
            words!(
                Cause: PortBlocked, PortDegraded, PortOpenUnexpectedly, NoEgress, DestinationsRefusing,
                ExemptionNotEffective, SubscriptionTypeChanged, SubscriptionTypeChangeSuspected, RelayUnusable
            ),
        ),
        (registry::SUBSCRIPTION_TYPE, words!(Subscription: Ea, McaE, EaDevtest, Other, Unknown)),
        (registry::SUBSCRIPTION_TYPE_PREVIOUS, words!(Subscription: Ea, McaE, EaDevtest, Other, Unknown)),
        (registry::ALERT_SEVERITY, words!(Severity: Critical, Warning)),
    ] {
        let Holds::Word(listed) = attribute.holds else { panic!("{} is not closed", attribute.key) };
        assert_eq!(listed(), words, "{}", attribute.key);
    }
}

#[test]
fn names_and_sentences_keep_the_conventions() {
    let all = attributes();
    let carried = || all.iter().map(|carried| carried.attribute);
    let names: BTreeSet<_> = REGISTRY.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), REGISTRY.len(), "a name stands once");
    let events: BTreeSet<_> = EVENTS.iter().map(|event| event.name).collect();
    assert_eq!(events.len(), EVENTS.len(), "a name stands once");
    for event in EVENTS {
        assert!(event.name.starts_with("sortie."), "{}", event.name);
        assert!(event.attributes.is_sorted_by_key(|attribute| attribute.key), "{}", event.name);
    }
    for metric in REGISTRY {
        let name = metric.name;
        assert!(name.starts_with("sortie.") || name.starts_with("process."), "{name}");
        assert!(metric.unit != "1" && !metric.unit.is_empty(), "{name}");
        assert!(metric.attributes.is_sorted_by_key(|attribute| attribute.key), "{name}");
        assert!(manual::GROUPS.iter().any(|(word, ..)| *word == group(metric)), "{name}");
    }
    let labels: BTreeSet<_> = carried().map(|attribute| attribute.prometheus_label()).collect();
    let keys: BTreeSet<_> = carried().map(|attribute| attribute.key).collect();
    assert_eq!(labels.len(), keys.len(), "no two keys become one label");
    let of_attributes = carried().chain([registry::OVERFLOW]).chain(RESOURCE.iter().copied());
    let sentences = REGISTRY.iter().map(|metric| metric.says).chain(EVENTS.iter().map(|event| event.says));
    for says in sentences.chain(of_attributes.map(|attribute| attribute.says)) {
        assert!(says.ends_with('.') && says.starts_with(char::is_uppercase) && !says.contains('|'), "{says}");
    }
}

/// The blocks of the document that are queries.
fn queries(document: &str) -> Vec<&str> {
    let blocks = document.split("```promql\n").skip(1);
    blocks.map(|block| block.split_once("```").expect("a block is closed").0).collect()
}

#[test]
fn queries_of_the_manual_name_what_there_is_and_leave_no_metric_out() {
    let manual = manual::manual();
    let mut asked = BTreeSet::new();
    for query in queries(&manual) {
        let names = promql::names(query).unwrap_or_else(|why| panic!("{why} in\n{query}"));
        assert_names(&names, query);
        asked.extend(names.selectors.into_iter().map(|selector| selector.metric));
    }
    for metric in REGISTRY {
        assert!(series(metric).iter().any(|name| asked.contains(name)), "no query shows {}", metric.name);
    }
}

fn assert_names(names: &Names, query: &str) {
    let mut labels: BTreeSet<String> = OF_THE_BACKEND.map(str::to_owned).into();
    for selector in &names.selectors {
        let known = labels_of(&selector.metric);
        let known = known.unwrap_or_else(|| panic!("{} is no series in\n{query}", selector.metric));
        for (label, words) in &selector.matchers {
            let attribute = known.get(label);
            assert!(attribute.is_some(), "{} has no {label} in\n{query}", selector.metric);
            if let Some(Some(Holds::Word(listed))) = attribute {
                let listed = listed();
                assert!(
                    words.iter().all(|word| listed.contains(&word.as_str())),
                    "{label}: {words:?} in\n{query}"
                );
            }
        }
        labels.extend(known.into_keys());
    }
    assert!(names.grouped.is_subset(&labels), "{:?} is not all of {labels:?} in\n{query}", names.grouped);
}

/// The labels of a series, with what they hold where that is known here; `None` where there is no such series.
fn labels_of(name: &str) -> Option<BTreeMap<String, Option<Holds>>> {
    let attributes = if name == TARGET_INFO {
        RESOURCE
    } else {
        REGISTRY.iter().find(|metric| series(metric).iter().any(|known| known == name))?.attributes
    };
    let own = attributes.iter().map(|attribute| (attribute.prometheus_label(), Some(attribute.holds)));
    let of_others = OF_THE_BACKEND.into_iter().chain(name.ends_with("_bucket").then_some(LE));
    Some(own.chain(of_others.map(|label| (label.to_owned(), None))).collect())
}

#[test]
fn the_manual_in_the_repository_is_the_one_that_the_registry_makes() {
    assert_kept(MANUAL, &manual::manual());
}

#[test]
fn the_catalogue_in_the_repository_is_the_one_that_the_registry_makes() {
    assert_kept(CATALOGUE, &catalogue::catalogue());
}

fn assert_kept(path: &str, made: &str) {
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, made).expect("the document can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let name = Path::new(path).file_name();
    assert!(
        kept == made,
        "{name:?} has drifted: INSTA_UPDATE=always cargo test -p sortie-telemetry writes it anew"
    );
}
