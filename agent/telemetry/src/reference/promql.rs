//! The names in a query. It reads no more of the language than is needed to tell a metric from a label and a function,
//! and refuses what it does not know rather than pass over it.

use std::collections::BTreeSet;

/// Functions and aggregations that queries here may use.
const CALLS: [&str; 9] =
    ["count", "group", "histogram_quantile", "increase", "max", "min", "rate", "sum", "time"];
/// Words behind which a list of labels stands.
const LISTS: [&str; 6] = ["by", "group_left", "group_right", "ignoring", "on", "without"];
/// Words between two operands.
const OPERATORS: [&str; 4] = ["and", "bool", "or", "unless"];

/// What a query names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) selectors: Vec<Selector>,
    /// Labels by which series are grouped or joined.
    pub(super) grouped: BTreeSet<String>,
}

/// A metric and what is asked of its labels.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) metric: String,
    /// Label and the words that it is compared with.
    pub(super) matchers: Vec<(String, Vec<String>)>,
}

/// The error says what was met and where in the query.
pub(super) fn names(query: &str) -> Result<Names, String> {
    let mut tokens = Tokens { rest: query };
    let mut names = Names::default();
    let mut open = Vec::new();
    while let Some(token) = tokens.next()? {
        match token {
            Token::Word(word) if LISTS.contains(&word) => names.grouped.extend(tokens.labels()?),
            Token::Word(word) if OPERATORS.contains(&word) => {}
            Token::Word(word) if CALLS.contains(&word) => {
                if !["(", "by", "without"].iter().any(|next| tokens.rest.trim_start().starts_with(next)) {
                    return Err(format!("`{word}` is not called before `{}`", tokens.rest));
                }
            }
            Token::Word(word) if tokens.rest.trim_start().starts_with('(') => {
                return Err(format!("`{word}` is no function known here"));
            }
            Token::Word(metric) => names.selectors.push(Selector {
                metric: metric.to_owned(),
                matchers: if tokens.eat('{') { tokens.matchers()? } else { Vec::new() },
            }),
            Token::Symbol(symbol @ ('(' | '[')) => open.push(symbol),
            Token::Symbol(symbol @ (')' | ']')) => {
                let opened = open.pop();
                if !matches!((opened, symbol), (Some('('), ')') | (Some('['), ']')) {
                    return Err(format!("`{symbol}` closes nothing before `{}`", tokens.rest));
                }
            }
            Token::Number | Token::Symbol('*' | '/' | '+' | '-' | '>' | '<' | '=' | '!' | ',') => {}
            Token::Text(_) | Token::Symbol(_) => return Err(format!("`{token:?}` stands where no name is")),
        }
    }
    if open.is_empty() { Ok(names) } else { Err(format!("{open:?} is not closed")) }
}

#[derive(Debug)]
enum Token<'a> {
    Word(&'a str),
    /// A number or a duration.
    Number,
    /// In quotes.
    Text(&'a str),
    Symbol(char),
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        let text = self.rest.trim_start();
        let Some(first) = text.chars().next() else { return Ok(None) };
        if first == '"' {
            let (inner, rest) = text[1..].split_once('"').ok_or(format!("`{text}` has no closing quote"))?;
            self.rest = rest;
            return Ok(Some(Token::Text(inner)));
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.';
        if !is_part(first) {
            self.rest = &text[first.len_utf8()..];
            return Ok(Some(Token::Symbol(first)));
        }
        let (word, rest) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
        self.rest = rest;
        Ok(Some(if first.is_ascii_digit() { Token::Number } else { Token::Word(word) }))
    }

    fn eat(&mut self, symbol: char) -> bool {
        let after = self.rest.trim_start().strip_prefix(symbol);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// `(a, b)`
    fn labels(&mut self) -> Result<Vec<String>, String> {
        let mut labels = Vec::new();
        if !self.eat('(') {
            return Err(format!("a list of labels is missing before `{}`", self.rest));
        }
        while !self.eat(')') {
            match self.next()? {
                Some(Token::Word(label)) => labels.push(label.to_owned()),
                token => return Err(format!("`{token:?}` is no label")),
            }
            self.eat(',');
        }
        Ok(labels)
    }

    /// `a="b", c=~"d|e"}`, behind the opening brace.
    fn matchers(&mut self) -> Result<Vec<(String, Vec<String>)>, String> {
        let mut matchers = Vec::new();
        while !self.eat('}') {
            let Some(Token::Word(label)) = self.next()? else {
                return Err(format!("a label is missing before `{}`", self.rest));
            };
            let operator =
                ["=~", "!~", "!=", "="].into_iter().find(|operator| self.rest.starts_with(operator));
            let operator = operator.ok_or(format!("`{label}` is compared by nothing"))?;
            self.rest = &self.rest[operator.len()..];
            let Some(Token::Text(text)) = self.next()? else {
                return Err(format!("`{label}` is compared with no text"));
            };
            let words = if operator.ends_with('~') { text.split('|').collect() } else { vec![text] };
            matchers.push((label.to_owned(), words.into_iter().map(str::to_owned).collect()));
            self.eat(',');
        }
        Ok(matchers)
    }
}

#[test]
fn metrics_labels_and_words_are_told_from_the_rest_of_a_query() {
    let query = r#"
        histogram_quantile(0.95, sum by (a, le) (rate(x_bucket{b=~"c|d", e!="f"}[1h]))) > 2
        and on (g) y unless group by(h) (z{}) * group_left (i) time()"#;
    let selector = |metric: &str, matchers: &[(&str, &[&str])]| Selector {
        metric: metric.to_owned(),
        matchers: matchers
            .iter()
            .map(|(label, words)| ((*label).to_owned(), words.iter().map(|w| (*w).to_owned()).collect()))
            .collect(),
    };
    let expected = Names {
        selectors: vec![
            selector("x_bucket", &[("b", &["c", "d"]), ("e", &["f"])]),
            selector("y", &[]),
            selector("z", &[]),
        ],
        grouped: ["a", "le", "g", "h", "i"].map(str::to_owned).into(),
    };
    assert_eq!(names(query), Ok(expected));
}

#[test]
fn a_query_that_is_not_understood_is_refused() {
    for query in [
        "rat(x[5m])",
        "sum(x",
        "x)",
        "x{a=\"b}",
        "x{a}",
        "x{=\"b\"}",
        "x{a=b}",
        "sum by a (x)",
        "\"x\"",
        "x ; y",
        "(x]",
        "rate",
    ] {
        assert!(names(query).is_err(), "{query}: {:?}", names(query));
    }
}
