//! Ways from one board to another, with what was chosen and the time that is looked at.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::boards::model::To;

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

/// From the cell of a label to the board about it.
pub(super) fn drill(label: &str, to: &To) -> Value {
    let mut url = format!("/d/{}?${{datasource:queryparam}}", to.uid);
    for (variable, from) in to.sets {
        // Fields keep the names of their labels when they get a heading.
        let value =
            if *from == label { "__value.raw".to_owned() } else { format!("__data.fields[\"{from}\"]") };
        // Writing to a string does not fail.
        let _ = write!(url, "&var-{variable}=${{{value}:percentencode}}");
    }
    for kept in to.keeps {
        let _ = write!(url, "&${{{kept}:queryparam}}");
    }
    url.push_str("&${__url_time_range}");
    json!({ "title": "Look closer", "url": url, "targetBlank": false })
}
