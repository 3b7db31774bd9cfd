//! What somebody should know about the agent itself.

use maud::{Markup, html};

use super::{Scene, moment};
use crate::text::printable;

pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let notices = &scene.display.notices;
    html! {
        @if !notices.is_empty() {
            section #notices aria-labelledby="h-notices" {
                h2 #h-notices { "Notices" }
                ul {
                    @for notice in notices {
                        li {
                            p { (printable(&notice.text)) }
                            p .basis { code { (notice.code) } " since " (moment::moment(notice.since, scene.now)) }
                        }
                    }
                }
            }
        }
    }
}
