//! Without rights, without `ip`, without a port: it works, or says in words what is missing.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use e2e::agent::Stage;

use crate::Job;
use crate::demo::{Demo, Ended};

const ONCE: [&str; 4] = ["--once", "reset25", "--format", "json"];

const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("nobody_needs_no_root", |stage| without_rights(stage, &NOBODY)),
    ("root_of_a_container_needs_no_more_than_nobody", |stage| {
        without_rights(stage, &["setpriv", "--bounding-set=-sys_admin"])
    }),
    ("without_ip_it_names_the_package", |stage| {
        let ended = with_path(stage, "/nonexistent")?;
        ensure!(ended.stderr.contains("there is no `ip` on the PATH: install iproute2"), "{}", ended.stderr);
        Ok(())
    }),
    ("another_ip_is_not_enough", |stage| {
        let folder = stage.desk()?.state_dir();
        std::os::unix::fs::symlink("/bin/true", folder.join("ip"))?;
        let ended = with_path(stage, &folder.display().to_string())?;
        ensure!(ended.stderr.contains("not that of iproute2"), "{}", ended.stderr);
        Ok(())
    }),
    ("a_taken_address_is_named", |stage| {
        let taken = TcpListener::bind("127.0.0.1:0")?;
        let address = taken.local_addr()?.to_string();
        let mut demo = Demo::start(stage, &["--listen", &address])?;
        let stderr = demo.end()?.with(70)?.stderr;
        ensure!(stderr.contains(&address) && stderr.contains("--listen"), "{stderr}");
        demo.left_nothing()
    }),
    ("the_inner_half_does_nothing_on_the_host", |stage| {
        let output = Command::new(stage.binary()).arg0("sortie-demo-world").arg("--within").output()?;
        ensure!(output.status.code() == Some(70), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(stderr.contains("is started by `sortie demo` alone"), "{stderr}");
        Ok(())
    }),
    ("contradictions_are_refused", |stage| {
        for arguments in [
            &["--once", "nonsense"][..],
            &["--once", "open", "--step"],
            &["--once", "open", "--listen", "127.0.0.1:1"],
            &["--list", "--stay"],
            &["--format", "json"],
            &["--listen", "nowhere"],
        ] {
            let ended = Demo::start(stage, arguments)?.end()?.with(64)?;
            ensure!(ended.stdout.is_empty(), "{arguments:?}");
        }
        Ok(())
    }),
];

fn with_path(stage: &Stage, path: &str) -> Result<Ended> {
    let mut demo = Demo::start_as(&[], stage, &ONCE, |command| {
        command.env("PATH", path);
    })?;
    let ended = demo.end()?.with(70)?;
    demo.left_nothing()?;
    Ok(ended)
}

/// Where the kernel gives namespaces to everybody the scene is judged as it is; elsewhere the refusal says what to do.
fn without_rights(stage: &Stage, before: &[&str]) -> Result<()> {
    let mut demo = Demo::start_as(before, stage, &ONCE, |_| ())?;
    if everybody_gets_namespaces()? {
        let ended = demo.end()?.with(2)?;
        ensure!(ended.stdout.contains("\"signature\": \"reset\""), "{}", ended.stdout);
    } else {
        let ended = demo.end()?.with(70)?;
        ensure!(ended.stderr.contains("as root"), "{}", ended.stderr);
    }
    demo.left_nothing()
}

fn everybody_gets_namespaces() -> Result<bool> {
    let mut command = Command::new(NOBODY[0]);
    command.args(&NOBODY[1..]).args(["unshare", "--user", "--net", "true"]);
    Ok(command.stderr(Stdio::null()).status()?.success())
}
