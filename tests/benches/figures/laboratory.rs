//! How long the whole laboratory takes, in its own words.

use anyhow::{Context as _, Result};
use e2e::agent::Stage;

use crate::cargo;
use crate::sheet::Sheet;
use crate::unit::SECONDS;

/// The last line of its matrix, and what stands behind the number there.
const DURATION: (&str, &str) = ("laboratory: ", " s");

/// The first words of the line that counts what passed.
const RESULT: &str = "test result: ";

pub(crate) fn pass_on(stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let text = cargo::test(&["-p", "e2e", "--test", "laboratory"], Some(&stage.binary()))?;
    let seconds = |line: &str| line.strip_prefix(DURATION.0)?.strip_suffix(DURATION.1)?.parse().ok();
    let seconds = text.lines().find_map(seconds).context("the laboratory ended without its last line")?;
    sheet.figure("every scenario with every engine", seconds, SECONDS)?;
    text.lines().filter_map(|line| line.strip_prefix(RESULT)).try_for_each(|line| sheet.remark(line))?;
    Ok(())
}
