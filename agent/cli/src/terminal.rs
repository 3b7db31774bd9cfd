//! What is known about the terminal, and writing to it.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::LogLevel;
use crate::render::Style;

/// Makes `--color` hold for everything that is written from now on.
pub fn set_color(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// What was chosen, as the word of `--color`.
pub fn color_word() -> &'static str {
    match ColorChoice::global() {
        ColorChoice::Auto => "auto",
        ColorChoice::Always | ColorChoice::AlwaysAnsi => "always",
        ColorChoice::Never => "never",
    }
}

/// Whether stderr takes colours: `--color`, then `NO_COLOR` and its kin, then whether it is a terminal.
pub fn stderr_color() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// How a report is written to stdout.
pub fn stdout_style() -> Style {
    let stdout = io::stdout();
    let width =
        if stdout.is_terminal() { terminal_size::terminal_size().map(|(width, _)| width.0) } else { None };
    Style { colour: AutoStream::choice(&stdout) != ColorChoice::Never, width }
}

/// Writes data to stdout. A reader that has gone away (`| head`) is no failure.
pub fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a message to stderr. Nobody can be told if that fails.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a warning to stderr, on a line of its own.
pub fn warn(sentence: &str) {
    complain(&format!("warning: {}\n", crate::text::printable(sentence)));
}

/// Sends the log to stderr, where a service manager or a person reads it. Libraries are heard when something is wrong.
pub fn start_log(level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("sortie", level).with_default(level.min(LevelFilter::WARN));
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(stderr_color())
        .with_target(false)
        .finish();
    log.with(own).init();
}
