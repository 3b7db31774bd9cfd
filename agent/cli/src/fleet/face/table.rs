//! A fleet for people: a row for each subscription, then what to do, then the VMs by name. It fits into 80 columns.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use sortie_core::verdict::State;

use super::lines::{Line, Names, lines, share};
use super::{commands, rfc3339};
use crate::args::Fleet;
use crate::exit::Standing;
use crate::fleet::advise::{self, Advice};
use crate::fleet::ask::Look;
use crate::fleet::since::Since;
use crate::fleet::vms::{Vm, Vms, Wrong};
use crate::render::Style;
use crate::render::words::{faint, heading, paint, spoken};
use crate::text::printable;

/// The width that every terminal and every mail has.
const WIDTH: u16 = 80;
/// Stands for a fact that is not known.
const UNKNOWN: &str = "-";
/// Lines that ask for the same are named so often; all of them are in the table.
const NAMED_MOST: usize = 5;
/// Columns of numbers.
const NUMBERS: [&str; 4] = ["VMs", "open", "blocked", "silent"];

/// Text with a line break at the end.
pub(in crate::fleet) fn table(look: &Look, args: &Fleet, style: Style) -> String {
    let shown = lines(&look.census.subscriptions, args);
    let mut out = head(look, style);
    if !shown.is_empty() {
        out.push('\n');
        grid(&mut out, &shown, look.at, style);
        what_to_do(&mut out, &shown, args, style);
    }
    if let Some(vms) = &look.vms {
        by_name(&mut out, vms, look.at, &Names::of(&shown), style);
    }
    let source = match look.source {
        crate::fleet::query::Source::Recorded => "by the recording rules",
        crate::fleet::query::Source::Raw => "counted without recording rules",
    };
    let _ = writeln!(out, "\n{}", faint(&format!("as of {}, {source}", rfc3339(look.at)), style));
    out
}

/// How the whole fleet stands, in one line.
fn head(look: &Look, style: Style) -> String {
    let all = &look.census.subscriptions;
    let standing = look.census.standing();
    let wrong = all.iter().filter(|one| one.standing() != Standing::Fine).count();
    let vms: u64 = all.iter().map(|one| one.agents).sum();
    let subscriptions = if all.len() == 1 { "subscription" } else { "subscriptions" };
    let text = match (all.len(), wrong) {
        (0, _) => "nobody reports".to_owned(),
        (count, 0) => format!("{count} {subscriptions} as expected, {vms} VMs report"),
        (count, wrong) => {
            let are = if wrong == 1 { "is" } else { "are" };
            format!("{wrong} of {count} {subscriptions} {are} not as expected, {vms} VMs report")
        }
    };
    format!("{} {}\n", mark(standing, None, style), heading(&text, style))
}

