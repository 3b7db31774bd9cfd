//! `sortie run` as a service manager and a browser see it: one process, real signals, real sockets on loopback.

mod agent;
mod cloud;
mod relays;
mod report;
mod servers;
mod ticket;
mod verify;

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use agent::{Agent, Desk};
use nix::sys::signal::Signal;
use servers::Servers;

#[test]
fn a_verdict_is_on_the_page_the_api_and_the_metrics() {
    let (servers, desk) = (Servers::start(3), Desk::new("faces"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    agent.await_body("/readyz", |body| body.contains("ready"));
    let report: serde_json::Value = serde_json::from_str(&agent.get("/api/v1/report").body).expect("JSON");
    assert_eq!(report["verdicts"][0]["state"], "open", "{report}");
    let history: serde_json::Value = serde_json::from_str(&agent.get("/api/v1/history").body).expect("JSON");
    assert_eq!(history["schema"], "sortie.history/1");
    assert_eq!(history["changes"][0]["previous"], serde_json::Value::Null);
    assert_eq!(history["changes"][0]["at"], report["verdicts"][0]["since"], "one moment for every face");
    assert_eq!(history["samples"].as_array().map(Vec::len), Some(6), "three subjects and their controls");
    let metrics = agent.get("/metrics").body;
    let line = metrics.lines().find(|line| line.starts_with("sortie_port_status{")).unwrap_or_default();
    assert!(line.contains("sortie_port_state=\"open\"") && line.ends_with(" 1"), "{metrics}");
    let headline = format!("Port {} is open", servers.port());
    assert!(agent.get("/").body.contains(&headline), "the page says what it measured");
    agent.signal(Signal::SIGTERM);
    let ended = agent.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("ended by SIGTERM"), "{}", ended.log);
}

#[test]
fn a_destination_that_closes_is_a_change_everywhere() {
    let (mut servers, desk) = (Servers::start(3), Desk::new("change"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"open\""));
    servers.close_subjects();
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"refused\""));
    let history: serde_json::Value = serde_json::from_str(&agent.get("/api/v1/history").body).expect("JSON");
    let last = history["changes"].as_array().and_then(|changes| changes.last()).cloned().unwrap_or_default();
    assert_eq!((&last["previous"], &last["state"]), (&"open".into(), &"refused".into()), "{history}");
    let metrics = agent.get("/metrics").body;
    for expected in ["sortie_port_state=\"open\"} 0", "sortie_port_state=\"refused\"} 1"] {
        assert!(metrics.contains(expected), "{expected} in {metrics}");
    }
}

#[test]
fn a_second_agent_on_the_same_state_directory_is_refused_with_the_process_of_the_first() {
    let (servers, desk) = (Servers::start(3), Desk::new("second"));
    let config = servers.config(&desk, "");
    let first = Agent::start(&desk, &config, &[]);
    first.await_body("/livez", |body| !body.is_empty());
    let second = Agent::start(&desk, &config, &["--listen", "off"]).end();
    assert_eq!(second.code, Some(70), "{}", second.log);
    assert!(second.log.contains(&format!("process {}", first.pid())), "{}", second.log);
    assert_eq!(first.get("/livez").status, 200);
}

#[test]
fn a_broken_file_at_a_reload_is_refused_said_everywhere_and_forgotten_when_mended() {
    let (servers, desk) = (Servers::start(3), Desk::new("reload"));
    let good = servers.config(&desk, "");
    let agent = Agent::start(&desk, &good, &[]);
    agent.await_body("/readyz", |body| body.contains("ready"));
    fs::write(desk.config(), good.replace("interval", "intervall")).expect("the desk can be written to");
    agent.signal(Signal::SIGHUP);
    agent.await_body("/metrics", |body| body.contains("sortie_config_state=\"rejected\"} 1"));
    assert!(agent.get("/").body.contains("intervall"), "the page names the mistake");
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"open\""));
    fs::write(desk.config(), good.replace("interval = \"3s\"", "interval = \"4s\"")).expect("written");
    agent.signal(Signal::SIGHUP);
    agent.await_body("/metrics", |body| body.contains("sortie_config_state=\"rejected\"} 0"));
    agent.signal(Signal::SIGTERM);
    let ended = agent.end();
    assert!(ended.log.contains("did you mean `interval`?"), "{}", ended.log);
    assert!(ended.log.contains("every 4s"), "{}", ended.log);
}

