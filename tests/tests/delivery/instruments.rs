//! The instruments.
use anyhow::Result;
pub(crate) const JOBS: &[(&str, fn() -> Result<()>)] = &[];
