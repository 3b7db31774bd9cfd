//! The same for programs, schema `sortie.knowledge/1`: the facts as they stand in their files.

use serde::Serialize;
use sortie_core::knowledge::{self, Provider, Relays};

use crate::args::RELAYS;
use crate::render::plain;

/// The schema that [`Document`] follows.
const SCHEMA: &str = "sortie.knowledge/1";

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    providers: Vec<&'static Provider>,
    relays: Option<&'static Relays>,
}

/// Everything, or one topic of it.
pub(super) fn json(topic: Option<&str>) -> serde_json::Result<String> {
    let document = Document {
        schema: SCHEMA,
        providers: match topic {
            None => knowledge::providers().collect(),
            Some(topic) => knowledge::provider(topic).into_iter().collect(),
        },
        relays: topic.is_none_or(|topic| topic == RELAYS).then(knowledge::relays),
    };
    serde_json::to_string_pretty(&document).map(|json| plain(json + "\n"))
}
