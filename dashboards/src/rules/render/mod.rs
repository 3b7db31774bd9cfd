//! The files that the rules become, each as its target wants it.

mod azure;
mod grafana;
mod index;
mod kubernetes;
mod prometheus;
mod text;

pub use index::runbooks;
use serde::Serialize;
pub(crate) use text::RUNBOOKS;

use super::Group;

/// A file below `dashboards/rules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// With the folder of its target.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Every file of every target.
pub fn files(groups: &[Group]) -> Vec<File> {
    [prometheus::files, kubernetes::files, azure::files, grafana::files]
        .iter()
        .flat_map(|of| of(groups))
        .collect()
}

const MADE: &str =
    "Made from dashboards/src/rules: INSTA_UPDATE=always cargo test -p sortie-dashboards writes it anew.";

/// Groups by the file that they stand in, in order.
fn by_file(groups: &[Group]) -> Vec<(&'static str, Vec<&Group>)> {
    let mut files: Vec<(&'static str, Vec<&Group>)> = Vec::new();
    for group in groups {
        match files.iter_mut().find(|(file, _)| *file == group.file) {
            Some((_, of_file)) => of_file.push(group),
            None => files.push((group.file, vec![group])),
        }
    }
    files
}

/// A line that is longer is folded.
const WIDTH: usize = 110;

fn yaml(value: &impl Serialize) -> String {
    let options = serde_saphyr::ser_options! { compact_list_indent: false, folded_wrap_chars: WIDTH };
    let text = serde_saphyr::to_string_with_options(value, options).expect("plain data");
    format!("# {MADE}\n{text}")
}
