//! The matrix condition × engine × family, and the numbers under it. Pure text from grades.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::judge::{Cell, Grade};
use crate::plan::Family;
use crate::scenario::Engine;

const NOT_RUN: &str = "·";

/// The verdicts about one port of one condition.
type Row<'a> = BTreeMap<(Engine, Family), &'a Cell>;

/// Renders the cells of all runs.
pub fn render(cells: &[Cell]) -> String {
    let mut rows: BTreeMap<(&str, u16), Row> = BTreeMap::new();
    for cell in cells {
        rows.entry((&cell.scenario, cell.port)).or_default().insert((cell.engine, cell.family), cell);
    }
    let columns: Vec<(Engine, Family)> =
        Engine::BOTH.into_iter().flat_map(|engine| Family::BOTH.map(|family| (engine, family))).collect();

    let mut lines = vec![header(&columns)];
    for ((scenario, port), row) in &rows {
        let label = if *port == 25 { (*scenario).to_owned() } else { format!("{scenario} :{port}") };
        let texts = columns.iter().map(|column| row.get(column).map_or(NOT_RUN.into(), |cell| text(cell)));
        lines.push(std::iter::once(label).chain(texts).collect());
    }
    let mut rendered = align(&lines);
    let _ = write!(rendered, "\n{}\n", summary(cells));
    rendered
}

fn header(columns: &[(Engine, Family)]) -> Vec<String> {
    let names = columns.iter().map(|(engine, family)| format!("{} {family}", engine.name()));
    std::iter::once("condition".to_owned()).chain(names).collect()
}

fn text(cell: &Cell) -> String {
    match cell.grade {
        Grade::Right => cell.got.clone(),
        Grade::Wrong => format!("✗ {}", cell.got),
        Grade::WrongNarrow => format!("‼ {}", cell.got),
        Grade::Missing => format!("? {}", cell.got),
    }
}

/// The counts, worst last.
pub fn summary(cells: &[Cell]) -> String {
    let count = |grade| cells.iter().filter(|cell| cell.grade == grade).count();
    format!(
        "{} verdicts: {} as expected, {} missing (?), {} wrong (✗), {} wrong narrow verdicts (‼)",
        cells.len(),
        count(Grade::Right),
        count(Grade::Missing),
        count(Grade::Wrong),
        count(Grade::WrongNarrow)
    )
}

fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    lines.iter().fold(String::new(), |mut text, line| {
        let padded: Vec<String> =
            line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", padded.join("  ").trim_end());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(scenario: &str, engine: Engine, family: Family, got: &str, grade: Grade) -> Cell {
        Cell { scenario: scenario.into(), engine, family, port: 25, got: got.into(), grade }
    }

    #[test]
    fn a_row_per_condition_a_column_per_engine_and_family() {
        let cells = [
            cell("all-open", Engine::Raw, Family::Ipv4, "open", Grade::Right),
            cell("all-open", Engine::Connect, Family::Ipv6, "partial", Grade::Wrong),
            cell("dead", Engine::Raw, Family::Ipv4, "platform_blocked", Grade::WrongNarrow),
        ];
        let expected = "\
condition  raw ipv4            raw ipv6  connect ipv4  connect ipv6
all-open   open                ·         ·             ✗ partial
dead       ‼ platform_blocked  ·         ·             ·

3 verdicts: 1 as expected, 0 missing (?), 1 wrong (✗), 1 wrong narrow verdicts (‼)
";
        assert_eq!(render(&cells), expected);
    }
}
