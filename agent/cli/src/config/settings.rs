//! Every value in force, and where it comes from: `sortie config show`.

use serde_json::{Map, Value};
use toml::de::DeTable;

use super::headers::HIDDEN;
use super::reference::{Key, Layer, TABLES, Table};
use super::{Config, Environment, File, Overrides, catalogue, environment};

/// One value in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The table, as it stands in brackets.
    pub table: &'static str,
    /// The entry of a list of tables, from 0.
    pub entry: Option<usize>,
    /// The key within the table.
    pub key: &'static str,
    /// Its value; `None` where there is none.
    pub value: Option<Value>,
    /// Whether `value` stands in the place of one that is not shown.
    pub hidden: bool,
    /// Who says so.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// The environment.
    Variable(&'static str),
    /// This line of the file, from 1.
    Line(usize),
    /// The built-in catalogue.
    BuiltIn,
    /// Nobody said anything.
    Default,
}

impl Setting {
    /// `agent.interval`, `target[0].address`.
    pub fn name(&self) -> String {
        match self.entry {
            Some(at) => format!("{}[{at}].{}", self.table, self.key),
            None => format!("{}.{}", self.table, self.key),
        }
    }
}

impl Config {
    /// Every value of this configuration, which was made of these layers.
    pub fn settings(
        &self,
        file: Option<&File>,
        environment: &Environment,
        flags: &Overrides,
    ) -> Vec<Setting> {
        let text = file.map_or("", |file| file.text.as_str());
        // The file was read before, without a mistake.
        let (root, _) = DeTable::parse_recoverable(text);
        let layers = Layers { text, root: root.get_ref(), environment, flags };
        let mut settings = Vec::new();
        for table in &TABLES {
            let entries = table.repeated.as_ref().map(|repeated| (repeated.count)(self));
            for at in 0..entries.unwrap_or(1) {
                let entry = entries.map(|_| at);
                settings.extend(table.keys.iter().map(|key| Setting {
                    table: table.name,
                    entry,
                    key: key.name,
                    value: (key.value)(self, at),
                    hidden: false,
                    origin: layers.origin(self, table, entry, key),
                }));
            }
            if table.name == "otlp" {
                settings.push(self.headers(environment));
            }
        }
        settings
    }

    /// The headers of exports: no key of the file, and nobody's business.
    fn headers(&self, environment: &Environment) -> Setting {
        let names: Map<String, Value> =
            self.otlp.headers.iter().map(|(name, _)| (name.to_owned(), HIDDEN.into())).collect();
        let given = environment.headers.is_some();
        Setting {
            table: "otlp",
            entry: None,
            key: "headers",
            value: (!names.is_empty()).then_some(Value::Object(names)),
            hidden: true,
            origin: if given { Origin::Variable(environment::HEADERS) } else { Origin::Default },
        }
    }
}

struct Layers<'a> {
    text: &'a str,
    root: &'a DeTable<'a>,
    environment: &'a Environment,
    flags: &'a Overrides,
}

