//! A text from its beginning to its end: whatever identifies is replaced, everything else stays as it is.

use std::collections::HashSet;
use std::net::IpAddr;

use sortie_core::report::Report;

use super::meaning::Meaning;
use super::names::{self, Hunt, Vocabulary};
use super::placeholders::Placeholders;
use super::shape::{self, Segment};
use crate::ticket::sources::Machine;

/// Fewer characters at the very end of a text begin a name by chance.
const CUT_LEAST: usize = 6;
/// What [`excerpt`](crate::text::excerpt) leaves where it cuts.
const CUT: char = '…';

/// How much of a text is one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// A sentence, an address, a hop: public addresses in it are evidence.
    Report,
    /// A mail server, which may tell whose address it sees.
    Stranger,
}

/// Everything that identifies, and what stands for it.
#[derive(Debug)]
pub(super) struct Scanner {
    placeholders: Placeholders,
    /// Names that are hunted, the longest first, with their placeholders.
    hunted: Vec<(String, Hunt, String)>,
    vocabulary: Vocabulary,
    own: HashSet<IpAddr>,
    /// Addresses that were probed: those of mail servers, on whatever text they stand.
    peers: HashSet<IpAddr>,
}

impl Scanner {
    pub(super) fn new(report: &Report, machine: &Machine) -> Self {
        let known = names::known(report, machine);
        let vocabulary = Vocabulary::new();
        let texts = known.iter().map(|identifier| identifier.text.clone());
        let texts = texts.filter(|text| vocabulary.hunt(text) != Hunt::Nowhere);
        let mut placeholders = Placeholders::avoiding(texts);
        let mut hunted = Vec::new();
        for identifier in &known {
            if let Some(first) = &identifier.alias_of {
                let placeholder = placeholders.of(identifier.kind, first);
                placeholders.alias(&identifier.text, &placeholder);
            }
            let placeholder = placeholders.of(identifier.kind, &identifier.text);
            match vocabulary.hunt(&identifier.text) {
                Hunt::Nowhere => {}
                hunt => hunted.push((identifier.text.clone(), hunt, placeholder)),
            }
        }
        hunted.sort_by_key(|(text, ..)| std::cmp::Reverse(text.len()));
        let parse = |text: &String| text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
        let own = machine.interfaces.iter().flat_map(|interface| &interface.addresses);
        let own: HashSet<IpAddr> = own.filter_map(parse).collect();
        let peers = report.observations.iter().filter_map(|sighting| parse(sighting.peer.as_ref()?));
        let peers = peers.filter(|ip| !own.contains(ip)).collect();
        Self { placeholders, hunted, vocabulary, own, peers }
    }

    /// What stands for the whole of a text that is a name.
    pub(super) fn name(&mut self, kind: &'static str, text: &str) -> String {
        self.placeholders.of(kind, text)
    }

    /// The text with placeholders.
    pub(super) fn text(&mut self, text: &str, author: Author) -> String {
        let mut clean = String::with_capacity(text.len());
        let meaning = Meaning::of(text);
        let mut at = 0;
        while let Some(c) = meaning.text[at..].chars().next() {
            let (before, rest) = meaning.text.split_at(at);
            if let Some((placeholder, length)) = self.identifier(before, rest, author) {
                clean.push_str(&placeholder);
                at += length;
            } else {
                clean.push_str(meaning.written(at, at + c.len_utf8()));
                at += c.len_utf8();
            }
        }
        clean
    }

