//! The laboratory's own instruments, without `sortie`: does a built network behave as its scenario says?
//!
//! Needs root, as the laboratory does.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::plan::{Family, Host, Node, resolver};
use e2e::scenario::Scenario;
use e2e::trial::Network;
use socket2::{Domain, Protocol, Socket, Type};

const PATIENCE: Duration = Duration::from_millis(1500);

fn network(rest: &str) -> Network {
    let text = format!("title = 'a'\nwhy = 'b'\n{rest}\n[[expect]]\nstate = 'open'\n");
    let scenario = Scenario::parse("harness", &text).expect("scenario parses");
    Network::build(&scenario).expect("network is built")
}

fn at_vm<T: Send>(network: &Network, job: impl FnOnce() -> Result<T> + Send) -> T {
    let vm = network.chain().node(Node::Vm).expect("there is a VM");
    vm.run(job).expect("the job at the VM succeeds")
}

/// Connects with this time to live; the kind of the failure is what a program would see.
fn connect(address: SocketAddr, ttl: u32) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv4() {
        socket.set_ttl_v4(ttl)?;
    } else {
        socket.set_unicast_hops_v6(ttl)?;
    }
    socket.connect_timeout(&address.into(), PATIENCE)?;
    Ok(socket.into())
}

fn alpha(family: Family, port: u16) -> SocketAddr {
    SocketAddr::new(Host::Alpha.address(family), port)
}