impl Layers<'_> {
    fn origin(&self, config: &Config, table: &Table, entry: Option<usize>, key: &Key) -> Origin {
        let stronger = key.beaten_by.iter().find_map(|layer| match layer {
            Layer::Flag(name, given) => given(self.flags).then_some(Origin::Flag(name)),
            Layer::Variable(name, given) => given(self.environment).then_some(Origin::Variable(name)),
        });
        stronger.unwrap_or_else(|| match entry {
            None => {
                self.line(self.root.get(table.name).and_then(|table| table.get_ref().as_table()), key.name)
            }
            Some(at) => self.of_entry(config, table.name, at, key.name),
        })
    }

    /// Entries come from the file, else from the catalogue; behind them as targets stand the required relays of the file.
    fn of_entry(&self, config: &Config, table: &str, at: usize, key: &str) -> Origin {
        let written = self.entries(table);
        let relays = self.entries("relay").unwrap_or_default();
        let behind = written.as_ref().map_or(catalogue::roster().targets().len(), Vec::len);
        if table == "target" && at >= behind {
            let address = config.roster.targets()[at].address();
            let relay = config.relays.iter().position(|relay| relay.address == *address);
            let key = if key == "operator" { "name" } else { key };
            return self.line(relay.and_then(|at| relays.get(at)).copied(), key);
        }
        match written {
            Some(entries) => self.line(entries.get(at).copied(), key),
            None => Origin::BuiltIn,
        }
    }

    /// The entries of a list of tables that the file has.
    fn entries(&self, table: &str) -> Option<Vec<&DeTable<'_>>> {
        let entries = self.root.get(table)?.get_ref().as_array()?;
        Some(entries.iter().filter_map(|entry| entry.get_ref().as_table()).collect())
    }

    fn line(&self, table: Option<&DeTable<'_>>, key: &str) -> Origin {
        let place = table.and_then(|table| table.get_key_value(key)).map(|(key, _)| key.span());
        place.map_or(Origin::Default, |span| Origin::Line(self.text[..span.start].split('\n').count()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::config::defaults;

    fn file(text: &str) -> File {
        File { path: PathBuf::from("x.toml"), text: text.to_owned() }
    }

    /// `name value origin` for the settings whose name begins like this.
    fn settings(text: &str, environment: &Environment, flags: &Overrides, prefix: &str) -> Vec<String> {
        let file = file(text);
        let config = file
            .config()
            .expect("good")
            .within(environment)
            .expect("goes together")
            .with(flags)
            .expect("fits");
        let settings = config.settings(Some(&file), environment, flags);
        let named = settings.iter().filter(|setting| setting.name().starts_with(prefix));
        named
            .map(|s| {
                let value = s.value.as_ref().map_or("-".to_owned(), Value::to_string);
                format!("{} {value} {:?}", s.name(), s.origin)
            })
            .collect()
    }

    #[test]
    fn each_layer_beats_the_ones_below_it() {
        let text = "[agent]\ninterval = '90s'\n\n[otlp]\nendpoint = 'http://file:4318'\n";
        let variable = ("OTEL_EXPORTER_OTLP_ENDPOINT".into(), "http://env:4318".into());
        let environment = Environment::read([variable]).expect("good");
        let flags = Overrides { interval: Some(Duration::from_secs(30)), ..Overrides::default() };
        let (no_environment, no_flags) = (Environment::default(), Overrides::default());
        for (environment, flags, prefix, expected) in [
            (&no_environment, &no_flags, "agent.interval", "agent.interval \"90s\" Line(2)"),
            (&no_environment, &flags, "agent.interval", "agent.interval \"30s\" Flag(\"--interval\")"),
            (&no_environment, &no_flags, "otlp.endpoint", "otlp.endpoint \"http://file:4318\" Line(5)"),
            (
                &environment,
                &no_flags,
                "otlp.endpoint",
                "otlp.endpoint \"http://env:4318\" Variable(\"OTEL_EXPORTER_OTLP_ENDPOINT\")",
            ),
            (&no_environment, &no_flags, "otlp.max_age", "otlp.max_age \"24h\" Default"),
            (&no_environment, &no_flags, "agent.host_id", "agent.host_id - Default"),
        ] {
            assert_eq!(settings(text, environment, flags, prefix), [expected]);
        }
    }

    #[test]
    fn each_variable_of_an_exporter_beats_its_key() {
        let text = "[otlp]
endpoint = 'http://file:4318'
metrics_endpoint = 'http://file/v1/metrics'
compression = 'gzip'
timeout = '7s'
ca_file = '/file/ca'
client_cert = '/file/cert'
client_key = 'credential:key'
headers_file = 'credential:headers'
";
        for (variable, value, key, file, beaten) in [
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "none", "compression", "\"gzip\" Line(4)", "\"none\""),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "20000", "timeout", "\"7s\" Line(5)", "\"20s\""),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/env", "ca_file", "\"/file/ca\" Line(6)", "\"/env\""),
            (
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                "/env",
                "client_cert",
                "\"/file/cert\" Line(7)",
                "\"/env\"",
            ),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/env", "client_key", "\"credential:key\" Line(8)", "\"/env\""),
            (
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                "http://env/v1/metrics",
                "metrics_endpoint",
                "\"http://file/v1/metrics\" Line(3)",
                "\"http://env/v1/metrics\"",
            ),
            (
                "OTEL_METRICS_EXPORTER",
                "none",
                "metrics_endpoint",
                "\"http://file/v1/metrics\" Line(3)",
                "\"off\"",
            ),
            (
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
                "http://env/l",
                "logs_endpoint",
                "- Default",
                "\"http://env/l\"",
            ),
            ("OTEL_LOGS_EXPORTER", "none", "logs_endpoint", "- Default", "\"off\""),
            ("OTEL_SDK_DISABLED", "true", "endpoint", "\"http://file:4318\" Line(2)", "-"),
            ("OTEL_SDK_DISABLED", "true", "logs_endpoint", "- Default", "\"off\""),
            ("CREDENTIALS_DIRECTORY", "/run/c", "headers_file", "\"credential:headers\" Line(9)", ""),
        ] {
            let given = Environment::read([(variable.into(), value.into())]).expect("good");
            let shown = |environment: &Environment| {
                settings(text, environment, &Overrides::default(), &format!("otlp.{key}"))
            };
            assert_eq!(shown(&Environment::default()), [format!("otlp.{key} {file}")]);
            let expected = match beaten {
                "" => format!("otlp.{key} {file}"),
                beaten => format!("otlp.{key} {beaten} Variable({variable:?})"),
            };
            assert_eq!(shown(&given), [expected]);
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        for (text, line) in [
            ("agent.interval = '90s'", 1),
            ("\nagent = { interval = '90s' }", 2),
            ("[agent]\n# über\n\"interval\" = '90s'", 3),
            ("[agent]\r\ninterval = '90s'\r\n", 2),
        ] {
            let found = settings(text, &Environment::default(), &Overrides::default(), "agent.interval");
            assert_eq!(found, [format!("agent.interval \"90s\" Line({line})")], "{text:?}");
        }
    }

    #[test]
    fn entries_come_from_the_catalogue_or_from_the_file_with_its_relays() {
        let at =
            |text: &str, prefix: &str| settings(text, &Environment::default(), &Overrides::default(), prefix);
        let first = "target[0].address \"gmail-smtp-in.l.google.com:25\" BuiltIn";
        assert_eq!(at("", "target[0].address"), [first]);
        assert_eq!(at("", "relay[0].name"), ["relay[0].name \"acs\" BuiltIn"]);
        let relay = "[[relay]]\nname = 'own'\naddress = 'relay.example:465'\n";
        assert_eq!(at(relay, "relay[0].tls"), ["relay[0].tls \"implicit\" Default"]);
        let behind = catalogue::roster().targets().len();
        assert_eq!(at(relay, "target[0].address"), [first]);
        assert_eq!(
            at(relay, &format!("target[{behind}]")),
            [
                format!("target[{behind}].operator \"own\" Line(2)"),
                format!("target[{behind}].address \"relay.example:465\" Line(3)"),
                format!("target[{behind}].control - Default"),
                format!("target[{behind}].anchor false Default"),
            ]
        );
        let own =
            "[[target]]\naddress = 'a.example:25'\n[[target]]\n\naddress = 'b.example:25'\nanchor = true\n";
        assert_eq!(at(own, "target[1].address"), ["target[1].address \"b.example:25\" Line(5)"]);
        assert_eq!(at(own, "target[1].operator"), ["target[1].operator \"b.example\" Default"]);
    }

    #[test]
    fn headers_are_named_and_hidden() {
        let variable = ("OTEL_EXPORTER_OTLP_HEADERS".into(), "authorization=s3cret".into());
        let environment = Environment::read([variable]).expect("good");
        let headers = |environment: &Environment| {
            let found = settings("", environment, &Overrides::default(), "otlp.headers");
            found.into_iter().filter(|line| line.starts_with("otlp.headers ")).collect::<Vec<_>>()
        };
        let expected =
            "otlp.headers {\"authorization\":\"(hidden)\"} Variable(\"OTEL_EXPORTER_OTLP_HEADERS\")";
        assert_eq!(headers(&environment), [expected]);
        assert_eq!(headers(&Environment::default()), ["otlp.headers - Default"]);
    }

    #[test]
    fn without_a_file_everything_is_a_default_or_built_in() {
        let settings = defaults().settings(None, &Environment::default(), &Overrides::default());
        assert!(settings.iter().all(|s| matches!(s.origin, Origin::Default | Origin::BuiltIn)));
        assert!(settings.len() > TABLES.iter().map(|table| table.keys.len()).sum());
    }
}
