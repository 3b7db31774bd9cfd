//! A disk that is full, and a disk that is read-only: the kernel's own refusals, on a small tmpfs.
//!
//! Each test starts its own executable again in a mount namespace of its own, and mounts the tmpfs there, so that
//! nothing is left when it ends. Where that takes root and there is none, a user namespace lends it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use sortie_store::{
    Batch, Export, FILE, Lane, Loss, Moment, Opened, PortKey, PortMemory, Row, Snapshot, Store, StoreError,
};

const DISK: &str = "SORTIE_STORE_DISK";
/// A store with some history and nothing more, or one after an outage.
const DISK_BYTES: &str = "size=16m";
const PORT: PortKey = PortKey { port: 25, family: 4 };

#[test]
fn a_store_on_a_full_disk_is_lost_until_there_is_space_and_it_is_opened_again() {
    let Some(disk) = disk("a_store_on_a_full_disk_is_lost_until_there_is_space_and_it_is_opened_again")
    else {
        return;
    };
    let (mut store, _) = Store::open(&disk, moment(0)).expect("an empty disk");
    commit(&store, 0).expect("there is room");
    let ballast = fill(&disk);
    let (kept, error) = (1..).find_map(|n| Some((n, commit(&store, n).err()?))).expect("no disk is endless");
    assert!(matches!(error, StoreError::Full { .. }) && error.is_lost_until_reopened(), "{error}");
    let error = commit(&store, kept).expect_err("redb refuses what follows");
    assert!(matches!(error, StoreError::Lost { .. }) && error.is_lost_until_reopened(), "{error}");

    // With the disk as full as it was, what is on show can still be read.
    assert_eq!(store.reopen(moment(0)).expect("opening needs no space"), Opened::Kept);
    assert_eq!(numbers(&store), (0..kept).collect::<Vec<_>>());

    fs::remove_file(ballast).expect("it is ours");
    assert_eq!(store.reopen(moment(0)).expect("there is room"), Opened::Kept);
    commit(&store, kept).expect("there is room");
    assert_eq!(numbers(&store), (0..=kept).collect::<Vec<_>>());
    assert_eq!(files(&disk), [FILE], "a full disk is no damage");
}

#[test]
fn an_acknowledgement_on_a_full_disk_is_kept_whole_or_undone_whole() {
    let Some(disk) = disk("an_acknowledgement_on_a_full_disk_is_kept_whole_or_undone_whole") else { return };
    let (mut store, _) = Store::open(&disk, moment(0)).expect("an empty disk");
    for number in 0..20 {
        commit(&store, number).expect("there is room");
    }
    let ballast = fill(&disk);
    let mut settled = Batch::new(moment(0));
    settled.settle(Lane::Metrics, 1).settle(Lane::Events, 1).lose(Lane::Events, Loss::Rejected, 1).lazy();
    let told = store.commit(&settled);
    let failed = told.and_then(|_| (20..).find_map(|n| commit(&store, n).err()).map_or(Ok(()), Err));
    assert!(matches!(failed, Err(StoreError::Full { .. })), "no disk is endless: {failed:?}");

    fs::remove_file(ballast).expect("it is ours");
    store.reopen(moment(0)).expect("there is room");
    let (queue, events) = (store.queue().expect("whole"), exports(&store, Lane::Events));
    let gone = queue.lost.of(Lane::Events, Loss::Rejected) == 1;
    assert_eq!(exports(&store, Lane::Metrics), events);
    assert_eq!(events, (if gone { 2 } else { 1 }..=queue.events.highest).collect::<Vec<_>>());
}

#[test]
fn a_store_that_should_be_made_small_is_opened_on_a_full_disk_all_the_same() {
    /// A copy of them needs more than what closing the file gives back.
    const LEFT: u64 = 300;
    let Some(disk) = disk("a_store_that_should_be_made_small_is_opened_on_a_full_disk_all_the_same") else {
        return;
    };
    let (mut store, _) = Store::open(&disk, moment(0)).expect("an empty disk");
    for number in 0..1_000 {
        let mut batch = Batch::new(moment(0));
        batch.export(Lane::Metrics, Export { body: vec![7; 6_000], ..export(number) });
        store.commit(&batch).expect("there is room");
    }
    let mut batch = Batch::new(moment(0));
    for number in 1..=1_000 - LEFT {
        batch.settle(Lane::Metrics, number);
    }
    store.commit(&batch).expect("there is room");
    let left: Vec<u64> = (1_001 - LEFT..=1_000).collect();
    let size = || fs::metadata(disk.join(FILE)).expect("it is there").len();
    let ballast = fill(&disk);
    assert_eq!(store.reopen(moment(0)).expect("opening needs no space"), Opened::Kept);
    assert_eq!(exports(&store, Lane::Metrics), left);
    assert!(size() > 6_000_000 && files(&disk).len() == 2, "{} bytes beside {:?}", size(), files(&disk));

    fs::remove_file(ballast).expect("it is ours");
    assert_eq!(store.reopen(moment(0)).expect("there is room"), Opened::Kept);
    assert_eq!(exports(&store, Lane::Metrics), left);
    assert!(size() < 5_000_000 && files(&disk) == [FILE], "{} bytes in {:?}", size(), files(&disk));
}

#[test]
fn a_store_that_finds_no_space_leaves_nothing_behind() {
    let Some(disk) = disk("a_store_that_finds_no_space_leaves_nothing_behind") else { return };
    let ballast = fill(&disk);
    for _ in 0..3 {
        let error = Store::open(&disk, moment(0)).expect_err("no room for an empty one");
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert_eq!(files(&disk), ["ballast"]);
    }
    fs::remove_file(ballast).expect("it is ours");
    assert_eq!(Store::open(&disk, moment(0)).expect("there is room").1, Opened::Fresh);
}

