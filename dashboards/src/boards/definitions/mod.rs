//! The boards: one a file, from the general to the special.

mod common;
mod fleet;

use super::model::Board;

/// Every board, from the general to the special.
pub fn all() -> Vec<Board> {
    vec![fleet::board()]
}
