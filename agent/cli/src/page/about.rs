//! Which machine, as of when, by which agent, and what it could not see.

use maud::{Markup, html};
use sortie_core::report::Report;

use super::{Scene, moment};
use crate::render::words::{told_by_azure, whereabouts};
use crate::text::printable;

/// The machine's name, else its id.
pub(super) fn host(report: &Report) -> &str {
    report.host.name.as_deref().or(report.host.id.as_deref()).unwrap_or("this machine")
}

pub(super) fn masthead(scene: &Scene<'_>) -> Markup {
    let agent = &scene.display.agent;
    html! {
        h1 { (printable(host(&scene.display.report))) }
        p .scope { "outbound from this machine" }
        p #as-of .as-of {
            span {
                @match agent.measured {
                    Some(at) => { "measured " (moment::moment(at, scene.now)) }
                    None => "not measured yet"
                }
            }
            " "
            span {
                @match agent.next_round {
                    Some(at) => { "next round " (moment::due(at, scene.now)) }
                    None => "every operator is being asked now"
                }
            }
        }
        @if let Some(sentence) = scene.display.report.cloud.as_ref().and_then(|cloud| cloud.unsupported.as_deref()) {
            p .demonstration { b { "Not supported here." } " The provider says: " (printable(sentence)) "." }
        }
        @if agent.demonstration {
            p .demonstration {
                b { "Demonstration." }
                " This network is made up, and it is judged at a pace that is not fit for the internet."
            }
        }
    }
}

/// What a verdict does not rest on.
pub(super) fn unseen(report: &Report) -> Markup {
    html! {
        @if !report.unseen.is_empty() {
            section #not-seen aria-labelledby="h-not-seen" {
                h2 #h-not-seen { "Not seen" }
                p { "What the " @if let Some(engine) = report.engine { (engine) " " } "engine could not see on this machine:" }
                ul { @for sentence in &report.unseen { li { (printable(sentence)) } } }
            }
        }
    }
}

pub(super) fn colophon(scene: &Scene<'_>) -> Markup {
    let (report, agent) = (&scene.display.report, &scene.display.agent);
    let config = agent.config.as_ref().map(|path| path.display().to_string());
    html! {
        p {
            "sortie " (agent.version) ", " @if let Some(engine) = report.engine { (engine) " engine, " } "a round every "
            (humantime::format_duration(agent.interval)) ", running since " (moment::moment(agent.started, scene.now))
        }
        p {
            "configuration "
            @match &config { Some(path) => code { (printable(path)) }, None => "built in" }
            ", hash " code { (printable(&agent.config_hash)) }
            @if let Some(id) = &report.host.id { ", host id " code { (printable(id)) } }
        }
        @if let Some(cloud) = &report.cloud {
            p #place { "in " code { (whereabouts(cloud)) } }
            @if let Some(told) = told_by_azure(cloud) { p #told-by-azure { (told) } }
        }
        nav aria-label="For programs" {
            a href="/api/v1/report" { "report" } " "
            a href="/api/v1/history" { "history" } " "
            a href="/metrics" { "metrics" }
        }
        p { "page made " (moment::utc(scene.now)) }
    }
}
