//! The labels that the result of an expression has, from those of the series that it reads: what Prometheus does to
//! labels, operator by operator. It refuses an expression that names what none of its series has.

use std::collections::BTreeSet;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector, token,
};

use super::known::SERIES;

/// The labels of a vector; none of a number or a text.
type Labels = Option<BTreeSet<String>>;

/// What only some backends make of the resource of an export.
const OF_SOME_BACKENDS: [&str; 3] = ["instance", "job", "target_info"];

/// Why an expression is not shipped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The parser's own words.
    #[error("this is no PromQL: {0}")]
    NotPromql(String),
    /// A selector without a name, or with several.
    #[error("a selector must begin with the name of one metric: {0}")]
    Nameless(String),
    /// Neither in the registry, nor recorded, nor listed as foreign.
    #[error("{0} is no metric of the registry, no recorded series and no listed series of another program")]
    UnknownMetric(String),
    /// Asked of a series, or of what an expression has made of it.
    #[error("{of} has no label {label}")]
    UnknownLabel {
        /// The label.
        label: String,
        /// The series or the expression.
        of: String,
    },
    /// A value that its label never has.
    #[error("{label} is never {value:?}: it is one of {}", words.join(", "))]
    UnknownValue {
        /// The label.
        label: String,
        /// As the expression asks for it.
        value: String,
        /// The closed list.
        words: Vec<String>,
    },
    /// `VictoriaMetrics` makes neither `job` nor `instance` nor `target_info` of an OTLP export.
    #[error("{0} is made by some backends alone: use cloud_account_id, cloud_region, host_id and host_name")]
    OfSomeBackends(String),
    /// Two vectors whose labels differ, without `on` or `ignoring`: nothing would ever match.
    #[error("nothing matches in {0}: its sides have different labels, say on (…) or ignoring (…)")]
    NothingMatches(String),
    /// What not every engine that we ship for knows.
    #[error("{0} is an experiment of Prometheus and not known to every engine")]
    Experimental(String),
}

pub(super) fn infer(expr: &Expr) -> Result<Labels, Refused> {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(None),
        Expr::Paren(inner) => infer(&inner.expr),
        Expr::Unary(inner) => infer(&inner.expr),
        Expr::Subquery(inner) => infer(&inner.expr),
        Expr::VectorSelector(selector) => of_selector(selector),
        Expr::MatrixSelector(selector) => of_selector(&selector.vs),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate),
        Expr::Call(call) => of_call(call),
        Expr::Binary(binary) => of_binary(binary),
        Expr::Extension(_) => Err(Refused::NotPromql(expr.to_string())),
    }
}

fn of_selector(selector: &VectorSelector) -> Result<Labels, Refused> {
    let name = selector.name.as_deref().ok_or_else(|| Refused::Nameless(selector.to_string()))?;
    backend_free(name)?;
    let series = SERIES.get(name).ok_or_else(|| Refused::UnknownMetric(name.to_owned()))?;
    for matcher in selector.matchers.matchers.iter().chain(selector.matchers.or_matchers.iter().flatten()) {
        backend_free(&matcher.name)?;
        let words = series.get(&matcher.name).ok_or_else(|| unknown(&matcher.name, name))?;
        if let Some(words) = words {
            check_value(matcher, words)?;
        }
    }
    Ok(Some(series.keys().cloned().collect()))
}

/// An absent label is the empty text, which may always be asked for.
fn check_value(matcher: &Matcher, words: &[String]) -> Result<(), Refused> {
    let listed = |value: &str| value.is_empty() || words.iter().any(|word| word == value);
    let is_list = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_-|".contains(c));
    let known = match &matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => listed(&matcher.value),
        MatchOp::Re(_) | MatchOp::NotRe(_) if is_list(&matcher.value) => matcher.value.split('|').all(listed),
        MatchOp::Re(pattern) | MatchOp::NotRe(pattern) => words.iter().any(|word| pattern.is_match(word)),
    };
    let refused = || Refused::UnknownValue {
        label: matcher.name.clone(),
        value: matcher.value.clone(),
        words: words.to_vec(),
    };
    known.then_some(()).ok_or_else(refused)
}