#[test]
fn the_next_life_of_a_killed_agent_shows_the_same_verdict_and_tells_no_change() {
    let (mut servers, desk) = (Servers::start(3), Desk::new("killed"));
    let config = servers.config(&desk, "");
    let agent = Agent::start(&desk, &config, &[]);
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"open\""));
    servers.close_subjects();
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"refused\""));
    let json =
        |agent: &Agent, path| serde_json::from_str::<serde_json::Value>(&agent.get(path).body).expect("JSON");
    let (report, history) = (json(&agent, "/api/v1/report"), json(&agent, "/api/v1/history"));
    agent.signal(Signal::SIGKILL);
    assert_eq!(agent.end().code, None, "a signal ended it");
    let next = Agent::start(&desk, &config, &[]);
    next.await_body("/readyz", |body| body.contains("ready"));
    let recalled = json(&next, "/api/v1/report");
    for what in ["state", "since", "rule", "summary"] {
        assert_eq!(recalled["verdicts"][0][what], report["verdicts"][0][what], "{what}");
    }
    next.await_log(|log| log.contains("round 0: as before"));
    let remembered = json(&next, "/api/v1/history");
    assert_eq!(remembered["changes"], history["changes"], "the same, and none of them twice");
    let points = |history: &serde_json::Value| history["samples"][0]["points"].as_array().map_or(0, Vec::len);
    assert!(points(&remembered) > points(&history), "the samples go on");
}

#[test]
fn what_cannot_be_written_to_is_remembered_all_the_same() {
    for read_only in ["state", "state/sortie.redb"] {
        let (servers, desk) = (Servers::start(3), Desk::new("read-only"));
        let config = servers.config(&desk, "");
        let agent = Agent::start(&desk, &config, &[]);
        agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"open\""));
        let since = |agent: &Agent| {
            let report: serde_json::Value =
                serde_json::from_str(&agent.get("/api/v1/report").body).expect("JSON");
            report["verdicts"][0]["since"].clone()
        };
        let before = since(&agent);
        agent.signal(Signal::SIGKILL);
        agent.end();

        let next = Agent::start_with_read_only(read_only, &desk, &config);
        next.await_body("/readyz", |body| body.contains("ready"));
        assert_eq!(since(&next), before, "{read_only}: {}", next.log());
        next.await_log(|log| log.contains("round 0: as before"));
        assert_eq!(since(&next), before, "{read_only}: {}", next.log());
        assert!(next.log().to_lowercase().contains("read-only"), "{read_only}: {}", next.log());
        let history: serde_json::Value =
            serde_json::from_str(&next.get("/api/v1/history").body).expect("JSON");
        assert_eq!(history["changes"][0]["at"], before, "{read_only}");
    }
}

#[test]
fn a_store_that_is_damaged_is_set_aside_and_a_new_one_begun() {
    let (servers, desk) = (Servers::start(3), Desk::new("damaged"));
    fs::create_dir(desk.path("state")).expect("the desk can be written to");
    fs::write(desk.path("state/sortie.redb"), "this is no database").expect("the desk can be written to");
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    agent.await_body("/readyz", |body| body.contains("ready"));
    agent.await_log(|log| log.contains("the store was set aside as"));
    let files = fs::read_dir(desk.path("state")).expect("it is there").flatten();
    let aside = files.filter(|file| file.file_name().to_string_lossy().starts_with("sortie.redb.damaged-"));
    let aside: Vec<_> = aside.map(|file| fs::read_to_string(file.path()).expect("it is legible")).collect();
    assert_eq!(aside, ["this is no database"], "set aside, and not emptied");
}

