//! One TOML file, every key optional.
//!
//! ```text
//! file ──▶ text ──▶ spanned tables ──▶ sections ──▶ checks across sections ──▶ Config
//!          └────────────────────────── all mistakes at once, each with its place ─────▶ ConfigError
//! ```
//!
//! A [`Config`] is valid by construction: every number lies within its bounds and no two entries contradict each
//! other. `[[target]]` in the file replaces the built-in targets and the relay among them, `[[relay]]` the built-in
//! relay, `controls.global` the built-in controls. Precedence is flag ([`Overrides`]), then environment ([`Environment`]), then file, then
//! default.

mod agent;
pub mod catalogue;
mod cloud;
mod diagnose;
mod environment;
mod expect;
mod file;
mod file_ref;
mod fingerprint;
mod headers;
mod otlp;
mod overrides;
mod probe;
pub mod reference;
mod relay;
mod section;
mod settings;
mod targets;
#[cfg(test)]
mod tests;
mod url;
mod value;
mod web;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sortie_core::schedule::Pace;
use sortie_core::target::{Address, Roster, Target};
use toml::Spanned;
use toml::de::DeTable;

pub use self::agent::Agent;
pub use self::cloud::{Cloud, Service};
pub use self::diagnose::Problem;
use self::diagnose::quote;
pub use self::environment::{Environment, EnvironmentError};
pub use self::expect::{Expect, PortExpectation};
pub use self::file::{DEFAULT_PATH, File, FileError};
pub use self::file_ref::FileRef;
pub use self::headers::Headers;
pub use self::otlp::{ClientCert, Compression, Otlp, Protocol, Proxy, SignalEndpoint};
pub use self::overrides::{OverrideError, Overrides};
pub use self::probe::{EngineChoice, Probe, Source};
pub use self::relay::Relay;
use self::section::Section;
pub use self::settings::{Origin, Setting};
pub use self::targets::warnings;
pub use self::web::{DEFAULT_PORT, Web};

/// Between the end of one window and the start of the next round names are resolved and the verdict is reached.
const ROUND_SLACK: Duration = Duration::from_secs(1);

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file that was read; `None` for the built-in defaults.
    pub path: Option<PathBuf>,
    /// First 16 digits of the SHA-256 of the file's bytes; `built-in` without a file.
    pub hash: String,
    /// `[agent]`
    pub agent: Agent,
    /// `[probe]`
    pub probe: Probe,
    /// `[[target]]` and `[controls]`, with the required relays of the file.
    pub roster: Roster,
    /// `[[relay]]`
    pub relays: Vec<Relay>,
    /// `[expect]`
    pub expect: Expect,
    /// `[cloud]`
    pub cloud: Cloud,
    /// `[otlp]`
    pub otlp: Otlp,
    /// `[web]`
    pub web: Web,
    /// The times within an episode; no key of the file, see [`Overrides`].
    pub pace: Pace,
    /// Sentences about what is allowed and still worth knowing.
    pub warnings: Vec<String>,
}

/// Why there is no configuration. Either way the exit code is 78.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable makes no sense.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file was read and has mistakes.
    #[error("{} is refused", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong with it; never empty.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// The error as text for a terminal, with a line break at the end.
    pub fn render(&self, colour: bool) -> String {
        match self {
            Self::Environment(error) => format!("error: {error}\n"),
            Self::File(error) => format!("error: {error}\n"),
            Self::Refused { path, text, problems } => diagnose::render(path, text, problems, colour),
        }
    }
}

/// What an absent `[[target]]`, `[[relay]]` or `[controls]` stands for.
#[derive(Clone, Copy)]
enum Base {
    /// The built-in catalogue.
    Catalogue,
    /// Nothing: this is the catalogue.
    Nothing,
}

/// Reads the file at `path`, else the one at [`DEFAULT_PATH`] if it exists, else the built-in defaults.
pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    match File::find(path)? {
        Some(file) => file.config(),
        None => Ok(defaults()),
    }
}

/// The configuration of an empty file.
#[expect(clippy::missing_panics_doc, reason = "an empty file has no mistakes, see the tests")]
pub fn defaults() -> Config {
    parse("", Base::Catalogue).expect("an empty file has no mistakes")
}

