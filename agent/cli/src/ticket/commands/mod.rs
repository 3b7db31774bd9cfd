//! How anybody sees the same with ordinary tools, destinations and ids filled in.
//!
//! Whatever does not look like a host or an id of the cloud makes no command: it would be pasted into a shell.

mod azure;
mod quote;

use std::net::IpAddr;

use sortie_core::report::Report;
use sortie_core::target::{Address, Family, Host, Port, Role};

use self::quote::powershell;
pub(crate) use self::quote::sh;
use super::document::{Command, Probe, Shell};
use super::lead::Lead;

/// Destinations on the port of the case that are tried by hand: one may be down.
const DESTINATIONS: usize = 2;

/// Everything that is worth trying in this case.
pub(super) fn of(report: &Report, lead: &Lead<'_>, probes: &[Probe]) -> Vec<Command> {
    let port = lead.port();
    let subjects: Vec<Place> = operators(lead, probes, |probe| probe.role.is_subject() && probe.port == port);
    let controls: Vec<Place> = operators(lead, probes, |probe| probe.role == Role::Control);
    let mut commands = vec![sh_command(
        "packets on the port, as root, while the others run: SYNs that leave, and what comes back",
        format!("tcpdump -ni any 'tcp port {port}'"),
    )];
    commands.extend(subjects.iter().map(handshake));
    commands.extend(subjects.first().into_iter().flat_map(conversation));
    commands.extend(controls.first().map(control));
    let submission = controls.iter().chain(&subjects).find(|place| place.port == Port::SUBMISSION);
    commands.extend(submission.map(starttls));
    commands.push(sh_command(
        "the same by sortie, with every packet",
        format!("sortie check --port {port} --explain"),
    ));
    commands.extend(subjects.first().map(windows));
    let peer = peer(lead, probes);
    let cloud = report.cloud.as_ref().filter(|cloud| cloud.is_host());
    commands.extend(
        cloud
            .and_then(|cloud| cloud.resource_id.as_deref())
            .into_iter()
            .flat_map(|id| azure::of(id, peer, port)),
    );
    commands
}

/// Where a command goes: host and port as they are typed.
struct Place {
    host: String,
    port: Port,
    family: Family,
}

/// One destination of each operator, the first ones.
fn operators(lead: &Lead<'_>, probes: &[Probe], wanted: impl Fn(&Probe) -> bool) -> Vec<Place> {
    let mut operators: Vec<Option<&str>> = Vec::new();
    let mut places = Vec::new();
    let here = |probe: &&Probe| lead.is_in(probe.family) && probe.dns.is_none() && wanted(probe);
    for probe in probes.iter().filter(here) {
        let place = (!operators.contains(&probe.operator.as_deref())).then(|| place(probe)).flatten();
        if let Some(place) = place {
            operators.push(probe.operator.as_deref());
            places.push(place);
        }
        if places.len() == DESTINATIONS {
            break;
        }
    }
    places
}

fn place(probe: &Probe) -> Option<Place> {
    let address = Address::parse(&probe.address, None).ok()?;
    let host = match address.host {
        Host::Literal(ip) => ip.to_string(),
        Host::Name(name) => name,
        // The name of a mail domain leads elsewhere: what was probed is one of its exchangers.
        Host::Mx(_) => probe.peer.as_ref()?.parse::<IpAddr>().ok()?.to_string(),
    };
    Some(Place { host, port: address.port, family: probe.family })
}

fn handshake(place: &Place) -> Command {
    let line = format!("nc {} -vz -w 10 {} {}", flag(place), sh(&place.host), place.port);
    sh_command("a bare TCP handshake, ten seconds", line)
}

fn conversation(place: &Place) -> [Command; 2] {
    let (at, host) = (url_host(place), sh(&place.host));
    [
        sh_command(
            "the same, and the greeting of the server",
            format!(
                "curl {} -sv --connect-timeout 10 --max-time 20 {} </dev/null",
                flag(place),
                sh(&format!("telnet://{at}"))
            ),
        ),
        sh_command(
            "a polite conversation that ends before any mail",
            format!(
                "swaks {} --server {host} --port {} --quit-after EHLO --timeout 10",
                flag(place),
                place.port
            ),
        ),
    ]
}

