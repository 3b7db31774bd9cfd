//! The file: opened, made, or set aside and made anew.
//!
//! ```text
//!   missing ───────────────────────────▶ made ────▶ Fresh
//!   open it ─┬─ current ───────────────────────────▶ Kept
//!            ├─ older ──────────────────▶ migrated ▶ Migrated
//!            ├─ damaged, newer, foreign ─▶ renamed ─▶ made ─▶ SetAside
//!            └─ locked, full, read-only, failing ───▶ an error, and the file stays as it is
//! ```

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, StorageBackend};

use crate::compact;
use crate::error::StoreError;
use crate::format::{self, Found};
use crate::limits::CACHE_BYTES;
use crate::moment::Moment;

/// Within the state directory.
pub const FILE: &str = "sortie.redb";

/// Files set aside that may lie in the directory.
pub const SET_ASIDE_MOST: usize = 4;

/// What is wrong with a database of somebody else.
pub(crate) const FOREIGN: &str = "its tables are not Sortie's";

/// It says when this machine's mail did not leave, and what it asked: for its owner.
const MODE: u32 = 0o600;

/// What opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There was none: it is new and empty.
    Fresh,
    /// It was there, whole.
    Kept,
    /// It was there in an older format, and is in the current one now.
    Migrated {
        /// The older format.
        from: u32,
    },
    /// It could not be used, and lies beside a new and empty one.
    SetAside {
        /// Where it lies now.
        as_path: PathBuf,
        /// Why it could not be used.
        why: Why,
    },
}

/// Why a file was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not what was once written.
    Damaged {
        /// What was found.
        what: String,
    },
    /// A newer Sortie wrote it.
    Newer {
        /// The format it is in.
        version: u32,
    },
}

/// Opens the database at this path, or makes it, and makes it small where it holds little.
pub(crate) fn open(path: &Path, now: Moment) -> Result<(Database, Opened), StoreError> {
    let (database, opened) = open_or_make(path, now)?;
    // A disk may have no room for a copy. The file is as good as before, only large.
    let Ok(Some(copied)) = compact::compacted(&database, path) else { return Ok((database, opened)) };
    sync_directory(path).map_err(|error| StoreError::io("compact", path, error))?;
    Ok((copied, opened))
}

fn open_or_make(path: &Path, now: Moment) -> Result<(Database, Opened), StoreError> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((make(path)?, Opened::Fresh)),
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            return Err(StoreError::NotAFile { path: path.to_owned() });
        }
        Err(error) => return Err(StoreError::io("open", path, error)),
    };
    keep_private(&file, path)?;
    match load(file, path)? {
        Ok(opened) => Ok(opened),
        Err(why) => {
            let as_path = set_aside(path, now)?;
            Ok((make(path)?, Opened::SetAside { as_path, why }))
        }
    }
}

/// A file of another user's making, or of a careless copy, is made private too.
fn keep_private(file: &File, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("open", path, error);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    if metadata.permissions().mode() & 0o777 != MODE {
        file.set_permissions(Permissions::from_mode(MODE)).map_err(failed)?;
    }
    Ok(())
}

fn load(file: File, path: &Path) -> Result<Result<(Database, Opened), Why>, StoreError> {
    match read_file(file) {
        Ok((database, found)) => Ok(match found {
            Found::Empty => Ok((database, Opened::Fresh)),
            Found::Current => Ok((database, Opened::Kept)),
            Found::Older(from) => Ok((database, Opened::Migrated { from })),
            Found::Newer(version) => Err(Why::Newer { version }),
            Found::Foreign => Err(Why::Damaged { what: FOREIGN.to_owned() }),
        }),
        Err(error) => match StoreError::database("open", path, error) {
            StoreError::Damaged { what, .. } => Ok(Err(Why::Damaged { what })),
            error => Err(error),
        },
    }
}

/// Opens what a file, or another backend, holds, and brings it to the current format.
pub(crate) fn read(backend: impl StorageBackend) -> Result<(Database, Found), redb::Error> {
    // Checked every time: a file that was altered behind redb's back is refused, where it would be trusted otherwise.
    let database = redb::Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(true)
        .create_with_backend(backend)?;
    let txn = database.begin_write()?;
    let found = format::upgrade(&txn)?;
    match found {
        Found::Empty | Found::Older(_) => txn.commit()?,
        // What is as it should be costs no write, and what is not ours is not touched.
        Found::Current | Found::Newer(_) | Found::Foreign => txn.abort()?,
    }
    Ok((database, found))
}

fn read_file(file: File) -> Result<(Database, Found), redb::Error> {
    read(FileBackend::new(file)?)
}