#[test]
fn a_read_only_disk_is_named_and_its_store_is_left_alone() {
    let Some(disk) = disk("a_read_only_disk_is_named_and_its_store_is_left_alone") else { return };
    for (situation, there) in [("no store", false), ("a store", true)] {
        if there {
            mount(&["-o", "remount,rw"], &disk);
            let (store, _) = Store::open(&disk, moment(0)).expect("there is room");
            commit(&store, 0).expect("there is room");
        }
        mount(&["-o", "remount,ro"], &disk);
        let error = Store::open(&disk, moment(0)).expect_err("nothing can be written");
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{situation}: {error}");
    }
    let snapshot = Snapshot::open(&disk).expect("reading needs no more").expect("it is there");
    assert_eq!(snapshot.recall().expect("whole").len(), 1);
    drop(snapshot);
    mount(&["-o", "remount,rw"], &disk);
    let (store, opened) = Store::open(&disk, moment(0)).expect("it can be written again");
    assert_eq!((opened, numbers(&store)), (Opened::Kept, vec![0]));
}

#[test]
fn a_store_that_a_crash_left_on_a_full_disk_can_be_read() {
    let Some(disk) = disk("a_store_that_a_crash_left_on_a_full_disk_can_be_read") else { return };
    let (store, _) = Store::open(&disk, moment(0)).expect("an empty disk");
    commit(&store, 0).expect("there is room");
    let crashed = disk.join("crashed");
    fs::create_dir(&crashed).expect("there is room");
    fs::copy(disk.join(FILE), crashed.join(FILE)).expect("there is room");
    fill(&disk);
    let snapshot = Snapshot::open(&crashed).expect("reading needs no space").expect("it is there");
    assert_eq!(snapshot.recall().expect("whole").len(), 1);
}

/// The small disk, within the namespace; outside of it the test is started again there, and this is none.
fn disk(test: &str) -> Option<PathBuf> {
    if let Some(disk) = std::env::var_os(DISK) {
        let disk = PathBuf::from(disk);
        mount(&["-t", "tmpfs", "-o", DISK_BYTES, "sortie-store"], &disk);
        return Some(disk);
    }
    let disk = std::env::temp_dir().join(format!("sortie-store-{}-{test}", std::process::id()));
    fs::create_dir_all(&disk).expect("a directory can be made");
    let inside = Command::new("unshare")
        .args(["--mount", "--user", "--map-root-user"])
        .arg(std::env::current_exe().expect("this test"))
        .args(["--exact", test])
        .env(DISK, &disk)
        .output()
        .expect("unshare of util-linux can be started");
    fs::remove_dir(&disk).expect("nothing is left in it");
    let (out, err) = (String::from_utf8_lossy(&inside.stdout), String::from_utf8_lossy(&inside.stderr));
    assert!(inside.status.success() && out.contains("1 passed"), "within the namespace:\n{out}{err}");
    None
}

fn mount(arguments: &[&str], disk: &Path) {
    let status =
        Command::new("mount").args(arguments).arg(disk).status().expect("mount of util-linux can be started");
    assert!(status.success(), "mount {arguments:?}: {status}");
}

/// Takes every byte that is left.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("ballast");
    let mut file = fs::File::create(&path).expect("room for a name");
    let error = loop {
        if let Err(error) = file.write_all(&[0; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    path
}

fn commit(store: &Store, number: u64) -> Result<(), StoreError> {
    let mut batch = Batch::new(moment(0));
    batch.remember(PortMemory { key: PORT, value: number.to_le_bytes().to_vec() });
    batch.change(Row { at: moment(number), id: 0, value: vec![0; 1000] });
    for lane in Lane::ALL {
        batch.export(lane, export(number)).lose(lane, Loss::Memory, 1);
    }
    store.commit(&batch).map(|_| ())
}

fn export(number: u64) -> Export {
    Export { number: number + 1, at: moment(number), records: 1, body: vec![0; 1000] }
}

fn exports(store: &Store, lane: Lane) -> Vec<u64> {
    let exports = store.backlog(lane, u64::MAX, usize::MAX, usize::MAX).expect("whole");
    exports.iter().map(|export| export.number).collect()
}

/// What history has; what is on show has to be its last, and the queue has to have what went with each.
fn numbers(store: &Store) -> Vec<u64> {
    let history = store.history(moment(0)).expect("whole").changes;
    let numbers: Vec<u64> = history.map(|row| row.expect("whole").at.millis()).collect();
    let memories = store.recall().expect("whole");
    let shown = memories
        .first()
        .map(|memory| u64::from_le_bytes(memory.value.as_slice().try_into().expect("a number")));
    assert_eq!(shown, numbers.last().copied(), "a state and its change are together");
    let lost = store.queue().expect("whole").lost;
    for lane in Lane::ALL {
        let queued: Vec<u64> = exports(store, lane).iter().map(|number| number - 1).collect();
        assert_eq!(queued, numbers, "{lane:?}: a change and its exports are together");
        assert_eq!(lost.of(lane, Loss::Memory), numbers.len() as u64, "{lane:?}: a loss is counted once");
    }
    numbers
}

fn files(disk: &Path) -> Vec<String> {
    let entries = fs::read_dir(disk).expect("it is there");
    entries.map(|entry| entry.expect("a name").file_name().to_string_lossy().into_owned()).collect()
}

fn moment(millis: u64) -> Moment {
    Moment::from_millis(millis)
}
