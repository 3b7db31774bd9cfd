//! How names are looked up: `/etc/resolv.conf` (resolv.conf(5)), and whether a server on this machine listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sortie_core::target::{Host, Roster};

use super::finding::Finding;
use super::look::{self, Unseen};
use super::sockets::{self, Socket};

const CHECK: &str = "names";
const FILE: &str = "/etc/resolv.conf";
/// Of DNS.
const PORT: u16 = 53;
/// Where a container engine answers by a rule that diverts, with nobody bound to the port.
const DIVERTED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));
/// Servers that are named; a resolver uses three.
const SHOWN: usize = 3;

pub(super) fn examine(roster: &Roster) -> Vec<Finding> {
    let named = |host: &Host| !matches!(host, Host::Literal(_));
    let of_targets =
        roster.targets().iter().flat_map(|target| std::iter::once(target.address()).chain(target.control()));
    if !of_targets.chain(roster.globals()).any(|address| named(&address.host)) {
        return vec![Finding::fine(CHECK, "every destination is an address: nothing has to be looked up")];
    }
    vec![judge(&look::read(FILE), &sockets::udp())]
}

fn judge(file: &Result<String, Unseen>, sockets: &Result<Vec<Socket>, Unseen>) -> Finding {
    let text = match file {
        Ok(text) => text,
        Err(unseen) if unseen.is_absent() => {
            return Finding::broken(CHECK, format!("{FILE} is not there: no name can be looked up"))
                .todo("say there who resolves names: `nameserver ADDRESS`");
        }
        Err(unseen) => return Finding::not_seen(CHECK, format!("not seen: {unseen}")),
    };
    let servers: Vec<IpAddr> = text.lines().filter_map(server).collect();
    if servers.is_empty() {
        return Finding::broken(CHECK, format!("{FILE} names no server"))
            .todo("say there who resolves names: `nameserver ADDRESS`");
    }
    let shown: Vec<String> = servers.iter().take(SHOWN).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    let stubs = || servers.iter().filter(|ip| ip.is_loopback() && **ip != DIVERTED);
    let sockets = match sockets {
        Ok(sockets) => sockets,
        Err(unseen) if stubs().next().is_some() => {
            return Finding::not_seen(
                CHECK,
                format!("names are asked of {shown}; who listens there is not seen: {unseen}"),
            );
        }
        Err(_) => &Vec::new(),
    };
    let heard =
        |ip: &IpAddr| sockets.iter().any(|socket| sockets::reaches(socket.local, SocketAddr::new(*ip, PORT)));
    match stubs().find(|ip| !heard(ip)) {
        Some(deaf) if servers.len() == 1 => {
            Finding::broken(CHECK, format!("names are asked of {deaf}, where nobody listens")).todo(
                "start the resolver of this machine (`systemctl status systemd-resolved`), or name another",
            )
        }
        Some(deaf) => {
            Finding::worth_a_look(CHECK, format!("names are asked of {shown}; nobody listens on {deaf}"))
                .todo("start the resolver of this machine, or take the line out: each question waits for it")
        }
        None => Finding::fine(CHECK, format!("names are asked of {shown}")),
    }
}

/// `nameserver ADDRESS`, with a scope where the address is link-local.
fn server(line: &str) -> Option<IpAddr> {
    let mut words = line.split_whitespace();
    let address = words.next().filter(|word| *word == "nameserver").and(words.next())?;
    address.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_resolver_on_this_machine_has_to_listen() {
        let stub = "127.0.0.53:53".parse().expect("an address");
        let stub = vec![Socket { local: stub, listens: false, inode: 1 }];
        for (file, sockets, expected) in [
            ("nameserver 192.0.2.53\n", vec![], Fine),
            ("# by hand\nsearch example.com\nnameserver\t127.0.0.53\noptions edns0\n", stub.clone(), Fine),
            ("nameserver 127.0.0.53\n", vec![], Broken),
            ("nameserver 127.0.0.53\nnameserver 192.0.2.53\n", vec![], WorthALook),
            ("nameserver 127.0.0.11\n", vec![], Fine),
            ("nameserver fe80::1%eth0\n", vec![], Fine),
            ("nameserver ::1\n", stub, Broken),
            ("#nameserver 192.0.2.53\nnameserver nobody\n", vec![], Broken),
            ("", vec![], Broken),
        ] {
            let finding = judge(&Ok(file.to_owned()), &Ok(sockets));
            assert_eq!(finding.standing, expected, "{file:?}: {finding:?}");
        }
    }

    #[test]
    fn what_may_not_be_read_is_not_seen() {
        let (forbidden, absent) = (Unseen::Forbidden(FILE.to_owned()), Unseen::Absent(FILE.to_owned()));
        assert_eq!(judge(&Err(forbidden.clone()), &Ok(Vec::new())).standing, NotSeen);
        assert_eq!(judge(&Err(absent), &Ok(Vec::new())).standing, Broken);
        let file = |ip: &str| Ok(format!("nameserver {ip}"));
        assert_eq!(judge(&file("127.0.0.1"), &Err(forbidden.clone())).standing, NotSeen);
        assert_eq!(judge(&file("192.0.2.53"), &Err(forbidden)).standing, Fine);
    }
}
