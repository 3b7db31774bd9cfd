//! The words and drawings of the story. Pure functions: what the terminal can do is an argument.

use std::fmt::Write as _;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use sortie_core::verdict::{Signature, State};

use super::drawing;
use super::page::{Said, Verdict};
use super::scene::{Change, Expected, Scene};
use super::story::Act;
use crate::render::Style;
use crate::text::printable;

/// Everything is a little to the right of the titles.
const INDENT: &str = "   ";

/// Longer lines are hard to read.
const PAGE_WIDTH: usize = 100;

const INTRODUCTION: &str = "
A cloud on this machine, in namespaces of its own. The agent is real and in a hurry: it asks
every 4 s instead of every 60, and confirms at a pace that is not fit for the internet.
";

/// Before the first act.
pub(super) fn opening(url: &str, style: Style) -> String {
    let mut text = format!("The page is at {}\n\n", paint(url, Ansi::new().bold().underline(), style));
    let _ = writeln!(text, "{INDENT}{}", drawing::chain(None));
    let _ = writeln!(text, "{INDENT}{}", faint(&drawing::platform(), style));
    text + INTRODUCTION
}

/// The beginning of an act: what is broken where, and by which change.
pub(super) fn act(
    number: usize,
    of: usize,
    act: &Act,
    scene: &Scene,
    before: &Scene,
    style: Style,
) -> String {
    let title = paint(act.title, Ansi::new().bold(), style);
    let mut text = format!("\n{} {title}\n", faint(&format!("{number}/{of}"), style));
    let _ = writeln!(text, "{INDENT}{}", drawing::chain(scene.stop.map(|(place, _)| place)));
    if let Some((place, what)) = scene.stop {
        let mark =
            paint(&format!("✖ {what}"), Ansi::new().bold().fg_color(Some(AnsiColor::Red.into())), style);
        let _ = writeln!(text, "{INDENT}{}{mark}", " ".repeat(drawing::column(place)));
    }
    for line in before.changes.iter().flat_map(undone).chain(scene.changes.iter().flat_map(made)) {
        let _ = writeln!(text, "{INDENT}{}", faint(&line, style));
    }
    text
}

/// The end of an act: what the agent made of it.
pub(super) fn judged(said: &Said, scene: &Scene, after: Duration, style: Style) -> String {
    let right = said.is(scene.port_25, scene.port_587);
    let (shape, colour) = if right { ("✔", AnsiColor::Green) } else { ("▲", AnsiColor::Yellow) };
    let mark = paint(shape, Ansi::new().bold().fg_color(Some(colour.into())), style);
    let after = faint(&format!("after {:.0} s ·", after.as_secs_f32()), style);
    let told = ports(&spoken(said.port_25.as_ref()), &spoken(said.port_587.as_ref()));
    let mut text = format!("{INDENT}{mark} {after} {told}\n");
    if !right {
        let meant = ports(&meant(scene.port_25), &meant(scene.port_587));
        let _ = writeln!(text, "{INDENT}  but the scene is {meant}");
    }
    // What stops 25 is the story; where only 587 is stopped, that is.
    let mut shown: Vec<&Verdict> = [&said.port_25, &said.port_587].into_iter().flatten().collect();
    shown.sort_by_key(|verdict| verdict.state == State::Open.code());
    if let Some(verdict) = shown.first() {
        text.push_str(&wrapped(&printable(&verdict.summary), style));
        if let Some(step) = &verdict.next_step {
            text.push_str(&wrapped(&format!("Next: {}", printable(step)), style));
        }
    }
    text
}

/// After the last act.
pub(super) fn closing(wrong: usize, of: usize) -> String {
    match wrong {
        0 => format!("\nEach of {of} scenes was judged as what it is. Nothing is left behind.\n"),
        _ => {
            format!("\n{wrong} of {of} scenes were judged otherwise than they are. Nothing is left behind.\n")
        }
    }
}

fn ports(port_25: &str, port_587: &str) -> String {
    format!("port 25: {port_25} · port 587: {port_587}")
}

fn spoken(verdict: Option<&Verdict>) -> String {
    verdict.map_or("no verdict yet".to_owned(), |verdict| {
        printable(&words(&verdict.state, verdict.signature.as_deref())).into_owned()
    })
}

