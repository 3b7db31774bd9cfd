//! Texts from outside that claim to be something: what does not look like it is dropped, and so is what is empty.
//!
//! These become attributes of every export and parts of paths, so none of them has a control character, a space or a
//! character that turns the direction of writing.

use serde_json::Value;

/// Names of regions, zones and sizes are a third of this.
const WORD_MOST: usize = 128;
/// Names of products are a quarter of this.
const PHRASE_MOST: usize = 256;
/// A resource group has 90 characters, a machine 64, a scale set 64; the rest are fixed words.
const RESOURCE_ID_MOST: usize = 1024;
/// "Oracle Cloud Identifiers" are shorter than this.
const OCID_MOST: usize = 255;

/// A field of a JSON object that claims to be text.
pub(crate) fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A region, a zone, a size, or another short name.
pub(crate) fn word(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    accept(text, (1..=WORD_MOST).contains(&text.len()) && text.chars().all(fits))
}

/// RFC 9562 §4, hexadecimal digits of either case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups = text.split('-');
    let fits = groups.clone().map(str::len).eq(GROUPS)
        && groups.clone().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
    accept(text, fits)
}

/// A number that is no quantity: digits alone, at most as many as 64 bits have.
pub(crate) fn number(text: &str) -> Option<String> {
    const DIGITS_MOST: usize = 20;
    accept(text, (1..=DIGITS_MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
}

/// The id of an Azure resource: `/subscriptions/{uuid}/resourceGroups/{name}/providers/{namespace}/{type}/{name}…`
pub(crate) fn resource_id(text: &str) -> Option<String> {
    // "Naming rules and restrictions for Azure resources": a resource group may have letters of any script.
    let is_name = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')'))
    };
    let mut segments = text.split('/');
    let is_named = |segment: Option<&str>, name: &str| segment.is_some_and(|s| s.eq_ignore_ascii_case(name));
    let begins = segments.next() == Some("")
        && is_named(segments.next(), "subscriptions")
        && segments.next().and_then(uuid).is_some()
        && is_named(segments.next(), "resourceGroups")
        && segments.next().is_some_and(is_name)
        && is_named(segments.next(), "providers");
    let rest: Vec<&str> = segments.collect();
    // A namespace, then pairs of a type and a name.
    let is_whole = rest.len() >= 3 && rest.len() % 2 == 1 && rest.iter().all(|segment| is_name(segment));
    accept(text, begins && is_whole && text.len() <= RESOURCE_ID_MOST)
}

/// The last name in the id of an Azure resource.
pub(crate) fn resource_name(text: &str) -> Option<String> {
    resource_id(text)?.rsplit('/').next().and_then(word)
}

/// The id of an Azure resource of this subscription and of this type: `networkInterfaces`.
pub(crate) fn resource_of(text: &str, subscription: &str, kind: &str) -> Option<String> {
    let id = resource_id(text)?;
    let is_of = id.split('/').nth(2).is_some_and(|of| of.eq_ignore_ascii_case(subscription));
    let is_one = id.rsplit('/').nth(1).is_some_and(|of| of.eq_ignore_ascii_case(kind));
    (is_of && is_one).then_some(id)
}

/// A name for people, of any script: `Microsoft Azure Plan for DevTest`.
pub(crate) fn phrase(text: &str) -> Option<String> {
    accept(text, (1..=PHRASE_MOST).contains(&text.len()) && !text.contains(is_hostile))
}

/// Whether a character may change what a person sees elsewhere than at its own place (Unicode UTS #55 §1.1).
pub(crate) fn is_hostile(c: char) -> bool {
    let is_unseen =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_control() || is_unseen
}

