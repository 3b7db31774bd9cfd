//! The simulator's own table: false verdicts and detection delays.

use anyhow::{Result, ensure};

use crate::cargo;
use crate::sheet::Sheet;

/// What libtest adds to the table.
const CHATTER: [&str; 2] = ["running ", "test "];

/// The first words of its last line when nothing failed.
const PASSED: &str = "test result: ok";

pub(crate) fn pass_on(sheet: &mut Sheet) -> Result<()> {
    let text = cargo::test(&["-p", "sortie-core", "--test", "simulator", "--", "--nocapture"], None)?;
    let is_chatter = |line: &str| CHATTER.iter().any(|start| line.starts_with(start));
    let table = text.lines().filter(|line| !line.trim().is_empty() && !is_chatter(line));
    table.map(str::trim_end).try_for_each(|line| sheet.remark(line))?;
    ensure!(text.lines().any(|line| line.starts_with(PASSED)), "the simulator did not pass");
    Ok(())
}
