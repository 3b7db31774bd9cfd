//! Which placeholder stands for which identifier: the same one for the same, however it is written.

use std::collections::HashMap;

/// What is given away so far.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    given: HashMap<String, String>,
    numbers: HashMap<&'static str, u32>,
    /// In lower case: no placeholder may hold one of them.
    avoided: Vec<String>,
}

impl Placeholders {
    /// None yet; none will hold one of these identifiers.
    pub(super) fn avoiding(identifiers: impl IntoIterator<Item = String>) -> Self {
        let avoided = identifiers.into_iter().map(|identifier| identifier.to_lowercase()).collect();
        Self { avoided, ..Self::default() }
    }

    /// The placeholder of an identifier, a new one where it has none.
    pub(super) fn of(&mut self, kind: &'static str, identifier: &str) -> String {
        let key = identifier.to_lowercase();
        if let Some(given) = self.given.get(&key) {
            return given.clone();
        }
        let placeholder = self.next(kind);
        self.given.insert(key, placeholder.clone());
        placeholder
    }

    /// Another way to write what has a placeholder already.
    pub(super) fn alias(&mut self, identifier: &str, placeholder: &str) {
        self.given.entry(identifier.to_lowercase()).or_insert_with(|| placeholder.to_owned());
    }

    fn next(&mut self, kind: &'static str) -> String {
        let number = self.numbers.entry(kind).or_default();
        // There are fewer identifiers than numbers, and none of them is within the kind (`names::is_telling`).
        loop {
            *number += 1;
            let placeholder = format!("{kind}-{number}");
            if !self.avoided.iter().any(|identifier| placeholder.contains(identifier)) {
                return placeholder;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_identifier_has_the_same_placeholder_and_no_other() {
        let mut placeholders = Placeholders::avoiding(["VM-2".to_owned()]);
        let mut given = |kind, identifier| placeholders.of(kind, identifier);
        assert_eq!(given("vm", "mx-1"), "vm-1");
        assert_eq!(given("vm", "mx-2"), "vm-3", "what is called vm-2 is not to be found again");
        assert_eq!(given("host", "MX-1"), "vm-1");
        assert_eq!(given("host", "mx-3"), "host-1");
        placeholders.alias("mx-1.example", "vm-1");
        assert_eq!(placeholders.of("host", "mx-1.example"), "vm-1");
    }
}
