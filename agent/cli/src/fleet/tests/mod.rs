//! Fleets as Prometheus answers.

mod faces;
mod questions;
mod standings;

use clap::Parser as _;
use serde_json::{Value, json};

use super::ask::{Look, Remarks};
use super::census::{Answers, Census};
use super::observed::Observed;
use super::query::Source;
use super::since::Since;
use crate::args::{Cli, Command, Fleet};
use crate::prometheus::{Vector, vector};

const NOW: f64 = 1_795_730_000.0;
const ONE: &str = "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10";
const TWO: &str = "77aa01bc-0000-4000-8000-000000000002";

/// A row as rules count it: subscription, port, family, VMs by state, VMs by expectation.
type Counted<'a> = (&'a str, u16, &'a str, &'a [(&'a str, u64)], &'a [(&'a str, u64)]);

fn args(flags: &[&str]) -> Fleet {
    let usual = ["sortie", "fleet", "--prometheus", "https://p.example"];
    match Cli::try_parse_from(usual.iter().chain(flags)).expect("good flags").command {
        Command::Fleet(fleet) => fleet,
        other => panic!("{other:?}"),
    }
}

fn of(samples: impl IntoIterator<Item = (Value, f64)>) -> Vector {
    let elements = samples.into_iter();
    let elements: Vec<Value> = elements
        .map(|(labels, value)| json!({"metric": labels, "value": [NOW, value.to_string()]}))
        .collect();
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": elements}});
    vector(body.to_string().as_bytes()).expect("a vector")
}

#[expect(clippy::cast_precision_loss, reason = "a few VMs")]
fn answers(rows: &[Counted<'_>]) -> Answers {
    let labels = |row: &Counted<'_>, label: &str, word: &str| {
        let mut labels =
            json!({"cloud_account_id": row.0, "server_port": row.1.to_string(), "network_type": row.2});
        labels[label] = word.into();
        labels
    };
    let states = rows.iter().flat_map(|row| {
        row.3.iter().map(move |(word, vms)| (labels(row, "sortie_port_state", word), *vms as f64))
    });
    let expected = rows.iter().flat_map(|row| {
        row.4.iter().map(move |(word, vms)| (labels(row, "sortie_expected_state", word), *vms as f64))
    });
    Answers { states: of(states), expected: of(expected), ..Answers::default() }
}

fn agents(of_each: &[(&str, f64)]) -> Vector {
    of(of_each.iter().map(|(id, count)| (json!({"cloud_account_id": id}), *count)))
}

fn types(of_each: &[(&str, &str)]) -> Vector {
    let labels =
        |(id, kind): &(&str, &str)| json!({"cloud_account_id": id, "sortie_subscription_type": kind});
    of(of_each.iter().map(|one| (labels(one), 1.0)))
}

fn look(answers: &Answers) -> Look {
    let mut census = Census::of(answers);
    for (number, (_, row)) in (0_u8..).zip(census.rows_mut()) {
        let changed = row.tally.observed() != Observed::One(sortie_core::verdict::State::Open);
        let ago = if changed { 720.0 + 3_600.0 * f64::from(number) } else { 604_800.0 };
        row.since = Some(Since { at: NOW - ago, changed, resolution: 60 });
    }
    Look { at: NOW, source: Source::Recorded, census, vms: None, remarks: Remarks::default() }
}
