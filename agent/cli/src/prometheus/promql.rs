//! Texts from outside as parts of a query: none of them can end the string that it stands in.

/// A string, which has the escapes of Go.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A matcher of one label for these values and no others; none at all for no value.
pub(crate) fn matcher(label: &str, values: &[impl AsRef<str>]) -> Option<String> {
    match values {
        [] => None,
        [one] => Some(format!("{label}={}", quoted(one.as_ref()))),
        many => {
            let literal: Vec<String> = many.iter().map(|value| literal(value.as_ref())).collect();
            Some(format!("{label}=~{}", quoted(&literal.join("|"))))
        }
    }
}

/// A regular expression (RE2) of this text alone.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_matches_itself_and_ends_no_string() {
        for (values, expected) in [
            (&[][..], None),
            (&["5b1d"], Some(r#"a="5b1d""#)),
            (&[r#"x"} or vector(1) or y{b="\"#], Some(r#"a="x\"} or vector(1) or y{b=\"\\""#)),
            (&["25", "587"], Some(r#"a=~"25|587""#)),
            (&["", "a.b"], Some(r#"a=~"|a\\.b""#)),
            (&["a|b", r"c\d"], Some(r#"a=~"a\\|b|c\\\\d""#)),
        ] {
            assert_eq!(matcher("a", values).as_deref(), expected, "{values:?}");
        }
    }
}
