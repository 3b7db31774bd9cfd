//! Text from outside, made fit for a terminal.

use std::borrow::Cow;

/// Control characters, and the marks that turn the direction of writing, as escapes.
///
/// A greeting, a name or a file may hold anything; what it holds must neither move the cursor nor make one word look
/// like another (Unicode UTS #55 §1.1).
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hostile(c) { clean.extend(c.escape_default()) } else { clean.push(c) }
    }
    Cow::Owned(clean)
}

/// The same, cut after `most` characters.
pub fn excerpt(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if text.chars().nth(most).is_some() {
        cut.push('…');
    }
    printable(&cut).into_owned()
}

/// Whether a character may change what a person sees elsewhere than at its own place.
pub fn is_hostile(c: char) -> bool {
    let turns_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped() {
        for (text, clean) in [
            ("220 mx.example.com", "220 mx.example.com"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\r\nb", "a\\r\\nb"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("\u{202e}moc", "\\u{202e}moc"),
            ("größe", "größe"),
        ] {
            assert_eq!(printable(text), clean);
        }
    }

    #[test]
    fn an_excerpt_is_cut() {
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}
