//! Text from outside, made fit for Markdown: no heading, link, picture, table or HTML comes of it.
//!
//! Values stand in code spans, where nothing is special but backticks (`CommonMark` §6.1). Sentences are escaped, and one
//! that holds anything which looks like an address of the web or of a person is a value too: GitHub's dialect links those
//! without being asked, whatever is escaped.

use crate::text::printable;

/// A value.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A space on both sides is stripped again, and keeps backticks apart.
    let is_edgy = |c: char| c == '`' || c == ' ';
    if text.is_empty() || text.trim().is_empty() {
        "–".to_owned()
    } else if text.starts_with(is_edgy) || text.ends_with(is_edgy) {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// A value in a table, whose cells end at a bar even within code and after a backslash.
pub(super) fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

/// A sentence. What it has in backticks is code, as in the sentences of a report.
pub(super) fn prose(text: &str) -> String {
    if LINKS.iter().any(|link| text.to_ascii_lowercase().contains(link)) {
        return cell(text);
    }
    if !text.matches('`').count().is_multiple_of(2) || text.contains("``") {
        return escaped(text, true);
    }
    let part = |(number, part): (usize, &str)| match number % 2 {
        0 => escaped(part, number == 0),
        _ => cell(part),
    };
    text.split('`').enumerate().map(part).collect()
}

/// What GitHub's dialect makes a link of by itself.
const LINKS: [&str; 5] = ["://", "www.", "@", "mailto:", "xmpp:"];

fn escaped(text: &str, is_at_the_beginning: bool) -> String {
    let text = printable(text);
    let mut escaped = String::with_capacity(text.len() + 8);
    // Digits at the beginning, with what follows them, would number a list.
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut before = ' ';
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map_or(' ', |(_, c)| *c);
        let begins_block = is_at_the_beginning
            && ((at == 0 && "-+=#>".contains(c)) || (at == digits && at > 0 && ".)".contains(c)));
        // Within a word an underscore is one (CommonMark §6.2, rule 2).
        let is_emphasis = c == '_' && !(before.is_alphanumeric() && after.is_alphanumeric());
        if begins_block || is_emphasis || "\\`*[]<|~&$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

/// A link to what is documented, where it is one that a browser may follow.
pub(super) fn link(url: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-._/:#?=&%+,".contains(c);
    if url.starts_with("https://") && url.chars().all(is_harmless) { format!("<{url}>") } else { code(url) }
}

/// Paragraphs in lines of a width that forms of support portals show whole. A line only begins with a letter: nothing
/// else can begin a block.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + 8);
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let begins_with_a_letter = word.starts_with(|c: char| c.is_alphabetic());
        if width > 0 && width + 1 + length > WIDTH && begins_with_a_letter {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}

const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_code_whatever_they_hold() {
        for (text, expected) in [
            ("mx-1", "`mx-1`"),
            ("", "–"),
            ("  ", "–"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("``x", "``` ``x ```"),
            ("x\n# heading", "`x\\n# heading`"),
            ("<b>&", "`<b>&`"),
        ] {
            assert_eq!(code(text), expected);
        }
        assert_eq!(cell("a\\|b"), "`a\\¦b`");
    }

    #[test]
    fn sentences_are_text_and_nothing_else() {
        for (text, expected) in [
            ("google: no answer, control answered", "google: no answer, control answered"),
            ("# x", "\\# x"),
            ("- x", "\\- x"),
            ("12. x", "12\\. x"),
            ("3) x", "3\\) x"),
            ("10.0.0.1 answered", "10\\.0.0.1 answered"),
            ("[x](y) <b> a|b ![d]", "\\[x\\](y) \\<b> a\\|b !\\[d\\]"),
            ("look at `ip rule`, `a|b`", "look at `ip rule`, `a¦b`"),
            ("one ` alone", "one \\` alone"),
            ("``two``", "\\`\\`two\\`\\`"),
            ("silent_all, _not_ this", "silent_all, \\_not\\_ this"),
            ("a # b > c - d", "a # b > c - d"),
            ("see https://evil.example", "`see https://evil.example`"),
            ("WWW.evil.example", "`WWW.evil.example`"),
            ("mail me@evil.example", "`mail me@evil.example`"),
            ("a\nb", "a\\\\nb"),
        ] {
            assert_eq!(prose(text), expected);
        }
    }

    #[test]
    fn only_the_web_is_linked() {
        assert_eq!(link("https://learn.microsoft.com/a?b=c#d"), "<https://learn.microsoft.com/a?b=c#d>");
        for url in ["javascript:alert(1)", "http://a", "https://a> <b", "https://a b"] {
            assert!(link(url).starts_with('`'), "{url}");
        }
    }

    #[test]
    fn a_wrapped_line_begins_with_a_letter() {
        let text = "word - 1. # > + = ".repeat(40);
        let wrapped = wrapped(&text);
        assert_eq!(wrapped.replace('\n', " "), text);
        assert!(wrapped.lines().count() > 5 && wrapped.lines().all(|line| line.starts_with('w')));
    }
}
