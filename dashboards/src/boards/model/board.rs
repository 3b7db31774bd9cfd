//! A board, its rows, and where their panels stand.

use super::{Panel, Variable};

/// Columns of the grid, in Grafana and in Perses.
pub const WIDTH: u32 = 24;

/// One dashboard.
#[derive(Clone, Debug)]
pub struct Board {
    /// Its address, and the name of its files.
    pub uid: &'static str,
    /// Its name, as people look for it.
    pub title: &'static str,
    /// The question that it answers.
    pub says: &'static str,
    /// How far back it looks when it is opened.
    pub hours: u32,
    /// What its user chooses, in the order of dependence.
    pub variables: Vec<Variable>,
    /// What happened, drawn over its charts.
    pub annotations: Vec<Annotation>,
    /// Its rows, from the general to the special.
    pub rows: Vec<Row>,
}

/// Panels under one heading.
#[derive(Clone, Debug)]
pub struct Row {
    /// The heading.
    pub title: &'static str,
    /// Its panels, from left to right; what does not fit goes to the next line.
    pub panels: Vec<Panel>,
}

/// Moments at which an expression has a value. Perses has no annotations: they are left out there.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// Its name beside the switch that hides it.
    pub title: &'static str,
    /// When it happened.
    pub expr: &'static str,
    /// What is written there; `{{label}}` stands for the value of a label.
    pub text: &'static str,
}

/// A panel and its place within its row.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The panel.
    pub panel: &'a Panel,
    /// Column of its left edge.
    pub x: u32,
    /// Line of its upper edge, from the heading of the row.
    pub y: u32,
}

impl Row {
    /// The panels and their places, and the height of them all.
    pub fn placed(&self) -> (Vec<Placed<'_>>, u32) {
        let (mut x, mut y, mut line) = (0, 0, 0);
        let mut all = Vec::new();
        for panel in &self.panels {
            if x + panel.width > WIDTH {
                (x, y, line) = (0, y + line, 0);
            }
            all.push(Placed { panel, x, y });
            x += panel.width;
            line = line.max(panel.height);
        }
        (all, y + line)
    }
}
