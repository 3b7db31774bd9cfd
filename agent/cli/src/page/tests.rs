//! What every page must hold, whatever it shows.

use std::collections::BTreeSet;

use super::sample::{self, Situation};
use super::*;

/// A day of all sixteen built-in destinations, uncompressed; ten of them take less than 60 KiB.
const PAGE_MOST: usize = 70 * 1024;
/// The script's budget.
const SCRIPT_MOST: usize = 4 * 1024;

fn html(situation: &Situation) -> String {
    render(&situation.display, &situation.history, situation.now)
}

/// Every value of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    html.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn asset(path: &str) -> &'static str {
    let (.., bytes) = ASSETS.iter().find(|(known, ..)| *known == path).expect("an asset");
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn a_strict_policy_holds() {
    for (name, situation) in sample::all() {
        let html = html(&situation);
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert!(html.contains("<script src=\"/page.js\" defer></script>"), "{name}");
        for forbidden in ["<style", " style=", "javascript:alert(1)\"", "data:", " onclick=\"", " onload=\""]
        {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        for address in values(&html, "href").into_iter().chain(values(&html, "src")) {
            let known =
                address.starts_with('#') || address.starts_with("https://") || address.starts_with('/');
            assert!(known, "{name}: {address}");
        }
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for (name, situation) in sample::all() {
        let html = html(&situation);
        let all = values(&html, "id");
        let ids: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(ids.len(), all.len(), "{name}: {all:?}");
        let links = values(&html, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
        let labels = ["aria-labelledby", "aria-describedby"].into_iter().flat_map(|of| values(&html, of));
        for target in links.chain(labels) {
            assert!(ids.contains(target), "{name}: #{target}");
        }
    }
}

#[test]
fn headings_descend_one_level_at_a_time() {
    for (name, situation) in sample::all() {
        let html = html(&situation);
        let levels: Vec<u32> = html
            .split("<h")
            .filter_map(|rest| rest.chars().next()?.to_digit(10).filter(|_| rest.contains("</h")))
            .collect();
        assert_eq!(levels.first(), Some(&1), "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}");
    }
}

#[test]
fn nothing_from_outside_becomes_markup_or_moves_a_cursor() {
    let html = html(&sample::hostile());
    assert!(html.contains(
        "&lt;script&gt;alert('x')&lt;/script&gt; \\u{1b}[31m\\u{202e}moc\\r\\n&quot;onload=&quot;y"
    ));
    assert!(html.contains("&lt;b onclick=&quot;x&quot;&gt;&amp;amp;\\u{202e}"));
    assert!(!html.chars().any(crate::text::is_hostile), "{html}");
}

#[test]
fn the_page_says_who_when_and_what_to_do() {
    for (name, situation, sentences) in [
        (
            "open",
            sample::open(),
            &["Port 25 is open", "Port 587 is open", "measured <time", "outbound from this machine"][..],
        ),
        (
            "blocked",
            sample::platform_blocked(),
            &[
                "<title>Port 25 is blocked by the network provider · mail-1 · Sortie</title>",
                "platform blocked",
                "open → <b>platform blocked</b>",
                "What to do",
                "href=\"#blocked\"",
                "IPv6: no egress",
            ],
        ),
        (
            "starting",
            sample::starting(),
            &["Nothing was measured yet", "every operator is being asked now", "not measured yet"],
        ),
        (
            "hostile",
            sample::hostile(),
            &["config_rejected", "state_dir", "Demonstration.", "the one before stays in use"],
        ),
    ] {
        let html = html(&situation);
        for sentence in sentences {
            assert!(html.contains(sentence), "{name}: {sentence}\n{html}");
        }
    }
}

#[test]
fn a_day_of_the_built_in_destinations_is_a_small_page() {
    for (name, situation) in sample::all() {
        let size = html(&situation).len();
        assert!(size <= PAGE_MOST, "{name}: {size}");
    }
    assert!(asset("/page.js").len() <= SCRIPT_MOST, "{}", asset("/page.js").len());
}

#[test]
fn every_class_is_styled() {
    let sheet = asset("/page.css");
    for (name, situation) in sample::all() {
        let html = html(&situation);
        for class in values(&html, "class").into_iter().flat_map(str::split_whitespace) {
            let selector = format!(".{class}");
            let after = |rest: &str| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '-');
            assert!(sheet.split(&selector).skip(1).any(after), "{name}: {class}");
        }
    }
}
