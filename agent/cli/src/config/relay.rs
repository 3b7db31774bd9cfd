//! `[[relay]]`: submission servers that this machine hands its mail to.

use sortie_core::relay::TlsMode;
use sortie_core::target::{Address, Operator, Port};
use toml::Spanned;

use super::diagnose::Problem;
use super::section::Section;
use super::value;

/// A relay is one that mail is really handed to: nobody has more than a few.
pub(super) const RELAYS_MAX: usize = 32;

/// Implicit TLS for submission (RFC 8314 §3.3).
const SUBMISSIONS: u16 = 465;

/// The words of the file for how TLS begins.
pub(super) const TLS_WORDS: [(&str, TlsMode); 3] =
    [("starttls", TlsMode::StartTls), ("implicit", TlsMode::Implicit), ("none", TlsMode::None)];

/// `[[relay]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// How it is called in the report.
    pub name: Operator,
    /// Where it is.
    pub address: Address,
    /// How TLS begins. Default: implicit on 465, else STARTTLS.
    pub tls: TlsMode,
    /// Whether it counts: as a subject of its port, and where it is unusable. Default: yes.
    pub required: bool,
}

/// A relay, and where its parts stand.
pub(super) struct Placed {
    pub(super) relay: Relay,
    pub(super) name_at: std::ops::Range<usize>,
    pub(super) address_at: std::ops::Range<usize>,
}

impl Relay {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Placed> {
        let name = section.required("name", "acs", value::operator);
        let address = section.required("address", "smtp.azurecomm.net:587", value::address);
        let tls = section.value("tls", |v| value::word(v, &TLS_WORDS));
        let required = section.value("required", value::boolean);
        let (name, address) = (name?, address?);
        Some(Placed {
            name_at: name.span(),
            address_at: address.span(),
            relay: Self {
                tls: tls.map_or(usual(address.get_ref().port), Spanned::into_inner),
                required: required.is_none_or(Spanned::into_inner),
                name: name.into_inner(),
                address: address.into_inner(),
            },
        })
    }
}

fn usual(port: Port) -> TlsMode {
    if port.number() == SUBMISSIONS { TlsMode::Implicit } else { TlsMode::StartTls }
}

/// Refuses two relays of one name or one address.
pub(super) fn check(relays: &[Placed], problems: &mut Vec<Problem>) {
    for (at, relay) in relays.iter().enumerate() {
        if let Some(first) = relays[..at].iter().find(|r| r.relay.name == relay.relay.name) {
            let title = format!("two relays are called `{}`", relay.relay.name);
            problems.push(
                Problem::new(title, relay.name_at.clone(), "again")
                    .other(first.name_at.clone(), "first here")
                    .hint("the name tells them apart in the report: choose another"),
            );
        }
        if let Some(first) = relays[..at].iter().find(|r| r.relay.address == relay.relay.address) {
            let title = format!("{} is listed twice", relay.relay.address);
            problems.push(
                Problem::new(title, relay.address_at.clone(), "again")
                    .other(first.address_at.clone(), "first here")
                    .hint("one entry is enough: take one out"),
            );
        }
    }
}
