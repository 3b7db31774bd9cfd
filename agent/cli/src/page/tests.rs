//! What every page must hold, whatever it shows.

use std::collections::BTreeSet;

use sortie_core::report::Cloud;

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
    let bytes = ASSETS.iter().find(|asset| asset.path == path).expect("an asset").bytes;
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn a_strict_policy_holds() {
    for (name, situation) in sample::all() {
        let html = html(&situation);
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert!(html.contains("<script type=\"module\" src=\"/page.js\"></script>"), "{name}");
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
fn the_page_says_where_the_machine_stands_and_what_is_not_supported_there() {
    let mut situation = sample::platform_blocked();
    for (platform, unsupported, blocked_by) in [
        ("azure.vm", None, "Port 25 is blocked by the platform"),
        ("azure.app_service", Some("port 25 is <unsupported>"), "Port 25 is blocked by the platform"),
        ("azure.arc", None, "Port 25 is blocked by the network provider"),
    ] {
        let cloud = Cloud {
            platform: platform.to_owned(),
            region: Some("west\u{202e}europe".to_owned()),
            unsupported: unsupported.map(str::to_owned),
            ..Cloud::default()
        };
        situation.display.report.cloud = Some(cloud);
        let html = html(&situation);
        assert!(html.contains(blocked_by), "{platform}: {html}");
        assert!(html.contains(&format!("in <code>{platform}, west\\u{{202e}}europe</code>")), "{html}");
        assert_eq!(html.contains("port 25 is &lt;unsupported&gt;"), unsupported.is_some(), "{html}");
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
fn however_much_is_remembered_the_page_stays_small() {
    let mut situation = sample::open();
    let before = html(&situation).len();
    sample::remember_too_much(&mut situation);
    let after = html(&situation);
    assert!(after.contains("more destinations, in the"), "not every strip is drawn");
    assert!(after.contains(" earlier, in the"), "not every change is listed");
    assert!(after.len() < 4 * before, "{} instead of {before}", after.len());
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
/// The value of a colour token in a part of the style sheet, as relative luminance (WCAG 2.2).
fn luminance(part: &str, token: &str) -> f64 {
    let (_, rest) = part.split_once(&format!("{token}: #")).unwrap_or_else(|| panic!("no {token}"));
    let channel = |n: usize| {
        let value = u8::from_str_radix(&rest[2 * n..2 * n + 2], 16).expect("six hexadecimal digits");
        let share = f64::from(value) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}

#[test]
fn every_text_is_readable_in_both_themes() {
    let (light, rest) = asset("/page.css").split_once("(prefers-color-scheme: dark)").expect("a dark theme");
    let (dark, _) = rest.split_once("@media").expect("what follows it");
    let text = ["--ink", "--soft", "--link", "--good", "--bad", "--warn", "--dim", "--calm"];
    let grounds = ["--paper", "--card", "--bad-wash", "--warn-wash"];
    let on_colour = ["--good", "--bad", "--warn", "--dim", "--calm"].map(|tone| ("--on-tone", tone));
    let on_ground = text.iter().flat_map(|text| grounds.map(|ground| (*text, ground)));
    for (text, ground) in on_ground.chain(on_colour).chain([("--paper", "--ink")]) {
        for (name, theme) in [("light", light), ("dark", dark)] {
            let (one, other) = (luminance(theme, text), luminance(theme, ground));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            // WCAG 2.2, 1.4.3: text of any size.
            assert!(contrast >= 4.5, "{name}: {text} on {ground}: {contrast:.2}");
        }
    }
}

#[test]
fn the_first_screen_of_a_blocked_machine() {
    let html = html(&sample::platform_blocked());
    let (screen, _) = html.split_once("<section id=\"states\"").expect("a section of states");
    let (_, body) = screen.split_once("<header").expect("a header");
    insta::assert_snapshot!(format!("<header{body}").replace("><", ">\n<"));
}

#[test]
fn states_over_time_are_told_twice_as_bands_and_in_words() {
    let html = html(&sample::platform_blocked());
    let (_, rest) = html.split_once("<section id=\"states\"").expect("a section of states");
    let (section, _) = rest.split_once("</section>").expect("its end");
    insta::assert_snapshot!(format!("<section id=\"states\"{section}").replace("><", ">\n<"));
}

#[test]
fn the_account_of_a_conviction_goes_weight_by_weight() {
    let html = html(&sample::platform_blocked());
    let (_, rest) = html.split_once("<details").expect("an account");
    let (account, _) = rest.split_once("</details>").expect("its end");
    insta::assert_snapshot!(format!("<details{account}").replace("><", ">\n<"));
}
