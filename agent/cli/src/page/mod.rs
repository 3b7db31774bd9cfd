//! The page: whether mail leaves, who stops it, why, and what to do, for somebody who has a second, ten, or thirty.
//!
//! ```text
//!   header                 which machine, as of when
//!   verdicts               one card per port and family
//!   notices                what is wrong with the agent itself
//!   states · handshakes    what was, on one axis of time
//!   why                    evidence, weight by weight
//!   relays                 whether mail can be handed over there
//!   destinations · next    who was asked, and what to do
//!   unseen · footer        what is not known, and where the machine-readable faces are
//! ```
//!
//! A pure function of what is on show, what is remembered and the time. Everything from outside passes
//! [`crate::text::printable`] and is escaped by maud. There is no inline style and no inline script, so the strictest
//! policy holds; colours come from the style sheet and geometry from SVG attributes. The page is complete without its
//! script.

mod about;
mod charts;
mod destinations;
mod document;
mod handshakes;
mod moment;
mod next;
mod notices;
mod prose;
mod relays;
#[cfg(test)]
pub(crate) mod sample;
mod shape;
mod states;
#[cfg(test)]
mod tests;
mod verdicts;
mod why;

use std::time::{SystemTime, UNIX_EPOCH};

use sortie_core::history::History;

use self::charts::Window;
use crate::board::Display;
use crate::web::Asset;

/// What the page links to.
pub const ASSETS: &[Asset] = &[
    Asset {
        path: "/page.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("assets/page.css"),
    },
    Asset {
        path: "/page.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/page.js"),
    },
    Asset {
        path: "/favicon.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("assets/favicon.svg"),
    },
];

/// The whole document as of `now`.
pub fn render(display: &Display, history: &History, now: SystemTime) -> String {
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let scene = Scene { display, history, now, window: Window::over(history, since_epoch) };
    document::whole(&scene).into_string()
}

/// What every part of the page is made from.
struct Scene<'a> {
    display: &'a Display,
    history: &'a History,
    now: SystemTime,
    /// The time that the charts show.
    window: Window,
}