/// Makes an empty one where there is no file.
pub(crate) fn make(path: &Path) -> Result<Database, StoreError> {
    let failed = |error| StoreError::io("create", path, error);
    let file =
        OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(path).map_err(failed)?;
    let made = read_file(file).map_err(|error| StoreError::database("create", path, error)).and_then(
        |(database, _)| {
            sync_directory(path).map_err(failed)?;
            Ok(database)
        },
    );
    if made.is_err() {
        // Half a database would be damage at the next opening. What fails here is told by the error already.
        let _ = fs::remove_file(path);
    }
    made
}

fn set_aside(path: &Path, now: Moment) -> Result<PathBuf, StoreError> {
    let failed = |error| StoreError::io("set aside", path, error);
    let directory = path.parent().unwrap_or(Path::new("."));
    let prefix = format!("{FILE}.damaged-");
    let mut before = 0;
    for entry in fs::read_dir(directory).map_err(failed)? {
        before += usize::from(entry.map_err(failed)?.file_name().to_string_lossy().starts_with(&prefix));
    }
    if before >= SET_ASIDE_MOST {
        return Err(StoreError::DamagedAgain { path: path.to_owned() });
    }
    // Twice in one second is possible, and renaming would replace the first.
    let as_path = (0..=SET_ASIDE_MOST)
        .map(|taken| format!("{prefix}{now}{}", ".again".repeat(taken)))
        .map(|name| directory.join(name))
        .find(|candidate| candidate.symlink_metadata().is_err())
        .ok_or_else(|| StoreError::DamagedAgain { path: path.to_owned() })?;
    fs::rename(path, &as_path).map_err(failed)?;
    sync_directory(path).map_err(failed)?;
    Ok(as_path)
}

