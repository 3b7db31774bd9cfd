//! What a check says: one line, harmless for a terminal, and what to do about it.

use crate::text::excerpt;

/// Characters of a line. What comes from outside (names of processes, comments of rules) has no end by itself.
const LINE_MOST: usize = 400;

/// How bad it is; the order is the order of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Nothing to do.
    Fine,
    /// It may not be read here, or there is nothing that could be read. Never a guess, and no alarm.
    NotSeen,
    /// It may be what stops mail, or is on its way there.
    WorthALook,
    /// It does not work like this.
    Broken,
}

impl Standing {
    /// Every standing, the quietest first.
    pub(super) const ALL: [Self; 4] = [Self::Fine, Self::NotSeen, Self::WorthALook, Self::Broken];

    /// The word in JSON.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::NotSeen => "not_seen",
            Self::WorthALook => "worth_a_look",
            Self::Broken => "broken",
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Whose line it is: a stable word.
    pub(super) check: &'static str,
    pub(super) standing: Standing,
    /// What was found, printable.
    pub(super) text: String,
    /// What to do about it, printable.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn fine(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Standing::Fine, text.as_ref())
    }

    pub(super) fn not_seen(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Standing::NotSeen, text.as_ref())
    }

    pub(super) fn worth_a_look(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Standing::WorthALook, text.as_ref())
    }

    pub(super) fn broken(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Standing::Broken, text.as_ref())
    }

    /// The same with something to do.
    pub(super) fn todo(self, advice: impl AsRef<str>) -> Self {
        Self { advice: Some(excerpt(advice.as_ref(), LINE_MOST)), ..self }
    }

    fn new(check: &'static str, standing: Standing, text: &str) -> Self {
        Self { check, standing, text: excerpt(text, LINE_MOST), advice: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_cut_and_moves_no_cursor() {
        let hostile = "\u{1b}[2J\u{202e}\r\n".to_owned() + &"x".repeat(2 * LINE_MOST);
        let finding = Finding::broken("listeners", &hostile).todo(&hostile);
        for shown in [&finding.text, finding.advice.as_ref().expect("it was given")] {
            assert!(shown.starts_with("\\u{1b}[2J\\u{202e}\\r\\nxx") && shown.ends_with("x…"), "{shown:?}");
        }
    }

    #[test]
    fn alarm_grows_in_the_order_of_the_words() {
        assert!(Standing::ALL.is_sorted());
    }
}
