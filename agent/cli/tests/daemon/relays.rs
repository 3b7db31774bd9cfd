//! Relays: spoken to by a check and beside probing, on every face, and an alert where one that counts fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::agent::{Agent, Desk};
use super::report::{json, sortie};
use super::servers::{Servers, receive_saying};

/// A relay without TLS, which turns everybody away on demand. Its thread ends with the test process.
struct Relay {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
}

impl Relay {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let is_closed = Arc::<AtomicBool>::default();
        let seen = Arc::clone(&is_closed);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let is_closed = seen.load(Ordering::Relaxed);
                thread::spawn(move || answer(&stream, is_closed));
            }
        });
        Self { address, is_closed }
    }

    fn close(&self, is_closed: bool) {
        self.is_closed.store(is_closed, Ordering::Relaxed);
    }

    /// Its entry, and a configuration that speaks to it every second.
    fn added_to(&self, config: &str, required: bool) -> String {
        let often = config.replace("[probe]\n", "[probe]\ngreeting_interval = \"1s\"\n");
        assert_ne!(often, config, "there is a section to add to");
        let address = self.address;
        format!(
            "{often}[[relay]]\nname = \"own\"\naddress = \"{address}\"\ntls = \"none\"\nrequired = {required}\n"
        )
    }
}

/// Whoever has been probed by a bare handshake may be gone already.
fn answer(mut stream: &TcpStream, is_closed: bool) {
    let greeting = if is_closed { "554 5.3.2 closed for today\r\n" } else { "220 relay.example ESMTP\r\n" };
    let _ = stream.write_all(greeting.as_bytes());
    for command in BufReader::new(stream).lines().map_while(Result::ok) {
        let reply = if command.starts_with("QUIT") { "221 bye\r\n" } else { "250 relay.example\r\n" };
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn result(agent: &Agent) -> (String, String) {
    let report = json(&agent.get("/api/v1/report").body);
    let relay = &report["relays"][0];
    (relay["result"].to_string(), relay["failed_stage"].to_string())
}

#[test]
fn a_check_shows_how_the_relays_stand_where_their_port_is_in_question() {
    const WHY: &str = "unusable at greeting: the server turns this machine away: 554 5.3.2 closed for today";
    let (servers, desk, relay) = (Servers::start(3), Desk::new("relay-check"), Relay::start());
    for (is_closed, required, mark, standing, code) in [
        (false, true, '✔', "usable".to_owned(), 0),
        (true, false, '▲', format!("{WHY} (not required)"), 0),
        // It is a subject of its port as well, and refuses there.
        (true, true, '✖', WHY.to_owned(), 1),
    ] {
        relay.close(is_closed);
        std::fs::write(desk.config(), relay.added_to(&servers.config(&desk, ""), required)).expect("written");
        let shown = sortie("check", &desk, &[]);
        let line = format!("\nRelays\n  {mark} own  {}  {standing}\n", relay.address);
        assert!(shown.stdout.contains(&line), "{line} in {}", shown.stdout);
        assert_eq!(shown.code, Some(code), "{}", shown.stdout);
        let port = servers.port().to_string();
        let other = sortie("check", &desk, &["--port", &port]);
        assert!(other.code == Some(0) && !other.stdout.contains("Relays"), "{}", other.stdout);
    }
}

#[test]
fn a_relay_that_fails_twice_is_an_alert_on_every_face_until_it_works_again() {
    let (servers, desk, relay) = (Servers::start(3), Desk::new("relay-alert"), Relay::start());
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = receiver.local_addr().expect("it is bound");
    let config = relay.added_to(&servers.config(&desk, ""), true);
    let config = format!("{config}[otlp]\nendpoint = \"http://{address}\"\n");
    let agent = Agent::start(&desk, &config, &[]);
    agent.await_body("/api/v1/report", |body| body.contains("\"result\": \"usable\""));
    assert_eq!(result(&agent), ("\"usable\"".to_owned(), "null".to_owned()));
    agent.await_body("/metrics", |body| {
        body.contains("sortie_relay_status{sortie_relay_name=\"own\",sortie_relay_state=\"usable\"} 1")
    });

    relay.close(true);
    let raised = receive_saying(&receiver, "SortieRelayUnusable");
    assert!(raised.contains("sortie.alert.raised") && raised.contains("closed for today"), "{raised}");
    assert_eq!(result(&agent), ("\"unusable\"".to_owned(), "\"greeting\"".to_owned()));
    agent.await_body("/metrics", |body| {
        body.contains("sortie_relay_status{sortie_relay_name=\"own\",sortie_relay_state=\"unusable\"} 1")
            && body.contains("sortie_relay_state=\"usable\"} 0")
    });
    assert!(agent.get("/").body.contains("id=\"relays\""), "the page has a section");

    // The next life raises nothing again, and knows what is over.
    agent.signal(nix::sys::signal::Signal::SIGKILL);
    agent.end();
    let next = Agent::start(&desk, &config, &[]);
    next.await_body("/api/v1/report", |body| body.contains("\"result\": \"unusable\""));
    relay.close(false);
    let over = receive_saying(&receiver, "SortieRelayUnusable is over");
    assert!(over.contains("sortie.alert.cleared"), "{over}");
}
