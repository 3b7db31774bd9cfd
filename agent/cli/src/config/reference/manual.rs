//! docs/configuration.md: the reference for people. Made by a test, since nobody needs it from the binary.

use std::fmt::Write;

use super::{Key, Preset, TABLES, Table};
use crate::config::environment;

const HEAD: &str = "\
<!-- Made from agent/cli/src/config/reference: INSTA_UPDATE=always cargo test -p sortie-cli writes it anew. -->

# Configuration

One TOML file, every key optional: `--config FILE`, else `/etc/sortie/sortie.toml`, else the built-in defaults. Unknown
keys, bad values and impossible combinations are refused with file, line, column and a hint, all at once; the exit code is
then 78. What beats what: a flag, then an environment variable, then the file, then the default.

```console
$ sortie config init --output sortie.toml      # every key with its default and a sentence, commented out
$ sortie config check sortie.toml              # fine, or every mistake; `-` reads standard input
$ sortie config show --config sortie.toml      # what is in force, and where each value comes from
$ sortie config schema > sortie.schema.json    # JSON Schema, for editors that complete TOML
```

Durations are a number and a unit (`500ms`, `60s`, `15m`, `24h`), sizes likewise (`500KB`, `32MiB`), both in quotes.
";

const ENVIRONMENT: &str = "
## Environment

Variables of OpenTelemetry, read as its specification has them: an empty one is absent. Other variables that begin with
`OTEL_EXPORTER_OTLP_` are not read, and named in a warning.

| variable | meaning | key |
|---|---|---|
";

/// The text of the file.
pub(super) fn manual() -> String {
    let mut text = HEAD.to_owned();
    for table in &TABLES {
        write_table(&mut text, table);
    }
    text.push_str(ENVIRONMENT);
    for (variable, meaning, key) in [
        (environment::ENDPOINT, "base URL of the receiver", "`otlp.endpoint`"),
        (environment::PROTOCOL, "`http/protobuf` or `grpc`", "`otlp.protocol`"),
        (environment::HEADERS, "`name=value,name=value`, values percent-encoded; never shown", "none"),
        (environment::INTERVAL, "milliseconds between two exports of metrics", "`otlp.interval`"),
    ] {
        let _ = writeln!(text, "| `{variable}` | {meaning} | {key} |");
    }
    text
}

fn write_table(out: &mut String, table: &Table) {
    let _ = writeln!(out, "\n## `{}`\n\n{}", table.heading(), table.about);
    if let Some(repeated) = &table.repeated {
        let _ = writeln!(out, "Without any entry, {}. At most {} entries.", repeated.without, repeated.most);
    }
    out.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
    for key in table.keys {
        write_row(out, key);
    }
    let _ = writeln!(out, "\n```toml\n{}", table.heading());
    for key in table.keys {
        let _ = writeln!(out, "{} = {}", key.name, key.example);
    }
    out.push_str("```\n");
}

fn write_row(out: &mut String, key: &Key) {
    let (default, more) = match key.preset {
        Preset::Value(value) => (format!("`{value}`"), String::new()),
        Preset::Absent(what) => ("absent".to_owned(), format!(" When absent, {what}.")),
        Preset::Required => ("required".to_owned(), String::new()),
    };
    let mut meaning = format!("{}{more}", key.about);
    for layer in key.beaten_by {
        let _ = write!(meaning, " Beaten by `{}`.", layer.name());
    }
    let kind = key.kind.describe();
    let _ = writeln!(out, "| `{}` | {kind} | {default} | {meaning} |", key.name);
}
