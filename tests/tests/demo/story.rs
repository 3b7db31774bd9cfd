//! The story: the page is reachable from outside while the agent judges inside.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use e2e::http;
use nix::sys::signal::Signal;

use crate::Job;
use crate::demo::{Demo, send};

const AGENT: &[&str] = &["run", "--demonstration"];

/// The first line of the narration.
const PAGE: &str = "The page is at http://";

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("the_story_is_judged_to_its_end", |stage| {
        let mut demo = Demo::start(stage, &[])?;
        demo.wait_for(AGENT)?;
        ensure!(demo.networks() == 7, "{} networks", demo.networks());
        let ended = demo.end()?.with(0)?;
        for sentence in [
            "port 25: platform blocked (silent drop)",
            "port 25: path blocked (reset)",
            "port 25: locally blocked",
            "port 25: no egress (no answer)",
            "Each of 7 scenes was judged as what it is.",
        ] {
            ensure!(ended.stdout.contains(sentence), "no {sentence:?} in\n{}", ended.stdout);
        }
        ensure!(!ended.stdout.contains('\u{1b}'), "colours without a terminal");
        demo.left_nothing()
    }),
    ("two_stories_have_a_page_each", |stage| {
        let mut demos = [Demo::start(stage, &[])?, Demo::start(stage, &[])?];
        let mut addresses = Vec::new();
        for demo in &mut demos {
            demo.wait_for_text("✔ after")?;
            let address = address(&demo.wait_for_text(PAGE)?)?;
            let answer = http::get(address, "/api/v1/report")?;
            ensure!(answer.status == 200 && answer.body.contains("demo-vm"), "{answer:?}");
            addresses.push(address);
        }
        ensure!(addresses[0] != addresses[1], "{addresses:?}");
        for demo in &mut demos {
            demo.signal(Signal::SIGINT)?;
            demo.end()?.with(130)?;
            demo.left_nothing()?;
        }
        Ok(())
    }),
    ("nothing_is_left_of_a_story_after_the_narrator_was_killed", |stage| {
        let mut demo = Demo::start(stage, &[])?;
        demo.wait_for(AGENT)?;
        demo.signal(Signal::SIGKILL)?;
        demo.end()?.with(128 + 9)?;
        demo.left_nothing()
    }),
    ("nothing_is_left_of_a_story_after_the_agent_was_killed", |stage| {
        let mut demo = Demo::start(stage, &[])?;
        send(demo.wait_for(AGENT)?, Signal::SIGKILL)?;
        let stderr = demo.end()?.with(70)?.stderr;
        ensure!(stderr.contains("the agent ended by itself (signal: 9 (SIGKILL))"), "{stderr}");
        demo.left_nothing()
    }),
    ("a_story_that_stays_keeps_the_page_and_its_verdict", |stage| {
        let mut demo = Demo::start(stage, &["--stay"])?;
        let told = demo.wait_for_text("until Ctrl-C")?;
        let answer = http::get(address(&told)?, "/api/v1/report")?;
        ensure!(answer.status == 200, "{answer:?}");
        demo.signal(Signal::SIGINT)?;
        demo.end()?.with(0)?;
        demo.left_nothing()
    }),
    ("steps_wait_for_enter_and_end_with_the_input", |stage| {
        let mut demo = Demo::start(stage, &["--step"])?;
        demo.wait_for_text(PAGE)?;
        demo.enter()?;
        let told = demo.wait_for_text("✔ after")?;
        ensure!(!told.contains("2/7"), "it did not wait:\n{told}");
        demo.close_input();
        let ended = demo.end()?.with(0)?;
        ensure!(!ended.stdout.contains("2/7"), "{}", ended.stdout);
        demo.left_nothing()
    }),
];

fn address(told: &str) -> Result<SocketAddr> {
    let line = told.lines().find_map(|line| line.strip_prefix(PAGE)).context("no page")?;
    line.trim_end_matches('/').parse().context("the page's address is none")
}
