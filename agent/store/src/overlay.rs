//! A file that is only read: what redb writes while it repairs or migrates it is kept in memory, over the file.
//!
//! It needs no permission to write, no room on the disk, and leaves no trace. While it is open it shares the file with
//! other readers; a process that writes keeps it out, and is kept out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

/// Of redb's pages, which is what it writes at once.
const BLOCK: usize = 4096;

/// Bytes kept in memory. Repairing the largest file that a queue leaves behind writes some pages of bookkeeping; what
/// wants more than this is no repair.
const MOST: usize = 2 << 20;

/// A file, and what was written over it.
#[derive(Debug)]
pub(crate) struct Overlay {
    file: FileBackend,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    length: u64,
    /// Up to here the file counts; behind it are zeros.
    file_counts: u64,
    /// By number.
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Overlay {
    /// Over a file that is open for reading.
    pub(crate) fn new(file: File) -> Result<Self, redb::Error> {
        let length = file.metadata()?.len();
        let written = Written { length, file_counts: length, blocks: BTreeMap::new() };
        Ok(Self { file: FileBackend::new(file)?, written: Mutex::new(written) })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a block of the file holds, with zeros behind its end.
    fn block(&self, number: u64, written: &Written) -> io::Result<Box<[u8; BLOCK]>> {
        let mut block = Box::new([0; BLOCK]);
        let start = number * BLOCK as u64;
        let there = written.file_counts.saturating_sub(start).min(BLOCK as u64);
        // At most a block.
        self.file.read(start, &mut block[..usize::try_from(there).unwrap_or(BLOCK)])?;
        Ok(block)
    }
}

impl Written {
    fn check(&self, offset: u64, bytes: usize) -> io::Result<()> {
        match offset.checked_add(bytes as u64) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        written.check(offset, out.len())?;
        for (number, within, part) in parts(offset, out.len()) {
            let to = &mut out[part];
            match written.blocks.get(&number) {
                Some(block) => to.copy_from_slice(&block[within..within + to.len()]),
                None => to.copy_from_slice(&self.block(number, &written)?[within..within + to.len()]),
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.written();
        written.file_counts = written.file_counts.min(length);
        let kept = length.div_ceil(BLOCK as u64);
        written.blocks.split_off(&kept);
        let tail = usize::try_from(length % BLOCK as u64).unwrap_or_default();
        if tail > 0
            && let Some(block) = written.blocks.get_mut(&(kept - 1))
        {
            block[tail..].fill(0);
        }
        written.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        written.check(offset, data.len())?;
        for (number, within, part) in parts(offset, data.len()) {
            if !written.blocks.contains_key(&number) {
                if written.blocks.len() >= MOST / BLOCK {
                    return Err(ErrorKind::OutOfMemory.into());
                }
                let block = self.block(number, &written)?;
                written.blocks.insert(number, block);
            }
            if let Some(block) = written.blocks.get_mut(&number) {
                block[within..within + part.len()].copy_from_slice(&data[part]);
            }
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    /// Whoever only reads needs no other reader gone, and a file that is open for reading can be locked no other way.
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

/// The blocks that a stretch lies in: the number of each, where in it the stretch goes on, and which part of the stretch
/// that is.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == length {
            return None;
        }
        let at = offset + done as u64;
        // Below a block.
        let within = usize::try_from(at % BLOCK as u64).unwrap_or_default();
        let part = done..length.min(done + BLOCK - within);
        done = part.end;
        Some((at / BLOCK as u64, within, part))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::Dir;

    /// Enough for blocks before, between and behind what is written.
    const LENGTH: usize = 5 * BLOCK + 100;

    #[test]
    fn it_reads_as_a_file_to_which_the_same_was_done_and_the_file_stays_as_it_was() {
        let dir = Dir::new("overlay");
        let path = dir.path().join("file");
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..100 {
            let mut model: Vec<u8> = std::iter::repeat_with(|| rng.u8(1..)).take(LENGTH).collect();
            fs::write(&path, &model).expect("room for a file");
            let before = model.clone();
            let overlay = Overlay::new(File::open(&path).expect("it is there")).expect("a file");
            for step in 0..20 {
                if rng.u8(..4) == 0 {
                    let length = rng.usize(..2 * LENGTH);
                    overlay.set_len(length as u64).expect("memory");
                    model.resize(length, 0);
                } else {
                    let start = rng.usize(..=model.len());
                    let bytes = rng.usize(..=model.len() - start);
                    let data = vec![rng.u8(1..); bytes];
                    overlay.write(start as u64, &data).expect("memory");
                    model[start..start + bytes].copy_from_slice(&data);
                }
                let mut read = vec![0; model.len()];
                overlay.read(0, &mut read).expect("all of it");
                assert!(read == model, "step {step}");
                let mut more = vec![0; model.len() + 1];
                assert_eq!(overlay.read(0, &mut more).expect_err("too far").kind(), ErrorKind::UnexpectedEof);
            }
            assert!(fs::read(&path).expect("it is there") == before);
        }
    }

    #[test]
    fn it_takes_no_more_memory_than_it_may() {
        let dir = Dir::new("overlay-bound");
        let path = dir.path().join("file");
        File::create(&path).expect("room for a file").set_len(4 * MOST as u64).expect("it has holes");
        let overlay = Overlay::new(File::open(&path).expect("it is there")).expect("a file");
        let block = [1; BLOCK];
        for number in 0..(MOST / BLOCK) as u64 {
            overlay.write(number * BLOCK as u64, &block).expect("as much as it may");
        }
        let error = overlay.write(2 * MOST as u64, &block).expect_err("a block too many");
        assert_eq!(error.kind(), ErrorKind::OutOfMemory);
        overlay.write(0, &block).expect("what is there already can be written again");
    }
}
