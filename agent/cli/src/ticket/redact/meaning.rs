//! A text as it is meant: percent-encoded characters (RFC 3986 §2.1) stand for themselves.

use std::borrow::Cow;

/// What is meant, and where in the text that stands.
pub(super) struct Meaning<'a> {
    pub(super) text: Cow<'a, str>,
    original: &'a str,
    /// Where in the original each byte of the meaning begins, and its end; empty where both are the same.
    places: Vec<usize>,
}

impl<'a> Meaning<'a> {
    pub(super) fn of(original: &'a str) -> Self {
        if !original.contains('%') {
            return Self { text: Cow::Borrowed(original), original, places: Vec::new() };
        }
        let (mut text, mut places, mut at) = (String::with_capacity(original.len()), Vec::new(), 0);
        while let Some(c) = original[at..].chars().next() {
            let (meant, length) = escaped(&original[at..]).map_or((c, c.len_utf8()), |meant| (meant, 3));
            text.push(meant);
            places.resize(text.len(), at);
            at += length;
        }
        places.push(at);
        Self { text: Cow::Owned(text), original, places }
    }

    /// How these characters of the meaning are written.
    pub(super) fn written(&self, from: usize, to: usize) -> &'a str {
        let place = |meant| self.places.get(meant).copied().unwrap_or(meant);
        &self.original[place(from)..place(to)]
    }
}

/// The character that `%XX` at the beginning stands for; one byte of a longer one stands for nothing by itself.
fn escaped(text: &str) -> Option<char> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    byte.is_ascii().then(|| char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_found_where_it_is_written() {
        for (original, text, (from, to), written) in [
            ("a-b", "a-b", (1, 2), "-"),
            ("a%2db%2F", "a-b/", (1, 2), "%2d"),
            ("a%2db%2F", "a-b/", (2, 4), "b%2F"),
            ("é%20x", "é x", (0, 3), "é%20"),
            ("%", "%", (0, 1), "%"),
            ("%2", "%2", (0, 2), "%2"),
            ("%zz%+1%é", "%zz%+1%é", (3, 6), "%+1"),
            ("%C3%A9", "%C3%A9", (0, 6), "%C3%A9"),
        ] {
            let meaning = Meaning::of(original);
            assert_eq!((&*meaning.text, meaning.written(from, to)), (text, written));
            assert_eq!(meaning.written(0, text.len()), original);
        }
    }
}
