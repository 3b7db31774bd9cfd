//! The document of Grafana: the classic schema, which is read from Grafana 10 on and by Azure Managed Grafana.

mod fields;
mod links;
mod panels;
mod table;
mod templating;

use serde_json::{Value, json};

use super::model::{Board, WIDTH};

/// The classic schema as Grafana 10.2 writes it; later ones migrate it when they read it.
const SCHEMA: u32 = 39;
/// The tag by which the boards find each other.
const TAG: &str = "sortie";
/// What every panel and variable asks. Azure Managed Grafana, too, calls its source by this variable.
pub(super) const SOURCE: &str = "${datasource}";

/// A board.
pub(super) fn dashboard(board: &Board) -> Value {
    json!({
        "uid": board.uid,
        "title": format!("Sortie / {}", board.title),
        "description": board.says,
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": false,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "liveNow": false,
        "timezone": "browser",
        "refresh": "1m",
        "time": { "from": format!("now-{}h", board.hours), "to": "now" },
        "timepicker": {},
        "weekStart": "",
        "links": [links::siblings(TAG)],
        "annotations": { "list": templating::annotations(board) },
        "templating": { "list": templating::variables(board) },
        "panels": panels(board),
    })
}

/// The headings and panels of every row, from the top to the bottom.
fn panels(board: &Board) -> Vec<Value> {
    let (mut id, mut top) = (0, 0);
    let mut next = || {
        id += 1;
        id
    };
    let mut all = Vec::new();
    for row in &board.rows {
        all.push(json!({
            "id": next(),
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "gridPos": { "x": 0, "y": top, "w": WIDTH, "h": 1 },
            "panels": [],
        }));
        let (placed, height) = row.placed();
        all.extend(placed.into_iter().map(|placed| panels::panel(next(), top + 1, &placed)));
        top += 1 + height;
    }
    all
}

/// The source of the data, as a reference.
fn source() -> Value {
    json!({ "type": "prometheus", "uid": SOURCE })
}
