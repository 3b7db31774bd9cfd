//! `sortie report --ticket` beside a real agent and after it.

use nix::sys::signal::Signal;

use super::agent::{Agent, Desk};
use super::cloud::{Imds, VM};
use super::report::{json, sortie};
use super::servers::Servers;

/// The same machine where nobody may know whose it is.
const REDACTED: &str = "/subscriptions/subscription-1/resourceGroups/resource-group-1/providers/Microsoft.Compute/virtualMachines/vm-1";
/// What the metadata service tells of it.
const VM_ID: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// The columns of the table under a heading that tell who was asked and what became of it.
fn rows(ticket: &str, heading: &str) -> Vec<String> {
    let (_, section) = ticket.split_once(heading).unwrap_or_else(|| panic!("no {heading} in {ticket}"));
    let rows = section.trim_start().lines().take_while(|line| line.starts_with('|'));
    let address = |row: &str| row.split('`').find(|cell| cell.starts_with("127.")).map(str::to_owned);
    rows.filter_map(address).collect()
}

#[test]
fn a_ticket_is_written_beside_an_agent_and_after_it() {
    let (servers, desk, imds) = (Servers::start(3), Desk::new("ticket"), Imds::start(false));
    let agent = Agent::start(&desk, &servers.config_with_cloud(&desk, &imds.url), &[]);
    agent.await_body("/api/v1/report", |body| body.contains(VM) && body.contains("\"state\": \"open\""));
    agent.await_body("/api/v1/history", |body| body.contains("\"points\":[["));
    let address = agent.address().to_string();
    let ticket = |flags: &[&str]| {
        let told = sortie("report", &desk, &[&["--ticket"], flags].concat());
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{flags:?}");
        told.stdout
    };

    let beside = ticket(&["--listen", &address]);
    let title = format!("# Outbound TCP port {} (IPv4) is open\n", servers.port());
    assert!(beside.starts_with(&title), "{beside}");
    for part in ["by the connect engine", VM, "first verdict → open", "The report of this ticket."] {
        assert!(beside.contains(part), "{part} in {beside}");
    }
    let asked = rows(&beside, "## Destinations on the ports under test");
    assert_eq!((asked.len(), rows(&beside, "## Controls").len()), (3, 3), "{beside}");

    let told = json(&ticket(&["--listen", &address, "--format", "json"]));
    assert_eq!((&told["schema"], &told["redacted"]), (&"sortie.ticket/1".into(), &false.into()));
    assert_eq!(told["report"]["cloud"]["resource_id"], VM);

    let redacted = ticket(&["--listen", &address, "--redact"]);
    assert!(redacted.contains(REDACTED), "{redacted}");
    for secret in [VM_ID, SUBSCRIPTION, "rg-mail", "mx-1"] {
        assert!(!redacted.contains(secret), "{secret} in {redacted}");
    }

    agent.signal(Signal::SIGTERM);
    agent.end();
    let after = ticket(&["--listen", "off"]);
    assert!(after.starts_with(&title), "{after}");
    for part in ["nobody has probed since", "no agent has probed since", VM, "first verdict → open"] {
        assert!(after.contains(part), "{part} in {after}");
    }
    let mut remembered = rows(&after, "## Destinations on the ports under test");
    remembered.sort();
    assert_eq!(remembered, asked, "what was asked is remembered");
    assert!(ticket(&["--listen", "off", "--redact"]).contains(REDACTED));
}

#[test]
fn without_an_agent_and_without_a_store_there_is_no_ticket_either() {
    let (servers, desk) = (Servers::start(3), Desk::new("ticket-nothing"));
    std::fs::write(desk.config(), servers.config(&desk, "")).expect("the desk can be written to");
    let told = sortie("report", &desk, &["--ticket", "--listen", "off"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(70), ""));
    assert!(told.stderr.contains("\nhint: start one with `sortie run`"), "{}", told.stderr);
}
