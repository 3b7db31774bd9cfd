//! What a store held when nobody wrote to it, read without leaving a trace.
//!
//! For whoever wants to know and has no business with the file: beside a full or read-only disk, and without permission
//! to write. A file that a crash has left, or in an older format, is brought in order in memory. One that is damaged is
//! an error, and is left for the agent to set aside.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::StoreError;
use crate::file::{self, FILE};
use crate::format::Found;
use crate::history::History;
use crate::moment::Moment;
use crate::overlay::Overlay;
use crate::row::PortMemory;
use crate::store::Store;

/// The database of one state directory, open for reading until this is dropped. Meanwhile no agent can open it: read
/// what there is to read, and let it go.
#[derive(Debug)]
pub struct Snapshot(Store);

impl Snapshot {
    /// Reads `DIR/sortie.redb`; `None` where there is none. While an agent has it open it is
    /// [`Locked`](StoreError::Locked).
    pub fn open(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join(FILE);
        let failed = |error| StoreError::io("read", &path, error);
        let opened = match OpenOptions::new().read(true).open(&path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        if !opened.metadata().map_err(failed)?.is_file() {
            return Err(StoreError::NotAFile { path });
        }
        let read = Overlay::new(opened).and_then(file::read);
        let (database, found) = read.map_err(|error| StoreError::database("read", &path, error))?;
        match found {
            Found::Empty | Found::Current | Found::Older(_) => Ok(Some(Self(Store::holding(path, database)))),
            Found::Newer(version) => Err(StoreError::Newer { path, version }),
            Found::Foreign => Err(StoreError::foreign(&path)),
        }
    }

    /// What was on show for every port and family, in order of port and family.
    pub fn recall(&self) -> Result<Vec<PortMemory>, StoreError> {
        self.0.recall()
    }

    /// What was known of the machine itself; `None` where nothing ever was.
    pub fn machine(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.machine()
    }

    /// What happened since a moment, and at it.
    pub fn history(&self, since: Moment) -> Result<History, StoreError> {
        self.0.history(since)
    }

    /// The moment of the latest row of history; `None` where there is none.
    pub fn latest(&self) -> Result<Option<Moment>, StoreError> {
        self.0.latest()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use redb::Database;

    use super::*;
    use crate::format::{CHANGES, FORMAT, PORTS, write_version};
    use crate::testing::{Dir, at, export, memory, row};
    use crate::{Batch, Lane, Opened, Row};

    fn batch() -> Batch {
        let mut batch = Batch::new(at(2));
        batch
            .machine(b"azure".to_vec())
            .remember(memory(25, "blocked"))
            .change(row(1, 1, "open to blocked"))
            .sample(row(2, 0, "timeout"));
        batch
    }

    /// A store with something in it, closed.
    fn filled(dir: &Path) -> PathBuf {
        let (store, _) = Store::open(dir, at(0)).expect("an empty directory");
        store.commit(&batch()).expect("room");
        dir.join(FILE)
    }

    fn opened(dir: &Path) -> Snapshot {
        Snapshot::open(dir).expect("whole").expect("it is there")
    }

    #[test]
    fn what_was_committed_is_read_and_nothing_is_changed_by_it() {
        let dir = Dir::new("snapshot-whole");
        let path = filled(dir.path());
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o440)).expect("it is ours");
        let state = || {
            let metadata = fs::metadata(&path).expect("it is there");
            let names = fs::read_dir(dir.path()).expect("ours").flatten().map(|entry| entry.file_name());
            let names: Vec<_> = names.collect();
            (fs::read(&path).expect("it is there"), metadata.permissions(), metadata.modified().ok(), names)
        };
        let before = state();
        let snapshot = opened(dir.path());
        assert_eq!(snapshot.recall().expect("whole"), [memory(25, "blocked")]);
        assert_eq!(snapshot.machine().expect("whole").as_deref(), Some(&b"azure"[..]));
        let changes: Result<Vec<Row>, _> = snapshot.history(at(0)).expect("whole").changes.collect();
        assert_eq!(changes.expect("whole"), [row(1, 1, "open to blocked")]);
        assert_eq!(snapshot.latest().expect("whole"), Some(at(2)));
        drop(snapshot);
        assert!(state() == before, "it leaves no trace");
    }

    #[test]
    fn nothing_is_made_where_nothing_is() {
        let dir = Dir::new("snapshot-nothing");
        fs::write(dir.path().join("a-file"), "").expect("room for a file");
        for name in ["", "missing", "a-file"] {
            assert!(Snapshot::open(&dir.path().join(name)).expect("nothing is wrong").is_none(), "{name}");
        }
        fs::write(dir.path().join(FILE), "").expect("room for a file");
        let empty = opened(dir.path());
        assert!(empty.recall().expect("empty").is_empty() && empty.latest().expect("empty").is_none());
        assert_eq!(fs::metadata(dir.path().join(FILE)).expect("it is there").len(), 0);
    }