    /// What stands for the identifier at the beginning of `rest`, and how long that is.
    fn identifier(&mut self, before: &str, rest: &str, author: Author) -> Option<(String, usize)> {
        if let Some(path) = self.path(rest) {
            return Some(path);
        }
        let found = self.hunted.iter().find_map(|(name, hunt, placeholder)| {
            let length = matched(name, rest)?;
            let is_part = goes_on(before) || rest[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
            (*hunt == Hunt::Anywhere || !is_part).then(|| (placeholder.clone(), length))
        });
        if found.is_some() {
            return found;
        }
        if let Some(placeholder) = self.cut_off(rest) {
            return Some((placeholder, rest.trim_end_matches(CUT).len()));
        }
        if let Some(length) = shape::uuid(rest) {
            return Some((self.placeholders.of("uuid", &rest[..length]), length));
        }
        if goes_on(before) {
            return None;
        }
        if let Some(length) = shape::mac(rest) {
            return Some((self.placeholders.of("mac", &rest[..length].replace('-', ":")), length));
        }
        let (ip, length) = shape::address(rest)?;
        self.is_hidden(ip, author).then(|| (self.placeholders.of("address", &ip.to_string()), length))
    }

    /// What stands for a name of which the text has the beginning and no more: answers of servers are cut after so many bytes.
    fn cut_off(&self, rest: &str) -> Option<String> {
        let rest = rest.trim_end_matches(CUT);
        if rest.len() < CUT_LEAST || self.vocabulary.hunt(rest) != Hunt::Anywhere {
            return None;
        }
        let begins = |name: &str| name.get(..rest.len()).is_some_and(|part| part.eq_ignore_ascii_case(rest));
        self.hunted
            .iter()
            .find(|(name, hunt, _)| *hunt == Hunt::Anywhere && begins(name))
            .map(|(.., placeholder)| placeholder.clone())
    }

    /// Pairs of a resource path: whatever a person has named has a placeholder.
    fn path(&mut self, text: &str) -> Option<(String, usize)> {
        let first = shape::segment(text)?;
        let kind = first.kind.to_ascii_lowercase();
        match kind.as_str() {
            "/subscriptions/" | "/resourcegroups/" => {
                let kind = names::named_by(first.kind)?;
                let placeholder = self.placeholders.of(kind, first.name);
                Some((format!("{}{placeholder}", first.kind), first.kind.len() + first.name.len()))
            }
            "/providers/" if first.name.contains('.') => {
                let mut clean = format!("{}{}", first.kind, first.name);
                let mut length = clean.len();
                while let Some(Segment { kind, name }) = shape::segment(&text[length..]) {
                    let placeholder = names::named_by(kind).map(|of| self.placeholders.of(of, name));
                    clean.push_str(kind);
                    clean.push_str(placeholder.as_deref().unwrap_or(name));
                    length += kind.len() + name.len();
                }
                Some((clean, length))
            }
            _ => None,
        }
    }

    fn is_hidden(&self, ip: IpAddr, author: Author) -> bool {
        self.own.contains(&ip) || is_private(ip) || (author == Author::Stranger && !self.peers.contains(&ip))
    }
}

/// Whether an address is of somebody's own network: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.6.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || v4.is_link_local() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Whether what stands before belongs to what comes: a word or a number goes on.
fn goes_on(before: &str) -> bool {
    before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
}

/// How much of the text spells the name, in whatever case.
fn matched(name: &str, text: &str) -> Option<usize> {
    text.get(..name.len()).filter(|begins| begins.eq_ignore_ascii_case(name)).map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::tests::{blocked, machine};

    fn cleaned(text: &str, author: Author) -> String {
        Scanner::new(&blocked().report, &machine()).text(text, author)
    }

    #[test]
    fn what_identifies_has_a_placeholder_in_every_spelling() {
        for (text, clean) in [
            ("the VM mx-1 and MX-1", "the VM vm-1 and vm-1"),
            ("mx%2D1", "vm-1"),
            (
                "https://x/?id=%2Fresourcegroups%2FRG-MAIL%2f",
                "https://x/?id=/resourcegroups/resource-group-1%2f",
            ),
            ("subscription 9F6B3C1E-6F0A-4D7C-8E52-3A1B0C9D8E7F", "subscription subscription-1"),
            ("9f6b3c1e6f0a4d7c8e523a1b0c9d8e7f", "subscription-1"),
            ("9f6b3c1e%2D6f0a%2d4d7c-8e52-3a1b0c9d8e7f", "subscription-1"),
            ("tenant=11111111%2D2222-3333-4444-555555555555", "tenant=uuid-1"),
            (
                "id=%2Fsubscriptions%2Fx%2FresourceGroups%2Fy%26z",
                "id=/subscriptions/subscription-2/resourceGroups/resource-group-2%26z",
            ),
            ("tenant 11111111-2222-3333-4444-555555555555", "tenant uuid-1"),
            (
                "/subscriptions/x/resourceGroups/y",
                "/subscriptions/subscription-2/resourceGroups/resource-group-2",
            ),
            (
                "/providers/Microsoft.Network/networkSecurityGroups/nsg/securityRules/Deny25 denies",
                "/providers/Microsoft.Network/networkSecurityGroups/security-group-1/securityRules/Deny25 denies",
            ),
            ("00:0D:3A:12:34:56, 00-0d-3a-12-34-56, 000D3A123456", "mac-1, mac-1, mac-1"),
            ("aa:bb:cc:dd:ee:ff", "mac-2"),
            ("from 10.1.0.4:25, 10.1.0.40", "from address-1:25, address-3"),
            ("[FE80::20D:3AFF:FE12:3456]:25", "[address-2]:25"),
            ("fe80%3A%3A20d%3a3aff:fe12:3456", "address-2"),
            ("ICMP 3/13 from 172.16.9.1", "ICMP 3/13 from address-3"),
            ("ip-10-9-9-9.ec2.internal", "ip-address-3.ec2.internal"),
            ("::ffff:10.1.0.4", "address-1"),
            ("100.64.0.1 169.254.1.1 fd00::1", "address-3 address-4 address-5"),
        ] {
            assert_eq!(cleaned(text, Author::Report), clean, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_cut_off_at_the_end_of_a_text_is_hidden_too() {
        for (text, clean) in [
            ("250 hello 9f6b3c1e-6f0a-4d", "250 hello subscription-1"),
            ("250 hello 9F6B3C1E%2D6f0a%2d4d…", "250 hello subscription-1…"),
            ("250 hello 9f6b3", "250 hello 9f6b3"),
            ("9f6b3c1e-6f0a-4d and more", "9f6b3c1e-6f0a-4d and more"),
        ] {
            assert_eq!(cleaned(text, Author::Stranger), clean, "{text}");
        }
    }

    #[test]
    fn what_is_evidence_stays() {
        for text in [
            "google: no answer in 2 rounds, control answered",
            "gmail-smtp-in.l.google.com:25",
            "198.51.100.1 died at 203.0.113.9, 2001:db8::1, 127.0.0.1",
            "2026-11-25T14:03:12.000Z",
            "SYN-ACK ttl 52 win 65535 ip-id 10",
            "https://learn.microsoft.com/troubleshoot/azure/virtual-network/x",
            "110.1.0.45 10.1.0.400",
        ] {
            assert_eq!(cleaned(text, Author::Report), text);
        }
    }

    #[test]
    fn a_server_that_tells_whom_it_sees_tells_nothing_and_its_own_address_stays() {
        let told = "554 192.0.2.11 says: 198.51.100.77 (dyn-198-51-100-77.isp.example) is listed";
        let clean = "554 192.0.2.11 says: address-3 (dyn-address-3.isp.example) is listed";
        assert_eq!(cleaned(told, Author::Stranger), clean);
        assert_eq!(cleaned(told, Author::Report), told);
    }
}
