//! Reads one table of the file, key by key, and remembers which keys were asked for.
//!
//! What a section's reader asks for is what the section knows: every other key in the file is unknown and is
//! refused with the nearest known one. A refused value is reported and read as absent, so that reading goes on and
//! the whole file is judged in one go. (Deserialising through `serde` would stop at the first mistake.)

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnose::{Problem, quote};

/// Similarity (Jaro-Winkler) from which a known name is offered as "did you mean".
const ALIKE: f64 = 0.8;

/// Why a value is refused. The three texts become title, label and help of a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Continues the sentence "`agent.interval` …".
    pub(super) problem: String,
    /// Stands beside the value.
    pub(super) label: String,
    /// What to write instead.
    pub(super) hint: String,
}

impl Refusal {
    pub(super) fn new(problem: impl Into<String>, label: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), label: label.into(), hint: hint.into() }
    }
}

/// A table being read.
pub(super) struct Section<'d, 'p> {
    path: String,
    span: Range<usize>,
    table: Option<&'d DeTable<'d>>,
    asked: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'d, 'p> Section<'d, 'p> {
    /// The file itself.
    pub(super) fn root(table: &'d Spanned<DeTable<'d>>, problems: &'p mut Vec<Problem>) -> Self {
        let (span, table) = (table.span(), Some(table.get_ref()));
        Self { path: String::new(), span, table, asked: Vec::new(), problems }
    }

    /// A table below this one. An absent table is read as an empty one.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'d, '_>) -> T,
    ) -> T {
        let (span, table) = match self.take(key) {
            None => (self.span.clone(), None),
            Some(value) => {
                let table = value.get_ref().as_table();
                if table.is_none() {
                    let label = format!("{} instead of a table", a_type(value.get_ref()));
                    let title = format!("`{}` must be a table", self.name(key));
                    self.problems.push(
                        Problem::new(title, value.span(), label)
                            .hint(format!("write [{key}] on a line of its own")),
                    );
                }
                (value.span(), table)
            }
        };
        self.below(key, span, table, read)
    }

    /// An array of tables, `[[key]]`; `None` where the file has none.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        max: usize,
        mut read: impl FnMut(&mut Section<'d, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let tables: Option<Vec<_>> = value.get_ref().as_array().and_then(|array| {
            array.iter().map(|item| Some((item.span(), item.get_ref().as_table()?))).collect()
        });
        let Some(tables) = tables else {
            let title = format!("`{key}` must be a list of tables");
            let hint = format!("write [[{key}]] in two pairs of brackets, once for each entry");
            self.problems.push(Problem::new(title, value.span(), "not a list of tables").hint(hint));
            return None;
        };
        if let Some((span, _)) = tables.get(max) {
            let title = format!("there are more than {max} [[{key}]] entries");
            let hint = "every entry is probed by every machine: keep to a few that speak for themselves";
            self.problems.push(Problem::new(title, span.clone(), "one too many").hint(hint));
        }
        let tables = tables.into_iter().take(max);
        Some(tables.filter_map(|(span, table)| self.below(key, span, Some(table), &mut read)).collect())
    }

    /// The value of a key, read by `parse`; `None` where it is absent or was refused.
    pub(super) fn value<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&DeValue<'d>) -> Result<T, Refusal>,
    ) -> Option<Spanned<T>> {
        let value = self.take(key)?;
        self.parsed(key, value, parse)
    }

    /// A list whose elements are read by `parse`; `None` if one of them was refused.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        mut parse: impl FnMut(&DeValue<'d>) -> Result<T, Refusal>,
    ) -> Option<Spanned<Vec<Spanned<T>>>> {
        let value = self.take(key)?;
        let Some(array) = value.get_ref().as_array() else {
            let label = format!("{} instead of a list", a_type(value.get_ref()));
            let title = format!("`{}` must be a list", self.name(key));
            self.problems.push(Problem::new(title, value.span(), label).hint("put the values into [ ]"));
            return None;
        };
        let items: Vec<_> = array.iter().map(|item| self.parsed(key, item, &mut parse)).collect();
        let items = items.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Spanned::new(value.span(), items))
    }

    /// The value of a key without which an entry means nothing.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&DeValue<'d>) -> Result<T, Refusal>,
    ) -> Option<Spanned<T>> {
        if self.table.is_none_or(|table| !table.contains_key(key)) {
            self.asked.push(key);
            let title = format!("a [[{}]] entry has no `{key}`", self.path);
            self.problems.push(
                Problem::new(title, self.span.clone(), format!("`{key}` is missing"))
                    .hint(format!("add {key} = \"{example}\"")),
            );
            return None;
        }
        self.value(key, parse)
    }

    /// Where the value of a key stands, whatever it is; `None` where the file has none.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.table?.get(key).map(Spanned::span)
    }

    /// Where the table stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports a mistake that only the reader of the section can see.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let place = if self.path.is_empty() {
                "at the top level".to_owned()
            } else {
                format!("in [{}]", self.path)
            };
            let hint = match nearest(name, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.asked.join(", ")),
            };
            let title = format!("unknown key `{}` {place}", quote(name));
            self.problems.push(Problem::new(title, key.span(), "unknown key").hint(hint));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.asked.push(key);
        self.table?.get(key)
    }

    fn below<T>(
        &mut self,
        key: &'static str,
        span: Range<usize>,
        table: Option<&'d DeTable<'d>>,
        read: impl FnOnce(&mut Section<'d, '_>) -> T,
    ) -> T {
        let path = self.name(key);
        let mut section = Section { path, span, table, asked: Vec::new(), problems: self.problems };
        let value = read(&mut section);
        section.finish();
        value
    }

    fn parsed<T>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'d>>,
        parse: impl FnOnce(&DeValue<'d>) -> Result<T, Refusal>,
    ) -> Option<Spanned<T>> {
        match parse(value.get_ref()) {
            Ok(parsed) => Some(Spanned::new(value.span(), parsed)),
            Err(refusal) => {
                let title = format!("`{}` {}", self.name(key), refusal.problem);
                self.problems.push(Problem::new(title, value.span(), refusal.label).hint(refusal.hint));
                None
            }
        }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The known name that was probably meant: a slip of the finger away, or alike from its beginning.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let normal = |text: &str| text.to_lowercase().replace('-', "_");
    let alike = |known: &str| {
        let (name, known) = (normal(name), normal(known));
        let slip = strsim::damerau_levenshtein(&name, &known) == 1 && known.len() > 2;
        let alike = strsim::jaro_winkler(&name, &known);
        if slip { alike.max(ALIKE) } else { alike }
    };
    let scored = known.map(|known| (alike(known), known));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// "a string", "an integer".
pub(super) fn a_type(value: &DeValue<'_>) -> String {
    let word = value.type_str();
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}