/// An EC2 instance: `i-` and 8 or 17 hexadecimal digits.
pub(crate) fn ec2_instance(text: &str) -> Option<String> {
    let digits = text.strip_prefix("i-")?;
    accept(text, matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// An AWS account: twelve digits.
pub(crate) fn aws_account(text: &str) -> Option<String> {
    number(text).filter(|digits| digits.len() == 12)
}

/// An Oracle Cloud Identifier of this type: `ocid1.instance.oc1.phx.…`
pub(crate) fn ocid(text: &str, kind: &str) -> Option<String> {
    let rest = text.strip_prefix("ocid1.")?.strip_prefix(kind)?.strip_prefix('.')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    accept(text, !rest.is_empty() && rest.chars().all(fits) && text.len() <= OCID_MOST)
}

fn accept(text: &str, fits: bool) -> Option<String> {
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute";

    #[test]
    fn what_does_not_look_like_its_claim_is_dropped() {
        type Claim = fn(&str) -> Option<String>;
        let instance: Claim = |text| ocid(text, "instance");
        for (claim, is_one, is_none) in [
            (
                word as Claim,
                &["westeurope", "Standard_D2s_v5", "Uocm:PHX-AD-1", "1"][..],
                &["", "west europe", "a\u{1b}[2J", "größe", "a/b"][..],
            ),
            (
                uuid,
                &["02aab8a4-74ef-476e-8182-f6d2ba4166a6", "02AAB8A4-74EF-476E-8182-F6D2BA4166A6"],
                &["", "02aab8a474ef476e8182f6d2ba4166a6", "02aab8a4-74ef-476e-8182-f6d2ba4166ag", "----"],
            ),
            (number, &["0", "18446744073709551615"], &["", "-1", "1.5", "184467440737095516150", "١"]),
            (
                ec2_instance,
                &["i-1234abcd", "i-1234567890abcdef0"],
                &["", "i-", "i-1234abc", "i-1234abcx", "1234abcd"],
            ),
            (aws_account, &["123456789012"], &["", "12345678901", "1234567890123", "12345678901a"]),
            (
                instance,
                &["ocid1.instance.oc1.phx.anyhqljt"],
                &["", "ocid1.instance.", "ocid1.vnic.oc1.phx.a", "ocid1.instance.oc1/../a"],
            ),
        ] {
            for text in is_one {
                assert_eq!(claim(text).as_deref(), Some(*text));
            }
            for text in is_none {
                assert_eq!(claim(text), None, "{text:?}");
            }
        }
        assert_eq!(word(&"a".repeat(WORD_MOST + 1)), None);
        assert_eq!(ocid(&format!("ocid1.instance.{}", "a".repeat(OCID_MOST)), "instance"), None);
    }

    #[test]
    fn a_resource_id_is_a_path_of_names_from_a_subscription_on() {
        for (rest, is_one) in [
            ("/virtualMachines/mx-1", true),
            ("/virtualMachineScaleSets/set/virtualMachines/0", true),
            ("", false),
            ("/virtualMachines", false),
            ("/virtualMachines/", false),
            ("/virtualMachines/mx-1/", false),
            ("/virtualMachines/..", false),
            ("/virtualMachines/mx 1", false),
            ("/virtualMachines/mx-1?api-version=1", false),
            ("/virtualMachines/mx\u{202e}1", false),
            ("/virtualMachines/mx%2f1", false),
        ] {
            assert_eq!(resource_id(&format!("{ID}{rest}")).is_some(), is_one, "{rest:?}");
        }
        let of =
            |from: &str, to: &str| resource_id(&format!("{}/virtualMachines/mx-1", ID.replace(from, to)));
        assert!(of("rg-mail", "größe_(1)").is_some());
        assert!(of("resourceGroups", "RESOURCEGROUPS").is_some());
        assert_eq!(of("/subscriptions", "subscriptions"), None);
        assert_eq!(of("00000000-0000", "00000000"), None);
        assert_eq!(of("/subscriptions", "https://example.com/subscriptions"), None);
        assert_eq!(resource_id(&format!("{ID}/virtualMachines/{}", "a".repeat(RESOURCE_ID_MOST))), None);
    }

    #[test]
    fn a_resource_of_another_subscription_or_type_is_dropped() {
        let vm = format!("{ID}/virtualMachines/mx-1");
        for (subscription, kind, is_one) in [
            ("00000000-0000-0000-0000-000000000001", "virtualMachines", true),
            ("00000000-0000-0000-0000-000000000001", "VIRTUALMACHINES", true),
            ("00000000-0000-0000-0000-000000000002", "virtualMachines", false),
            ("00000000-0000-0000-0000-000000000001", "networkInterfaces", false),
            ("", "virtualMachines", false),
        ] {
            assert_eq!(resource_of(&vm, subscription, kind).is_some(), is_one, "{subscription} {kind}");
        }
    }

    #[test]
    fn a_phrase_is_for_people_and_moves_no_cursor() {
        for text in ["Microsoft Azure Plan for DevTest", "Azure®", "größe 'x' (1)"] {
            assert_eq!(phrase(text).as_deref(), Some(text));
        }
        for text in ["", "a\u{1b}[2J", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{2028}b", &"a".repeat(257)] {
            assert_eq!(phrase(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_name_of_a_resource_is_its_last() {
        let of = |rest: &str| resource_name(&format!("{ID}/{rest}"));
        assert_eq!(of("virtualMachineScaleSets/set-1").as_deref(), Some("set-1"));
        assert_eq!(of("virtualMachineScaleSets"), None);
    }
}
