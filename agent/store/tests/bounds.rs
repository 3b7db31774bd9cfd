//! A store that is written to for longer than it remembers stays within its bounds.

use std::time::Duration;

use sortie_store::{
    Batch, EXPORT_MOST, Export, FILE, Lane, Limits, Loss, Moment, QueueLimits, ROW_MOST, Row, Store,
};

/// What the documentation of `Limits::bytes` promises.
const FILE_TO_ROWS: u64 = 3;
/// What the documentation of `QueueLimits::bytes` promises.
const FILE_TO_QUEUE: u64 = 5;

#[test]
fn the_file_stays_within_three_times_its_rows_whatever_their_size() {
    for (name, value, rows_each, commits) in
        [("small rows, and many of them", 180, 400, 60), ("the largest rows", ROW_MOST, 16, 40)]
    {
        let dir = std::env::temp_dir().join(format!("sortie-store-bounds-{}-{value}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory can be made");
        let (store, _) = Store::open(&dir, Moment::from_millis(0)).expect("an empty directory");
        let mut trimmed = 0;
        let mut number = 0;
        for _ in 0..commits {
            let mut batch = Batch::new(Moment::from_millis(number));
            for _ in 0..rows_each {
                number += 1;
                let row = Row { at: Moment::from_millis(number), id: 0, value: vec![7; value] };
                batch.change(row.clone()).sample(row);
            }
            let went = store.commit(&batch).expect("room");
            trimmed += went.changes + went.samples;
        }
        let history = store.history(Moment::from_millis(0)).expect("whole");
        let left = (history.changes.count() + history.samples.count()) as u64;
        assert_eq!(left + trimmed, 2 * number, "{name}: a row is there, or counted");
        assert!(trimmed > 0, "{name}: the bounds were never reached");
        let most = FILE_TO_ROWS * (Limits::CHANGES.bytes + Limits::SAMPLES.bytes);
        let file = std::fs::metadata(dir.join(FILE)).expect("it is there").len();
        println!("{name}: {left} rows, a file of {file} bytes");
        assert!(file <= most, "{name}: a file of {file} bytes, at most {most}");
        drop(store);
        std::fs::remove_dir_all(&dir).expect("it is ours");
    }
}

#[test]
fn the_file_stays_within_five_times_its_queue_whatever_the_size_of_exports() {
    for (name, limit, body, commits, exports_each) in [
        ("exports of a usual size", 2 << 20, 3_000, 90, 10),
        ("a little more than half a page", 2 << 20, 2_100, 130, 10),
        ("a little more than a power of two of pages", 7 << 20, 1 << 20, 16, 1),
        ("the largest ones", 9 << 20, EXPORT_MOST, 6, 1),
    ] {
        let dir = std::env::temp_dir().join(format!("sortie-store-queue-{}-{body}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory can be made");
        let now = Moment::from_millis(0);
        let (store, _) = Store::open(&dir, now).expect("an empty directory");
        let limits = QueueLimits { age: Duration::MAX, bytes: limit };
        let mut trimmed = 0;
        let mut file = 0;
        let mut number = 0;
        for _ in 0..commits {
            let mut batch = Batch::new(now);
            for _ in 0..exports_each {
                number += 1;
                batch.export(Lane::Metrics, Export { number, at: now, records: 1, body: vec![7; body] });
            }
            trimmed +=
                store.commit(batch.bound(limits, now)).expect("room").lost.of(Lane::Metrics, Loss::Size);
            file = file.max(std::fs::metadata(dir.join(FILE)).expect("it is there").len());
        }
        let left = store.queue().expect("whole").metrics;
        assert_eq!(left.exports + trimmed, number, "{name}: an export is there, or counted");
        assert!(trimmed > 0 && left.bytes <= limit, "{name}: the bounds were never reached");
        println!("{name}: {} exports of {} bytes, a file of {file} bytes", left.exports, left.bytes);
        let most = FILE_TO_QUEUE * (limit + body as u64);
        assert!(file <= most, "{name}: a file of {file} bytes, at most {most}");
        drop(store);
        std::fs::remove_dir_all(&dir).expect("it is ours");
    }
}
