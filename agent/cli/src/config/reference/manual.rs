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

const SECRETS: &str = "
## Secrets

The configuration may be read by everybody, so it holds no secret: a URL with a password is refused. What is secret lies in
files that it names. Each is an absolute path, which the user that the agent runs as can read and nobody else (mode 0400), or
`credential:NAME`, which the service manager hands to this service alone:

```ini
# systemctl edit sortie
[Service]
LoadCredential=otlp-headers:/etc/sortie/otlp-headers
LoadCredential=client-key:/etc/sortie/client-key.pem
```

```toml
[otlp]
headers_file = \"credential:otlp-headers\"
client_cert = \"/etc/sortie/client.pem\"
client_key = \"credential:client-key\"
```

Both sources can be files of root with mode 0600. `/etc/sortie/otlp-headers` has one header on each line, as `name: value` or
`name=value`:

```text
authorization: Bearer 0123456789abcdef
x-tenant: mail
```

A credential is looked for in the folder that `CREDENTIALS_DIRECTORY` names, and without the variable in
`/run/credentials/sortie.service`, with a warning. systemd copies credentials when a service starts: a token that something
renews while the agent runs is better named by its path.

`OTEL_EXPORTER_OTLP_HEADERS` works too, from an `EnvironmentFile=` with mode 0600; `Environment=` in a unit is shown to every
user by `systemctl show`.
";

const ENVIRONMENT: &str = "
## Environment

Variables of OpenTelemetry, read as its specification has them: an empty one is absent. Of those for metrics or logs alone only
the endpoints are read, since in all else the two do not differ; others that begin with `OTEL_EXPORTER_OTLP_` are named in a
warning, and those for traces are left to other programs.

| variable | meaning | key |
|---|---|---|
";

const VARIABLES: [(&str, &str, &str); 14] = [
    (environment::SDK_DISABLED, "`true`: nothing is exported", "every endpoint"),
    (environment::METRICS_EXPORTER, "`none`: no metrics are exported", "`otlp.metrics_endpoint`"),
    (environment::LOGS_EXPORTER, "`none`: no events are exported", "`otlp.logs_endpoint`"),
    (environment::ENDPOINT, "base URL of the receiver", "`otlp.endpoint`"),
    (environment::METRICS_ENDPOINT, "URL of the metrics, used as it is", "`otlp.metrics_endpoint`"),
    (environment::LOGS_ENDPOINT, "URL of the events, used as it is", "`otlp.logs_endpoint`"),
    (environment::PROTOCOL, "`http/protobuf` or `grpc`", "`otlp.protocol`"),
    (environment::COMPRESSION, "`gzip` or `none`", "`otlp.compression`"),
    (environment::TIMEOUT, "milliseconds that one request may take", "`otlp.timeout`"),
    (environment::HEADERS, "`name=value,name=value`, values percent-encoded; never shown", "none"),
    (environment::CERTIFICATE, "file, as in the configuration", "`otlp.ca_file`"),
    (environment::CLIENT_CERTIFICATE, "file, as in the configuration", "`otlp.client_cert`"),
    (environment::CLIENT_KEY, "file, as in the configuration", "`otlp.client_key`"),
    (environment::INTERVAL, "milliseconds between two exports of metrics", "`otlp.interval`"),
];

/// The text of the file.
pub(super) fn manual() -> String {
    let mut text = HEAD.to_owned();
    for table in &TABLES {
        write_table(&mut text, table);
    }
    text.push_str(SECRETS);
    text.push_str(ENVIRONMENT);
    for (variable, meaning, key) in VARIABLES {
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
    let meaning = format!("{}{more}{}", key.about, key.beaten("`"));
    let kind = key.kind.describe();
    let _ = writeln!(out, "| `{}` | {kind} | {default} | {meaning} |", key.name);
}
