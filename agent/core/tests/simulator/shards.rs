//! Work by seed, on every core there is, with the same result however many there are.

use std::num::NonZeroUsize;
use std::thread;

/// The results of `work` for every seed below `seeds`, in the order of the seeds.
pub(crate) fn by_seed<T: Send>(seeds: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let work = &work;
    let mut results: Vec<(u64, T)> = thread::scope(|scope| {
        let shard = |first: usize| {
            move || (first as u64..seeds).step_by(cores).map(|seed| (seed, work(seed))).collect::<Vec<_>>()
        };
        let shards: Vec<_> = (0..cores).map(|first| scope.spawn(shard(first))).collect();
        shards.into_iter().flat_map(|shard| shard.join().expect("a shard finished")).collect()
    });
    results.sort_by_key(|(seed, _)| *seed);
    results.into_iter().map(|(_, result)| result).collect()
}
