//! What to do: every step once, whichever verdicts ask for it.

use maud::{Markup, html};
use sortie_core::report::{NextStep, Report};

use crate::render::words::place;
use crate::text::printable;

pub(super) fn section(report: &Report) -> Markup {
    let steps = steps(report);
    html! {
        @if !steps.is_empty() {
            section #next aria-labelledby="h-next" {
                h2 #h-next { "What to do" }
                ol {
                    @for (step, places) in &steps {
                        li {
                            p { (printable(&step.text)) }
                            @if let Some(url) = step.url.as_deref().filter(|url| is_link(url)) {
                                p { a href=(printable(url)) rel="noreferrer" { (printable(url)) } }
                            }
                            p .basis { "for " (places.join("; ")) }
                        }
                    }
                }
            }
        }
    }
}

/// The steps in the order of the verdicts, each with the places that ask for it.
fn steps(report: &Report) -> Vec<(&NextStep, Vec<String>)> {
    let mut steps: Vec<(&NextStep, Vec<String>)> = Vec::new();
    for verdict in &report.verdicts {
        for step in &verdict.next_steps {
            match steps.iter_mut().find(|(known, _)| *known == step) {
                Some((_, places)) => places.push(place(verdict)),
                None => steps.push((step, vec![place(verdict)])),
            }
        }
    }
    steps
}

/// Nothing but a page on the web becomes a link.
fn is_link(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use sortie_core::report::PortVerdict;

    use super::*;
    use crate::render::sample;

    #[test]
    fn a_step_is_told_once_with_every_place_that_asks_for_it() {
        let html = section(&sample::report()).into_string();
        assert_eq!(html.matches("<li>").count(), 1);
        assert!(html.contains("for port 25, IPv4; port 25, IPv6"), "{html}");
        assert!(html.contains(r#"rel="noreferrer""#), "{html}");
    }

    #[test]
    fn only_pages_on_the_web_become_links() {
        for (url, linked) in [
            ("https://learn.microsoft.com/x", true),
            ("http://mail.example/", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("//mail.example", false),
        ] {
            let step = NextStep { text: "Read".to_owned(), url: Some(url.to_owned()) };
            let verdict = PortVerdict { next_steps: vec![step], ..sample::verdict() };
            let html = section(&Report { verdicts: vec![verdict], ..sample::report() }).into_string();
            assert_eq!(html.contains("<a "), linked, "{html}");
        }
    }
}
