//! The data is code that nobody compiles: what its types cannot say is said here.

#[path = "../../build/facts.rs"]
mod facts;
#[path = "../../build/schema.rs"]
mod schema;

use std::collections::BTreeSet;

use super::*;
use crate::expect::Expectation::{self, Any, Blocked, Open};
use crate::target::Port;

use Subscription::{Ea, EaDevtest, McaE, Other, Unknown};

/// Every list of sources in a file, with what it belongs to.
fn cited(provider: &Provider) -> Vec<(&str, &[&str])> {
    let mut cited: Vec<(&str, &[&str])> = Vec::new();
    cited.extend(provider.ports.iter().map(|rule| ("a port", rule.sources)));
    cited.extend(provider.wire.iter().map(|wire| (wire.text, wire.sources)));
    cited.extend(provider.policy.iter().map(|cell| ("a cell", cell.sources)));
    cited.extend(provider.procedures.iter().map(|procedure| (procedure.title, procedure.sources)));
    cited.extend(provider.offers.iter().map(|offer| (offer.quota_id, offer.sources)));
    cited.extend(provider.notes.iter().map(|note| (note.text, note.sources)));
    cited
}

fn assert_sourced<'a>(file: &str, sources: &'a [Source], cited: Vec<(&str, &[&'a str])>) {
    let known: BTreeSet<&str> = sources.iter().map(|source| source.id).collect();
    assert_eq!(known.len(), sources.len(), "{file}: an id of a source is there twice");
    let mut used = BTreeSet::new();
    for (fact, ids) in cited {
        assert!(!ids.is_empty(), "{file}: {fact} has no source");
        for id in ids {
            assert!(known.contains(id), "{file}: {fact} names the source {id}, which is not there");
            used.insert(*id);
        }
    }
    assert_eq!(known, used, "{file}: a source that no fact names");
    for source in sources {
        assert!(source.url.starts_with("https://"), "{file}: {}", source.url);
        assert!(!source.url.contains("/en-us/"), "{file}: a language stands in {}", source.url);
    }
}

#[test]
fn every_fact_has_a_source_and_every_source_a_fact() {
    for provider in providers() {
        assert_sourced(provider.id, provider.sources, cited(provider));
    }
    let relays = relays();
    let cited = relays.relays.iter().map(|relay| (relay.id, relay.sources)).collect();
    assert_sourced("relays", relays.sources, cited);
}

#[test]
fn a_file_is_named_after_its_provider() {
    let ids: Vec<&str> = providers().map(|provider| provider.id).collect();
    assert_eq!(ids, PROVIDERS);
    assert_eq!(azure().id, "azure");
    assert!(provider("azur").is_none());
}

#[test]
fn a_port_has_one_standing_and_what_is_restricted_has_a_procedure() {
    for provider in providers() {
        let ports: BTreeSet<Port> = provider.ports.iter().map(|rule| rule.port).collect();
        assert_eq!(ports.len(), provider.ports.len(), "{}: a port is there twice", provider.id);
        let twofold = !provider.policy.is_empty() && provider.port(Port::SMTP).is_some();
        assert!(!twofold, "{}: port 25 has a rule and a policy", provider.id);
        let rules = provider.ports.iter().map(|rule| (rule.state, rule.procedure));
        let cells = provider.policy.iter().map(|cell| (cell.state, cell.procedure));
        for (state, procedure) in rules.chain(cells) {
            let restricted =
                matches!(state, Standing::Blocked | Standing::Exemptible | Standing::Unsupported);
            assert!(
                !restricted || procedure.is_some(),
                "{}: {} without a procedure",
                provider.id,
                state.code()
            );
        }
    }
}

#[test]
fn every_procedure_is_named_by_something_and_is_there() {
    for provider in providers() {
        let known: BTreeSet<&str> = provider.procedures.iter().map(|procedure| procedure.id).collect();
        assert_eq!(known.len(), provider.procedures.len(), "{}: a procedure is there twice", provider.id);
        let named = provider.ports.iter().filter_map(|rule| rule.procedure);
        let named = named.chain(provider.policy.iter().filter_map(|cell| cell.procedure));
        let named = named.chain(provider.situations.iter().map(|situation| situation.procedure));
        assert_eq!(known, named.collect(), "{}", provider.id);
        for procedure in provider.procedures {
            assert!(!procedure.steps.is_empty(), "{}: {}", provider.id, procedure.id);
        }
    }
}

#[test]
fn every_kind_of_resource_and_type_of_subscription_stands_in_one_cell() {
    let azure = azure();
    let named: Vec<Subscription> = azure.subscriptions.iter().map(|name| name.subscription).collect();
    assert_eq!(named, Subscription::NAMED);
    for resource in azure.resources {
        for subscription in Subscription::NAMED {
            let cells = azure.policy.iter().filter(|cell| {
                cell.resources.contains(&resource.id) && cell.subscriptions.contains(&subscription)
            });
            assert_eq!(cells.count(), 1, "{} {}", resource.id, subscription.code());
        }
    }
    let known: BTreeSet<&str> = azure.resources.iter().map(|resource| resource.id).collect();
    assert_eq!(known, azure.policy.iter().flat_map(|cell| cell.resources.iter().copied()).collect());
}

/// What may be expected where one of these types is the right one: what they all agree on.
fn agreed(resource: &str, subscriptions: &[Subscription]) -> Expectation {
    let cells = subscriptions.iter().map(|subscription| azure().cell(resource, *subscription));
    let said: BTreeSet<_> =
        cells.map(|cell| cell.map_or("any", |cell| cell.state.expectation().code())).collect();
    match said.into_iter().collect::<Vec<_>>()[..] {
        ["open"] => Open,
        ["blocked"] => Blocked,
        _ => Any,
    }
}

#[test]
fn what_may_be_expected_of_port_25_follows_from_the_policy() {
    for (resource, subscriptions, expected) in [
        ("vm", &[Ea][..], Open),
        ("vm", &[McaE], Open),
        ("vm", &[EaDevtest], Blocked),
        ("vm", &[Other], Blocked),
        ("vm", &[Unknown], Any),
        ("vm", &[], Any),
        ("vm", &[Ea, McaE], Open),
        ("vm", &[Ea, Other], Any),
        ("vm", &[EaDevtest, Other], Blocked),
        ("app-service-vnet", &[Ea], Open),
        ("ase-v3", &[EaDevtest], Blocked),
        ("azure-firewall", &[Other], Blocked),
        ("azure-firewall", &[EaDevtest], Any),
        ("app-service", &[Ea], Any),
        ("paas", &[Other], Any),
        ("sovereign", &[Ea], Any),
        ("a kind that nobody knows", &[Ea], Any),
    ] {
        assert_eq!(agreed(resource, subscriptions), expected, "{resource} {subscriptions:?}");
    }
}

#[test]
fn a_quota_id_is_matched_by_its_beginning_and_says_no_more_than_it_can() {
    for (quota_id, subscription, expected) in [
        ("EnterpriseAgreement_2014-09-01", Unknown, Any),
        ("ENTERPRISEAGREEMENT_2099-01-01", Unknown, Any),
        ("MSDNDevTest_2014-09-01", Unknown, Blocked),
        ("MSDN_2014-09-01", Other, Blocked),
        ("PayAsYouGo_2014-09-01", Other, Blocked),
        ("CSP_MG_2017-12-01", Other, Blocked),
        ("CSPDEVTEST_2018-05-01", Other, Blocked),
        ("BizSparkPlus_2014-09-01", Other, Blocked),
        ("Internal_2014-09-01", Unknown, Any),
    ] {
        let offer = azure().offer(quota_id).expect("it is known");
        assert_eq!(offer.subscription(), subscription, "{quota_id}");
        assert_eq!(agreed("vm", offer.subscriptions), expected, "{quota_id}");
    }
    for unknown in ["", "Enterprise", "EnterpriseAgreemen\u{17f}_2014", "Gift_2030-01-01"] {
        assert!(azure().offer(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn no_quota_id_alone_means_open() {
    let open: Vec<&str> = azure()
        .offers
        .iter()
        .filter(|offer| agreed("vm", offer.subscriptions) == Expectation::Open)
        .map(|offer| offer.quota_id)
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn submission_is_restricted_on_azure_for_nobody_and_elsewhere_it_may_be() {
    let state =
        |id: &str| provider(id).and_then(|provider| provider.port(Port::SUBMISSION)).map(|rule| rule.state);
    assert_eq!(state("azure"), Some(Standing::Open));
    assert_eq!(state("digitalocean"), Some(Standing::Blocked));
    assert_eq!(state("linode"), Some(Standing::Exemptible));
    assert_eq!(state("oci"), None, "not documented");
}

#[test]
fn what_is_wrong_in_a_file_ends_the_build() {
    let read = |text: &str| facts::literal(&schema::PROVIDER, text.parse().expect("it is TOML"));
    let good = "id = 'x'\nname = 'X'\nchecked = 2026-01-01\n";
    assert!(read(good).is_ok());
    for (bad, complaint) in [
        ("prot = 1", "unknown key `prot` in a Provider"),
        ("[[port]]\nport = 25\nstate = 'open'", "`port` `sources` is missing"),
        ("[[port]]\nport = 0\nstate = 'open'\nsources = []", "`port` `port` has 0 where a port is expected"),
        ("[[port]]\nport = 25\nstate = 'Open!'\nsources = []", "has \"Open!\" where a word is expected"),
        ("[port]\nport = 25", "where a list is expected"),
        ("[[note]]\ntext = ''\nsources = []", "where a text is expected"),
        (
            "[[source]]\nid = 'a'\nkind = 'vendor'\nurl = 'b'\ndate = '2026-01-01'",
            "where a day without a time",
        ),
    ] {
        let error = read(&format!("{good}{bad}\n")).expect_err(bad);
        assert!(error.contains(complaint), "{complaint:?} is missing in {error}");
    }
    assert_eq!(read("name = 'X'\n").expect_err("it has no id"), "`id` is missing");
    let relay =
        "checked = 2026-01-01\n[[relay]]\nid = 'a'\nname = 'A'\nhost = 'a.example'\nstarttls = [587, -1]\n";
    let relay = facts::literal(&schema::RELAYS, relay.parse().expect("it is TOML"));
    assert_eq!(
        relay.expect_err("a port is below zero"),
        "`relay` `starttls` has -1 where a port is expected"
    );
}