fn first_bytes(network: &Network, address: SocketAddr) -> String {
    at_vm(network, || {
        let mut stream = connect(address, 64)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut bytes = [0; 200];
        let length = stream.read(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    })
}

/// The error of a connection attempt, as the operating system numbers it.
fn failure(network: &Network, address: SocketAddr) -> Option<i32> {
    at_vm(network, || {
        Ok(connect(address, 64).err().map(|error| error.raw_os_error().unwrap_or(nix::libc::ETIMEDOUT)))
    })
}

#[test]
fn servers_greet_in_both_families() {
    let network = network("");
    for family in Family::BOTH {
        assert_eq!(first_bytes(&network, alpha(family, 25)), "220 mail.alpha.example ESMTP ready\r\n");
    }
}

#[test]
fn a_server_speaks_smtp_to_the_end() {
    let network = network("");
    let text = at_vm(&network, || {
        let mut stream = connect(alpha(Family::Ipv4, 587), 64)?;
        stream.write_all(b"EHLO vm.example\r\nQUIT\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    });
    assert!(
        text.contains("\r\n250 SIZE") && text.ends_with("221 2.0.0 mail.alpha.example closes\r\n"),
        "{text}"
    );
}

#[test]
fn a_server_is_one_hop_farther_than_there_are_routers() {
    let network = network("hops = 3");
    for family in Family::BOTH {
        at_vm(&network, || {
            ensure!(connect(alpha(family, 25), 3).is_err(), "reached with three hops");
            connect(alpha(family, 25), 4)?;
            Ok(())
        });
    }
}

#[test]
fn rules_do_what_they_say() {
    let network = network(
        "[node.r1]\nforward = ['tcp dport 25 drop', 'tcp dport 587 reject with tcp reset', \
         'tcp dport 465 reject with icmpx type admin-prohibited']",
    );
    for (family, prohibited) in [(Family::Ipv4, nix::libc::EHOSTUNREACH), (Family::Ipv6, nix::libc::EACCES)] {
        for (port, expected) in [
            (25, Some(nix::libc::ETIMEDOUT)),
            (587, Some(nix::libc::ECONNREFUSED)),
            (465, Some(prohibited)),
            (443, None),
        ] {
            assert_eq!(failure(&network, alpha(family, port)), expected, "{family} {port}");
        }
    }
}

#[test]
fn servers_misbehave_as_told() {
    let network = network(
        "[[server]]\nhosts = ['alpha']\ndoes = 'closed'\n[[server]]\nhosts = ['bravo']\ndoes = 'dead'\n\
         [[server]]\nhosts = ['charlie']\ndoes = { greet = '554 5.7.1 no' }\n\
         [[server]]\nhosts = ['delta']\ndoes = 'greet-in-pieces'",
    );
    let at = |host: Host| SocketAddr::new(host.address(Family::Ipv4), 25);
    assert_eq!(failure(&network, at(Host::Alpha)), Some(nix::libc::ECONNREFUSED));
    assert_eq!(failure(&network, at(Host::Bravo)), Some(nix::libc::ETIMEDOUT));
    assert_eq!(first_bytes(&network, at(Host::Charlie)), "554 5.7.1 no\r\n");
    assert!(first_bytes(&network, at(Host::Delta)).starts_with("220-"));
}

#[test]
fn a_redirect_answers_for_everybody() {
    let network = network(
        "[node.r1]\nnat_prerouting = ['tcp dport 25 redirect to :2525']\n\
         [[listener]]\nat = 'r1'\nport = 2525\ndoes = 'smtp'",
    );
    assert_eq!(first_bytes(&network, alpha(Family::Ipv4, 25)), "220 proxy.r1.example ESMTP ready\r\n");
    at_vm(&network, || Ok(connect(alpha(Family::Ipv6, 25), 1)?));
}

#[test]
fn a_forger_resets_what_never_arrives() {
    let network = network("[[forger]]\nat = 'r1'\nsend = ['rst']\noriginal = 'drop'");
    for family in Family::BOTH {
        assert_eq!(failure(&network, alpha(family, 25)), Some(nix::libc::ECONNREFUSED));
        assert_eq!(failure(&network, alpha(family, 587)), None);
    }
}

#[test]
fn the_kernel_ignores_an_unacceptable_reset() {
    let network = network(
        "[[forger]]\nat = 'r1'\nsend = ['rst-without-ack', 'rst-ack-isn', 'rst-wrong-ack']\n\
         original = { pass-after-ms = 50 }",
    );
    for family in Family::BOTH {
        assert_eq!(first_bytes(&network, alpha(family, 25)), "220 mail.alpha.example ESMTP ready\r\n");
    }
}

#[test]
fn a_forger_lets_the_second_attempt_pass() {
    let network = network("[[forger]]\nat = 'r2'\nsend = ['rst']\noriginal = 'pass-second'");
    assert_eq!(failure(&network, alpha(Family::Ipv4, 25)), Some(nix::libc::ECONNREFUSED));
    assert_eq!(failure(&network, alpha(Family::Ipv4, 25)), None);
}

#[test]
fn forged_icmp_is_believed() {
    let network = network(
        "[[forger]]\nat = 'r1'\nsend = [{ icmp = { ipv4 = [3, 13], ipv6 = [1, 4] } }]\noriginal = 'drop'",
    );
    assert_eq!(failure(&network, alpha(Family::Ipv4, 25)), Some(nix::libc::EHOSTUNREACH));
    assert_eq!(failure(&network, alpha(Family::Ipv6, 25)), Some(nix::libc::ECONNREFUSED));
}

#[test]
fn names_resolve_or_lie() {
    let lie = "[dns]\nmail_only = true\nanswers = { lie = ['127.0.0.1'] }";
    let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x02mx\x05alpha\x07example\0\0\x01\0\x01";
    for (rest, expected) in [("[dns]", [192, 0, 2, 11]), (lie, [127, 0, 0, 1])] {
        let network = network(rest);
        let answer = at_vm(&network, || {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.send_to(query, SocketAddr::new(resolver(Family::Ipv4), 53))?;
            let mut answer = [0; 512];
            let length = socket.recv(&mut answer)?;
            Ok(answer[..length].to_vec())
        });
        assert_eq!(answer[answer.len() - 4..], expected, "{rest}");
    }
}

#[test]
fn exhausted_ports_and_a_full_table_stop_connections() {
    let ports = network("[pressure]\nports_exhausted = true");
    assert_eq!(failure(&ports, alpha(Family::Ipv4, 25)), Some(nix::libc::EADDRNOTAVAIL));
    let table = network("[node.vm]\noutput = ['ct state invalid drop']\n[pressure]\nconntrack_full = true");
    assert_eq!(failure(&table, alpha(Family::Ipv4, 443)), Some(nix::libc::ETIMEDOUT));
}

#[test]
fn nothing_outlives_a_network() {
    let network = network("hops = 1");
    let name = network.chain().node(Node::Vm).expect("there is a VM").name().to_owned();
    let traces = ["/run/netns", "/etc/netns"].map(|folder| std::path::Path::new(folder).join(&name));
    assert!(traces.iter().all(|trace| trace.exists()));
    drop(network);
    assert!(!traces.iter().any(|trace| trace.exists()));
}

#[test]
fn the_vm_has_the_address_of_the_plan() {
    let network = network("");
    let own = at_vm(&network, || Ok(connect(alpha(Family::Ipv4, 443), 64)?.local_addr()?.ip()));
    assert_eq!(own, IpAddr::from([203, 0, 113, 11]));
}
