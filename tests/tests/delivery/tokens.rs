//! Who is heard where the gateway asks for a token, and how tokens change while it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Gateway, Overlay};
use e2e::netns;
use e2e::otlp::{Answer, Message, Protocol};

use crate::Alone;
use crate::gateway::{exports, require_stored};
use crate::world::in_the_end;

/// As shipped, but for how long it waits for a file that is not there.
const IMPATIENT: Overlay =
    Overlay::Text("extensions: {bearertokenauth: {retry_on_failure: {max_retries: 1}}}\n");

pub(crate) const ALONE: &[(&str, Alone)] = &[
    ("an_agent_is_heard_with_a_token_and_a_token_is_exchanged_without_a_restart", exchanged),
    ("a_gateway_without_its_tokens_does_not_start", without),
];

fn exchanged(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("backend")?;
    let folder = stage.desk()?.state_dir();
    let file = put(&folder, "the-old-one of last year\n")?;
    let backend = Backend::start_with(&asking(&file), &namespace, &folder)?;
    let now = SystemTime::now();
    let taken = exports("known", now, 1);
    let refused = exports("unknown", now, 1);
    for protocol in Protocol::BOTH {
        for header in
            ["", "Bearer", "Bearer the-new-one", "Bearer the-old-one of last year", "Basic the-old-one"]
        {
            ensure!(!hears(&backend, protocol, header, &refused)?, "{protocol} hears `{header}`");
        }
        ensure!(hears(&backend, protocol, "Bearer the-old-one", &taken)?, "{protocol} does not hear a token");
    }
    put(&folder, "the-old-one\nthe-new-one\n")?;
    for token in ["the-new-one", "the-old-one"] {
        let header = format!("Bearer {token}");
        in_the_end(|| heard(&backend, &header, &taken, true))?;
    }
    put(&folder, "the-new-one\n")?;
    // It may be heard for a moment yet.
    in_the_end(|| heard(&backend, "Bearer the-old-one", &taken, false))?;
    heard(&backend, "Bearer the-new-one", &taken, true)?;
    // What is known stays known when the file goes.
    fs::remove_file(&file)?;
    heard(&backend, "Bearer the-new-one", &taken, true)?;
    require_stored(&backend, &taken)
}

fn without(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("backend")?;
    let folder = stage.desk()?.state_dir();
    let mut gateway = asking(&folder.join("tokens"));
    gateway.overlays.push(IMPATIENT);
    ensure!(Backend::start_with(&gateway, &namespace, &folder).is_err(), "it has started");
    let log = folder.join("collector-0.log");
    let said = fs::read_to_string(&log).with_context(|| format!("failed to read {}", log.display()))?;
    ensure!(said.contains("failed to read credentials file"), "it does not say why: {said}");
    Ok(())
}

fn asking(file: &Path) -> Gateway {
    Gateway {
        overlays: vec![Overlay::Shipped("tokens.yaml")],
        environment: vec![("SORTIE_GATEWAY_TOKENS", file.display().to_string())],
        ..Gateway::default()
    }
}

/// In place of the one before, whole at every moment.
fn put(folder: &Path, text: &str) -> Result<PathBuf> {
    let (new, file) = (folder.join("tokens.new"), folder.join("tokens"));
    fs::write(&new, text).with_context(|| format!("failed to write {}", new.display()))?;
    fs::rename(&new, &file).with_context(|| format!("failed to put {} in place", file.display()))?;
    Ok(file)
}

fn heard(backend: &Backend<'_>, header: &str, sent: &[Message], expected: bool) -> Result<()> {
    for protocol in Protocol::BOTH {
        let is_heard = hears(backend, protocol, header, sent)?;
        ensure!(is_heard == expected, "{protocol}, `{header}`: heard is {is_heard}");
    }
    Ok(())
}

/// Whether this is taken; what is not is refused as unauthenticated.
fn hears(backend: &Backend<'_>, protocol: Protocol, header: &str, sent: &[Message]) -> Result<bool> {
    let headers = [("authorization", header)];
    let headers = if header.is_empty() { &[][..] } else { &headers };
    let unauthenticated = match protocol {
        Protocol::Http => 401,
        Protocol::Grpc => 16,
    };
    match &backend.send(protocol, sent, headers)?[0] {
        Answer::Taken => Ok(true),
        answer if answer.code() == Some(unauthenticated) => Ok(false),
        answer => anyhow::bail!("{protocol} answered {answer:?}"),
    }
}
