//! Size of the binary that is shipped.

use std::fs;

use anyhow::{Context as _, Result};
use e2e::agent::Stage;

use crate::sheet::Sheet;
use crate::unit::MEGABYTES;

const BUDGET_MEGABYTES: f64 = 6.0;
const BYTES_PER_MEGABYTE: f64 = 1e6;

pub(crate) fn measure(stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let bytes = fs::metadata(stage.binary()).context("failed to look at the binary")?.len();
    let size = bytes as f64 / BYTES_PER_MEGABYTE;
    sheet.against("stripped, everything in", size, BUDGET_MEGABYTES, MEGABYTES)?;
    Ok(())
}
