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

/// From a cell to the board about it.
pub(super) fn drill(to: &To) -> Value {
    let mut url =
        format!("/d/{}?var-{}=${{__value.raw:percentencode}}&${{datasource:queryparam}}", to.uid, to.sets);
    for kept in to.keeps {
        // Writing to a string does not fail.
        let _ = write!(url, "&${{{kept}:queryparam}}");
    }
    url.push_str("&${__url_time_range}");
    json!({ "title": "Look closer", "url": url, "targetBlank": false })
}