/// The rows: with whole ids where they fit, else with their beginnings.
fn grid(out: &mut String, shown: &[Line<'_>], now: f64, style: Style) {
    let whole = rows(shown, now, None);
    let needed = whole.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or_default() + 2;
    let fits = style.width.is_none_or(|width| needed <= usize::from(width));
    let table = if fits { whole } else { rows(shown, now, Some(&Names::of(shown))) };
    let marks = std::iter::once(" ".to_owned())
        .chain(shown.iter().map(|line| mark(line.standing(), line.observed(), style)));
    for (line, mark) in table.lines().zip(marks) {
        let _ = writeln!(out, "{mark} {}", line.trim_end());
    }
}

/// `short` has the beginnings of the ids; with them goes what a narrow terminal has no room for.
fn rows(shown: &[Line<'_>], now: f64, short: Option<&Names>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let is_kept = |name: &&str| short.is_none() || !["type", "VMs"].contains(name);
    let header =
        ["subscription", "type", "port", "expected", "observed", "since", "VMs", "open", "blocked", "silent"];
    table.set_header(header.into_iter().filter(is_kept));
    for line in shown {
        let name = short.map_or_else(|| line.name(), |names| names.short(&line.subscription.id));
        let kind = line.subscription.kind.map_or(UNKNOWN, sortie_core::knowledge::Subscription::code);
        let count = |of: fn(&crate::fleet::observed::Tally) -> u64| {
            line.row.map_or_else(|| UNKNOWN.to_owned(), |row| of(&row.tally).to_string())
        };
        let cells = [
            name,
            kind.to_owned(),
            line.place(),
            line.expected().to_owned(),
            line.observed_word(),
            line.row.map_or_else(|| UNKNOWN.to_owned(), |row| ago(row.since, now)),
            count(crate::fleet::observed::Tally::vms),
            count(|tally| tally.in_state(State::Open)),
            count(crate::fleet::observed::Tally::blocked),
            line.subscription.silent.to_string(),
        ];
        table.add_row(header.iter().zip(cells).filter(|(name, _)| is_kept(name)).map(|(_, cell)| cell));
    }
    for (column, name) in table.column_iter_mut().zip(header.into_iter().filter(is_kept)) {
        column.set_padding((0, if short.is_some() { 1 } else { 2 }));
        if NUMBERS.contains(&name) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// What to do, once for all that ask for the same.
fn what_to_do(out: &mut String, shown: &[Line<'_>], args: &Fleet, style: Style) {
    let mut groups: Vec<(Advice, Vec<&Line<'_>>)> = Vec::new();
    for line in shown {
        let own = line.row.and_then(|row| advise::of_row(line.subscription, row));
        let silence = if line.is_first { advise::of_silence(line.subscription) } else { None };
        for advice in own.into_iter().chain(silence) {
            match groups.iter_mut().find(|(known, _)| *known == advice) {
                Some((_, lines)) => lines.push(line),
                None => groups.push((advice, vec![line])),
            }
        }
    }
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("What to do", style));
    for (advice, lines) in groups {
        for line in lines.iter().take(NAMED_MOST) {
            paragraph(out, &format!("{}: {}", line.title(), share(line)), 2, style);
        }
        if lines.len() > NAMED_MOST {
            let _ = writeln!(out, "  and {} more", lines.len() - NAMED_MOST);
        }
        if let Some(step) = advice.steps.first() {
            paragraph(out, &printable(&step.text), 4, style);
            if let Some(url) = &step.url {
                let _ = writeln!(out, "    {}", faint(&printable(url), style));
            }
        }
        // An address and a command are never broken: they are there to be copied.
        let mut subscriptions: Vec<_> = lines.iter().take(NAMED_MOST).map(|line| line.subscription).collect();
        subscriptions.dedup_by_key(|subscription| &subscription.id);
        for command in commands(args, &subscriptions, advice.then) {
            let _ = writeln!(out, "    {}", faint(&command, style));
        }
    }
}

fn by_name(out: &mut String, vms: &Vms, now: f64, names: &Names, style: Style) {
    if vms.listed.is_empty() {
        let _ = writeln!(out, "\nNo VM is known not to be as expected");
        return;
    }
    let _ = writeln!(out, "\n{}", heading("VMs that are not as expected", style));
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for vm in &vms.listed {
        table.add_row(vm_cells(vm, now, names));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let width = style.width.unwrap_or(WIDTH).saturating_sub(2);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for row in table.row_iter_mut() {
        row.max_height(1);
    }
    for line in table.lines() {
        let _ = writeln!(out, "  {}", line.trim_end());
    }
    if vms.left_off > 0 {
        let _ = writeln!(out, "  and {} more", vms.left_off);
    }
}

fn vm_cells(vm: &Vm, now: f64, names: &Names) -> Vec<String> {
    let place = vm.place.map(|(port, family)| format!("{port} {}", family.code())).unwrap_or_default();
    let state = vm.state.map_or_else(String::new, |state| spoken(state.code()));
    let state = match vm.wrong {
        Wrong::Silent => "silent".to_owned(),
        Wrong::OpenUnexpectedly => format!("{state}, unexpectedly"),
        _ => state,
    };
    let region = printable(&vm.region).into_owned();
    let shown = printable(vm.shown()).into_owned();
    vec![shown, names.short(&vm.subscription), region, place, state, ago(vm.since, now)]
}

/// `12m`, `5h 3m`, `> 7d`, `~ 40m`: for how long. What has not been seen to change is at least as old.
fn ago(since: Option<Since>, now: f64) -> String {
    let Some(since) = since else { return UNKNOWN.to_owned() };
    let age = std::time::Duration::try_from_secs_f64(now - since.at).unwrap_or_default().as_secs();
    let (days, hours, minutes) = (age / 86_400, age / 3_600 % 24, age / 60 % 60);
    let units = [(days, "d"), (hours, "h"), (minutes, "m")];
    let parts: Vec<String> = units
        .iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    let text = match (parts.is_empty(), since.changed) {
        (true, true) => "< 1m".to_owned(),
        // The records begin now, as where rules have just been loaded: they tell nothing yet.
        (true, false) => return UNKNOWN.to_owned(),
        (false, _) => parts.join(" "),
    };
    // A quarter of what is shown may be the interval at which the past was looked at.
    let is_rough = since.resolution > 60 && since.resolution * 4 > age;
    match (since.changed, is_rough) {
        (false, _) => format!("> {text}"),
        (true, true) => format!("~ {text}"),
        (true, false) => text,
    }
}

/// A shape that is readable without colour.
fn mark(standing: Standing, observed: Option<State>, style: Style) -> String {
    let (shape, colour) = match (standing, observed) {
        (Standing::Fine, Some(state)) if state.is_block() => ("■", AnsiColor::Green),
        (Standing::Fine, _) => ("✔", AnsiColor::Green),
        (Standing::Degraded, _) => ("▲", AnsiColor::Yellow),
        (Standing::Violated, Some(State::Open)) => ("▲", AnsiColor::Red),
        (Standing::Violated, _) => ("✖", AnsiColor::Red),
        (Standing::Unknown, _) => ("?", AnsiColor::Yellow),
    };
    paint(shape, Ansi::new().bold().fg_color(Some(colour.into())), style)
}

/// Text that goes on below itself.
fn paragraph(out: &mut String, text: &str, indent: usize, style: Style) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.add_row([text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
    }
    let room =
        style.width.unwrap_or(WIDTH).min(WIDTH).saturating_sub(u16::try_from(indent).unwrap_or_default());
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(room);
    for line in table.lines() {
        let _ = writeln!(out, "{:indent$}{}", "", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_how_long_something_has_been_is_told_as_far_as_it_is_known() {
        let since = |age: f64, changed, resolution| Some(Since { at: 1e9 - age, changed, resolution });
        for (since, told) in [
            (None, "-"),
            (since(30.0, true, 60), "< 1m"),
            // Rules that were loaded half a minute ago remember nothing older.
            (since(30.0, false, 60), "-"),
            (since(90.0, false, 60), "> 1m"),
            (since(7.0 * 86_400.0, false, 600), "> 7d"),
            (since(2_400.0, true, 600), "40m"),
            (since(2_400.0, true, 900), "~ 40m"),
        ] {
            assert_eq!(ago(since, 1e9), told);
        }
    }
}
