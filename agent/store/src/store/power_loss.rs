//! The power fails, or the disk, at every operation of a commit in turn.
//!
//! A [`Disk`] keeps what was synced apart from what was only written. When it fails, each write that was not synced has
//! reached the platter or not, whole or in part, as the dice say; lengths of files are journalled by filesystems and
//! always have.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use super::Store;
use crate::file::read;
use crate::format::Found;
use crate::testing::{at, export, memory, row};
use crate::{Batch, Export, Lane, Loss, StoreError};

/// What a disk writes whole.
const SECTOR: usize = 512;
/// Dice for each operation.
const SEEDS: u64 = 4;

#[test]
fn a_commit_that_the_disk_did_not_survive_is_there_or_not_and_can_be_repeated() {
    let mut before = 0;
    let mut after = 0;
    for seed in 0..SEEDS {
        for survived in 0.. {
            let disk = Disk::default();
            let store = open(&disk);
            store.commit(&batch(1)).expect("the disk is fine");
            disk.fail_after(survived);
            let second = batch(2);
            let failed = store.commit(&second).err();
            if let Some(error) = &failed {
                assert!(error.is_lost_until_reopened(), "{error}");
                let error = store.recall().map(|ports| ports.len()).expect_err("it is lost");
                assert!(matches!(error, StoreError::Lost { .. }), "{error}");
            }
            drop(store);

            disk.come_back(fastrand::Rng::with_seed(seed << 32 | survived));
            let store = open(&disk);
            match committed(&store) {
                1 => before += 1,
                2 => after += 1,
                other => panic!("operation {survived}, seed {seed}: {other} batches"),
            }
            assert!(failed.is_some() || committed(&store) == 2, "operation {survived}: told, and forgotten");
            store.commit(&second).expect("the disk is fine");
            assert_eq!(committed(&store), 2, "operation {survived}, seed {seed}: once is once");
            if failed.is_none() {
                break;
            }
        }
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after: the disk failed at one side only");
}

#[test]
fn a_lazy_batch_that_the_disk_did_not_survive_is_undone_whole_or_was_done() {
    let mut undone = 0;
    let mut done = 0;
    for seed in 0..SEEDS {
        for survived in 0.. {
            let disk = Disk::default();
            let store = open(&disk);
            store.commit(&batch(1)).expect("the disk is fine");
            disk.fail_after(survived);
            let mut settled = Batch::new(at(0));
            settled.settle(Lane::Metrics, 1).settle(Lane::Events, 1).lose(Lane::Events, Loss::Rejected, 5);
            // Both may be told to be done without a word from the disk: only what follows makes them durable.
            let lazy = store.commit(settled.lazy());
            let failed = lazy.and_then(|_| store.commit(&batch(2))).is_err();
            drop(store);

            disk.come_back(fastrand::Rng::with_seed(seed << 32 | survived));
            let store = open(&disk);
            let queue = store.queue().expect("whole");
            let gone = queue.lost.of(Lane::Events, Loss::Rejected) == 5;
            for lane in Lane::ALL {
                let waiting = store.backlog(lane, 2, usize::MAX, usize::MAX).expect("whole");
                assert_eq!(waiting.is_empty(), gone, "operation {survived}, seed {seed}: half a batch");
                let second = store.newest(lane).expect("whole").is_some_and(|export| export.number == 2);
                assert!(gone || !second, "operation {survived}, seed {seed}: what came later came before");
            }
            *(if gone { &mut done } else { &mut undone }) += 1;
            if !failed {
                assert!(gone, "the batch after it made it durable");
                break;
            }
        }
    }
    assert!(undone > 0 && done > 0, "{undone} undone, {done} done: the disk failed at one side only");
}

fn open(disk: &Disk) -> Store {
    let (database, found) = read(disk.clone()).expect("every crash is repaired");
    assert!(matches!(found, Found::Empty | Found::Current), "{found:?}");
    Store::holding(PathBuf::from("disk"), database)
}

fn batch(number: u16) -> Batch {
    let mut batch = Batch::new(at(0));
    let text = text(number);
    batch.remember(memory(number, &text)).change(row(u64::from(number), 1, &text)).sample(row(
        0,
        number.into(),
        &text,
    ));
    for lane in Lane::ALL {
        batch.export(lane, queued(number)).lose(lane, Loss::Memory, 3);
    }
    batch
}

fn queued(number: u16) -> Export {
    export(number.into(), 0, &text(number))
}

fn text(number: u16) -> String {
    number.to_string().repeat(2000)
}

/// How many batches are in the store, each of them whole.
fn committed(store: &Store) -> usize {
    let ports = store.recall().expect("whole").len();
    let history = store.history(at(0)).expect("whole");
    assert_eq!(
        (history.changes.count(), history.samples.count()),
        (ports, ports),
        "a batch is one transaction"
    );
    let queue = store.queue().expect("whole");
    for lane in Lane::ALL {
        let exports = store.backlog(lane, u64::MAX, usize::MAX, usize::MAX).expect("whole");
        let numbers = 1..=u16::try_from(ports).expect("few");
        assert_eq!(exports, numbers.map(queued).collect::<Vec<_>>(), "{lane:?}: a batch is one transaction");
        assert_eq!(queue.lost.of(lane, Loss::Memory), 3 * ports as u64, "{lane:?}: a loss is counted once");
    }
    ports
}

#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    /// What reading finds: everything that was written.
    written: Vec<u8>,
    synced: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
    /// Operations until it fails.
    left: Option<u64>,
}

impl Disk {
    fn fail_after(&self, operations: u64) {
        self.0.lock().expect("one thread").left = Some(operations);
    }

    fn come_back(&self, mut rng: fastrand::Rng) {
        let mut platter = self.0.lock().expect("one thread");
        for (offset, data) in std::mem::take(&mut platter.pending) {
            let sectors = rng.usize(..=data.len().div_ceil(SECTOR));
            let reached = if rng.bool() { data.len() } else { (sectors * SECTOR).min(data.len()) };
            if rng.bool() {
                platter.synced[offset..offset + reached].copy_from_slice(&data[..reached]);
            }
        }
        platter.written = platter.synced.clone();
        platter.left = None;
    }

    fn operate<T>(&self, operate: impl FnOnce(&mut Platter) -> T) -> io::Result<T> {
        let mut platter = self.0.lock().expect("one thread");
        if let Some(left) = &mut platter.left {
            *left = left.checked_sub(1).ok_or_else(|| io::Error::from_raw_os_error(5))?;
        }
        Ok(operate(&mut platter))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.operate(|platter| platter.written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).expect("a small disk");
        self.operate(|platter| out.copy_from_slice(&platter.written[offset..offset + out.len()]))
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).expect("a small disk");
        self.operate(|platter| {
            platter.written.resize(length, 0);
            platter.synced.resize(length, 0);
            platter.pending.retain(|(offset, data)| offset + data.len() <= length);
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.operate(|platter| {
            platter.pending.clear();
            platter.synced.clone_from(&platter.written);
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).expect("a small disk");
        self.operate(|platter| {
            platter.written[offset..offset + data.len()].copy_from_slice(data);
            platter.pending.push((offset, data.to_vec()));
        })
    }
}
