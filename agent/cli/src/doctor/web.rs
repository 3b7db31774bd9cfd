//! The address of the page: free, in use by an agent, or by somebody else. Only an address of this machine is asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::ifaddrs::getifaddrs;

use super::finding::Finding;
use super::look::{self, Unseen};
use super::sockets::{self, Socket};
use crate::client::{AskError, Page};
use crate::config::Web;

const CHECK: &str = "web";
/// An agent answers this at once, whatever else it does.
const PATH: &str = "/livez";
const ALIVE: &[u8] = b"alive\n";
const PATIENCE: Duration = Duration::from_secs(2);
/// Below it only root and `CAP_NET_BIND_SERVICE` may listen.
const UNPRIVILEGED: &str = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

pub(super) async fn examine(web: &Web) -> Vec<Finding> {
    let Some(address) = web.listen else { return vec![Finding::fine(CHECK, "the page is off")] };
    if !is_own(address.ip()) {
        let text = format!("no interface has the address {}", address.ip());
        return vec![
            Finding::broken(CHECK, text)
                .todo("set [web] listen to an address of this machine, or to \"off\""),
        ];
    }
    match taken(address, &sockets::tcp()) {
        Err(finding) => vec![finding],
        Ok(true) => vec![answered(address, Page::at(address).get(PATH, PATIENCE).await)],
        Ok(false) => vec![free(address, &look::read(UNPRIVILEGED), nix::unistd::geteuid().is_root())],
    }
}

fn is_own(ip: IpAddr) -> bool {
    let same = |own: nix::ifaddrs::InterfaceAddress| {
        let own = own.address?;
        let v4 = own.as_sockaddr_in().map(|own| IpAddr::V4(own.ip()));
        let own = v4.or_else(|| own.as_sockaddr_in6().map(|own| IpAddr::V6(own.ip())))?;
        (own == ip.to_canonical()).then_some(())
    };
    ip.is_unspecified()
        || ip.to_canonical().is_loopback()
        || getifaddrs().is_ok_and(|mut all| all.any(|own| same(own).is_some()))
}

fn taken(address: SocketAddr, sockets: &Result<Vec<Socket>, Unseen>) -> Result<bool, Finding> {
    let clash = |socket: &Socket| {
        let meets = sockets::reaches(socket.local, address) || sockets::reaches(address, socket.local);
        socket.listens && meets
    };
    match sockets {
        Ok(sockets) => Ok(sockets.iter().any(clash)),
        Err(unseen) => {
            Err(Finding::not_seen(CHECK, format!("whether {address} is free is not seen: {unseen}")))
        }
    }
}

fn answered(address: SocketAddr, answer: Result<Vec<u8>, AskError>) -> Finding {
    let advice = "stop whoever it is, or set [web] listen to another address (`ss -ltnp` shows who)";
    match answer {
        Ok(body) if body == ALIVE => Finding::fine(CHECK, format!("an agent answers on {address}")),
        Ok(_) => Finding::broken(CHECK, format!("what answers on {address} is no agent")).todo(advice),
        // The address that an agent listens on has more than one name, and one of a demonstration may be meant.
        Err(error) => {
            Finding::broken(CHECK, format!("{address} is in use, and not by an agent: {error}")).todo(advice)
        }
    }
}

fn free(address: SocketAddr, unprivileged: &Result<String, Unseen>, root: bool) -> Finding {
    let text = format!("{address} is free");
    let least = unprivileged.as_ref().ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1024_u16);
    if address.port() != 0 && address.port() < least && !root {
        let text = format!("{text}, but ports below {least} need CAP_NET_BIND_SERVICE");
        return Finding::worth_a_look(CHECK, text).todo("grant it to the service, or take a port above");
    }
    Finding::fine(CHECK, text)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_is_taken_by_who_listens_there_or_everywhere() {
        let socket = |local: &str, listens| Socket { local: at(local), listens, inode: 1 };
        for (address, local, listens, expected) in [
            ("127.0.0.1:9525", "127.0.0.1:9525", true, true),
            ("127.0.0.1:9525", "0.0.0.0:9525", true, true),
            ("0.0.0.0:9525", "192.0.2.1:9525", true, true),
            ("127.0.0.1:9525", "127.0.0.1:9525", false, false),
            ("127.0.0.1:9525", "127.0.0.1:9526", true, false),
            ("127.0.0.1:9525", "192.0.2.1:9525", true, false),
        ] {
            assert_eq!(
                taken(at(address), &Ok(vec![socket(local, listens)])),
                Ok(expected),
                "{address} {local}"
            );
        }
        let unseen = Unseen::Forbidden("/proc/self/net/tcp".to_owned());
        assert_eq!(taken(at("127.0.0.1:1"), &Err(unseen)).map_err(|finding| finding.standing), Err(NotSeen));
    }

    #[test]
    fn only_an_agent_may_answer() {
        let address = at("127.0.0.1:9525");
        for (answer, expected) in [
            (Ok(ALIVE.to_vec()), Fine),
            (Ok(b"<html>".to_vec()), Broken),
            (Err(AskError::NotHttp { address }), Broken),
        ] {
            assert_eq!(answered(address, answer).standing, expected);
        }
    }

    #[test]
    fn a_port_for_root_is_told_to_others() {
        let start = || Ok("1024\n".to_owned());
        for (port, root, expected) in
            [(9525, false, Fine), (80, true, Fine), (80, false, WorthALook), (0, false, Fine)]
        {
            assert_eq!(
                free(SocketAddr::from(([127, 0, 0, 1], port)), &start(), root).standing,
                expected,
                "{port}"
            );
        }
        assert_eq!(free(at("127.0.0.1:80"), &Ok("80\n".to_owned()), false).standing, Fine);
    }

    #[test]
    fn own_addresses_are_told_from_foreign_ones() {
        for (ip, own) in
            [("127.0.0.1", true), ("0.0.0.0", true), ("::", true), ("::1", true), ("203.0.113.254", false)]
        {
            assert_eq!(is_own(ip.parse().expect("an address")), own, "{ip}");
        }
    }
}
