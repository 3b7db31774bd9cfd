//! Ways from one board to another, with what was chosen and the time that is looked at.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::boards::model::To;
use crate::rules::RUNBOOKS;

/// All other boards, as a menu.
pub(super) fn siblings(tag: &str) -> Value {
    json!({
        "type": "dashboards",
        "title": "Sortie",
        "tooltip": "The other boards of Sortie",
        "icon": "external link",
        "tags": [tag],
        "asDropdown": true,
        "includeVars": true,
        "keepTime": true,
        "targetBlank": false,
        "url": "",
    })
}

/// From the cell of a label to what it leads to.
pub(super) fn drill(label: &str, to: &To) -> Value {
    match to {
        To::Runbook => {
            let url = format!("{RUNBOOKS}/${{__value.raw}}.md");
            json!({ "title": "Runbook", "url": url, "targetBlank": true })
        }
        To::Board { uid, sets, keeps } => {
            json!({ "title": "Look closer", "url": board(label, uid, sets, keeps), "targetBlank": false })
        }
    }
}

fn board(label: &str, uid: &str, sets: &[(&str, &str)], keeps: &[&str]) -> String {
    let mut url = format!("/d/{uid}?${{datasource:queryparam}}");
    for (variable, from) in sets {
        // Fields keep the names of their labels when they get a heading.
        let value =
            if *from == label { "__value.raw".to_owned() } else { format!("__data.fields[\"{from}\"]") };
        // Writing to a string does not fail.
        let _ = write!(url, "&var-{variable}=${{{value}:percentencode}}");
    }
    for kept in keeps {
        let _ = write!(url, "&${{{kept}:queryparam}}");
    }
    url.push_str("&${__url_time_range}");
    url
}
