//! The findings for people and for programs, schema `sortie.doctor/1`. Pure functions.

use std::fmt::Write;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use serde_json::{Value, json};

use super::finding::{Finding, Standing};
use crate::render::words::{faint, paint, spoken};
use crate::render::{Style, escape};

const SCHEMA: &str = "sortie.doctor/1";

/// Columns of the longest word of a standing.
const WORD: usize = "worth a look".len();

/// A line for each finding, what to do below it, and how many there are of each kind.
pub(super) fn table(findings: &[Finding], style: Style) -> String {
    let longest = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let mut out = String::new();
    for finding in findings {
        let word = format!("{:WORD$}", spoken(finding.standing.code()));
        let (mark, word) = (painted(mark(finding.standing), finding, style), painted(&word, finding, style));
        let _ = writeln!(out, "{mark} {word}  {:longest$}  {}", finding.check, finding.text);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(out, "{:indent$}{advice}", "", indent = 2 + WORD + 2 + longest + 2);
        }
    }
    let _ = writeln!(out, "\n{}", faint(&sum(findings), style));
    out
}

/// The same as JSON.
pub(super) fn json(findings: &[Finding]) -> String {
    let list: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "check": finding.check,
                "standing": finding.standing.code(),
                "text": finding.text,
                "advice": finding.advice,
            })
        })
        .collect();
    let document = json!({"schema": SCHEMA, "standing": worst(findings).code(), "findings": list});
    escape(&format!("{document:#}\n"))
}

/// The standing of the whole.
pub(super) fn worst(findings: &[Finding]) -> Standing {
    findings.iter().map(|finding| finding.standing).max().unwrap_or(Standing::NotSeen)
}

fn sum(findings: &[Finding]) -> String {
    let counted = |standing: Standing| findings.iter().filter(|finding| finding.standing == standing).count();
    let present = Standing::ALL.into_iter().rev().map(|standing| (standing, counted(standing)));
    let words: Vec<String> = present
        .filter(|(_, count)| *count > 0)
        .map(|(standing, count)| format!("{count} {}", spoken(standing.code())))
        .collect();
    words.join(", ")
}

fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Fine => "✔",
        Standing::NotSeen => "?",
        Standing::WorthALook => "▲",
        Standing::Broken => "✖",
    }
}

fn painted(text: &str, finding: &Finding, style: Style) -> String {
    let colour = match finding.standing {
        Standing::Fine => AnsiColor::Green,
        Standing::NotSeen => AnsiColor::Cyan,
        Standing::WorthALook => AnsiColor::Yellow,
        Standing::Broken => AnsiColor::Red,
    };
    paint(text, Ansi::new().bold().fg_color(Some(colour.into())), style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::fine("engine", "auto takes raw"),
            Finding::not_seen("nftables", "not seen: /usr/sbin/nft may not be read by this user")
                .todo("ask as root"),
            Finding::worth_a_look("proxy", "exports go through \u{1b}[2J"),
            Finding::broken("state_dir", "/var/lib/sortie is a file").todo("move it away"),
        ]
    }

    #[test]
    fn people_get_a_line_for_each_and_the_sum() {
        insta::assert_snapshot!(table(&findings(), Style::default()), @r"
        ✔ fine          engine     auto takes raw
        ? not seen      nftables   not seen: /usr/sbin/nft may not be read by this user
                                   ask as root
        ▲ worth a look  proxy      exports go through \u{1b}[2J
        ✖ broken        state_dir  /var/lib/sortie is a file
                                   move it away

        1 broken, 1 worth a look, 1 not seen, 1 fine
        ");
    }

    #[test]
    fn programs_get_the_same_with_the_worst_of_all() {
        let document: Value = serde_json::from_str(&json(&findings())).expect("it is JSON");
        assert_eq!(document["schema"], "sortie.doctor/1");
        assert_eq!(document["standing"], "broken");
        let expected = json!({"check": "nftables", "standing": "not_seen", "advice": "ask as root",
            "text": "not seen: /usr/sbin/nft may not be read by this user"});
        assert_eq!(document["findings"][1], expected);
        assert_eq!(document["findings"][0]["advice"], Value::Null);
    }
}
