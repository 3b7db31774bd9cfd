//! What somebody should know about the agent itself.

use maud::{Markup, html};

use super::prose::prose;
use super::{Scene, moment};

pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let notices = &scene.display.notices;
    html! {
        @if !notices.is_empty() {
            section #notices aria-labelledby="h-notices" {
                h2 #h-notices { "Notices" }
                ul {
                    @for notice in notices {
                        li {
                            p { (prose(&notice.text)) }
                            p .basis { code { (notice.code) } " since " (moment::moment(notice.since, scene.now)) }
                        }
                    }
                }
            }
        }
    }
}
