//! `sortie demo`: a whole cloud in private network namespaces, and the real agent in it.
//!
//! ```text
//!   host:    sortie demo ── narrates, owns the page's socket, asks the page what the agent made of it
//!   ─────────────│──────────────────────────────────────────────────────────────────────────────────
//!   inside:  vm ── gateway ── fabric ── transit ── isp ── five operators, two controls
//!            └ sortie run                     (threads in namespaces of their own, wired by veth pairs)
//! ```
//!
//! * [`plan`], [`scene`]: who lives where, and what can go wrong, as data.
//! * [`isolate`], [`node`], [`ip`], [`cloud`]: the network.
//! * [`door`], [`forger`], [`agent`]: what lives in it.
//! * [`world`]: the hidden half, inside.
//! * [`narrator`], [`story`], [`narration`], [`drawing`], [`page`]: the half on the host.
//!
//! It changes nothing of the host and leaves nothing behind. It refuses to judge: what is shown is what the agent says.

mod agent;
mod cloud;
mod door;
mod drawing;
mod forger;
mod ip;
mod isolate;
mod narration;
mod narrator;
mod node;
mod page;
mod plan;
pub mod scene;
mod story;
mod world;

use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

use self::scene::{SCENES, Scene};
use crate::args::Demo;
use crate::terminal;

pub use self::world::run as world;

/// Lists, plays one scene, or tells the story.
pub fn run(args: &Demo, runtime: &Runtime) -> Result<u8> {
    if args.list {
        terminal::print(list()).context("failed to write to stdout")?;
        return Ok(crate::exit::OK);
    }
    ip::require()?;
    match args.once {
        Some(scene) => once(args, scene),
        None => runtime.block_on(narrator::tell(args)),
    }
}

/// One check in one scene. Standard output and exit code are those of the check.
fn once(args: &Demo, scene: &Scene) -> Result<u8> {
    let mut world = agent::world();
    world.args(["--once", scene.name]).args(args.check_flags()).stdin(Stdio::piped());
    let mut child = world.spawn().context("failed to start the demonstration")?;
    // Held, not closed: its end tells the world that we are gone.
    let _lifeline = child.stdin.take();
    let status = child.wait().context("failed to wait for the demonstration")?;
    world::code(status).context("the demonstration was killed")
}

fn list() -> String {
    let width = SCENES.iter().map(|scene| scene.name.len()).max().unwrap_or(0);
    SCENES.iter().fold(String::new(), |mut text, scene| {
        let _ = writeln!(text, "{:width$}  {}", scene.name, scene.sentence);
        text
    })
}
