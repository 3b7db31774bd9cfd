//! A ticket as Markdown: sections in the order of a support engineer's questions, none of them empty.

mod escape;
mod table;

use std::fmt::Write as _;

use sortie_core::report::{PortVerdict, Relay};

use self::escape::{cell, link, prose, wrapped};
use self::table::Table;
use super::document::{Command, Entry, Fact, Probe, Recourse, Ruling, Shell, Standing, Ticket, Timeline};
use super::moment::utc;
use crate::render;
use crate::render::words::{percent, spoken};

/// Sentences of evidence for a verdict; the report at the end has all.
const SENTENCES_MOST: usize = 10;
/// Rows of a table; the report at the end has all.
const ROWS_MOST: usize = 60;

/// The whole ticket.
pub(crate) fn markdown(ticket: &Ticket) -> serde_json::Result<String> {
    let mut out = format!("# {}\n", prose(&ticket.title));
    problem(&mut out, ticket);
    recourse(&mut out, ticket.recourse.as_ref());
    facts(&mut out, "This machine", &ticket.identity);
    verdicts(&mut out, &ticket.report.verdicts);
    timeline(&mut out, &ticket.timeline);
    probes(&mut out, "Destinations on the ports under test", &ticket.evidence);
    probes(&mut out, "Controls", &ticket.controls);
    relays(&mut out, &ticket.report.relays);
    rulings(&mut out, &ticket.rulings);
    facts(&mut out, "What the control plane says", &ticket.control_plane);
    next_steps(&mut out, ticket);
    commands(&mut out, &ticket.commands);
    whole(&mut out, ticket)?;
    Ok(out)
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n## {text}\n");
}

fn problem(out: &mut String, ticket: &Ticket) {
    let sentences: Vec<String> = ticket.problem.measured.iter().map(|text| prose(text)).collect();
    let _ = writeln!(out, "\n{}", wrapped(&sentences.join(" ")));
    if ticket.redacted {
        let _ = writeln!(
            out,
            "\nPlaceholders such as `vm-1` stand for what identifies the machine and the account, the same one\n\
             for the same identifier."
        );
    }
    let _ = writeln!(out, "\nNot claimed:\n");
    for text in &ticket.problem.not_claimed {
        let _ = writeln!(out, "- {}", prose(text));
    }
    if !ticket.report.unseen.is_empty() {
        let _ = writeln!(out, "\nNot seen:\n");
        for text in &ticket.report.unseen {
            let _ = writeln!(out, "- {}", prose(text));
        }
    }
}

fn recourse(out: &mut String, recourse: Option<&Recourse>) {
    let Some(Recourse { provider, category, text, steps, url }) = recourse else { return };
    heading(out, "Where this belongs");
    if let Some(category) = category {
        let _ = writeln!(out, "{}: **{}**\n", prose(provider.unwrap_or_default()), prose(category));
    }
    let _ = writeln!(out, "{}", wrapped(&prose(text)));
    if !steps.is_empty() {
        out.push('\n');
        (1..).zip(steps).for_each(|(number, step)| {
            let _ = writeln!(out, "{number}. {}", prose(step));
        });
    }
    if let Some(url) = url {
        let _ = writeln!(out, "\nDocumented at {}", link(url));
    }
}

fn facts(out: &mut String, title: &str, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    heading(out, title);
    let mut table = Table::new(["what", "value"]);
    for Fact { name, value } in facts {
        table.row([spoken(name), cell(value)]);
    }
    out.push_str(&table.text());
}

fn verdicts(out: &mut String, verdicts: &[PortVerdict]) {
    if verdicts.is_empty() {
        return;
    }
    heading(out, "Verdicts, outbound from this machine");
    let columns =
        ["port", "family", "state", "how it shows", "whose", "confidence", "rule", "since", "expected"];
    let mut table = Table::new(columns);
    for verdict in verdicts {
        let word = |word: Option<&str>| word.map_or("–".to_owned(), spoken);
        table.row([
            verdict.port.to_string(),
            verdict.family.to_string(),
            format!("**{}**", spoken(verdict.state)),
            word(verdict.signature),
            word(verdict.attribution),
            percent(verdict.confidence),
            format!("`{}`", verdict.rule),
            prose(&utc(&verdict.since)),
            verdict.expected.to_owned(),
        ]);
    }
    out.push_str(&table.text());
    let is_open = |verdict: &PortVerdict| verdict.state == "open";
    // Why mail leaves is nobody's question where some of it does not.
    let is_everything_fine = verdicts.iter().all(is_open);
    let groups = render::evidence::alike(verdicts).into_iter();
    for group in groups.filter(|group| is_everything_fine || !is_open(group[0])) {
        let _ =
            writeln!(out, "\nWhy, {} (weights are log10 of the odds):\n", render::evidence::places(&group));
        let evidence = &group[0].evidence;
        for piece in evidence.iter().take(SENTENCES_MOST) {
            let weight = render::evidence::weight(piece.weight);
            let weight = if weight.is_empty() { weight } else { format!("`{weight}` ") };
            let _ = writeln!(out, "- {weight}{}", prose(&piece.text));
        }
        more(out, evidence.len(), SENTENCES_MOST);
    }
}

fn timeline(out: &mut String, timeline: &Timeline) {
    heading(out, "Timeline");
    if timeline.omitted > 0 {
        let _ = writeln!(out, "The newest entries; {} older ones are left out.\n", timeline.omitted);
    }
    let mut table = Table::new(["when", "port", "what"]);
    for Entry { at, port, family, text, .. } in &timeline.entries {
        let place = port.zip(*family).map(|(port, family)| format!("{port}, {family}"));
        table.row([prose(&utc(at)), place.unwrap_or_default(), prose(text)]);
    }
    out.push_str(&table.text());
    for note in &timeline.notes {
        let _ = writeln!(out, "\nNot known: {}", prose(note));
    }
}

