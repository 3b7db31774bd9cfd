//! `sortie demo`

use std::net::SocketAddr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser};

use super::Format;
use crate::config::EngineChoice;
use crate::demo::scene::{self, SCENES, Scene};

pub(super) const LONG: &str = "\
Show Sortie at work in a whole cloud on this machine, without touching its network.

A VM, the platform's gateway, a transit router and five mail operators are built from private network namespaces (as \
root, or without where the kernel allows user namespaces). The real agent runs inside, at a shortened pace that it \
announces. Something breaks, the agent says who it is, and its page can be watched from this machine. IPv4 only. \
Needs `ip` of iproute2. Nothing is left behind.";

pub(super) const AFTER: &str = "\
Examples:
  sortie demo                               the story, with the page on 127.0.0.1:9525 or the next free port
  sortie demo --step --stay                 at your own pace, and the page stays at the end
  sortie demo --list                        every scene
  sortie demo --once drop25                 one scene, one check
  sortie demo --once drop25 --format json | jq .verdicts

Exit codes:
  0  every scene was judged as what it is; with --once, what `sortie check` says there
  1  a scene was judged otherwise
  130 ended by Ctrl-C
  64 wrong command line, 70 the demonstration could not be built";

/// `sortie demo`
#[derive(Args, Clone, Debug)]
pub struct Demo {
    /// Play one scene and print the result of `sortie check` in it
    #[arg(long, value_name = "SCENE", value_parser = scene_parser(), hide_possible_values = true)]
    pub once: Option<&'static Scene>,
    /// Name the scenes, with a sentence each
    #[arg(long, conflicts_with_all = ["once", "step", "stay", "listen"])]
    pub list: bool,
    /// How the result of --once is written
    #[arg(long, value_name = "FORMAT", default_value = "table", requires = "once")]
    pub format: Format,
    /// Which engine probes in --once
    #[arg(long, value_name = "ENGINE", default_value = "auto", requires = "once")]
    pub engine: EngineChoice,
    /// Wait for Enter before each scene
    #[arg(long, conflicts_with = "once")]
    pub step: bool,
    /// Keep the last scene and the page until Ctrl-C
    #[arg(long, conflicts_with = "once")]
    pub stay: bool,
    /// Where the page is served [default: 127.0.0.1:9525, or the next free port]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    pub listen: Option<SocketAddr>,
}

/// The half of the demonstration that lives inside. Nobody types it: it is a name of the program, not a command, so that
/// no help, completion or manual page offers it.
#[derive(Clone, Debug, Parser)]
#[command(name = DemoWorld::NAME)]
pub struct DemoWorld {
    /// As of the outer half
    #[arg(long, default_value = "auto")]
    pub color: ColorChoice,
    /// Play one scene
    #[arg(long, value_parser = scene_parser())]
    pub once: Option<&'static Scene>,
    /// How the result is written
    #[arg(long, default_value = "table")]
    pub format: Format,
    /// Which engine probes
    #[arg(long, default_value = "auto")]
    pub engine: EngineChoice,
    /// The namespaces are there already
    #[arg(long)]
    pub within: bool,
}

impl Demo {
    /// The flags that go on to the check.
    pub fn check_flags(&self) -> Vec<String> {
        check_flags(self.format, self.engine)
    }
}

impl DemoWorld {
    /// What the program is called then.
    pub const NAME: &str = "sortie-demo-world";

    /// Whether the program is called so.
    pub fn is_meant() -> bool {
        std::env::args_os().next().is_some_and(|name| name == Self::NAME)
    }

    /// The flags that go on to the check.
    pub fn check_flags(&self) -> Vec<String> {
        check_flags(self.format, self.engine)
    }
}

fn check_flags(format: Format, engine: EngineChoice) -> Vec<String> {
    let words = [word(&format), word(&engine)];
    ["--format", "--engine"].into_iter().zip(words).flat_map(|(flag, word)| [flag.to_owned(), word]).collect()
}

fn word(value: &impl clap::ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn scene_parser() -> impl TypedValueParser<Value = &'static Scene> {
    PossibleValuesParser::new(SCENES.iter().map(|scene| scene.name))
        .try_map(|name| scene::named(&name).ok_or("no such scene"))
}
