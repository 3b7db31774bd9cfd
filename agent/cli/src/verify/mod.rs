//! `sortie verify`: waits until an exemption takes effect, and says what stands in its way if it does not.
//!
//! ```text
//!   machine: the jury sits ──▶ report ┐                         ┌─▶ not yet: again, after a pause
//!                                     ├─▶ judged ─▶ soak ───────┤
//!   fleet:   Prometheus answers ──────┘                         └─▶ over, or the deadline ─▶ conclusion ─▶ face
//! ```
//!
//! * [`cause`], [`soak`], [`conclusion`], [`say`]: pure; what stands in the way, how long it has been as expected, how it
//!   ends, and the sentences about it.
//! * [`machine`], [`announce`]: this machine, asked again and again, and the events about it.
//! * [`fleet`]: a whole subscription, as its agents report.
//!
//! It never ends early because it looks hopeless: an exemption may come any minute. What could not be seen proves nothing.

mod announce;
mod cause;
mod conclusion;
mod face;
mod fleet;
mod machine;
mod say;
mod soak;
mod telling;

use std::future::Future;

use anyhow::Context as _;

use self::face::{Case, Outcome};
pub use self::fleet::run as fleet;
pub use self::machine::run as machine;
use crate::args::VerifyFormat;
use crate::{exit, terminal};

/// Waits for what is done, unless somebody types Ctrl-C: then what was known is said, and the code is that of a shell.
async fn interruptible<T>(work: impl Future<Output = T>) -> anyhow::Result<Option<T>> {
    tokio::select! {
        done = work => Ok(Some(done)),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("failed to listen for Ctrl-C")?;
            Ok(None)
        }
    }
}

/// What is said at a Ctrl-C.
fn interrupted(known: &str) -> u8 {
    terminal::complain(&format!("interrupted: {}\n", crate::text::printable(known)));
    exit::INTERRUPTED
}

/// Writes the outcome to stdout.
fn print(outcome: &Outcome, cases: &[Case], format: VerifyFormat) -> anyhow::Result<()> {
    let text = match format {
        VerifyFormat::Table => face::table(outcome, terminal::stdout_style()),
        VerifyFormat::Json => face::json(outcome).context("failed to write the verification as JSON")?,
        VerifyFormat::Junit => {
            face::junit(outcome, cases).context("failed to write the verification as JUnit")?
        }
    };
    terminal::print(&text).context("failed to write to stdout")
}
