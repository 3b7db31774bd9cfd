//! Sentences in which commands and names stand between backticks, as the terminal shows them.

use maud::{Markup, html};

use crate::text::printable;

/// The sentence with its commands set apart. A backtick without a partner is only a backtick.
pub(super) fn prose(text: &str) -> Markup {
    let text = printable(text);
    let parts: Vec<&str> = text.split('`').collect();
    html! {
        @if parts.len().is_multiple_of(2) {
            (text)
        } @else {
            @for (n, part) in parts.iter().enumerate() {
                @if n % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn commands_are_set_apart() {
        for (text, html) in [
            ("plain", "plain"),
            ("Look at `ip route` and `ss -s`", "Look at <code>ip route</code> and <code>ss -s</code>"),
            ("`<b>`", "<code>&lt;b&gt;</code>"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "`a` and ` alone"),
            ("\u{1b}`x`", "\\u{1b}<code>x</code>"),
        ] {
            assert_eq!(prose(text).into_string(), html);
        }
    }
}
