//! A store that is written to for longer than it remembers stays within its bounds.

use sortie_store::{Batch, FILE, Limits, Moment, ROW_MOST, Row, Store};

/// What the documentation of `Limits::bytes` promises.
const FILE_TO_ROWS: u64 = 3;

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
