//! The committed dashboards against the types of Grafana and Perses themselves (`dashboards/schema`, a program in Go).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const DASHBOARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards");

/// The program, built once.
static CHECKER: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard-schema");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(Path::new(DASHBOARDS).join("schema"))
        .output()
        .expect("Go 1.26 or newer is installed");
    assert!(built.status.success(), "failed to build dashboards/schema: {}", said(&built));
    program
});

#[test]
fn every_committed_dashboard_is_one() {
    let documents: Vec<_> = ["grafana", "perses"].into_iter().flat_map(documents).collect();
    assert!(documents.len() >= 14, "seven boards in two forms: {documents:?}");
    let checked = Command::new(&*CHECKER).args(&documents).output().expect("it runs");
    assert!(checked.status.success(), "{}", said(&checked));
}

/// A check that refuses nothing would prove nothing.
#[test]
fn a_spoiled_dashboard_is_refused() {
    let cases = [
        ("grafana", r#""graphMode""#, r#""graphMod""#, "unexpected field 'graphMod'"),
        ("grafana", r#""schemaVersion": 39"#, r#""schemaVersion": "39""#, "schemaVersion"),
        ("grafana", r#""fillOpacity""#, r#""fillOpacit""#, "unexpected field 'fillOpacit'"),
        ("grafana", r#""type": "state-timeline""#, r#""type": "states""#, r#"no panel of type "states""#),
        ("perses", r#""kind": "Grid""#, r#""kind": "Gird""#, r#"unknown layout.kind "Gird""#),
        ("perses", r#""allowMultiple""#, r#""allowMany""#, "allowMany"),
        ("perses", r#""duration": "24h""#, r#""duration": "1 day""#, "duration"),
    ];
    for (folder, from, to, complaint) in cases {
        let text =
            fs::read_to_string(format!("{DASHBOARDS}/{folder}/sortie-fleet.json")).expect("it is committed");
        assert!(text.contains(from), "{folder} has {from}");
        let spoiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spoiled.json");
        fs::write(&spoiled, text.replace(from, to)).expect("a temporary file");
        let checked = Command::new(&*CHECKER).arg(&spoiled).output().expect("it runs");
        assert!(!checked.status.success(), "{to} was taken");
        assert!(said(&checked).contains(complaint), "{to}: {}", said(&checked));
    }
}

fn documents(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(DASHBOARDS).join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
