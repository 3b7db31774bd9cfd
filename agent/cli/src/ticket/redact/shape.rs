//! What identifies by its shape alone, read at the beginning of a text: UUIDs, MACs, addresses, resource paths.
//!
//! Each reader returns how many bytes it took. What stands before is judged by the caller.

use std::net::{IpAddr, Ipv4Addr};

/// Groups of a UUID in hexadecimal digits (RFC 9562 §4).
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// `9f6b3c1e-6f0a-4d7c-8e52-3a1b0c9d8e7f`
pub(super) fn uuid(text: &str) -> Option<usize> {
    grouped(text, &UUID, "-")
}

/// `00:0d:3a:12:34:56` or with dashes, as Windows writes it.
pub(super) fn mac(text: &str) -> Option<usize> {
    grouped(text, &[2; 6], ":").or_else(|| grouped(text, &[2; 6], "-"))
}

/// Groups of hexadecimal digits and nothing that goes on in the same way.
fn grouped(text: &str, groups: &[usize], separator: &str) -> Option<usize> {
    let mut rest = text;
    for (number, digits) in groups.iter().enumerate() {
        rest = if number == 0 { rest } else { rest.strip_prefix(separator)? };
        let group = rest.get(..*digits)?;
        if !group.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        rest = &rest[*digits..];
    }
    let goes_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    (!goes_on).then_some(text.len() - rest.len())
}

/// An address of either family, without port, prefix or zone; `ip-10-0-0-4` as clouds name machines after theirs.
pub(super) fn address(text: &str) -> Option<(IpAddr, usize)> {
    dotted(text, '.').or_else(|| dotted(text, '-')).or_else(|| colons(text))
}

fn dotted(text: &str, dot: char) -> Option<(IpAddr, usize)> {
    let run = run(text, |c| c.is_ascii_digit() || c == dot);
    // A sentence may end behind it.
    let run = run.trim_end_matches(dot);
    let ip: Ipv4Addr = run.replace(dot, ".").parse().ok()?;
    let goes_on = text[run.len()..].starts_with(|c: char| c.is_ascii_alphabetic());
    (!goes_on).then_some((ip.into(), run.len()))
}

fn colons(text: &str) -> Option<(IpAddr, usize)> {
    let run = run(text, |c| c.is_ascii_hexdigit() || c == ':' || c == '.');
    // `fe80::1:` in a sentence, and `::1` alone: the longest beginning that is an address.
    let ends = (2..=run.len()).rev().filter(|end| run.len() - end <= 2);
    let mut addresses = ends.filter_map(|end| Some((run[..end].parse::<IpAddr>().ok()?, end)));
    addresses.find(|(ip, _)| ip.is_ipv6()).map(|(ip, end)| (ip.to_canonical(), end))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    text.split(|c| !belongs(c)).next().unwrap_or_default()
}

/// A part of a resource path of Azure that is a name: `/subscriptions/NAME`, `/resourceGroups/NAME`, and those behind
/// `/providers/NAMESPACE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// `/virtualMachines/`, as it is written.
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
}

/// The pair of kind and name at the beginning of a text.
pub(super) fn segment(text: &str) -> Option<Segment<'_>> {
    let kind = run(text.strip_prefix('/')?, |c| c.is_ascii_alphanumeric() || c == '.');
    let kind = &text[..=kind.len()];
    let rest = text[kind.len()..].strip_prefix('/')?;
    let name = run(rest, |c| c.is_alphanumeric() || "-_.()".contains(c));
    // The end of a sentence, or of a bracket that began before the path.
    let name = name.trim_end_matches('.');
    let is_open = name.matches('(').count() == name.matches(')').count();
    let name = if is_open { name } else { name.trim_end_matches(')') };
    (kind.len() > 1 && !name.is_empty()).then_some(Segment { kind: &text[..=kind.len()], name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_and_macs_are_told_from_what_is_like_them() {
        const ID: &str = "9f6b3c1e-6f0a-4d7c-8e52-3a1b0c9d8e7f";
        for (text, is_uuid) in [
            (ID.to_owned(), true),
            (ID.to_uppercase(), true),
            (format!("{ID}/x"), true),
            (format!("{ID}0"), false),
            (ID.replace('6', "g"), false),
            (ID.replace('-', ""), false),
            ("é".to_owned(), false),
        ] {
            assert_eq!(uuid(&text).is_some(), is_uuid, "{text}");
        }
        for (text, length) in [
            ("00:0d:3a:12:34:56", Some(17)),
            ("00-0D-3A-12-34-56, eth0", Some(17)),
            ("00:0d:3a:12:34", None),
            ("00:0d:3a:12:34:567", None),
            ("12:00:00", None),
        ] {
            assert_eq!(mac(text), length, "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_far_as_they_go() {
        for (text, expected) in [
            ("10.0.0.4", Some(("10.0.0.4", 8))),
            ("10.0.0.4:25", Some(("10.0.0.4", 8))),
            ("10.0.0.4. Then", Some(("10.0.0.4", 8))),
            ("10-0-0-4.ec2.internal", Some(("10.0.0.4", 8))),
            ("fe80::1", Some(("fe80::1", 7))),
            ("fe80::1]:25", Some(("fe80::1", 7))),
            ("fe80::1: no answer", Some(("fe80::1", 7))),
            ("fe80::1%eth0", Some(("fe80::1", 7))),
            ("::ffff:10.0.0.4", Some(("10.0.0.4", 15))),
            ("2001:DB8::a:b", Some(("2001:db8::a:b", 13))),
            ("10.0.0.400", None),
            ("10.0.0.4.5", None),
            ("10.0.0", None),
            ("2026-11-25", None),
            ("12:00:00", None),
            ("10.0.0.4x", None),
            ("x", None),
        ] {
            let expected = expected.map(|(ip, length)| (ip.parse().expect("valid"), length));
            assert_eq!(address(text), expected, "{text}");
        }
    }

    #[test]
    fn a_resource_path_is_read_pair_by_pair() {
        for (text, expected) in [
            ("/subscriptions/abc/x", Some(("/subscriptions/", "abc"))),
            ("/resourceGroups/rg (1)", Some(("/resourceGroups/", "rg"))),
            ("/resourceGroups/rg)", Some(("/resourceGroups/", "rg"))),
            ("/resourceGroups/rg(1)", Some(("/resourceGroups/", "rg(1)"))),
            ("/virtualMachines/mx-1, and", Some(("/virtualMachines/", "mx-1"))),
            ("/providers/Microsoft.Compute/disks/d", Some(("/providers/", "Microsoft.Compute"))),
            ("/subscriptions/", None),
            ("/subscriptions", None),
            ("//a/b", None),
            ("subscriptions/abc", None),
        ] {
            let expected = expected.map(|(kind, name)| Segment { kind, name });
            assert_eq!(segment(text), expected, "{text}");
        }
    }
}
