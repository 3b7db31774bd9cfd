//! Spells values the way people write them into the file.

use std::time::Duration;

use serde_json::Value;

use crate::render;

/// Units with their seconds, and from how many on they are used: `24h` and `60s` say more than `1d` and `1m`.
const UNITS: [(&str, u64, u64); 4] = [("d", 86_400, 2), ("h", 3_600, 1), ("m", 60, 2), ("s", 1, 0)];

/// `7d`, `24h`, `15m`, `60s`, `500ms`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let whole =
        |(_, unit, least): &&(&str, u64, u64)| seconds.is_multiple_of(*unit) && seconds / unit >= *least;
    match UNITS.iter().find(whole) {
        Some((name, unit, _)) if duration.subsec_nanos() == 0 => format!("{}{name}", seconds / unit),
        _ => humantime::format_duration(duration).to_string(),
    }
}

/// `32MiB`: the largest binary unit that leaves no rest.
pub(super) fn bytes(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, shift)| bytes > 0 && bytes.trailing_zeros() >= *shift) {
        Some((unit, shift)) => format!("{}{unit}", bytes >> shift),
        None => format!("{bytes}B"),
    }
}

/// The word of a closed list that stands for a value.
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> Option<Value> {
    words.iter().find(|(_, meaning)| meaning == value).map(|(word, _)| Value::from(*word))
}

/// The words of a closed list without what they stand for.
pub(super) const fn words<T, const N: usize>(list: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = list[at].0;
        at += 1;
    }
    words
}

/// A value as TOML: strings, booleans and lists of them are written as in JSON, tables with equals signs.
pub(crate) fn toml(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{} = {}", toml(&Value::from(key.as_str())), toml(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => render::escape(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled_as_people_write_them_and_read_back() {
        for (milliseconds, text) in [
            (0, "0s"),
            (500, "500ms"),
            (1_000, "1s"),
            (60_000, "60s"),
            (90_000, "90s"),
            (120_000, "2m"),
            (900_000, "15m"),
            (3_600_000, "1h"),
            (86_400_000, "24h"),
            (90_000_000, "25h"),
            (604_800_000, "7d"),
            (61_500, "1m 1s 500ms"),
        ] {
            let given = Duration::from_millis(milliseconds);
            assert_eq!(duration(given), text);
            assert_eq!(humantime::parse_duration(text), Ok(given));
        }
    }

    #[test]
    fn sizes_lose_nothing() {
        for (size, text) in
            [(1 << 20, "1MiB"), (32 << 20, "32MiB"), (16 << 30, "16GiB"), (1536, "1536B"), (1 << 11, "2KiB")]
        {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_written_as_an_escape() {
        let hostile = Value::from(vec!["a\"b\\\u{1b}\u{9b}\u{202e}\u{7f}", "c"]);
        let text = toml(&hostile);
        assert_eq!(text, r#"["a\"b\\\u001b\u009b\u202e\u007f", "c"]"#);
        let read: ::toml::Table = format!("x = {text}").parse().expect("it is TOML");
        assert_eq!(serde_json::to_value(&read["x"]).expect("it is JSON"), hostile);
    }
}
