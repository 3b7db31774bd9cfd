//! The document of Perses, for its plugins of the 0.52 line.
//!
//! Left out because Perses has no place for it: annotations, and links in the cells of a table. What it means when there
//! is nothing to show stands at the end of the description.

mod fields;
mod panels;
mod table;
mod variables;
mod width;

use serde_json::{Map, Value, json};

use super::model::Board;

/// The project that the boards are applied to, unless `percli apply --project` names another.
const PROJECT: &str = "sortie";

/// A board.
pub(super) fn dashboard(board: &Board) -> Value {
    let (panels, layouts) = rows(board);
    json!({
        "kind": "Dashboard",
        "metadata": { "name": board.uid, "project": PROJECT },
        "spec": {
            "display": { "name": format!("Sortie / {}", board.title), "description": board.says },
            "duration": format!("{}h", board.hours),
            "refreshInterval": "1m",
            "variables": board.variables.iter().map(variables::variable).collect::<Vec<_>>(),
            "panels": panels,
            "layouts": layouts,
        },
    })
}

/// The panels by their names, and for each row a grid of references to them.
fn rows(board: &Board) -> (Map<String, Value>, Vec<Value>) {
    let mut panels = Map::new();
    let mut layouts = Vec::new();
    for row in &board.rows {
        let (placed, _) = row.placed();
        let items: Vec<_> = placed
            .into_iter()
            .map(|placed| {
                let name = format!("panel-{}", panels.len() + 1);
                let item = json!({
                    "x": placed.x, "y": placed.y, "width": placed.panel.width, "height": placed.panel.height,
                    "content": { "$ref": format!("#/spec/panels/{name}") },
                });
                panels.insert(name, panels::panel(placed.panel));
                item
            })
            .collect();
        layouts.push(json!({
            "kind": "Grid",
            "spec": { "display": { "title": row.title, "collapse": { "open": true } }, "items": items },
        }));
    }
    (panels, layouts)
}

/// The Prometheus of the project.
fn source() -> Value {
    json!({ "kind": "PrometheusDatasource" })
}
