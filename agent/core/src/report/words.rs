//! The words of a report, read back.
//!
//! They are closed lists, so a word that was read is one of the program's own. An agent of a newer version may say one
//! that this version does not have: that is no reason to refuse all the rest, nor to take it for something else.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

use super::SCHEMA;
use crate::errno::Errno;
use crate::expect::Expectation;
use crate::knowledge::Subscription;
use crate::observation::{DnsFailure, EngineKind};
use crate::outcome::Outcome;
use crate::relay::{Stage, Usability};
use crate::verdict::rules::ids;
use crate::verdict::{Attribution, Signature, State};

/// A word of the program's own. An alias, because a derived reader would want to borrow a `&'static str` from what it
/// reads.
pub type Word = &'static str;

/// Stands for a word of another version. It is in none of the lists.
pub const FOREIGN: Word = "unknown_to_this_version";

/// [`super::Subscription::source`]: Azure Resource Manager.
pub const SOURCE_ARM: Word = "arm";
/// [`super::Subscription::source`]: the configuration of the agent.
pub const SOURCE_CONFIG: Word = "config";

/// `EHWPOISON`, the last number of `asm-generic/errno.h`.
const LAST_ERRNO: i32 = 133;

/// Another schema means other things by the same fields: it is not read at all.
pub(super) fn schema<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    let text = String::deserialize(from)?;
    if text == SCHEMA { Ok(SCHEMA) } else { Err(D::Error::invalid_value(Unexpected::Str(&text), &SCHEMA)) }
}

pub(super) fn state<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, State::ALL.map(State::code))
}

pub(super) fn rule<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, ids::ALL)
}

pub(super) fn expected<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, Expectation::ALL.map(Expectation::code))
}

pub(super) fn outcome<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, Outcome::ALL.map(Outcome::code))
}

pub(super) fn subscription_type<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, Subscription::ALL.map(Subscription::code))
}

pub(super) fn subscription_source<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, [SOURCE_ARM, SOURCE_CONFIG])
}

pub(super) fn usability<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, Usability::ALL.map(Usability::code))
}

pub(super) fn stage<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    word(from, Stage::ALL.map(Stage::code))
}

pub(super) fn failed_stage<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, Stage::ALL.map(Stage::code))
}

pub(super) fn engine<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, EngineKind::ALL.map(EngineKind::code))
}

pub(super) fn signature<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, Signature::ALL.map(Signature::code))
}

pub(super) fn attribution<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, Attribution::ALL.map(Attribution::code))
}

pub(super) fn dns<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, DnsFailure::ALL.map(DnsFailure::code))
}

pub(super) fn errno<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Word>, D::Error> {
    perhaps(from, (1..=LAST_ERRNO).filter_map(|number| Errno(number).name()))
}

fn word<'de, D: Deserializer<'de>>(from: D, list: impl IntoIterator<Item = Word>) -> Result<Word, D::Error> {
    String::deserialize(from).map(|text| own(&text, list))
}

fn perhaps<'de, D: Deserializer<'de>>(
    from: D,
    list: impl IntoIterator<Item = Word>,
) -> Result<Option<Word>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| own(&text, list)))
}

fn own(text: &str, list: impl IntoIterator<Item = Word>) -> Word {
    list.into_iter().find(|word| *word == text).unwrap_or(FOREIGN)
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;
    use crate::report::{Detail, PortVerdict};

    #[test]
    fn every_word_that_can_be_said_is_understood() {
        let from = |word: &'static str| -> StrDeserializer<'static, Error> { word.into_deserializer() };
        for word in State::ALL.map(State::code) {
            assert_eq!(state(from(word)), Ok(word));
        }
        for word in ids::ALL {
            assert_eq!(rule(from(word)), Ok(word));
        }
        for word in Expectation::ALL.map(Expectation::code) {
            assert_eq!(expected(from(word)), Ok(word));
        }
        for word in Outcome::ALL.map(Outcome::code) {
            assert_eq!(outcome(from(word)), Ok(word));
        }
    }

    #[test]
    fn facts_of_an_answer_come_back_as_they_were() {
        let whole = Detail {
            ttl: Some(61),
            icmp: Some("3/13".to_owned()),
            offender: Some("192.0.2.1".to_owned()),
            errno: Errno::NODEV.name(),
            greeting: Some("220 mx.example".to_owned()),
            dns: Some(DnsFailure::Bogus.code()),
        };
        for detail in [whole, Detail::default()] {
            let written = serde_json::to_string(&detail).expect("plain data");
            assert_eq!(serde_json::from_str::<Detail>(&written).expect(&written), detail);
        }
    }

    #[test]
    fn a_word_of_another_version_is_none_of_ours_and_the_rest_is_read() {
        let verdict = r#"{"port": 25, "family": "ipv4", "state": "quarantined", "signature": "tarpit",
            "attribution": null, "confidence": 0.5, "rule": "tarpit_all", "evidence": [], "expected": "open",
            "as_expected": false, "since": "2026-11-26T12:00:00.000Z", "summary": "s", "next_steps": [], "new": 1}"#;
        let verdict: PortVerdict = serde_json::from_str(verdict).expect("the fields are ours");
        assert_eq!((verdict.state, verdict.signature, verdict.rule), (FOREIGN, Some(FOREIGN), FOREIGN));
        assert_eq!((verdict.attribution, verdict.expected), (None, "open"));
        assert!(!State::ALL.map(State::code).contains(&FOREIGN));
    }

    #[test]
    fn another_schema_is_not_read() {
        let from = |word: &'static str| -> StrDeserializer<'static, Error> { word.into_deserializer() };
        assert_eq!(schema(from(SCHEMA)), Ok(SCHEMA));
        let error = schema(from("sortie.report/2")).expect_err("not ours").to_string();
        assert!(error.contains("sortie.report/2") && error.contains(SCHEMA), "{error}");
    }
}
