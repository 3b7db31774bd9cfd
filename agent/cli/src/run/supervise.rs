//! Keeps a task running beside probing: one that ends or panics is started again after a pause that grows.

use std::any::Any;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::Instant;
use tracing::error;

/// Pause before the first new start.
const PAUSE_LEAST: Duration = Duration::from_secs(1);
/// A task that fails at once, for ever, costs one start a minute.
const PAUSE_MOST: Duration = Duration::from_secs(60);

/// Runs what `start` makes, again and again. Ends never; dropping it ends the task.
pub(super) async fn supervise<F>(name: &str, mut start: impl FnMut() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut pause = PAUSE_LEAST;
    loop {
        let began = Instant::now();
        let ended = AbortOnDrop(tokio::spawn(start())).join().await;
        if began.elapsed() > PAUSE_MOST {
            pause = PAUSE_LEAST;
        }
        let how = match ended {
            Ok(()) => "ended".to_owned(),
            Err(error) => format!("failed: {}", reason_to_end(error)),
        };
        error!("the {name} {how}; it is started again in {} s", pause.as_secs());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MOST);
    }
}

fn reason_to_end(error: JoinError) -> String {
    error.try_into_panic().map_or_else(|_| "it was cancelled".to_owned(), |payload| reason(payload.as_ref()))
}

/// What somebody panicked with.
pub(super) fn reason(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl AbortOnDrop {
    async fn join(&mut self) -> Result<(), JoinError> {
        (&mut self.0).await
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let task = supervise("test", move || {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(number >= 3, "the first three fail");
                std::future::pending::<()>().await;
            }
        });
        assert!(tokio::time::timeout(Duration::from_secs(3_600), task).await.is_err(), "it never ends");
        assert_eq!(starts.load(Ordering::Relaxed), 4);
    }
}