#[test]
fn targets_that_are_gone_after_a_reload_leave_no_verdict_behind() {
    let (servers, desk) = (Servers::start(3), Desk::new("targets"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    agent.await_body("/readyz", |body| body.contains("ready"));
    let others = Servers::start(3);
    fs::write(desk.config(), others.config(&desk, "")).expect("written");
    agent.signal(Signal::SIGHUP);
    let port = others.port();
    agent.await_body("/api/v1/report", |body| {
        let report: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        report["verdicts"].as_array().is_some_and(|verdicts| {
            verdicts.len() == 1 && verdicts[0]["port"] == port && verdicts[0]["state"] == "open"
        })
    });
}

#[test]
fn metrics_and_events_go_to_the_endpoint_of_the_file_and_after_a_reload_to_the_new_one() {
    let (servers, desk) = (Servers::start(3), Desk::new("otlp"));
    let [first, second] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback has ports"));
    let config = |receiver: &TcpListener| {
        let endpoint = receiver.local_addr().expect("it is bound");
        servers.config(&desk, "") + &format!("[otlp]\nendpoint = \"http://{endpoint}\"\ninterval = \"1s\"\n")
    };
    let agent = Agent::start(&desk, &config(&first), &[]);
    for (path, name) in [("/v1/logs", "sortie.agent.start"), ("/v1/metrics", "sortie.agent.info")] {
        let request = servers::receive_at(&first, path);
        assert!(request.to_lowercase().contains("content-type: application/x-protobuf\r\n"), "{request}");
        assert!(request.contains(name), "the names are OpenTelemetry's: {request}");
    }
    fs::write(desk.config(), config(&second)).expect("the desk can be written to");
    agent.signal(Signal::SIGHUP);
    servers::receive_at(&second, "/v1/metrics");
}

#[test]
fn an_alert_about_a_port_that_left_the_configuration_is_cleared_by_the_next_life() {
    let (mut servers, others, desk) = (Servers::start(3), Servers::start(3), Desk::new("alert"));
    let receiver = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let endpoint = receiver.local_addr().expect("it is bound");
    let otlp =
        format!("[otlp]\nendpoint = \"http://{endpoint}\"\ninterval = \"1s\"\nmetrics_endpoint = \"off\"\n");
    servers.close_subjects();
    let agent = Agent::start(&desk, &(servers.config(&desk, "") + &otlp), &[]);
    let raised = servers::receive_saying(&receiver, "sortie.alert.raised");
    assert!(raised.contains("SortieDestinationsRefusing"), "{raised}");
    agent.signal(Signal::SIGKILL);
    agent.end();
    let _next = Agent::start(&desk, &(others.config(&desk, "") + &otlp), &[]);
    let cleared = servers::receive_saying(&receiver, "sortie.alert.cleared");
    assert!(cleared.contains("SortieDestinationsRefusing"), "{cleared}");
}

#[test]
fn a_service_manager_hears_ready_reload_watchdog_status_and_the_end() {
    let (servers, desk) = (Servers::start(3), Desk::new("notify"));
    let socket = desk.path("notify");
    let manager = UnixDatagram::bind(&socket).expect("the desk can be written to");
    let told = agent::Messages::of(manager);
    let socket = socket.to_string_lossy().into_owned();
    let environment = [("NOTIFY_SOCKET", socket.as_str()), ("WATCHDOG_USEC", "400000")];
    let agent = Agent::start_with(&desk, &servers.config(&desk, ""), &[], &environment, Stdio::null());
    told.await_line("READY=1");
    let open = format!("STATUS={}/ipv4 open", servers.port());
    told.await_line(&open);
    told.await_line("WATCHDOG=1");
    agent.signal(Signal::SIGHUP);
    let reloading = told.await_line("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "systemd demands the time of a reload: {reloading}");
    told.await_line("READY=1");
    agent.signal(Signal::SIGTERM);
    told.await_line("STOPPING=1");
    assert_eq!(agent.end().code, Some(0));
}

#[test]
fn a_taken_port_costs_the_page_and_not_the_probing() {
    let (servers, desk) = (Servers::start(3), Desk::new("taken"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let address = taken.local_addr().expect("it is bound");
    let web = format!("[web]\nlisten = \"{address}\"\n");
    let agent = Agent::start(&desk, &servers.config_with_web(&desk, &web), &[]);
    agent.await_log(|log| log.contains("there is no page") && log.contains("ss -ltnp"));
    agent.await_log(|log| log.contains(": open:"));
    agent.signal(Signal::SIGINT);
    assert_eq!(agent.end().code, Some(0));
}

#[test]
fn a_taken_port_that_was_asked_for_by_flag_ends_it() {
    let (servers, desk) = (Servers::start(3), Desk::new("asked"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let address = taken.local_addr().expect("it is bound").to_string();
    let ended = Agent::start(&desk, &servers.config(&desk, ""), &["--listen", &address]).end();
    assert_eq!(ended.code, Some(70), "{}", ended.log);
    assert!(ended.log.contains("ss -ltnp"), "{}", ended.log);
}

#[test]
fn a_socket_that_somebody_else_opened_is_served() {
    let (servers, desk) = (Servers::start(3), Desk::new("inherited"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    let stdin = Stdio::from(OwnedFd::from(listener));
    let config = servers.config(&desk, "");
    let agent = Agent::start_with(&desk, &config, &["--listen-fd", "0"], &[], stdin).at(address);
    agent.await_body("/livez", |body| !body.is_empty());
}

#[test]
fn a_state_directory_that_cannot_be_used_is_said_and_probing_goes_on() {
    let (servers, desk) = (Servers::start(3), Desk::new("stateless"));
    let config = servers.config(&desk, "").replace(&desk.path("state").display().to_string(), "/proc/sortie");
    let agent = Agent::start(&desk, &config, &[]);
    agent.await_body("/readyz", |body| body.contains("ready"));
    assert!(agent.get("/").body.contains("/proc/sortie"), "the page says what is missing");
}

#[test]
fn a_second_order_to_end_is_obeyed_within_a_round() {
    let (servers, desk) = (Servers::mute(3), Desk::new("twice"));
    let long = servers.config(&desk, "").replace("\"3s\"", "\"30s\"").replace("\"2s\"", "\"20s\"");
    let agent = Agent::start(&desk, &long, &[]);
    agent.await_body("/livez", |body| !body.is_empty());
    agent.signal(Signal::SIGTERM);
    agent.await_log(|log| log.contains("SIGTERM: the round is finished first"));
    agent.signal(Signal::SIGTERM);
    let ended = agent.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("told to end twice"), "{}", ended.log);
}

#[test]
fn a_round_that_lasts_too_long_is_given_up_at_the_end() {
    let (servers, desk) = (Servers::mute(3), Desk::new("bound"));
    let long = servers.config(&desk, "").replace("\"3s\"", "\"30s\"").replace("\"2s\"", "\"20s\"");
    let agent = Agent::start(&desk, &long, &[]);
    agent.await_body("/livez", |body| !body.is_empty());
    agent.signal(Signal::SIGTERM);
    let ended = agent.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("the round did not end in 10 s"), "{}", ended.log);
}
