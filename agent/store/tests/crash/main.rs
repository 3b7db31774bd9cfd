//! A process that is killed in the middle of its commits: what it was told is on the disk is on the disk, whole.
//!
//! The test starts its own executable again as the victim, which commits one batch after the other and says so on its
//! standard output. Each batch is one state of a port and one change, with the same number in both, and what happens to
//! exports meanwhile; a model says what the queue has after it. A lazy batch follows each, and is there or not.

mod model;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sortie_store::{Opened, PortMemory, Snapshot, Store};

use self::model::{Model, durable, lazy, moment};

const DIR: &str = "SORTIE_STORE_VICTIM";
/// How often a process is killed.
const KILLS: usize = 20;
/// A commit and its sync take less than this on most disks, so that kills fall everywhere within one.
const LONGEST_WAIT: Duration = Duration::from_millis(4);

#[test]
fn what_was_committed_survives_a_kill_at_any_moment() {
    let dir = std::env::temp_dir().join(format!("sortie-store-crash-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory can be made");
    drop(Store::open(&dir, moment(0)).expect("an empty directory"));
    let mut rng = fastrand::Rng::with_seed(25);
    let mut committed = 0;
    let mut model = Model::default();
    for kill in 0..KILLS {
        let told = commit_until_killed(&dir, rng.usize(1..12), LONGEST_WAIT.mul_f64(rng.f64()));
        let snapshot = Snapshot::open(&dir).expect("whole").expect("it is there");
        let read = number(&snapshot.recall().expect("whole"));
        drop(snapshot);
        let (store, opened) =
            Store::open(&dir, moment(0)).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        assert_eq!(opened, Opened::Kept, "kill {kill}");
        let shown = number(&store.recall().expect("whole"));
        assert_eq!(read, shown, "kill {kill}: who only reads sees what the agent will find");
        assert!(
            shown >= told && told > committed,
            "kill {kill}: told {told}, on show {shown}, before {committed}"
        );
        let history = store.history(moment(0)).expect("whole").changes;
        let history: Vec<u64> = history.map(|row| row.expect("whole").at.millis()).collect();
        assert_eq!(
            history,
            (1..=shown).collect::<Vec<_>>(),
            "kill {kill}: a state and its change are together"
        );
        for number in committed + 1..=shown {
            if number > committed + 1 {
                model.lazy(number - 1);
            }
            model.durable(number);
        }
        let found = Model::of(&store);
        if found != model {
            model.lazy(shown);
        }
        assert_eq!(found, model, "kill {kill}: the queue after {shown} batches");
        committed = shown;
    }
    assert!(model.has_lost_for_every_reason(), "{model:?}");
    std::fs::remove_dir_all(&dir).expect("it is ours");
}

#[test]
#[ignore = "it never ends: the victim of the test above"]
fn commit_for_ever() {
    let dir = std::env::var_os(DIR).expect("the test above says where");
    let (store, _) = Store::open(Path::new(&dir), moment(0)).expect("the parent has closed it");
    for number in number(&store.recall().expect("whole")) + 1.. {
        store.commit(&durable(number)).expect("the disk is fine");
        // The lines of the test harness are read by the same pipe.
        writeln!(std::io::stdout().lock(), "\ncommitted {number}").expect("the parent reads");
        store.commit(&lazy(number)).expect("the disk is fine");
    }
}

/// The number of the last commit that was told before the kill.
fn commit_until_killed(dir: &Path, commits: usize, wait: Duration) -> u64 {
    let mut victim = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "commit_for_ever", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be started again");
    let mut lines = BufReader::new(victim.stdout.take().expect("piped")).lines();
    let mut told = lines
        .by_ref()
        .filter_map(|line| line.expect("text").strip_prefix("committed ").map(|n| n.parse().expect("one")));
    let mut last = told.nth(commits - 1).expect("it commits until it is killed");
    std::thread::sleep(wait);
    victim.kill().expect("it runs");
    victim.wait().expect("it was started here");
    // What it said between the last line and the kill was on the disk before it was said.
    for number in told {
        last = number;
    }
    last
}

fn number(memories: &[PortMemory]) -> u64 {
    memories
        .first()
        .map_or(0, |memory| u64::from_le_bytes(memory.value.as_slice().try_into().expect("a number")))
}
