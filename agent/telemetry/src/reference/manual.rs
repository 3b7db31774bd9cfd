//! docs/telemetry.md: the reference for people.

use std::fmt::Write as _;

use super::questions::QUESTIONS;
use super::{Carried, TARGET_INFO, attributes, group, kind, stability, value_type};
use crate::registry::{
    Attribute, EVENTS, Holds, Kind, Level, Metric, OVERFLOW, Presence, REGISTRY, RESOURCE, Stability,
};

const HEAD: &str = "\
<!-- Made from agent/telemetry/src/registry: INSTA_UPDATE=always cargo test -p sortie-telemetry writes it anew. -->

# Telemetry

Metrics are one set of instruments, read in two ways that tell the same: `/metrics` for Prometheus, and OTLP where
`[otlp] endpoint` is set. Sums and histograms are cumulative: an export that got lost costs resolution and never
correctness. [Events](#events) leave by OTLP alone. The same catalogue as data, for dashboards and rules to be checked
against, is [telemetry.json](telemetry.json).

| kind | what it tells | OTLP | Prometheus |
|---|---|---|---|
| counter | only ever rises | monotonic sum | counter |
| state set | 1 for what holds, 0 for each that was left, nothing for what never was | gauge | gauge |
| gauge | the latest value | gauge | gauge |
| up-down counter | an amount that may be added up over machines | sum | gauge |
| histogram | a distribution | histogram with explicit bounds | histogram: `_bucket`, `_sum`, `_count` |

What is *stable* keeps its name, kind, unit and attributes until the next major version; what is in *development* may
change with any release, and the changelog says so. A unit in braces counts things.
";

/// The groups of metrics, with what each is about.
pub(super) const GROUPS: [(&str, &str, &str); 10] = [
    ("probe", "Probes", "What single attempts met. They are evidence and not a verdict."),
    ("port", "Ports", "The verdict: one state for each port and IP family."),
    (
        "expectation",
        "Expectations",
        "What the configuration, else the provider's documents say beside the verdict.",
    ),
    ("relay", "Relays", "Whether mail can be handed to the servers of `[[relay]]`."),
    (
        "subscription",
        "The subscription",
        "There is none of this where Azure Resource Manager is not asked (`[cloud] arm`).",
    ),
    ("agent", "The agent", "Whether the one who tells all this is well itself."),
    (
        "spool",
        "The queue",
        "What waits until the OTLP receiver has acknowledged it. There is none of these where nothing is exported.",
    ),
    ("store", "The store", "The disk that holds what is known."),
    ("host", "The machine", "What the agent knows of the machine that it stands on, beside its network."),
    (
        "process",
        "The process",
        "What the agent costs this machine, by the semantic conventions for processes.",
    ),
];

/// The text of the file.
pub(super) fn manual() -> String {
    let mut text = HEAD.to_owned();
    for (name, title, about) in GROUPS {
        write_group(&mut text, name, title, about);
    }
    write_events(&mut text);
    write_attributes(&mut text);
    write_resource(&mut text);
    write_questions(&mut text);
    text
}

fn write_group(out: &mut String, name: &str, title: &str, about: &str) {
    let metrics = || REGISTRY.iter().filter(|metric| group(metric) == name);
    let _ = writeln!(out, "\n## {title}\n\n{about}\n");
    out.push_str("| OpenTelemetry | Prometheus | kind | unit | attributes |\n|---|---|---|---|---|\n");
    for metric in metrics() {
        let keys: Vec<_> = metric.attributes.iter().map(|attribute| code(attribute.key)).collect();
        let (kind, unit) = (kind(metric.kind), code(metric.unit));
        let prometheus = code(&metric.prometheus_name());
        let _ = writeln!(out, "| `{}` | {prometheus} | {kind} | {unit} | {} |", metric.name, keys.join(", "));
    }
    out.push('\n');
    for metric in metrics() {
        let _ = writeln!(out, "* `{}`: {}{}", metric.name, metric.says, more(metric));
    }
}

fn more(metric: &Metric) -> String {
    let mut text = String::new();
    if let Kind::Histogram(buckets) = metric.kind {
        let bounds: Vec<_> = buckets.iter().map(|bound| code(&bound.to_string())).collect();
        let _ = write!(text, " Upper bounds of its buckets: {}.", bounds.join(", "));
    }
    text + &promise(metric.stability)
}

fn promise(to_keep: Stability) -> String {
    match to_keep {
        Stability::Stable => String::new(),
        Stability::Development => format!(" *In {}.*", stability(to_keep)),
    }
}

fn write_events(out: &mut String) {
    out.push_str(
        "\n## Events\n\nOTLP log records with an event name, each sent as soon as it happened. The timestamp is the moment when it \
         happened,\nthe body a sentence for people. What is delivered twice has the same `log.record.uid`, which is that of the \
         change in\n`/api/v1/history`.\n\n| event | severity | attributes |\n|---|---|---|\n",
    );
    for event in EVENTS {
        let severities: Vec<_> = event.levels.iter().map(|(level, only)| severity(*level, *only)).collect();
        let keys: Vec<_> = event.attributes.iter().map(|attribute| code(attribute.key)).collect();
        let _ = writeln!(out, "| `{}` | {} | {} |", event.name, severities.join("; "), keys.join(", "));
    }
    out.push('\n');
    for event in EVENTS {
        let _ = writeln!(out, "* `{}`: {}{}", event.name, event.says, promise(event.stability));
    }
}

fn severity(level: Level, only_where: Option<&str>) -> String {
    let only_where = only_where.map_or_else(String::new, |condition| format!(" where {condition}"));
    format!("{} ({}){only_where}", level.code(), level.number())
}

fn write_attributes(out: &mut String) {
    out.push_str("\n## Attributes\n\nNo attribute of a metric is a resolved address, an error text or a process id: they would make new series of each incident.\nWhat has no name in Prometheus is on events alone.\n\n");
    let all = attributes();
    let rows = all.iter().map(|carried| Row {
        attribute: carried.attribute,
        is_label: !carried.metrics.is_empty(),
        on: of_several(&all, carried),
    });
    write_table(out, rows.chain([Row::from(OVERFLOW)]));
    out.push_str("\nThese lists are closed:\n\n| attribute | values |\n|---|---|\n");
    for carried in &all {
        if let Holds::Word(words) = carried.attribute.holds {
            let words: Vec<_> = words().into_iter().map(code).collect();
            let on = of_several(&all, carried);
            let _ = writeln!(out, "| `{}`{on} | {} |", carried.attribute.key, words.join(", "));
        }
    }
}

/// Where it is, if its key means something else elsewhere.
fn of_several(all: &[Carried], one: &Carried) -> String {
    if all.iter().filter(|other| other.attribute.key == one.attribute.key).count() == 1 {
        return String::new();
    }
    let names: Vec<_> = one.metrics.iter().chain(&one.events).map(|name| code(name)).collect();
    format!(" of {}", names.join(", "))
}

fn write_resource(out: &mut String) {
    let _ = writeln!(
        out,
        "\n## Resource\n\nWho speaks: once with each export, and on `/metrics` as the labels of `{TARGET_INFO}`. \
         `OTEL_RESOURCE_ATTRIBUTES` adds to it\nand wins over what the agent found out, `OTEL_SERVICE_NAME` wins over both.\n"
    );
    write_table(out, RESOURCE.iter().copied().map(Row::from));
}

/// A line of a table of attributes.
struct Row {
    attribute: Attribute,
    is_label: bool,
    on: String,
}

impl From<Attribute> for Row {
    fn from(attribute: Attribute) -> Self {
        Self { attribute, is_label: true, on: String::new() }
    }
}

fn write_table(out: &mut String, rows: impl Iterator<Item = Row>) {
    out.push_str("| OpenTelemetry | Prometheus | type | example | meaning |\n|---|---|---|---|---|\n");
    for Row { attribute, is_label, on } in rows {
        let examples: Vec<String> = match attribute.holds {
            Holds::Word(words) => words().first().map(|word| code(word)).into_iter().collect(),
            Holds::Text(texts) => texts.iter().map(|text| code(text)).collect(),
            Holds::Integer(numbers) => numbers.iter().map(|number| code(&number.to_string())).collect(),
            Holds::Double(numbers) => numbers.iter().map(|number| code(&number.to_string())).collect(),
            Holds::Texts(text) => vec![code(text)],
            Holds::Doubles(number) => vec![code(&number.to_string())],
            Holds::Boolean => vec![code("true"), code("false")],
            Holds::Yes => vec![code("true")],
        };
        let presence = match attribute.presence {
            Presence::Always => String::new(),
            Presence::Where(condition) => format!(" Only where {condition}."),
        };
        let _ = writeln!(
            out,
            "| `{}`{on} | {} | {} | {} | {}{presence} |",
            attribute.key,
            if is_label { code(&attribute.prometheus_label()) } else { String::new() },
            value_type(attribute.holds),
            examples.join(", "),
            attribute.says
        );
    }
}

fn write_questions(out: &mut String) {
    out.push_str(
        "\n## Questions\n\n`job` and `instance` are the labels of whoever scrapes, or those that a backend makes of the resource of an OTLP export.\n",
    );
    for question in QUESTIONS {
        let _ = writeln!(
            out,
            "\n### {}\n\n```promql\n{}\n```\n\n{}",
            question.asks, question.promql, question.answer
        );
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
