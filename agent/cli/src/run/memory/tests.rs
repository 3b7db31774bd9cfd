//! The keeper on a real disk, and without one.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use sortie_core::alert::Alarm;
use sortie_core::evidence::Evidence;
use sortie_core::exemption::Exemption;
use sortie_core::history::Sample;
use sortie_core::outcome::Outcome;
use sortie_core::target::{Family, Port, Role};
use sortie_core::verdict::{Finding, State};
use sortie_telemetry::{Bounds, CloudIdentity, Identity};

use super::*;
use crate::known::Known;
use crate::run::instance::InstanceError;

/// Room for a thousand of the exports below.
const LIMITS: QueueLimits = QueueLimits { age: Duration::from_secs(3_600), bytes: 1 << 20 };
/// Bytes that a backlog may have here.
const MOST: usize = 1 << 20;

/// A state directory, removed with the test.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static DIRS: AtomicU32 = AtomicU32::new(0);
        let number = DIRS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sortie-memory-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary folder can be written to");
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn telemetry() -> Arc<Telemetry> {
    let identity = Identity {
        host_id: "vm-1".to_owned(),
        host_name: String::new(),
        service_version: "1.2.3",
        cloud: CloudIdentity::default(),
    };
    Arc::new(Telemetry::new(&identity, &Bounds { destinations: 1, ports: 1 }).expect("an identity"))
}

