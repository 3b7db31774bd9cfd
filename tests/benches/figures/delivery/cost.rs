//! Memory and CPU time of an agent while it does one thing.

use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::process::Process;

use crate::daemon::{BUDGET_MEBIBYTES, BUDGET_PERCENT, share};
use crate::memory::Memory;
use crate::sheet::Sheet;
use crate::unit::{MEBIBYTES, PERCENT_OF_A_CORE};

const PERCENT: f64 = 100.0;

/// What was spent since a moment.
pub(super) struct Meter<'a> {
    process: &'a Process,
    began: Instant,
    before: Duration,
}

/// What an agent cost. Memory is the largest that was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    memory: Memory,
    pub(super) cpu: Duration,
    time: Duration,
}

impl<'a> Meter<'a> {
    pub(super) fn start(process: &'a Process) -> Result<Self> {
        Ok(Self { process, began: Instant::now(), before: process.cpu_time()? })
    }

    /// Since the start, with the memory of now.
    pub(super) fn read(&self) -> Result<Cost> {
        let memory = Memory::of(self.process)?;
        let cpu = self.process.cpu_time()?.saturating_sub(self.before);
        Ok(Cost { memory, cpu, time: self.began.elapsed() })
    }
}

impl Cost {
    /// The later one of two readings, with the larger memory of both.
    pub(super) fn then(self, later: Self) -> Self {
        Self { memory: self.memory.max(later.memory), ..later }
    }

    pub(super) fn print(&self, when: &str, is_everyday: bool, sheet: &mut Sheet) -> io::Result<()> {
        sheet.against(&format!("PSS, {when}"), self.memory.pss, BUDGET_MEBIBYTES, MEBIBYTES)?;
        sheet.figure("  RSS, pages shared with other programs in full", self.memory.rss, MEBIBYTES)?;
        sheet.figure("  of it written to, its own alone", self.memory.dirty, MEBIBYTES)?;
        let cpu = share(self.cpu, self.time) * PERCENT;
        if is_everyday {
            sheet.against("  CPU, of one core", cpu, BUDGET_PERCENT, PERCENT_OF_A_CORE)
        } else {
            sheet.figure("  CPU, of one core", cpu, PERCENT_OF_A_CORE)
        }
    }
}
