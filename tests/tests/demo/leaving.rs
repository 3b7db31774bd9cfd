//! Nothing is left behind, whoever dies first.

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use nix::sys::signal::Signal;

use crate::Job;
use crate::demo::{Demo, send};

/// Long enough to be killed in its middle.
const LONG: [&str; 4] = ["--once", "drop25", "--format", "json"];

/// Words by which the processes are told apart.
const CHECK: &[&str] = &["check", "--demonstration"];
const FIRST_INSIDE: &[&str] = &["sortie-demo-world", "--within"];

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("nothing_is_left_after_its_end", |stage| {
        let mut demo = Demo::start(stage, &LONG)?;
        demo.wait_for(CHECK)?;
        // A place outside of the chain for the first process, and one for each of six places.
        ensure!(demo.networks() == 7, "{} networks", demo.networks());
        demo.end()?.with(2)?;
        demo.left_nothing()
    }),
    ("nothing_is_left_after_the_narrator_was_killed", |stage| {
        let mut demo = Demo::start(stage, &LONG)?;
        demo.wait_for(CHECK)?;
        demo.signal(Signal::SIGKILL)?;
        demo.end()?.with(128 + 9)?;
        demo.left_nothing()
    }),
    ("nothing_is_left_after_the_narrator_was_killed_while_building", |stage| {
        for _ in 0..10 {
            let mut demo = Demo::start(stage, &LONG)?;
            demo.wait_for(&["sortie-demo-world"])?;
            demo.signal(Signal::SIGKILL)?;
            demo.end()?.with(128 + 9)?;
            demo.left_nothing()?;
        }
        Ok(())
    }),
    ("nothing_is_left_after_the_agent_was_killed", |stage| {
        let ended = killed(stage, CHECK)?;
        ensure!(ended.contains("`sortie check` was killed"), "{ended}");
        Ok(())
    }),
    ("nothing_is_left_after_the_first_process_inside_was_killed", |stage| {
        let ended = killed(stage, FIRST_INSIDE)?;
        ensure!(ended.contains("the demonstration's first process was killed"), "{ended}");
        Ok(())
    }),
    ("an_interrupt_ends_one_scene", |stage| {
        let mut demo = Demo::start(stage, &LONG)?;
        demo.wait_for(CHECK)?;
        demo.signal(Signal::SIGINT)?;
        demo.end()?.with(130)?;
        demo.left_nothing()
    }),
    ("two_at_once_do_not_meet", |stage| {
        let mut demos =
            [Demo::start(stage, &LONG)?, Demo::start(stage, &["--once", "open", "--format", "json"])?];
        for demo in &mut demos {
            demo.wait_for(CHECK)?;
        }
        for (demo, code) in demos.iter_mut().zip([2, 0]) {
            demo.end()?.with(code)?;
            demo.left_nothing()?;
        }
        Ok(())
    }),
];

/// Kills one of its processes; it ends with a failure that is returned.
fn killed(stage: &Stage, words: &[&str]) -> Result<String> {
    let mut demo = Demo::start(stage, &LONG)?;
    demo.wait_for(CHECK)?;
    send(demo.wait_for(words)?, Signal::SIGKILL)?;
    let stderr = demo.end()?.with(70)?.stderr;
    demo.left_nothing()?;
    Ok(stderr)
}