/// A name is on the disk when its directory is.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { what } => write!(f, "it is damaged: {what}"),
            Self::Newer { version } => {
                write!(
                    f,
                    "it is in format {version} of a newer Sortie; this one reads up to {}",
                    format::FORMAT
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::write_version;
    use crate::testing::{Dir, at, memory, row};
    use crate::{Batch, FORMAT, Store};

    /// A store with something in it, closed.
    fn filled(dir: &Path) -> PathBuf {
        let (store, opened) = Store::open(dir, at(0)).expect("an empty directory");
        assert_eq!(opened, Opened::Fresh);
        let mut batch = Batch::new(at(1));
        batch.remember(memory(25, "blocked")).change(row(1, 1, "open to blocked"));
        store.commit(&batch).expect("the disk is fine");
        dir.join(FILE)
    }

    fn set_aside_by(store: &(Store, Opened)) -> (&Path, &Why) {
        let Opened::SetAside { as_path, why } = &store.1 else { panic!("{:?}", store.1) };
        assert!(store.0.recall().expect("a fresh one").is_empty());
        (as_path, why)
    }

    #[test]
    fn a_file_is_its_owners_alone() {
        let dir = Dir::new("mode");
        let path = filled(dir.path());
        let mode = || fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(), MODE);

        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
        assert_eq!(Store::open(dir.path(), at(2)).expect("it is whole").1, Opened::Kept);
        assert_eq!(mode(), MODE);
    }

    #[test]
    fn what_cannot_be_used_is_set_aside_as_it_is() {
        let whole = Dir::new("whole");
        let whole = fs::read(filled(whole.path())).expect("it is there");
        let mut torn = whole.clone();
        torn.truncate(whole.len() / 2);
        let mut short = whole.clone();
        short.truncate(20);
        let mut longer = whole.clone();
        longer.extend_from_slice(b"more");
        let mut header = whole.clone();
        header[..4].copy_from_slice(b"BDER");
        let zeros = vec![0; whole.len()];
        for (name, bytes) in [
            ("cut in half", torn),
            ("cut within its header", short),
            ("made longer", longer),
            ("without its magic number", header),
            ("all zeros", zeros),
            ("text", b"state_dir = \"/var/lib/sortie\"\n".to_vec()),
        ] {
            let dir = Dir::new("unusable");
            fs::write(dir.path().join(FILE), &bytes).expect("room for a file");
            let opened = Store::open(dir.path(), at(0)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let (as_path, why) = set_aside_by(&opened);
            assert!(matches!(why, Why::Damaged { .. }), "{name}: {why}");
            assert_eq!(as_path, dir.path().join("sortie.redb.damaged-2026-11-26T12:00:00Z"), "{name}");
            assert_eq!(fs::read(as_path).expect("it is there"), bytes, "{name}");
        }
    }

    #[test]
    fn a_flipped_bit_is_repaired_or_set_aside_and_never_believed() {
        /// Of redb.
        const PAGE: usize = 4096;
        /// Each costs some syncs of the disk.
        const BITS: usize = 64;
        let source = Dir::new("bits-source");
        let whole = fs::read(filled(source.path())).expect("it is there");
        // Every page that is in use: the unused ones are all zeros, and nobody reads them.
        let used: Vec<usize> = (0..whole.len() / PAGE)
            .filter(|page| whole[page * PAGE..(page + 1) * PAGE].iter().any(|&byte| byte != 0))
            .collect();
        let mut rng = fastrand::Rng::with_seed(25);
        let mut set_aside = 0;
        for _ in 0..BITS {
            let dir = Dir::new("bits");
            let mut bytes = whole.clone();
            let page = rng.choice(&used).expect("a header at least");
            let (byte, bit) = (page * PAGE + rng.usize(..PAGE), rng.u8(..8));
            bytes[byte] ^= 1 << bit;
            fs::write(dir.path().join(FILE), &bytes).expect("room for a file");
            let (store, opened) =
                Store::open(dir.path(), at(2)).unwrap_or_else(|e| panic!("byte {byte}: {e}"));
            let remembered = store.recall().unwrap_or_else(|error| panic!("byte {byte}: {error}"));
            match opened {
                Opened::SetAside { .. } => set_aside += 1,
                // A bit that is read by nobody, or of a commit slot: closing wrote the same once more in the other one.
                _ => assert_eq!(remembered, [memory(25, "blocked")], "byte {byte}, bit {bit}"),
            }
        }
        assert!(set_aside > 0, "{BITS} bits, and none of them was of any use");
    }

    #[test]
    fn a_newer_format_is_set_aside_for_the_newer_program() {
        let dir = Dir::new("newer");
        let path = filled(dir.path());
        let (database, _) =
            read_file(File::options().read(true).write(true).open(&path).expect("it is there"))
                .expect("whole");
        let txn = database.begin_write().expect("ours");
        write_version(&txn, FORMAT + 1).expect("room");
        txn.commit().expect("room");
        drop(database);

        let opened = Store::open(dir.path(), at(2)).expect("a fresh one");
        let (as_path, why) = set_aside_by(&opened);
        assert_eq!(why, &Why::Newer { version: FORMAT + 1 });

        // What the newer program finds when it comes back.
        let file = File::options().read(true).write(true).open(as_path).expect("it is there");
        assert_eq!(read_file(file).expect("whole").1, Found::Newer(FORMAT + 1));
    }

    #[test]
    fn a_database_of_somebody_else_is_set_aside() {
        let dir = Dir::new("foreign");
        let database = Database::create(dir.path().join(FILE)).expect("room");
        let txn = database.begin_write().expect("ours");
        let table: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("meta");
        txn.open_table(table).expect("room").insert(1, 1).expect("room");
        txn.commit().expect("room");
        drop(database);
        let opened = Store::open(dir.path(), at(2)).expect("a fresh one");
        assert!(matches!(set_aside_by(&opened).1, Why::Damaged { .. }));
    }

    #[test]
    fn damage_again_and_again_ends_in_an_error_and_no_file_is_replaced() {
        let dir = Dir::new("again");
        for _ in 0..SET_ASIDE_MOST {
            fs::write(dir.path().join(FILE), "garbage").expect("room for a file");
            set_aside_by(&Store::open(dir.path(), at(0)).expect("a fresh one"));
        }
        assert_eq!(fs::read_dir(dir.path()).expect("ours").count(), SET_ASIDE_MOST + 1);

        fs::write(dir.path().join(FILE), "garbage").expect("room for a file");
        let error = Store::open(dir.path(), at(0)).expect_err("enough is enough");
        assert!(matches!(error, StoreError::DamagedAgain { .. }), "{error}");
        assert_eq!(fs::read(dir.path().join(FILE)).expect("it is there"), b"garbage");
    }

    #[test]
    fn an_empty_file_is_a_store_that_nobody_has_written_to() {
        let dir = Dir::new("empty");
        fs::write(dir.path().join(FILE), "").expect("room for a file");
        assert_eq!(Store::open(dir.path(), at(0)).expect("a fresh one").1, Opened::Fresh);
        assert_eq!(Store::open(dir.path(), at(0)).expect("whole").1, Opened::Kept);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let dir = Dir::new("in-the-way");
        let error = Store::open(&dir.path().join("missing"), at(0)).expect_err("no directory");
        assert!(matches!(error, StoreError::NoDirectory { .. }), "{error}");

        fs::write(dir.path().join("file"), "").expect("room for a file");
        let error = Store::open(&dir.path().join("file"), at(0)).expect_err("no directory");
        assert!(matches!(error, StoreError::NoDirectory { .. }), "{error}");

        fs::create_dir(dir.path().join(FILE)).expect("room for a directory");
        let error = Store::open(dir.path(), at(0)).expect_err("a directory has its name");
        assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn a_second_process_is_kept_out_and_changes_nothing() {
        let dir = Dir::new("locked");
        let first = Store::open(dir.path(), at(0)).expect("an empty directory");
        let error = Store::open(dir.path(), at(0)).expect_err("it is open");
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        drop(first);
        assert_eq!(Store::open(dir.path(), at(0)).expect("it is closed").1, Opened::Kept);
    }
}
