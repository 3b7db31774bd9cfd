//! What the boards ask, with the variables filled in: for tests that ask a live Prometheus.

use super::all;
use super::model::{Empty, Source};

/// A question of a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The board.
    pub board: &'static str,
    /// The panel.
    pub panel: &'static str,
    /// In `PromQL`, without variables.
    pub expr: String,
    /// How it is asked.
    pub shape: Shape,
    /// Whether there is an answer wherever agents report.
    pub must_answer: bool,
}

/// A question of a variable: which values the label has on the series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The board.
    pub board: &'static str,
    /// The variable.
    pub variable: &'static str,
    /// The selector of the series.
    pub series: String,
    /// The label.
    pub label: &'static str,
}

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Once, of now.
    Instant,
    /// Over a span of time.
    Range,
}

/// An expression names a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to fill in `{expr}` of {board}: there is no value for ${variable}")]
pub struct Unset {
    board: &'static str,
    expr: String,
    variable: String,
}

/// What Grafana and Perses fill in by themselves, as they do it at a step of a minute.
const OF_THE_PROGRAM: [(&str, &str); 2] = [("__rate_interval", "4m"), ("__range", "6h")];

/// Every question of every panel. `values` are pairs of a variable, without `$`, and its value.
pub fn queries(values: &[(&str, &str)]) -> Result<Vec<Asked>, Unset> {
    let mut all_asked = Vec::new();
    for board in all() {
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            for query in panel.queries() {
                all_asked.push(Asked {
                    board: board.uid,
                    panel: panel.title,
                    expr: filled(board.uid, &query.expr, values)?,
                    shape: if query.instant { Shape::Instant } else { Shape::Range },
                    must_answer: matches!(panel.empty, Empty::Missing(_)) && !query.is_a_case,
                });
            }
        }
        for annotation in board.annotations {
            all_asked.push(Asked {
                board: board.uid,
                panel: annotation.title,
                expr: filled(board.uid, annotation.expr, values)?,
                shape: Shape::Range,
                must_answer: false,
            });
        }
    }
    Ok(all_asked)
}

/// Every question of every variable.
pub fn choices(values: &[(&str, &str)]) -> Result<Vec<Choice>, Unset> {
    let mut choices = Vec::new();
    for board in all() {
        for variable in board.variables {
            if let Source::Label { series, label, .. } = variable.source {
                let series = filled(board.uid, series, values)?;
                choices.push(Choice { board: board.uid, variable: variable.name, series, label });
            }
        }
    }
    Ok(choices)
}

/// The expression with the value of each `$name`.
fn filled(board: &'static str, expr: &str, values: &[(&str, &str)]) -> Result<String, Unset> {
    let mut parts = expr.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let value = values.iter().chain(&OF_THE_PROGRAM).find(|(known, _)| *known == name);
        let (_, value) =
            value.ok_or_else(|| Unset { board, expr: expr.to_owned(), variable: name.to_owned() })?;
        filled.push_str(value);
        filled.push_str(rest);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_their_values() {
        let values = [("port", "25"), ("portal", "x")];
        let cases = [
            (r#"up{p="$port"}"#, r#"up{p="25"}"#),
            ("a$portal-$port", "ax-25"),
            ("rate(x[$__rate_interval])", "rate(x[4m])"),
            ("nothing", "nothing"),
        ];
        for (expr, expected) in cases {
            assert_eq!(filled("b", expr, &values).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let unset = filled("sortie-fleet", "up{p=\"$other\"}", &[("port", "25")]).expect_err("no value");
        assert_eq!(
            unset.to_string(),
            "failed to fill in `up{p=\"$other\"}` of sortie-fleet: there is no value for $other"
        );
    }
}
