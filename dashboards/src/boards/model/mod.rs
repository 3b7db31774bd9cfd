//! A dashboard as far as both Grafana and Perses can show it.
//!
//! Every panel has a title, a sentence that says what it tells, and what it means when there is nothing to show. Rows
//! place their panels themselves, so that nothing overlaps. What one of the two cannot say is not here, or is said where
//! it is rendered that it is left out.

mod board;
mod panel;
mod table;
mod unit;
mod variable;
mod view;

pub use board::{Annotation, Board, Placed, Row, WIDTH};
pub use panel::{Empty, Panel, Query};
pub use table::{Column, Holds, Key, Table, To};
pub use unit::{Colour, Step, Steps, Unit, Word};
pub use variable::{Source, Variable};
pub use view::{Lines, Series, Stat, Timeline, View};