    #[test]
    fn a_file_that_a_crash_left_is_repaired_in_memory_however_large_it_is() {
        for exports in [0, 3_000] {
            let (dir, crashed) = (Dir::new("snapshot-running"), Dir::new("snapshot-crashed"));
            let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
            let mut queue = Batch::new(at(0));
            for number in 1..=exports {
                queue.export(Lane::Metrics, export(number, number, &"x".repeat(6_000)));
            }
            store.commit(&queue).expect("room");
            store.commit(&batch()).expect("room");
            // As a power failure would leave it: nobody has closed it.
            fs::copy(dir.path().join(FILE), crashed.path().join(FILE)).expect("room for a file");
            let plain = redb::Builder::new().open_read_only(crashed.path().join(FILE)).map(|_| ());
            assert!(
                matches!(plain, Err(redb::DatabaseError::RepairAborted)),
                "it needs no repair: {plain:?}"
            );
            let before = fs::read(crashed.path().join(FILE)).expect("it is there");
            assert_eq!(opened(crashed.path()).recall().expect("whole"), [memory(25, "blocked")]);
            assert!(fs::read(crashed.path().join(FILE)).expect("it is there") == before);
            assert_eq!(Store::open(crashed.path(), at(3)).expect("the agent repairs it").1, Opened::Kept);
        }
    }

    #[test]
    fn an_older_format_is_migrated_in_memory() {
        let dir = Dir::new("snapshot-older");
        let database = Database::create(dir.path().join(FILE)).expect("room");
        let txn = database.begin_write().expect("ours");
        let (port, change) = (memory(25, "blocked"), row(1, 1, "open to blocked"));
        let insert = |table, key: &[u8], value: &[u8]| {
            let _ = txn.open_table(table).expect("room").insert(key, value).expect("room");
        };
        insert(PORTS, &port.key.encode(), &port.value);
        insert(CHANGES, &change.key(), &change.value);
        write_version(&txn, 1).expect("room");
        txn.commit().expect("room");
        drop(database);

        let snapshot = opened(dir.path());
        assert_eq!(snapshot.recall().expect("whole"), [port]);
        assert_eq!(snapshot.latest().expect("whole"), Some(at(1)));
        drop(snapshot);
        let agents = Store::open(dir.path(), at(2)).expect("version 1").1;
        assert_eq!(agents, Opened::Migrated { from: 1 }, "nothing was migrated on the disk");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_where_it_is() {
        let source = Dir::new("snapshot-source");
        let whole = fs::read(filled(source.path())).expect("it is there");
        for (name, bytes) in [
            ("cut in half", &whole[..whole.len() / 2]),
            ("cut within its header", &whole[..20]),
            ("text", b"this is no database"),
        ] {
            let dir = Dir::new("snapshot-damaged");
            fs::write(dir.path().join(FILE), bytes).expect("room for a file");
            let error = Snapshot::open(dir.path()).map(|_| ()).expect_err(name);
            assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error}");
            assert_eq!(fs::read(dir.path().join(FILE)).expect("it is there"), bytes, "{name}");
            assert_eq!(fs::read_dir(dir.path()).expect("ours").count(), 1, "{name}");
        }

        let newer = Dir::new("snapshot-newer");
        let database = Database::create(newer.path().join(FILE)).expect("room");
        let txn = database.begin_write().expect("ours");
        write_version(&txn, FORMAT + 1).expect("room");
        txn.commit().expect("room");
        drop(database);
        let error = Snapshot::open(newer.path()).map(|_| ()).expect_err("not yet");
        assert!(matches!(error, StoreError::Newer { version, .. } if version == FORMAT + 1), "{error}");

        let foreign = Dir::new("snapshot-foreign");
        fs::create_dir(foreign.path().join(FILE)).expect("room for a directory");
        let error = Snapshot::open(foreign.path()).map(|_| ()).expect_err("a directory has its name");
        assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn a_flipped_bit_is_never_believed() {
        let source = Dir::new("snapshot-bits");
        let path = filled(source.path());
        let whole = fs::read(&path).expect("it is there");
        let used: Vec<usize> = (0..whole.len()).filter(|&byte| whole[byte] != 0).collect();
        let mut rng = fastrand::Rng::with_seed(25);
        let mut refused = 0;
        for _ in 0..200 {
            let (byte, bit) = (*rng.choice(&used).expect("some"), rng.u8(..8));
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << bit;
            fs::write(&path, &bytes).expect("room for a file");
            match Snapshot::open(source.path()) {
                Ok(snapshot) => {
                    let ports = snapshot.expect("it is there").recall().expect("it was found whole");
                    assert_eq!(ports, [memory(25, "blocked")], "byte {byte}, bit {bit}");
                }
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 0, "no bit was of any use");
    }

    #[test]
    fn readers_share_a_store_and_an_agent_has_it_alone() {
        let dir = Dir::new("snapshot-locked");
        filled(dir.path());
        let (one, other) = (opened(dir.path()), opened(dir.path()));
        let error = Store::open(dir.path(), at(3)).expect_err("it is being read");
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        drop((one, other));
        let agents = Store::open(dir.path(), at(3)).expect("nobody reads it");
        let error = Snapshot::open(dir.path()).map(|_| ()).expect_err("the agent has it");
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        drop(agents);
        opened(dir.path());
    }
}