fn meant((state, signature): Expected) -> String {
    words(state.code(), signature.map(Signature::code))
}

/// Words of the closed vocabulary without their underscores.
fn words(state: &str, signature: Option<&str>) -> String {
    let signature = signature.map(|signature| format!(" ({signature})")).unwrap_or_default();
    format!("{state}{signature}").replace('_', " ")
}

/// A paragraph under the marks, as wide as the terminal and no wider than a page.
fn wrapped(text: &str, style: Style) -> String {
    const UNDER: &str = "     ";
    let width = style.width.map_or(PAGE_WIDTH, |width| usize::from(width).min(PAGE_WIDTH));
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used == 0 || used + 1 + length > width {
            let _ = write!(out, "{}{UNDER}{word}", if used == 0 { "" } else { "\n" });
            used = UNDER.len() + length;
        } else {
            let _ = write!(out, " {word}");
            used += 1 + length;
        }
    }
    out.push('\n');
    out
}

/// What is done, as whoever runs that place would type or say it.
fn made(change: &Change) -> Vec<String> {
    match change {
        Change::Ip { at, does, .. } => does.iter().map(|line| format!("{at}# ip {line}")).collect(),
        Change::Resets(at) => vec![format!("{at}: resets what is dropped there, in the servers' names")],
        Change::Proxy(at) => vec![format!("{at}: a mail proxy listens for every address")],
        Change::Closes(names) => vec![format!("operators: {} stop listening on port 25", names.join(", "))],
    }
}

fn undone(change: &Change) -> Vec<String> {
    match change {
        Change::Ip { at, undoes, .. } => undoes.iter().map(|line| format!("{at}# ip {line}")).collect(),
        Change::Resets(at) => vec![format!("{at}: resets nothing any more")],
        Change::Proxy(at) => vec![format!("{at}: the proxy is gone")],
        Change::Closes(names) => vec![format!("operators: {} listen again", names.join(", "))],
    }
}

fn faint(text: &str, style: Style) -> String {
    paint(text, Ansi::new().dimmed(), style)
}

fn paint(text: &str, ansi: Ansi, style: Style) -> String {
    if style.colour { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::scene;
    use crate::demo::story::ACTS;

    const PLAIN: Style = Style { colour: false, width: None };

    fn verdict(state: &str, signature: Option<&str>) -> Verdict {
        Verdict {
            state: state.to_owned(),
            signature: signature.map(str::to_owned),
            summary: format!("Port 25 is {state}\u{7}"),
            next_step: signature.map(|_| "Ask the provider".to_owned()),
        }
    }

    #[test]
    fn the_story_reads_well_without_colour() {
        let mut text = opening("http://127.0.0.1:9525/", PLAIN);
        let mut before = scene::open();
        for (number, one) in (1..).zip(ACTS) {
            let scene = one.scene().expect("a scene");
            text.push_str(&act(number, ACTS.len(), one, scene, before, PLAIN));
            before = scene;
        }
        text.push_str(&closing(0, ACTS.len()));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_judgement_is_told_with_its_reason_and_next_step() {
        let scene = scene::named("drop25").expect("a scene");
        let right = Said {
            port_25: Some(verdict("platform_blocked", Some("silent_drop"))),
            port_587: Some(verdict("open", None)),
        };
        let wrong = Said { port_25: Some(verdict("inconclusive", None)), port_587: None };
        let told = [right, wrong].map(|said| judged(&said, scene, Duration::from_millis(8_700), PLAIN));
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_paragraph_is_as_wide_as_the_terminal() {
        let narrow = Style { colour: false, width: Some(20) };
        assert_eq!(wrapped("aaaa bbbb cccc dddd eeee", narrow), "     aaaa bbbb cccc\n     dddd eeee\n");
        assert_eq!(
            wrapped("a-word-longer-than-the-line b", narrow),
            "     a-word-longer-than-the-line\n     b\n"
        );
    }

    #[test]
    fn colours_only_where_they_are_understood() {
        let scene = scene::named("drop25").expect("a scene");
        let colour = Style { colour: true, width: None };
        assert!(act(1, 2, &ACTS[1], scene, scene, colour).contains('\u{1b}'));
        assert!(!act(1, 2, &ACTS[1], scene, scene, PLAIN).contains('\u{1b}'));
    }
}
