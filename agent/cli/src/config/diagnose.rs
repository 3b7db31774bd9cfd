//! Mistakes in a configuration file, shown the way rustc shows them: what, where, and what to write instead.
//!
//! Readers collect [`Problem`]s instead of stopping at the first, so that a person fixes a file once.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::text::{excerpt, is_hostile};

/// Problems shown in full. A file with more is usually not a configuration at all.
const SHOWN: usize = 20;

/// Longest piece of foreign text quoted in a message, in characters.
const QUOTED: usize = 80;

/// One mistake, and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a sentence without a full stop.
    pub title: String,
    /// Bytes of the file that are wrong.
    pub span: Range<usize>,
    /// A word or two beside the offending text.
    pub label: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Another place that the mistake is about, for example the first of two equal entries.
    pub other: Option<(Range<usize>, String)>,
}

impl Problem {
    /// A mistake without a second place.
    pub fn new(title: impl Into<String>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { title: title.into(), span, label: label.into(), hint: None, other: None }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Points at a second place.
    #[must_use]
    pub fn other(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.other = Some((span, label.into()));
        self
    }

    /// Line of the file, from 1.
    pub fn line(&self, source: &str) -> usize {
        let before = &source.as_bytes()[..self.span.start.min(source.len())];
        before.split(|b| *b == b'\n').count()
    }

    fn group<'a>(&'a self, path: &'a str, source: &'a str) -> Group<'a> {
        let primary = AnnotationKind::Primary.span(within(&self.span, source)).label(self.label.as_str());
        let mut snippet = Snippet::source(source).path(path).annotation(primary);
        if let Some((span, label)) = &self.other {
            snippet =
                snippet.annotation(AnnotationKind::Context.span(within(span, source)).label(label.as_str()));
        }
        let mut group = Level::ERROR.primary_title(self.title.as_str()).element(snippet);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        group
    }
}

/// Every mistake of one file, in the order of the file, as text for a terminal.
pub(super) fn render(path: &Path, source: &str, problems: &[Problem], colour: bool) -> String {
    let path = quote(&path.display().to_string());
    let source = &masked(source);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort_by_key(|p| p.span.start);
    let mut text = String::new();
    for problem in sorted.iter().take(SHOWN) {
        text.push_str(&renderer.render(&[problem.group(&path, source)]));
        text.push_str("\n\n");
    }
    let (count, noun) = match problems.len() {
        1 => ("one".to_owned(), "mistake"),
        n => (n.to_string(), "mistakes"),
    };
    let more = if problems.len() > SHOWN { format!(", the first {SHOWN} are shown") } else { String::new() };
    let _ = writeln!(text, "error: {path} is refused: {count} {noun}{more}");
    text
}

/// Foreign text fit for a message.
pub(super) fn quote(text: &str) -> String {
    excerpt(text, QUOTED)
}

/// The source with every character that a terminal would obey replaced by one of the same length, and every user and
/// password of a URL by asterisks, so that spans stay where they are.
fn masked(source: &str) -> String {
    let mask = |c: char| match c {
        '\n' | '\r' | '\t' => c,
        c if is_hostile(c) && c.len_utf8() == 1 => '?',
        c if is_hostile(c) && c.len_utf8() == 2 => '·',
        c if is_hostile(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    source
        .split_inclusive('\n')
        .map(without_password)
        .flat_map(|line| line.chars().map(mask).collect::<Vec<_>>())
        .collect()
}

/// A mistake is shown on terminals and in logs, where nobody looks for a secret. What a line has before its last `@`
/// might be one: better too much is hidden than too little.
fn without_password(line: &str) -> Cow<'_, str> {
    let Some(start) = line.find("://").map(|at| at + "://".len()) else { return line.into() };
    match line[start..].rfind('@') {
        Some(length) => format!("{}{}{}", &line[..start], "*".repeat(length), &line[start + length..]).into(),
        None => line.into(),
    }
}

/// The renderer panics on spans outside the source or inside a character; a parser's span at the end of the
/// file can be one past it.
fn within(span: &Range<usize>, source: &str) -> Range<usize> {
    let floor =
        |at: usize| (0..=at.min(source.len())).rev().find(|i| source.is_char_boundary(*i)).unwrap_or(0);
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_moves_nothing() {
        let source = "a\u{1b}\u{9b}\u{202e}ü\t\r\n";
        assert_eq!(masked(source), "a?·\u{fffd}ü\t\r\n");
        assert_eq!(masked(source).len(), source.len());
    }

    #[test]
    fn a_password_is_in_no_message() {
        for (source, shown) in [
            ("a = 'https://me:s3cret@gateway'\nb = 'x'\n", "a = 'https://*********@gateway'\nb = 'x'\n"),
            ("a = 'https://s3/cr@et@gateway'", "a = 'https://********@gateway'"),
            ("a = 'http://ü@b'", "a = 'http://**@b'"),
            ("a = 'http://b/c' # it's fine", "a = 'http://b/c' # it's fine"),
            ("a = 'me@example.com'", "a = 'me@example.com'"),
        ] {
            assert_eq!(masked(source), shown);
            assert_eq!(shown.len(), source.len());
        }
    }

    #[test]
    fn a_hostile_span_does_not_panic() {
        let source = "a = 'ü'\n";
        for span in [0..0, 6..7, 7..99, 99..120, 8..8, source.len()..source.len() + 1] {
            let problem = Problem::new("odd", span.clone(), "here").other(span, "there");
            assert!(render(Path::new("x.toml"), source, &[problem], false).contains("odd"));
        }
    }
}