/// One life of an agent on this directory, with its telemetry.
async fn life(dir: &Path) -> (Memory, Arc<Telemetry>) {
    let telemetry = telemetry();
    // The thread of the life before ends soon after it.
    let instance = loop {
        match Instance::take(dir) {
            Err(InstanceError::Taken { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            taken => break taken.ok(),
        }
    };
    let memory = Memory::begin(dir.to_owned(), instance, Arc::clone(&telemetry)).expect("a thread");
    memory.bound(Some(LIMITS), true);
    memory.recall().await;
    (memory, telemetry)
}

/// Puts a file where the directory was, so that none can be made there.
fn put_away(dir: &Path) -> PathBuf {
    let away = dir.with_extension("away");
    fs::rename(dir, &away).expect("it is ours");
    fs::write(dir, "in the way").expect("there is room");
    away
}

fn put_back(away: &Path, dir: &Path) {
    fs::remove_file(dir).expect("it is ours");
    fs::rename(away, dir).expect("it is ours");
}

fn export(signal: Signal, text: &str) -> Encoded {
    Encoded { signal, records: 3, body: text.to_owned().into() }
}

async fn waiting(memory: &Memory, signal: Signal) -> Vec<String> {
    let exports = memory.backlog(signal, u64::MAX, MOST, 64).await;
    assert!(exports.is_sorted_by_key(|export| export.number));
    exports.iter().map(|export| String::from_utf8_lossy(&export.body).into_owned()).collect()
}

async fn number(memory: &Memory, text: &str) -> u64 {
    let exports = memory.backlog(Signal::Metrics, u64::MAX, MOST, 64).await;
    exports.iter().find(|export| export.body == text.as_bytes()).expect("it waits").number
}

/// The losses that a page for Prometheus tells of metrics.
fn lost(telemetry: &Telemetry) -> Vec<String> {
    let page = telemetry.prometheus();
    let lines = page.lines().filter(|line| line.starts_with("sortie_spool_dropped_total{"));
    let told = lines.filter(|line| line.contains("sortie_signal=\"metrics\"") && !line.ends_with(" 0"));
    told.map(|line| line.replace("sortie_spool_dropped_total", "")).collect()
}

#[tokio::test]
async fn what_waits_goes_on_waiting_in_the_next_life_and_what_is_done_does_not() {
    let dir = Dir::new();
    let (memory, _) = life(&dir.0).await;
    for text in ["delivered", "refused", "waits"] {
        memory.append(export(Signal::Metrics, text)).await;
    }
    memory.append(export(Signal::Events, "event")).await;
    assert_eq!(memory.newest(Signal::Metrics).await.expect("three wait").body, "waits");
    memory.settle(Signal::Metrics, vec![number(&memory, "delivered").await], 0).await;
    memory.settle(Signal::Metrics, vec![number(&memory, "refused").await], 3).await;
    let highest = number(&memory, "waits").await;
    drop(memory);

    let (memory, telemetry) = life(&dir.0).await;
    assert_eq!(waiting(&memory, Signal::Metrics).await, ["waits"]);
    assert_eq!(waiting(&memory, Signal::Events).await, ["event"]);
    assert_eq!(lost(&telemetry), ["{reason=\"rejected\",sortie_signal=\"metrics\"} 3"], "counted over lives");
    memory.append(export(Signal::Metrics, "later")).await;
    assert!(number(&memory, "later").await > highest);
}

#[tokio::test]
async fn a_disk_that_refuses_costs_durability_alone_and_gets_everything_when_it_is_back() {
    let dir = Dir::new();
    let (memory, _) = life(&dir.0).await;
    memory.append(export(Signal::Metrics, "before")).await;
    drop(memory);
    let away = put_away(&dir.0);

    let (memory, telemetry) = life(&dir.0).await;
    for text in ["one", "two"] {
        memory.append(export(Signal::Metrics, text)).await;
    }
    assert!(memory.condition().trouble.is_some_and(|why| why.contains("failed to use the state directory")));
    assert_eq!(waiting(&memory, Signal::Metrics).await, ["one", "two"], "shipped from memory");
    memory.settle(Signal::Metrics, vec![number(&memory, "one").await], 0).await;
    assert_eq!(waiting(&memory, Signal::Metrics).await, ["two"]);

    put_back(&away, &dir.0);
    while memory.condition() != Condition::default() {
        memory.keep(Entry::new()).await;
    }
    assert_eq!(waiting(&memory, Signal::Metrics).await, ["before", "two"]);
    assert_eq!(lost(&telemetry), [""; 0]);
    drop((memory, telemetry));
    let (memory, _) = life(&dir.0).await;
    assert_eq!(waiting(&memory, Signal::Metrics).await, ["before", "two"]);
}

#[tokio::test]
async fn what_is_more_than_may_wait_is_counted_and_told_by_one_event() {
    let dir = Dir::new();
    let (memory, telemetry) = life(&dir.0).await;
    memory.bound(Some(QueueLimits { bytes: 4_096, ..LIMITS }), true);
    for text in ["a", "b", "c", "d"] {
        memory.append(export(Signal::Metrics, &text.repeat(1_500))).await;
    }
    assert_eq!(lost(&telemetry), ["{reason=\"size\",sortie_signal=\"metrics\"} 6"], "a and b");
    let left = waiting(&memory, Signal::Metrics).await;
    assert_eq!(left.iter().map(|text| &text[..1]).collect::<Vec<_>>(), ["c", "d"]);
    assert_eq!(waiting(&memory, Signal::Events).await.len(), 1, "b follows with the next event");
}

#[tokio::test]
async fn where_no_events_are_exported_none_waits() {
    let dir = Dir::new();
    let (memory, telemetry) = life(&dir.0).await;
    memory.bound(Some(QueueLimits { bytes: 2_048, ..LIMITS }), false);
    for text in ["a", "b"] {
        memory.append(export(Signal::Metrics, &text.repeat(1_500))).await;
    }
    assert_eq!(lost(&telemetry), ["{reason=\"size\",sortie_signal=\"metrics\"} 3"], "counted all the same");
    assert_eq!(waiting(&memory, Signal::Events).await, [""; 0]);
}

#[tokio::test]
async fn a_store_set_aside_is_a_loss_that_nobody_can_count() {
    let dir = Dir::new();
    fs::write(dir.0.join("sortie.redb"), "garbage").expect("it is ours");
    for _ in 0..2 {
        let (memory, telemetry) = life(&dir.0).await;
        assert_eq!(lost(&telemetry), ["{reason=\"corrupt\",sortie_signal=\"metrics\"} 1"], "in every life");
        memory.append(export(Signal::Metrics, "later")).await;
    }
}

#[tokio::test]
async fn a_store_that_somebody_removes_is_begun_anew_and_its_loss_counted() {
    let told = ["{reason=\"corrupt\",sortie_signal=\"metrics\"} 1"];
    let dir = Dir::new();
    let (memory, telemetry) = life(&dir.0).await;
    memory.append(export(Signal::Metrics, "removed")).await;
    fs::remove_file(dir.0.join("sortie.redb")).expect("it is ours");
    memory.append(export(Signal::Metrics, "kept")).await;
    assert_eq!(
        (waiting(&memory, Signal::Metrics).await, lost(&telemetry)),
        (vec!["kept".into()], told.map(String::from).into())
    );
    let copy = Dir::new();
    fs::copy(dir.0.join("sortie.redb"), copy.0.join("sortie.redb")).expect("there is room");
    assert_eq!(waiting(&life(&copy.0).await.0, Signal::Metrics).await, ["kept"]);

    fs::remove_dir_all(&dir.0).expect("it is ours");
    memory.append(export(Signal::Metrics, "waits")).await;
    assert!(memory.condition().trouble.is_some_and(|why| why.contains("is not in a directory that exists")));
}

#[tokio::test]
async fn what_memory_had_no_room_for_is_counted_over_lives() {
    let dir = Dir::new();
    let away = put_away(&dir.0);
    let (memory, telemetry) = life(&dir.0).await;
    for _ in 0..2 {
        memory.append(export(Signal::Metrics, &"x".repeat(600 << 10))).await;
    }
    let told = ["{reason=\"memory\",sortie_signal=\"metrics\"} 3"];
    assert_eq!(lost(&telemetry), told);
    put_back(&away, &dir.0);
    memory.end().await;
    drop(memory);
    assert_eq!(lost(&life(&dir.0).await.1), told);
}

fn sample(number: usize) -> Sample {
    Sample {
        operator: Some("o".repeat(64)),
        role: Role::Subject,
        address: format!("{number:03}.{}:25", "x".repeat(240)),
        port: Port::SMTP,
        family: Family::Ipv4,
        outcome: Outcome::ResetAfterHandshake,
        handshake_us: Some(u64::MAX),
    }
}

#[tokio::test]
async fn a_round_of_hundreds_with_the_longest_names_is_kept_and_costs_no_change() {
    let dir = Dir::new();
    let (memory, _) = life(&dir.0).await;
    let sentence = "an operator: no answer in 7 rounds, control answered";
    let finding = Finding {
        state: State::PlatformBlocked,
        rule: "silent_all",
        evidence: vec![Evidence::new(1.0, sentence); 500],
        ..Finding::unfinished()
    };
    let now = SystemTime::now();
    let began = now.duration_since(SystemTime::UNIX_EPOCH).expect("the clock was set");
    let mut entry = Entry::new();
    entry.samples(&(0..300).map(sample).collect::<Vec<_>>(), began);
    let (port, family, alarm) = (Port::SMTP, Family::Ipv4, Alarm::default());
    let exemption = Exemption::default();
    entry.remember(Known { port, family, finding, since: now, conclusive: Some(now), alarm, exemption });
    memory.keep(entry).await;
    assert_eq!(memory.condition(), Condition::default());
    drop(memory);
    let Recalled { ports, history, .. } = life(&dir.0).await.0.recall().await;
    let states: Vec<_> = ports.iter().map(|known| known.finding.state).collect();
    assert_eq!((states, history.series().len()), (vec![State::PlatformBlocked], 300));
}

#[tokio::test]
async fn two_entries_at_once_are_no_disk_that_hangs() {
    let dir = Dir::new();
    let (memory, _) = life(&dir.0).await;
    let (others, busy) = channel::<()>();
    memory.orders.send(Box::new(move |_| _ = busy.recv())).expect("the keeper lives");
    let (first, second) =
        (memory.append(export(Signal::Metrics, "1")), memory.append(export(Signal::Events, "2")));
    let both = async { tokio::join!(first, second) };
    tokio::pin!(both);
    tokio::select! {
        biased;
        _ = &mut both => panic!("neither is on the disk"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(memory.condition(), Condition::default(), "nobody has lost patience");
    drop(others);
    both.await;
    assert_eq!(waiting(&memory, Signal::Events).await, ["2"]);
}

#[tokio::test]
async fn what_was_acknowledged_before_the_end_is_not_delivered_again() {
    let dir = Dir::new();
    let (memory, _) = life(&dir.0).await;
    memory.append(export(Signal::Metrics, "delivered")).await;
    memory.settle(Signal::Metrics, vec![number(&memory, "delivered").await], 0).await;
    memory.end().await;
    // As it is when the process ends now, with its thread wherever it is.
    let copy = Dir::new();
    fs::copy(dir.0.join("sortie.redb"), copy.0.join("sortie.redb")).expect("there is room");
    assert_eq!(waiting(&life(&copy.0).await.0, Signal::Metrics).await, [""; 0]);
}
