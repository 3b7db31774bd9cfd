//! Names against a small server that answers, refuses, lies and keeps silent.

mod server;

use std::net::SocketAddr;

use sortie_core::observation::DnsFailure;
use sortie_core::target::{Family, Operator, Roster, Target};
use sortie_net::{Choice, NameServers, Prober, Resolved, Settings};

/// What an address gave in a family, in words.
fn words(resolved: &Resolved, address: &str) -> [String; 2] {
    let address = address.parse().expect("an address");
    let mut words = [String::new(), String::new()];
    for (family, lookup) in resolved.of(&address) {
        words[usize::from(family == Family::Ipv6)] = match &lookup.addresses {
            Ok(ips) => ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(failure) => failure.code().to_owned(),
        };
    }
    words
}

fn resolve(servers: Vec<SocketAddr>, addresses: &[&str]) -> Resolved {
    let target = |(number, address): (usize, &&str)| {
        let operator = Operator::new(&format!("operator {number}")).expect("valid");
        Target::new(operator, address.parse().expect("an address"), None, false).expect("valid")
    };
    let roster = Roster::new(addresses.iter().enumerate().map(target).collect(), Vec::new()).expect("valid");
    let settings =
        Settings { engine: Choice::Connect, names: NameServers::These(servers), ..Settings::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { Prober::open(settings).expect("connect always opens").resolve(&roster).await })
}

const NAMES: &[(&str, [&str; 2])] = &[
    ("both.example:25", ["192.0.2.1", "2001:db8::1"]),
    ("v4.example:25", ["192.0.2.1", "no_data"]),
    ("v6.example:25", ["no_data", "2001:db8::1"]),
    ("alias.example:25", ["192.0.2.1", "2001:db8::1"]),
    ("many.example:25", ["192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", "no_data"]),
    ("missing.example:25", ["nxdomain", "nxdomain"]),
    ("broken.example:25", ["servfail", "servfail"]),
    ("forbidden.example:25", ["refused", "refused"]),
    ("lie.example:25", ["bogus", "bogus"]),
    ("halflie.example:25", ["192.0.2.1", "no_data"]),
    ("mx:mail.example:25", ["192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", "2001:db8::1"]),
    ("mx:v4.example:25", ["192.0.2.1", "no_data"]),
    ("mx:nomail.example:25", ["no_data", "no_data"]),
    ("mx:missing.example:25", ["nxdomain", "nxdomain"]),
    ("192.0.2.9:25", ["192.0.2.9", ""]),
    ("[2001:db8::9]:25", ["", "2001:db8::9"]),
];

#[test]
fn every_kind_of_answer_is_told_apart() {
    let server = server::Server::start();
    let addresses: Vec<&str> = NAMES.iter().map(|(address, _)| *address).collect();
    let resolved = resolve(vec![server.address()], &addresses);
    for (address, expected) in NAMES {
        assert_eq!(words(&resolved, address), *expected, "{address}");
    }
}

#[test]
fn a_silent_server_is_a_timeout() {
    let server = server::Server::start();
    let resolved = resolve(vec![server.address()], &["silent.example:25"]);
    assert_eq!(words(&resolved, "silent.example:25"), ["timeout", "timeout"]);
}

#[test]
fn without_a_server_nothing_resolves_and_literals_still_do() {
    let resolved = resolve(Vec::new(), &["both.example:25", "192.0.2.9:25"]);
    let failures = [DnsFailure::Broken, DnsFailure::Timeout].map(DnsFailure::code);
    assert!(words(&resolved, "both.example:25").iter().all(|word| failures.contains(&word.as_str())));
    assert_eq!(words(&resolved, "192.0.2.9:25")[0], "192.0.2.9");
}
