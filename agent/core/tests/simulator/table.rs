//! The figures as people read them.

use std::fmt::Write as _;

use sortie_core::verdict::State;

use crate::onset::Onsets;
use crate::years::{YEAR, Years};

/// Width of the column that names the world.
const NAME: usize = 44;

/// One table: wrong verdicts and cost by world, then delays by world.
pub(crate) fn render(years: &[(&str, Years)], onsets: &[(&str, Onsets)]) -> String {
    let mut table = String::new();
    wrong_verdicts(&mut table, years).expect("a string takes everything");
    delays(&mut table, onsets).expect("a string takes everything");
    table
}

fn wrong_verdicts(table: &mut String, years: &[(&str, Years)]) -> std::fmt::Result {
    write!(table, "\n{:NAME$} {:>8}", "wrong verdicts per VM-year (starts: of all)", "VM-years")?;
    for state in State::ALL {
        // `platform_blocked` is known by its first word.
        write!(table, " {:>12}", state.code().trim_end_matches("_blocked"))?;
    }
    writeln!(table, " {:>10} {:>8} {:>8}", "% of time", "SYN/min", "talk/min")?;
    for (name, years) in years {
        let starts = years.span <= 0.0;
        let lived = if starts { years.machines as f64 } else { years.machines as f64 * years.span / YEAR };
        write!(table, "{name:NAME$} {:>8}", if starts { "-".to_owned() } else { format!("{lived:.0}") })?;
        for count in years.wrong {
            let rate = f64::from(count) / lived;
            write!(table, " {:>12}", if count == 0 { "0".to_owned() } else { format!("{rate:.4}") })?;
        }
        let (syns, sessions) = years.a_minute();
        let share = 100.0 * years.wrong_for / (years.machines as f64 * years.span);
        if starts {
            writeln!(table, " {:>10} {:>8} {:>8}", "-", "-", "-")?;
        } else {
            writeln!(table, " {share:>10.6} {syns:>8.2} {sessions:>8.2}")?;
        }
    }
    Ok(())
}

fn delays(table: &mut String, onsets: &[(&str, Onsets)]) -> std::fmt::Result {
    writeln!(
        table,
        "\n{:NAME$} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "from onset and lift to show, in seconds",
        "blocks",
        "mean",
        "p95",
        "p99",
        "max",
        "missed",
        "lift mean",
        "lift p99",
        "lift max",
        "missed",
        "detours",
        "< 4 left"
    )?;
    for (name, all) in onsets {
        writeln!(
            table,
            "{name:NAME$} {:>8} {:>7.1} {:>7.1} {:>7.1} {:>7.1} {:>8} {:>9.1} {:>9.1} {:>9.1} {:>9} {:>9} {:>8}",
            all.count,
            all.noticed.mean(),
            all.noticed.percentile(95),
            all.noticed.percentile(99),
            all.noticed.percentile(100),
            all.missed.0,
            all.lifted.mean(),
            all.lifted.percentile(99),
            all.lifted.percentile(100),
            all.missed.1,
            all.detours,
            all.too_few_left
        )?;
    }
    Ok(())
}
