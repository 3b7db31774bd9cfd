//! Memory of an agent, as if it were the only one on its machine.
//!
//! The kernel's PSS shares the pages of the binary among all who run it. Here several agents do at once, which would make
//! each of them cheap: those pages are counted in full.

use std::fs;

use anyhow::{Context as _, Result};
use e2e::process::Process;

const KIBIBYTES_PER_MEBIBYTE: f64 = 1024.0;

/// In mebibytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Its own pages, those of the binary, and its share of those that other programs use too.
    pub(crate) pss: f64,
    /// All of these in full.
    pub(crate) rss: f64,
    /// What it has written to.
    pub(crate) dirty: f64,
}

impl Memory {
    pub(crate) fn of(process: &Process) -> Result<Self> {
        let pid = process.id();
        let binary = fs::read_link(format!("/proc/{pid}/exe")).context("failed to find the binary")?;
        let binary = binary.to_str().context("the binary's path is no UTF-8")?;
        let smaps = fs::read_to_string(format!("/proc/{pid}/smaps")).context("failed to read smaps")?;
        Ok(Self::sum(&smaps, binary))
    }

    fn sum(smaps: &str, binary: &str) -> Self {
        let mut sum = Self::default();
        let mut is_of_binary = false;
        for line in smaps.lines() {
            let mut words = line.split_whitespace();
            let (Some(field), Some(value)) = (words.next(), words.next()) else { continue };
            let mebibytes = || value.parse::<f64>().unwrap_or(0.0) / KIBIBYTES_PER_MEBIBYTE;
            match field {
                "Rss:" => {
                    sum.rss += mebibytes();
                    if is_of_binary {
                        sum.pss += mebibytes();
                    }
                }
                "Pss:" if !is_of_binary => sum.pss += mebibytes(),
                "Private_Dirty:" => sum.dirty += mebibytes(),
                _ if field.ends_with(':') => {}
                _ => is_of_binary = line.ends_with(binary),
            }
        }
        sum
    }

    /// The largest of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            pss: self.pss.max(other.pss),
            rss: self.rss.max(other.rss),
            dirty: self.dirty.max(other.dirty),
        }
    }
}
