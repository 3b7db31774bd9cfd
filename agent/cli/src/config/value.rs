//! Reads one value: text, words of a closed list, durations, sizes, addresses. Every number has bounds.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use sortie_core::target::{Address, Operator};
use toml::Spanned;
use toml::de::DeValue;

use super::diagnose::quote;
use super::section::{Refusal, a_type, nearest};

/// What a reader of a value gives back.
pub(super) type Read<T> = Result<T, Refusal>;

/// Any string.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    let wrong = || {
        Refusal::new(
            "must be a string",
            format!("{} instead of a string", a_type(value)),
            "put it into quotes",
        )
    };
    value.as_str().map(str::to_owned).ok_or_else(wrong)
}

/// `true` or `false`.
pub(super) fn boolean(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| {
        let hint = "write true or false, without quotes";
        Refusal::new("must be true or false", format!("{} instead of a boolean", a_type(value)), hint)
    })
}

/// A word of a closed list.
pub(super) fn word<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Read<T> {
    let allowed = || words.iter().map(|(w, _)| *w).collect::<Vec<_>>();
    let given = text(value)?;
    if let Some((_, meaning)) = words.iter().find(|(w, _)| *w == given) {
        return Ok(*meaning);
    }
    let list = format!("must be one of {}", allowed().join(", "));
    let hint = match nearest(&given, allowed().into_iter()) {
        Some(known) => format!("did you mean \"{known}\"?"),
        None => format!("allowed: {}", allowed().join(", ")),
    };
    Err(Refusal::new(list, "not an allowed value", hint))
}

/// A humantime duration within bounds; `why` finishes the sentence "…, because".
pub(super) fn duration(value: &DeValue<'_>, bounds: &RangeInclusive<Duration>, why: &str) -> Read<Duration> {
    let Some(text) = value.as_str() else {
        let label = format!("{} instead of a duration", a_type(value));
        let hint = match value.as_integer() {
            Some(number) => format!("write the unit too, for example \"{number}s\""),
            None => "write a number and a unit in quotes: \"500ms\", \"60s\", \"15m\", \"24h\"".to_owned(),
        };
        return Err(Refusal::new("must be a duration", label, hint));
    };
    let parsed = humantime::parse_duration(text).map_err(|error| {
        let hint = "write a number and a unit: \"500ms\", \"60s\", \"15m\", \"24h\"";
        Refusal::new("must be a duration", quote(&error.to_string()), hint)
    })?;
    within(parsed, bounds, |d| humantime::format_duration(*d).to_string(), why)
}

/// A size in bytes: `"32MiB"`, `"500KB"`, `"1048576B"`.
pub(super) fn bytes(value: &DeValue<'_>, bounds: &RangeInclusive<u64>, why: &str) -> Read<u64> {
    let wrong = |label: &str| {
        Refusal::new(
            "must be a size",
            label,
            "write a whole number and a unit: \"32MiB\", \"500KB\", \"1GiB\"",
        )
    };
    let Some(text) = value.as_str() else {
        return Err(wrong(&format!("{} instead of a size", a_type(value))));
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim() {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return Err(wrong("no unit")),
        _ => return Err(wrong("not a unit of size")),
    };
    let number: u64 = number.parse().map_err(|_| wrong("not a whole number"))?;
    let size = number.checked_mul(unit).ok_or_else(|| wrong("more than any disk holds"))?;
    within(size, bounds, |b| format!("{b}B"), why)
}

/// `host:port`, a literal, or `mx:domain:port`.
pub(super) fn address(value: &DeValue<'_>) -> Read<Address> {
    let text = text(value)?;
    crate::address::parse(&text, None).map_err(|error| {
        let hint = "write host:port, 192.0.2.1:25, [2001:db8::1]:25 or mx:example.com:25";
        Refusal::new("must be an address with a port", quote(&error.to_string()), hint)
    })
}

/// The name of an operator or a relay.
pub(super) fn operator(value: &DeValue<'_>) -> Read<Operator> {
    let text = text(value)?;
    Operator::new(&text).map_err(|_| {
        Refusal::new(
            "must be a name",
            "not a name",
            "write 1 to 64 printable characters, for example \"google\"",
        )
    })
}

/// A path that means the same wherever the agent was started.
pub(super) fn absolute_path(text: &str, hint: &str) -> Read<PathBuf> {
    let path = PathBuf::from(text);
    if path.is_absolute() && !text.contains('\0') {
        return Ok(path);
    }
    Err(Refusal::new("must be an absolute path", "not an absolute path", hint))
}

/// A list without the places of its elements.
pub(super) fn plain<T>(list: Spanned<Vec<Spanned<T>>>) -> Vec<T> {
    list.into_inner().into_iter().map(Spanned::into_inner).collect()
}

/// Refuses what lies outside the bounds and says which bound was hit.
pub(super) fn within<T: PartialOrd>(
    value: T,
    bounds: &RangeInclusive<T>,
    show: impl Fn(&T) -> String,
    why: &str,
) -> Read<T> {
    let (low, high) = (bounds.start(), bounds.end());
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (problem, label) = if value < *low {
        (format!("must be at least {}", show(low)), "too small")
    } else {
        (format!("must be at most {}", show(high)), "too large")
    };
    Err(Refusal::new(problem, label, format!("from {} to {}: {why}", show(low), show(high))))
}
