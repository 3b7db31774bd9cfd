//! Every provider and relay at a glance.

use std::time::SystemTime;

use sortie_core::knowledge::{self, Provider, Standing};
use sortie_core::target::Port;

use super::layout::{NOTHING, Sheet};
use super::{age, relays};

/// The ports of mail, in the order of their numbers.
const PORTS: [Port; 3] = [Port::SMTP, Port::SUBMISSIONS, Port::SUBMISSION];

/// Stands for a port of which a policy decides.
const BY_POLICY: &str = "by policy";

pub(super) fn write(sheet: &mut Sheet, now: SystemTime) {
    sheet.title("What providers document about outbound mail, where nobody has asked for more");
    let ports = PORTS.map(|port| port.to_string());
    let [smtp, submissions, submission] = ports.each_ref().map(String::as_str);
    let header = vec!["provider", smtp, submissions, submission, "on the wire", "compared"];
    sheet.grid(header, knowledge::providers().map(row));

    sheet.section("Relays");
    relays::hosts(sheet);

    sheet.section("Words");
    let words = Standing::ALL.map(|standing| [standing.code().to_owned(), meaning(standing).to_owned()]);
    let others = [
        (BY_POLICY, "it depends on resource and subscription"),
        (NOTHING, "the provider says nothing of it"),
    ];
    let others = others.map(|(word, meaning)| [word.to_owned(), meaning.to_owned()]);
    sheet.rows(words.into_iter().chain(others));

    let old = knowledge::providers().filter(|provider| age::old(provider.checked, now).is_some());
    let old: Vec<&str> = old.map(|provider| provider.id).collect();
    if !old.is_empty() {
        sheet.note(&format!("compared with its sources over half a year ago: {}", old.join(", ")));
    }
    sheet.note("procedures and sources are shown by `sortie knowledge PROVIDER`");
}

/// What a standing means, in words.
pub(super) fn meaning(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "not restricted",
        Standing::Blocked => "blocked, and nothing is offered that lifts it",
        Standing::Exemptible => "blocked until somebody asks, and is granted it",
        Standing::Unsupported => "not promised: it may work today and stop tomorrow",
        Standing::Unknown => "not documented, or documented in two ways",
    }
}

fn row(provider: &Provider) -> Vec<String> {
    let mut row = vec![provider.id.to_owned()];
    row.extend(PORTS.map(|port| standing(provider, port).to_owned()));
    row.push(provider.wire.as_ref().map_or(NOTHING, |wire| wire.signature.spoken()).to_owned());
    row.push(provider.checked.to_string());
    row
}

fn standing(provider: &Provider, port: Port) -> &'static str {
    match provider.port(port) {
        Some(rule) => rule.state.code(),
        None if port == Port::SMTP && !provider.policy.is_empty() => BY_POLICY,
        None => NOTHING,
    }
}
