//! The cloud that an agent or a check stands in, told by a metadata service that answers when it likes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::signal::Signal;

use super::agent::{Agent, Desk};
use super::report::{json, shows_open, sortie};
use super::servers::Servers;

pub(super) const VM: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1";

/// A metadata service of Azure.
pub(super) struct Imds {
    pub(super) url: String,
    is_busy: Arc<AtomicBool>,
}

impl Imds {
    pub(super) fn start(is_busy: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let is_busy = Arc::new(AtomicBool::new(is_busy));
        let busy = Arc::clone(&is_busy);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 2048];
                let length = stream.read(&mut request).unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
                let is_asked_well = request.starts_with("get /metadata/instance?api-version=")
                    && request.contains("metadata: true");
                let (status, body) = match (busy.load(Ordering::Relaxed), is_asked_well) {
                    (true, _) => ("503 Service Unavailable", String::new()),
                    (false, true) => ("200 OK", instance()),
                    (false, false) => ("400 Bad Request", String::new()),
                };
                let head =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close", body.len());
                let _ = write!(stream, "{head}\r\n\r\n{body}");
            }
        });
        Self { url, is_busy }
    }

    fn answer_from_now_on(&self) {
        self.is_busy.store(false, Ordering::Relaxed);
    }
}

fn instance() -> String {
    format!(
        r#"{{"compute": {{"azEnvironment": "AzurePublicCloud", "location": "westeurope", "name": "\u001b[2J",
        "resourceId": "{VM}", "subscriptionId": "00000000-0000-0000-0000-000000000001", "tags": "",
        "vmId": "02aab8a4-74ef-476e-8182-f6d2ba4166a6", "vmScaleSetName": "", "vmSize": "Standard_B1s",
        "zone": "not\u001b[2Ja zone"}}, "network": {{"interface": []}}}}"#
    )
}

/// The part of a report that the service told.
fn told() -> serde_json::Value {
    serde_json::json!({
        "provider": "azure",
        "platform": "azure.vm",
        "resource_id": VM,
        "vm_id": "02aab8a4-74ef-476e-8182-f6d2ba4166a6",
        "region": "westeurope",
        "zone": null,
        "size": "Standard_B1s",
        "scale_set": null,
        "account_id": "00000000-0000-0000-0000-000000000001",
        "subscription_id": "00000000-0000-0000-0000-000000000001",
        "environment": "AzurePublicCloud",
        "subscription": null,
        "allow_port_25_out": null,
        "way_out": null,
        "provisioned_at": null,
        "unsupported": null,
    })
}

#[test]
fn an_agent_waits_for_no_cloud_and_shows_what_it_tells_later() {
    let (servers, desk, imds) = (Servers::start(3), Desk::new("cloud"), Imds::start(true));
    let agent = Agent::start(&desk, &servers.config_with_cloud(&desk, &imds.url), &[]);
    agent.await_body("/livez", |body| !body.is_empty());
    shows_open(&agent);
    let report = json(&agent.get("/api/v1/report").body);
    // What the firmware tells may be there.
    assert_eq!(
        report["cloud"]["resource_id"],
        serde_json::Value::Null,
        "it was judged before the cloud answered"
    );
    imds.answer_from_now_on();
    agent.await_body("/api/v1/report", |body| body.contains(VM));
    assert_eq!(json(&agent.get("/api/v1/report").body)["cloud"], told());
    let metrics = agent.get("/metrics").body;
    let line = metrics.lines().find(|line| line.starts_with("sortie_agent_info{")).unwrap_or_default();
    assert!(line.contains("host_type=\"Standard_B1s\""), "{line}");
    let page = agent.get("/").body;
    assert!(page.contains(&format!("azure.vm, westeurope, Standard_B1s: {VM}")), "{page}");
    let address = agent.address().to_string();
    let table = sortie("report", &desk, &["--listen", &address]).stdout;
    assert!(table.contains(&format!("\nin azure.vm, westeurope, Standard_B1s: {VM}\n")), "{table}");
    agent.signal(Signal::SIGTERM);
    let log = agent.end().log;
    assert!(log.contains(&format!("this machine stands in azure.vm: {VM}")), "{log}");
}

#[test]
fn a_reload_that_switches_the_cloud_off_forgets_it() {
    let (servers, desk, imds) = (Servers::start(3), Desk::new("cloud-off"), Imds::start(false));
    let agent = Agent::start(&desk, &servers.config_with_cloud(&desk, &imds.url), &[]);
    agent.await_body("/api/v1/report", |body| body.contains(VM));
    std::fs::write(desk.config(), servers.config(&desk, "")).expect("the desk is ours");
    agent.signal(Signal::SIGHUP);
    agent.await_body("/api/v1/report", |body| body.contains("\"cloud\": null"));
}

#[test]
fn a_check_tells_what_the_cloud_says_of_the_machine() {
    let (servers, desk, imds) = (Servers::start(3), Desk::new("cloud-check"), Imds::start(false));
    std::fs::write(desk.config(), servers.config_with_cloud(&desk, &imds.url)).expect("the desk is ours");
    let ended = sortie("check", &desk, &["--format", "json"]);
    assert_eq!((ended.code, json(&ended.stdout)["cloud"].clone()), (Some(0), told()), "{}", ended.stderr);
}

#[test]
fn a_check_gives_up_a_cloud_that_is_busy_and_keeps_its_verdict() {
    let (servers, desk, imds) = (Servers::start(3), Desk::new("cloud-busy"), Imds::start(true));
    std::fs::write(desk.config(), servers.config_with_cloud(&desk, &imds.url)).expect("the desk is ours");
    let ended = sortie("check", &desk, &["--format", "json"]);
    let report = json(&ended.stdout);
    assert_eq!((&report["verdicts"][0]["state"], ended.code), (&"open".into(), Some(0)), "{}", ended.stderr);
}
