//! The faces of a fleet. Pure functions; ids and names came from outside and are made printable here.

mod json;
mod lines;
mod order;
mod table;

use std::time::{Duration, SystemTime};

use serde::Serializer;

pub(super) use self::json::json;
pub(super) use self::table::table;
use super::census::{Row, Subscription};
use crate::args::{Fleet, NO_SUBSCRIPTION};
use crate::exit::Standing;
use crate::fleet::advise::Then;
use crate::prometheus::Header;
use crate::text::printable;
use crate::ticket::sh;

/// Unix time as RFC 3339 in UTC, whole seconds.
pub(super) fn rfc3339(at: f64) -> String {
    let since = Duration::try_from_secs_f64(at).unwrap_or_default();
    let at = SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_seconds(at).to_string()
}

/// The same as a value of JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn moment<S: Serializer>(at: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

/// The word of a standing.
fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Fine => "as_expected",
        Standing::Unknown => "unknown",
        Standing::Degraded => "degraded",
        Standing::Violated => "violated",
    }
}

/// What to call next about a subscription, fit to be pasted; `None` where an id is nothing that a cloud gives out.
fn command(args: &Fleet, subscription: &Subscription, then: Then) -> Option<String> {
    commands(args, &[subscription], then).pop()
}

/// What to call next about all of these: `sortie verify` waits for one, a list of VMs may be of many.
fn commands(args: &Fleet, subscriptions: &[&Subscription], then: Then) -> Vec<String> {
    let ids = subscriptions.iter().map(|subscription| subscription.id.as_str());
    let named = ids.filter(|id| printable(id) == *id);
    let flag = |id: &str| format!(" --subscription {}", sh(if id.is_empty() { NO_SUBSCRIPTION } else { id }));
    let access = access(args);
    match then {
        // There is nothing by which machines outside any could be named.
        Then::Verify => {
            named.filter(|id| !id.is_empty()).map(|id| format!("sortie verify{access}{}", flag(id))).collect()
        }
        Then::Vms => {
            let flags: String = named.map(flag).collect();
            let region = args.region.as_ref().map(|region| format!(" --region {}", sh(region)));
            let region = region.unwrap_or_default();
            if flags.is_empty() {
                Vec::new()
            } else {
                vec![format!("sortie fleet --vms{access}{region}{flags}")]
            }
        }
    }
}

/// How the same API is asked again.
fn access(args: &Fleet) -> String {
    let token = args.bearer_token_file.as_ref().and_then(|path| path.to_str());
    let token = token.map(|path| format!(" --bearer-token-file {}", sh(path))).unwrap_or_default();
    let headers: String = args.headers.iter().map(Header::flag).collect();
    format!(" --prometheus {}{token}{headers}", sh(&args.prometheus))
}

/// Whether a row is worth a line where nobody asked for its port: what is expected of it, and is so, is not, but for port 25.
fn is_shown(row: &Row, args: &Fleet) -> bool {
    let is_asked = args.port.is_some() || row.port == sortie_core::target::Port::SMTP;
    row.counts && (is_asked || row.standing() != Standing::Fine)
}