fn control(place: &Place) -> Command {
    Command { purpose: "a control: the same kind of handshake on another port", ..handshake(place) }
}

fn starttls(place: &Place) -> Command {
    sh_command(
        "submission with STARTTLS",
        format!(
            "openssl s_client {} -starttls smtp -brief -connect {} </dev/null",
            flag(place),
            sh(&url_host(place))
        ),
    )
}

fn windows(place: &Place) -> Command {
    Command {
        shell: Shell::Powershell,
        purpose: "the same from a Windows machine in the same subnet",
        line: format!("Test-NetConnection -ComputerName {} -Port {}", powershell(&place.host), place.port),
    }
}

fn sh_command(purpose: &'static str, line: String) -> Command {
    Command { shell: Shell::Sh, purpose, line }
}

fn flag(place: &Place) -> &'static str {
    match place.family {
        Family::Ipv4 => "-4",
        Family::Ipv6 => "-6",
    }
}

/// `host:port`, with an address of IPv6 in brackets.
fn url_host(place: &Place) -> String {
    let Place { host, port, .. } = place;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// An address that was probed on the port, of IPv4 because IP flow verify takes no other.
fn peer(lead: &Lead<'_>, probes: &[Probe]) -> Option<IpAddr> {
    let subjects = probes.iter().filter(|probe| probe.role.is_subject() && probe.port == lead.port());
    subjects.filter_map(|probe| probe.peer.as_ref()?.parse().ok()).find(IpAddr::is_ipv4)
}

#[cfg(test)]
mod tests {
    use sortie_core::report::Sighting;

    use super::*;
    use crate::ticket::probes;
    use crate::ticket::sources::Past;
    use crate::ticket::tests::blocked;

    /// The lines for a block whose first destination is this one.
    fn lines(address: &str, peer: Option<&str>) -> Vec<String> {
        let mut report = blocked().report;
        let first = Sighting {
            address: address.to_owned(),
            peer: peer.map(str::to_owned),
            ..report.observations[0].clone()
        };
        report.observations = vec![first];
        let lead = Lead::of(&report).expect("there are verdicts");
        let commands = of(&report, &lead, &probes::of(&report, &Past::default()));
        commands.into_iter().map(|command| command.line).collect()
    }

    #[test]
    fn a_destination_is_typed_as_it_was_probed() {
        for (address, peer, typed) in [
            ("mx.example:25", Some("192.0.2.1"), "nc -4 -vz -w 10 mx.example 25"),
            ("192.0.2.1:25", Some("192.0.2.1"), "nc -4 -vz -w 10 192.0.2.1 25"),
            ("mx:example.com:25", Some("192.0.2.7"), "nc -4 -vz -w 10 192.0.2.7 25"),
            ("[2001:db8::1]:25", Some("2001:db8::1"), "telnet://[2001:db8::1]:25"),
        ] {
            let lines = lines(address, peer);
            assert!(lines.iter().any(|line| line.contains(typed)), "{typed} in {lines:?}");
        }
    }

    #[test]
    fn what_is_no_host_is_not_typed() {
        let without = lines("mx:example.com:25", None);
        for address in ["$(id):25", "-oProxyCommand=x:25", "a b:25", "x';id;':25", "", "mx.example"] {
            assert_eq!(lines(address, None), without, "{address}");
        }
        assert!(without.iter().all(|line| !line.starts_with("nc ")), "{without:?}");
    }

    #[test]
    fn a_machine_that_azure_does_not_host_has_no_commands_of_azure() {
        let shells = |platform: &str| {
            let mut report = blocked().report;
            report.cloud.iter_mut().for_each(|cloud| platform.clone_into(&mut cloud.platform));
            let lead = Lead::of(&report).expect("there are verdicts");
            let commands = of(&report, &lead, &probes::of(&report, &Past::default()));
            commands.iter().filter(|command| command.shell == Shell::Azure).count()
        };
        assert_eq!((shells("azure.vm"), shells("azure.arc")), (8, 0));
    }
}
