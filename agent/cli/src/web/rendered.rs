//! What was rendered, kept for the next who asks: a thousand viewers cost as much as one.
//!
//! A face is rendered anew when something new is put up, and where it tells the time, once more each second. A face
//! that panics is not asked again until then, so that it can neither end the server nor flood the log.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::Instant;
use tracing::error;

/// How old a face may be that tells the time.
pub(super) const A_SECOND: Duration = Duration::from_secs(1);
/// For what follows from the moment on show alone.
pub(super) const FOR_GOOD: Duration = Duration::MAX;

/// One face, as last rendered.
pub(super) struct Rendered {
    name: &'static str,
    lifetime: Duration,
    last: Mutex<Option<Rendering>>,
}

#[derive(Clone)]
struct Rendering {
    generation: u64,
    at: Instant,
    /// `None` where it failed.
    bytes: Option<Bytes>,
}

impl Rendered {
    pub(super) fn new(name: &'static str, lifetime: Duration) -> Self {
        Self { name, lifetime, last: Mutex::default() }
    }

    /// The bytes as of this generation, rendered if nobody did yet; `None` if that failed, which the log tells.
    pub(super) fn bytes<E: std::fmt::Display>(
        &self,
        generation: u64,
        now: Instant,
        render: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Option<Bytes> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(last) if last.generation == generation && now - last.at < self.lifetime => {
                last.bytes.clone()
            }
            _ => {
                let bytes = self.render(render);
                *last = Some(Rendering { generation, at: now, bytes: bytes.clone() });
                bytes
            }
        }
    }

    /// Gives the memory back; the next who asks has it rendered.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn render<E: std::fmt::Display>(&self, render: impl FnOnce() -> Result<Vec<u8>, E>) -> Option<Bytes> {
        // Whatever the face was changing is a value of its own, dropped with it.
        match panic::catch_unwind(AssertUnwindSafe(render)) {
            Ok(Ok(bytes)) => return Some(bytes.into()),
            Ok(Err(reason)) => error!("failed to render {}: {reason}", self.name),
            Err(_) => error!("{} panicked and is answered with 500; probing goes on", self.name),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn a_face_is_rendered_once_for_each_generation_and_second() {
        let (clock, timeless) = (Rendered::new("a clock", A_SECOND), Rendered::new("a report", FOR_GOOD));
        let rendered = Cell::new(0);
        let now = Instant::now();
        let renders = |face: &Rendered, generation, now| {
            let before = rendered.get();
            let render = || {
                rendered.set(before + 1);
                Ok::<_, Infallible>(vec![0])
            };
            assert!(face.bytes(generation, now, render).is_some());
            rendered.get() - before
        };
        for (face, generation, now, expected) in [
            (&clock, 1, now, 1),
            (&clock, 1, now, 0),
            (&clock, 2, now, 1),
            (&clock, 2, now + A_SECOND, 1),
            (&clock, 2, now + A_SECOND, 0),
            (&timeless, 1, now, 1),
            (&timeless, 1, now + A_SECOND, 0),
            (&timeless, 2, now + A_SECOND, 1),
        ] {
            assert_eq!(renders(face, generation, now), expected, "{} {generation} {now:?}", face.name);
        }
        timeless.forget();
        assert_eq!(renders(&timeless, 2, now), 1);
    }

    #[test]
    fn a_face_that_fails_is_asked_again_for_the_next_generation_only() {
        let face = Rendered::new("a face", FOR_GOOD);
        let now = Instant::now();
        assert_eq!(face.bytes::<Infallible>(1, now, || panic!("as this test wants")), None);
        assert_eq!(face.bytes(1, now, || Ok::<_, Infallible>(vec![1])), None);
        assert_eq!(face.bytes(2, now, || Err("no number")), None);
        assert_eq!(face.bytes(3, now, || Ok::<_, Infallible>(vec![3])).as_deref(), Some(&[3][..]));
    }
}
