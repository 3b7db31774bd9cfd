//! What identifies because it is known to: names and ids of this machine, and whose it is.
//!
//! A name that is an ordinary word (`mail`, `mx1`) is hidden where it stands as a name. It is not hunted in sentences and
//! among destinations: there it is the word, and a placeholder in its place would give the name away.

use std::fmt::Write as _;
use std::net::IpAddr;

use sortie_core::knowledge;
use sortie_core::outcome::Outcome;
use sortie_core::report::Report;
use sortie_core::verdict::State;
use sortie_core::verdict::rules::ids;

use super::shape::{self, Segment};
use crate::config::catalogue;
use crate::ticket::sources::Machine;

/// Shorter ones are within other words by chance.
const SHORTEST: usize = 4;
/// The same with a digit in it.
const SHORTEST_WITH_DIGIT: usize = 3;

/// Something that identifies, and of which kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identifier {
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// Of what this is another name.
    pub(super) alias_of: Option<String>,
}

/// Everything that is known to identify, the account first and addresses last.
pub(super) fn known(report: &Report, machine: &Machine) -> Vec<Identifier> {
    let mut known = Vec::new();
    let mut add = |kind, text: &str| {
        if !text.is_empty() {
            known.push(Identifier { kind, text: text.to_owned(), alias_of: None });
        }
    };
    if let Some(cloud) = &report.cloud {
        cloud.subscription_id.iter().for_each(|id| add("subscription", id));
        cloud.account_id.iter().for_each(|id| add("account", id));
        cloud.resource_id.iter().for_each(|id| in_path(id, |kind, name| add(kind, name)));
        cloud.scale_set.iter().for_each(|name| add("scale-set", name));
        cloud.vm_id.iter().for_each(|id| add("vm", id));
    }
    report.host.name.iter().chain(&machine.names).for_each(|name| add("host", name));
    report.host.id.iter().chain(&machine.id).for_each(|id| add("machine", id));
    for interface in &machine.interfaces {
        interface.mac.iter().for_each(|mac| add("mac", mac));
        interface.addresses.iter().for_each(|ip| add("address", ip));
    }
    let others: Vec<Identifier> = known.iter().flat_map(otherwise_written).collect();
    known.extend(others);
    known
}

/// Where the resource paths of Azure begin.
pub(super) const ROOT: &str = "/subscriptions/";

/// The names in a resource path with what they name; what is no path is a machine as a whole.
fn in_path(id: &str, mut add: impl FnMut(&'static str, &str)) {
    if !id.starts_with(ROOT) {
        return add("vm", id);
    }
    let mut rest = id;
    while let Some(Segment { kind, name }) = shape::segment(rest) {
        if let Some(named) = named_by(kind) {
            add(named, name);
        }
        rest = &rest[kind.len() + name.len()..];
    }
}

/// What kind of placeholder a part of a path has; `None` where it is a word of the cloud and no name.
pub(super) fn named_by(kind: &str) -> Option<&'static str> {
    Some(match kind.to_ascii_lowercase().trim_matches('/') {
        "providers" | "securityrules" | "defaultsecurityrules" => return None,
        "subscriptions" => "subscription",
        "resourcegroups" => "resource-group",
        "virtualmachines" | "machines" => "vm",
        "virtualmachinescalesets" => "scale-set",
        "networkinterfaces" => "nic",
        "networksecuritygroups" => "security-group",
        "virtualnetworks" => "network",
        "sites" => "app",
        _ => "resource",
    })
}

/// Every kind of placeholder.
const KINDS: [&str; 15] = [
    "subscription",
    "account",
    "resource-group",
    "vm",
    "scale-set",
    "nic",
    "security-group",
    "network",
    "app",
    "resource",
    "host",
    "domain",
    "machine",
    "mac",
    "address",
];

/// A host without its domain and the domain without the host, a UUID and a MAC without their separators.
fn otherwise_written(identifier: &Identifier) -> Vec<Identifier> {
    let Identifier { kind, text, .. } = identifier;
    let alias = |text: String| Identifier { kind, text, alias_of: Some(identifier.text.clone()) };
    if shape::uuid(text) == Some(text.len()) || shape::mac(text) == Some(text.len()) {
        let bare = text.replace(['-', ':'], "");
        return vec![alias(bare)];
    }
    match text.split_once('.') {
        Some((host, domain)) if *kind == "host" && !host.is_empty() && !domain.is_empty() => vec![
            alias(host.to_owned()),
            Identifier { kind: "domain", text: domain.to_owned(), alias_of: None },
        ],
        _ => Vec::new(),
    }
}

/// Words that stand in every report, whoever it is about.
#[derive(Debug)]
pub(super) struct Vocabulary(String);

