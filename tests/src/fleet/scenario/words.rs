//! How the values of a scenario file are written: durations as people write them, ports as numbers, the rest in the words of
//! the closed lists.

use std::time::Duration;

use serde::{Deserialize as _, Deserializer};
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text)
        .map_err(|error| serde::de::Error::custom(format!("`{text}` is no duration: {error}")))
}

pub(super) fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

pub(super) fn ports<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Port>, D::Error> {
    let numbers = Vec::<u16>::deserialize(from)?;
    let port = |number| Port::new(number).ok_or_else(|| serde::de::Error::custom("0 is no port"));
    numbers.into_iter().map(port).collect()
}

pub(super) fn some_ports<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Port>>, D::Error> {
    ports(from).map(Some)
}

pub(super) fn families<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Family>, D::Error> {
    word_list(from, &Family::ALL, Family::code)
}

pub(super) fn some_families<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Family>>, D::Error> {
    families(from).map(Some)
}

pub(super) fn usability<'de, D: Deserializer<'de>>(from: D) -> Result<Usability, D::Error> {
    word(&String::deserialize(from)?, &Usability::ALL, Usability::code)
}

fn word_list<'de, D: Deserializer<'de>, T: Copy>(
    from: D,
    all: &[T],
    code: fn(T) -> &'static str,
) -> Result<Vec<T>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| word(text, all, code)).collect()
}

fn word<T: Copy, E: serde::de::Error>(text: &str, all: &[T], code: fn(T) -> &'static str) -> Result<T, E> {
    let found = all.iter().copied().find(|one| code(*one) == text);
    found.ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|one| code(*one)).collect();
        E::custom(format!("`{text}` is none of {}", words.join(", ")))
    })
}