fn of_aggregate(aggregate: &AggregateExpr) -> Result<Labels, Refused> {
    let inner = infer(&aggregate.expr)?.unwrap_or_default();
    // These hand series through; the others make new ones.
    if matches!(aggregate.op.id(), token::T_TOPK | token::T_BOTTOMK | token::T_LIMITK | token::T_LIMIT_RATIO)
    {
        return Ok(Some(inner));
    }
    let mut outer = match &aggregate.modifier {
        None => BTreeSet::new(),
        Some(LabelModifier::Include(by)) => require(&by.labels, &inner, &aggregate.expr)?,
        Some(LabelModifier::Exclude(without)) => {
            let gone = require(&without.labels, &inner, &aggregate.expr)?;
            inner.difference(&gone).cloned().collect()
        }
    };
    if let (token::T_COUNT_VALUES, Some(Expr::StringLiteral(label))) =
        (aggregate.op.id(), aggregate.param.as_deref())
    {
        outer.insert(label.val.clone());
    }
    Ok(Some(outer))
}

fn of_call(call: &Call) -> Result<Labels, Refused> {
    if call.func.experimental {
        return Err(Refused::Experimental(call.func.name.to_owned()));
    }
    let mut vector = None;
    for argument in &call.args.args {
        vector = vector.or(infer(argument)?);
    }
    let literal = |at: usize| match call.args.args.get(at).map(|argument| &**argument) {
        Some(Expr::StringLiteral(text)) => text.val.clone(),
        _ => String::new(),
    };
    match call.func.name {
        "time" | "scalar" | "pi" => Ok(None),
        "vector" => Ok(Some(BTreeSet::new())),
        "absent" | "absent_over_time" => Ok(Some(of_absence(&call.args.args[0]))),
        "label_replace" | "label_join" => Ok(vector.map(|mut labels| {
            labels.insert(literal(1));
            labels
        })),
        "histogram_quantile" => {
            let mut labels = vector.unwrap_or_default();
            if !labels.remove("le") {
                return Err(unknown("le", &call.args.to_string()));
            }
            Ok(Some(labels))
        }
        _ => Ok(vector),
    }
}

/// What is absent has the labels that were asked for.
fn of_absence(argument: &Expr) -> BTreeSet<String> {
    let selector = match argument {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.vs,
        _ => return BTreeSet::new(),
    };
    let equal = selector.matchers.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal);
    equal.map(|matcher| matcher.name.clone()).collect()
}

fn of_binary(binary: &BinaryExpr) -> Result<Labels, Refused> {
    let (left, right) = match (infer(&binary.lhs)?, infer(&binary.rhs)?) {
        (Some(left), Some(right)) => (left, right),
        (left, right) => return Ok(left.or(right)),
    };
    let modifier = binary.modifier.as_ref();
    let matching = modifier.and_then(|modifier| modifier.matching.as_ref());
    let matched: BTreeSet<String> = match matching {
        Some(LabelModifier::Include(on)) => {
            require(&on.labels, &left, &binary.lhs)?;
            require(&on.labels, &right, &binary.rhs)?
        }
        ignoring => {
            let ignored: BTreeSet<String> = match ignoring {
                Some(LabelModifier::Exclude(labels)) => labels.labels.iter().cloned().collect(),
                _ => BTreeSet::new(),
            };
            let rest = |side: &BTreeSet<String>| side.difference(&ignored).cloned().collect::<BTreeSet<_>>();
            if binary.op.id() != token::T_LOR && rest(&left) != rest(&right) {
                return Err(Refused::NothingMatches(binary.to_string()));
            }
            rest(&left)
        }
    };
    Ok(Some(match binary.op.id() {
        token::T_LAND | token::T_LUNLESS => left,
        token::T_LOR => left.union(&right).cloned().collect(),
        _ => match modifier.map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(more)) => {
                left.union(&require(&more.labels, &right, &binary.rhs)?).cloned().collect()
            }
            Some(VectorMatchCardinality::OneToMany(more)) => {
                right.union(&require(&more.labels, &left, &binary.lhs)?).cloned().collect()
            }
            _ => matched,
        },
    }))
}

/// The named labels, when this expression has them all.
fn require(named: &[String], has: &BTreeSet<String>, of: &Expr) -> Result<BTreeSet<String>, Refused> {
    for label in named {
        backend_free(label)?;
        if !has.contains(label) {
            return Err(unknown(label, &of.to_string()));
        }
    }
    Ok(named.iter().cloned().collect())
}

fn backend_free(name: &str) -> Result<(), Refused> {
    if OF_SOME_BACKENDS.contains(&name) {
        return Err(Refused::OfSomeBackends(name.to_owned()));
    }
    Ok(())
}

fn unknown(label: &str, of: &str) -> Refused {
    Refused::UnknownLabel { label: label.to_owned(), of: of.to_owned() }
}