impl Vocabulary {
    /// Of the program: its closed lists, its destinations with all that is said of them, and its providers.
    pub(super) fn new() -> Self {
        let mut text = catalogue::TEXT.to_lowercase();
        let states = State::ALL.map(State::code);
        let outcomes = Outcome::ALL.map(Outcome::code);
        for word in states.iter().chain(&outcomes).chain(&ids::ALL).chain(&SAID) {
            let _ = write!(text, " {word} {}", word.replace('_', " "));
        }
        for provider in knowledge::providers() {
            let _ = write!(text, " {} {}", provider.id, provider.name.to_lowercase());
        }
        for kind in KINDS {
            let _ = write!(text, " {kind}-");
        }
        Self(text)
    }

    /// Where a name is looked for: one that is none of those words is the name wherever it is found.
    pub(super) fn hunt(&self, name: &str) -> Hunt {
        let has_digit = name.bytes().any(|b| b.is_ascii_digit());
        let least = if has_digit { SHORTEST_WITH_DIGIT } else { SHORTEST };
        let is_short = name.chars().count() < least;
        let is_number = name.bytes().all(|b| b.is_ascii_digit());
        match () {
            () if self.0.contains(&name.to_lowercase()) || (is_short && is_number) => Hunt::Nowhere,
            () if is_short || name.parse::<IpAddr>().is_ok() => Hunt::Words,
            () => Hunt::Anywhere,
        }
    }
}

/// Where a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hunt {
    /// Not beyond the fields that hold it.
    Nowhere,
    /// Where it is a word of its own, or an address that does not go on.
    Words,
    /// Within longer words too.
    Anywhere,
}

/// What the sentences of reports and tickets are made of, as far as a machine may be called like that.
const SAID: [&str; 36] = [
    "agent",
    "answered",
    "blocked",
    "capability",
    "controls",
    "destination",
    "engine",
    "firewall",
    "gateway",
    "greeted",
    "handshake",
    "internet",
    "inbound",
    "kernel",
    "linux",
    "machine",
    "measured",
    "microsoft.compute",
    "network",
    "operators",
    "outbound",
    "packets",
    "path",
    "platform",
    "policy",
    "prober",
    "provider",
    "relay",
    "report",
    "rounds",
    "server",
    "silent",
    "sortie",
    "this",
    "virtual",
    "walks",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_report_are_no_names_to_hunt() {
        let vocabulary = Vocabulary::new();
        for (name, hunt) in [
            ("mail", Hunt::Nowhere),
            ("google", Hunt::Nowhere),
            ("GMAIL", Hunt::Nowhere),
            ("mx01", Hunt::Nowhere),
            ("timeout", Hunt::Nowhere),
            ("azure", Hunt::Nowhere),
            ("vm-", Hunt::Nowhere),
            ("a", Hunt::Nowhere),
            ("42", Hunt::Nowhere),
            ("zqx", Hunt::Words),
            ("10.0.0.4", Hunt::Words),
            ("mx-1", Hunt::Anywhere),
            ("db7", Hunt::Anywhere),
            ("contoso", Hunt::Anywhere),
            ("123456789012", Hunt::Anywhere),
        ] {
            assert_eq!(vocabulary.hunt(name), hunt, "{name}");
        }
    }

    #[test]
    fn a_path_names_what_is_in_it() {
        let mut named = Vec::new();
        let id = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/virtualMachineScaleSets/V/virtualMachines/0";
        in_path(id, |kind, name| named.push((kind, name.to_owned())));
        let expected = [("subscription", "S"), ("resource-group", "G"), ("scale-set", "V"), ("vm", "0")];
        assert_eq!(named, expected.map(|(kind, name)| (kind, name.to_owned())));
        for kind in named.iter().map(|(kind, _)| kind) {
            assert!(KINDS.contains(kind), "{kind}");
        }
    }

    #[test]
    fn an_identifier_is_known_in_every_way_to_write_it() {
        let of = |kind, text: &str| Identifier { kind, text: text.to_owned(), alias_of: None };
        let written = |identifier: Identifier| -> Vec<(&'static str, String)> {
            otherwise_written(&identifier).into_iter().map(|other| (other.kind, other.text)).collect()
        };
        assert_eq!(
            written(of("host", "mx-1.contoso.example")),
            [("host", "mx-1".to_owned()), ("domain", "contoso.example".to_owned())]
        );
        assert_eq!(written(of("mac", "00:0d:3a:12:34:56")), [("mac", "000d3a123456".to_owned())]);
        assert_eq!(written(of("host", "mx-1")), []);
        assert_eq!(written(of("address", "10.0.0.4")), []);
    }
}
