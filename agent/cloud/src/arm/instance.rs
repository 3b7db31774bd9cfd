//! "Virtual Machines - Instance View": whether the machine runs, and when Azure last finished something with it.
//!
//! A start after a deallocation is such a moment, and a restart from within is none: that tells the two apart.

use std::time::SystemTime;

use serde_json::Value;

use crate::claim::{field, word};

use super::client::Client;
use super::machine::API_VERSION;
use super::read::list;
use super::refusal::Refusal;

/// A moment with nanoseconds and an offset is shorter.
const MOMENT_MOST: usize = 40;
const POWER: &str = "PowerState/";

/// The state of a machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) provisioned_at: Option<String>,
    pub(super) power_state: Option<String>,
}

pub(super) async fn ask(client: &Client, machine: &str) -> Result<Instance, Refusal> {
    read(&client.get(&format!("{machine}/instanceView"), API_VERSION).await?)
}

/// What an answer says.
pub(super) fn read(answer: &Value) -> Result<Instance, Refusal> {
    let statuses = list(answer, "statuses")?;
    let newest = statuses.iter().filter_map(|status| moment(field(status, "time"))).max();
    let power = |status: &Value| {
        let (kind, state) = field(status, "code").split_at_checked(POWER.len())?;
        kind.eq_ignore_ascii_case(POWER).then(|| word(state)).flatten()
    };
    Ok(Instance {
        provisioned_at: newest.map(|moment| humantime::format_rfc3339_seconds(moment).to_string()),
        power_state: statuses.iter().find_map(power),
    })
}

/// Azure writes its moments in UTC (RFC 3339 §5.6, with `Z` or `+00:00`).
fn moment(text: &str) -> Option<SystemTime> {
    (text.len() <= MOMENT_MOST && text.is_ascii()).then(|| humantime::parse_rfc3339(text).ok()).flatten()
}