fn parse(source: &str, base: Base) -> Result<Config, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        return Err(errors.iter().map(syntax).collect());
    }
    let mut problems = Vec::new();
    let config = read(&table, base, &mut problems);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems),
    }
}

/// A mistake in TOML itself.
fn syntax(error: &toml::de::Error) -> Problem {
    let message = error.message().lines().next().unwrap_or_default();
    let title = format!("this is not TOML: {}", quote(message));
    let rest: Vec<String> = error.message().lines().skip(1).map(quote).collect();
    let problem = Problem::new(title, error.span().unwrap_or(0..0), "here");
    if rest.is_empty() { problem } else { problem.hint(rest.join(", ")) }
}

fn read<'d>(table: &'d Spanned<DeTable<'d>>, base: Base, problems: &mut Vec<Problem>) -> Option<Config> {
    let mut root = Section::root(table, problems);
    let (agent, interval) = root.section("agent", Agent::read);
    let (probe, window) = root.section("probe", Probe::read);
    let subjects = root.sections("target", targets::TARGETS_MAX, targets::read_target);
    let globals = root.section("controls", targets::read_globals);
    let expect = root.section("expect", Expect::read);
    let cloud = root.section("cloud", Cloud::read);
    let relays = root.sections("relay", relay::RELAYS_MAX, Relay::read);
    let otlp = root.section("otlp", Otlp::read);
    let web = root.section("web", Web::read);
    check_interval(&agent, &probe, interval.as_ref(), window.as_ref(), &mut root);
    root.finish();

    targets::check(subjects.as_deref().unwrap_or_default(), globals.as_deref().unwrap_or_default(), problems);
    relay::check(relays.as_deref().unwrap_or_default(), problems);
    if !problems.is_empty() {
        return None;
    }

    let globals: Vec<Address> = match (globals, base) {
        (Some(own), _) => own.into_iter().map(Spanned::into_inner).collect(),
        (None, Base::Catalogue) => catalogue::globals().to_vec(),
        (None, Base::Nothing) => Vec::new(),
    };
    let has_own_targets = subjects.is_some();
    let mut targets: Vec<Target> = match (subjects, base) {
        (Some(own), _) => own.into_iter().map(|subject| subject.target).collect(),
        (None, Base::Catalogue) => catalogue::roster().targets().to_vec(),
        (None, Base::Nothing) => Vec::new(),
    };
    targets::add_relays(&mut targets, relays.as_deref().unwrap_or_default());
    let relays = match (relays, base) {
        (Some(own), _) => own.into_iter().map(|placed| placed.relay).collect(),
        // It is one of the built-in targets: whoever has others asks for those and nobody else.
        (None, Base::Catalogue) if !has_own_targets => catalogue::relays().to_vec(),
        (None, _) => Vec::new(),
    };
    let roster = match Roster::new(targets, globals) {
        Ok(roster) => roster,
        Err(error) => {
            let problem = Problem::new(error.to_string(), table.span(), "in this file");
            problems.push(problem.hint("leave `target` out to use the built-in catalogue"));
            return None;
        }
    };
    let warnings = targets::warnings(&roster);
    Some(Config {
        path: None,
        hash: fingerprint::BUILT_IN.to_owned(),
        agent,
        probe,
        roster,
        relays,
        expect,
        cloud,
        otlp,
        web,
        pace: Pace::DEFAULT,
        warnings,
    })
}

/// A round must be over before the next one begins.
fn check_interval(
    agent: &Agent,
    probe: &Probe,
    interval: Option<&Spanned<Duration>>,
    window: Option<&Spanned<Duration>>,
    root: &mut Section<'_, '_>,
) {
    let least = probe.window + ROUND_SLACK;
    if agent.interval >= least {
        return;
    }
    let show = |d: Duration| humantime::format_duration(d).to_string();
    let title = format!(
        "an interval of {} is too short for a window of {}",
        show(agent.interval),
        show(probe.window)
    );
    let hint = format!("make `agent.interval` at least {}, or `probe.window` shorter", show(least));
    let problem = match (interval, window) {
        (Some(interval), Some(window)) => {
            Problem::new(title, interval.span(), "rounds would overlap").other(window.span(), "the window")
        }
        (Some(place), None) | (None, Some(place)) => {
            Problem::new(title, place.span(), "rounds would overlap")
        }
        (None, None) => return,
    };
    root.refuse(problem.hint(hint));
}
