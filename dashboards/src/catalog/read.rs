//! The names in an expression: what it costs is told by whether they are recorded.

use std::collections::BTreeSet;
use std::convert::Infallible;

use promql_parser::parser::Expr;
use promql_parser::util::{ExprVisitor, walk_expr};

pub(super) fn series(expr: &Expr) -> BTreeSet<String> {
    let mut names = Names(BTreeSet::new());
    let Ok(_) = walk_expr(&mut names, expr);
    names.0
}

struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Infallible> {
        let selector = match expr {
            Expr::VectorSelector(selector) => Some(selector),
            Expr::MatrixSelector(matrix) => Some(&matrix.vs),
            _ => None,
        };
        self.0.extend(selector.and_then(|selector| selector.name.clone()));
        Ok(true)
    }
}
