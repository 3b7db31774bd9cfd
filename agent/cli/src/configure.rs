//! `sortie config`: writes, checks and explains the configuration. No probe is made, no privilege is needed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::args::{CheckFile, ConfigCommand, Init, Show, ShowFormat};
use crate::config::{Config, ConfigError, DEFAULT_PATH, File, reference};
use crate::setup::{self, InForce};
use crate::text::printable;
use crate::{render, terminal};

/// Stands for standard input, and how it is called in messages.
const STDIN: (&str, &str) = ("-", "<stdin>");

/// A file that is not overwritten. A usage error: the exit code is 64.
#[derive(Debug, thiserror::Error)]
#[error("{} is there already, and is not overwritten: remove it, or choose another name", .0.display())]
pub struct FileExists(PathBuf);

/// Does what was asked.
pub fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Init(args) => init(args),
        ConfigCommand::Check(args) => check(args),
        ConfigCommand::Show(args) => show(args),
        ConfigCommand::Schema => {
            let schema = serde_json::to_string_pretty(&reference::schema())?;
            terminal::print(&(schema + "\n")).context("failed to write to stdout")
        }
    }
}

fn init(args: &Init) -> anyhow::Result<()> {
    let template = reference::template();
    let Some(path) = &args.output else {
        return terminal::print(&template).context("failed to write to stdout");
    };
    let failed = || format!("failed to write {}", path.display());
    match fs::File::create_new(path) {
        Ok(mut file) => file.write_all(template.as_bytes()).with_context(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileExists(path.clone()).into()),
        Err(error) => Err(error).with_context(failed),
    }
}

fn check(args: &CheckFile) -> anyhow::Result<()> {
    let (stdin, called) = STDIN;
    let file = match &args.file {
        Some(path) if path.as_os_str() == stdin => {
            File::read(Path::new(called), io::stdin().lock()).map(Some)
        }
        other => File::find(other.as_deref()),
    };
    let sentence = match file.map_err(ConfigError::from)? {
        Some(file) => {
            let Config { hash, .. } = warned(file.config()?);
            format!("{} is fine (hash {hash})\n", printable(&file.path.display().to_string()))
        }
        None => format!("there is no {DEFAULT_PATH}: the built-in defaults are used\n"),
    };
    terminal::print(&sentence).context("failed to write to stdout")
}

fn warned(config: Config) -> Config {
    setup::warn(&config, &config.warnings);
    config
}

fn show(args: &Show) -> anyhow::Result<()> {
    let InForce { file, environment, flags, config } =
        setup::in_force(args.settings.config.as_deref(), args.settings.overrides())?;
    let settings = config.settings(file.as_ref(), &environment, &flags);
    let text = match args.format {
        ShowFormat::Table => render::settings::table(&config, &settings),
        ShowFormat::Json => render::settings::json(&config, &settings),
        ShowFormat::Toml => render::settings::toml(&config, &settings),
    };
    terminal::print(&text).context("failed to write to stdout")
}