fn probes(out: &mut String, title: &str, probes: &[Probe]) {
    let (unasked, asked): (Vec<&Probe>, Vec<&Probe>) = probes.iter().partition(|probe| is_unasked(probe));
    if probes.is_empty() {
        return;
    }
    heading(out, title);
    let columns = ["operator", "role", "destination", "peer", "outcome", "packets", "ms", "asked"];
    let mut table = Table::new(columns);
    for probe in asked.iter().take(ROWS_MOST) {
        let packets = probe.syns.iter().chain(&probe.greeting).map(|text| cell(text)).collect::<Vec<_>>();
        table.row([
            probe.operator.as_deref().map(cell).unwrap_or_default(),
            probe.role.code().to_owned(),
            cell(&probe.address),
            probe.peer.as_deref().or(probe.dns).map(cell).unwrap_or_default(),
            spoken(probe.outcome),
            packets.join(", "),
            probe.ms.map(milliseconds).unwrap_or_default(),
            probe.at.as_deref().map(|at| prose(&utc(at))).unwrap_or_default(),
        ]);
    }
    out.push_str(&table.without_empty_columns().text());
    more(out, asked.len(), ROWS_MOST);
    if !unasked.is_empty() {
        let families: std::collections::BTreeSet<String> =
            unasked.iter().map(|probe| probe.family.to_string()).collect();
        let families: Vec<String> = families.into_iter().collect();
        let _ = writeln!(
            out,
            "\n{} names gave no address for {}, and were not asked there.",
            unasked.len(),
            families.join(" and ")
        );
    }
}

/// A server next door answers within microseconds.
fn milliseconds(ms: f64) -> String {
    if ms < 1.0 { format!("{ms:.3}") } else { format!("{ms:.1}") }
}

/// A name without an address in a family is no evidence about a port. What is remembered of one is its outcome alone.
fn is_unasked(probe: &Probe) -> bool {
    probe.dns == Some("no_data") || (probe.at.is_some() && probe.outcome == "dns_error")
}

fn relays(out: &mut String, relays: &[Relay]) {
    if relays.is_empty() {
        return;
    }
    heading(out, "Relays");
    let mut table = Table::new(["relay", "address", "required", "result", "stage", "what"]);
    for Relay { name, address, required, result, failed_stage, stages, .. } in relays {
        // Where nothing is in the way, the end of the conversation tells nothing.
        let stage = failed_stage.and_then(|failed| stages.iter().find(|stage| stage.stage == failed));
        table.row([
            cell(name),
            cell(address),
            if *required { "yes" } else { "no" }.to_owned(),
            format!("**{}**", spoken(result)),
            failed_stage.map(spoken).unwrap_or_default(),
            stage.map(|stage| prose(&stage.text)).unwrap_or_default(),
        ]);
    }
    out.push_str(&table.without_empty_columns().text());
}

fn rulings(out: &mut String, rulings: &[Ruling]) {
    let sections = [
        (Standing::Found, "Found"),
        (Standing::RuledOut, "Ruled out, and how"),
        (Standing::NotRuledOut, "Not ruled out"),
    ];
    for (standing, title) in sections {
        let of: Vec<&Ruling> = rulings.iter().filter(|ruling| ruling.standing == standing).collect();
        if !of.is_empty() {
            heading(out, title);
            for Ruling { cause, how, .. } in of {
                let _ = writeln!(out, "- **{cause}**: {}", prose(how));
            }
        }
    }
}

fn next_steps(out: &mut String, ticket: &Ticket) {
    if ticket.next_steps.is_empty() {
        return;
    }
    heading(out, "Next steps");
    for (number, step) in (1..).zip(&ticket.next_steps) {
        let url = step.url.as_deref().map(|url| format!(" ({})", link(url))).unwrap_or_default();
        let _ = writeln!(out, "{number}. {}{url}", prose(&step.text));
    }
}

fn commands(out: &mut String, commands: &[Command]) {
    if commands.is_empty() {
        return;
    }
    heading(out, "To see it with ordinary tools");
    let shells = [
        (Shell::Sh, "On the machine:", "sh"),
        (Shell::Powershell, "On Windows:", "powershell"),
        (Shell::Azure, "With the Azure CLI, wherever it is logged in:", "sh"),
    ];
    let mut is_first = true;
    for (shell, title, language) in shells {
        let lines: Vec<&Command> = commands.iter().filter(|command| command.shell == shell).collect();
        if lines.is_empty() {
            continue;
        }
        let gap = if std::mem::take(&mut is_first) { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{title}\n\n```{language}");
        for Command { purpose, line, .. } in lines {
            let _ = writeln!(out, "# {purpose}\n{line}");
        }
        out.push_str("```\n");
    }
}

/// Everything, folded away. A JSON string has no raw line break, so no line of it can end the fence.
fn whole(out: &mut String, ticket: &Ticket) -> serde_json::Result<()> {
    heading(out, "Everything that was reported");
    let json = render::json(&ticket.report)?;
    let _ = writeln!(
        out,
        "<details>\n<summary>sortie.report/1, as JSON</summary>\n\n```json\n{json}```\n\n</details>\n\n\
         Made by {} at {}.",
        ticket.made_by,
        utc(&ticket.made_at)
    );
    Ok(())
}

/// Says what was left out of a list.
fn more(out: &mut String, all: usize, most: usize) {
    if let Some(more) = all.checked_sub(most).filter(|more| *more > 0) {
        let _ = writeln!(out, "\nand {more} more, in the report below");
    }
}
