//! The socket tables of this kernel (`/proc/net/tcp` and its kin, documented as `proc_net_tcp`): who listens, which ports are used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::look::{self, Unseen};

/// `TCP_LISTEN` of `net/tcp_states.h`.
const LISTEN: u8 = 0x0a;

/// One socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) local: SocketAddr,
    pub(super) listens: bool,
    /// Which socket it is among the descriptors of processes.
    pub(super) inode: u64,
}

/// Both families. A kernel without IPv6 has one table.
pub(super) fn tcp() -> Result<Vec<Socket>, Unseen> {
    both("/proc/self/net/tcp", "/proc/self/net/tcp6")
}

/// The same of UDP, where nobody listens and everybody is heard.
pub(super) fn udp() -> Result<Vec<Socket>, Unseen> {
    both("/proc/self/net/udp", "/proc/self/net/udp6")
}

/// Whether somebody who is bound like this is reached at `address`.
pub(super) fn reaches(bound: SocketAddr, address: SocketAddr) -> bool {
    let any = match bound.ip() {
        // `[::]` takes IPv4 as well, unless it was told not to, which the table does not tell.
        IpAddr::V6(ip) => ip.is_unspecified(),
        IpAddr::V4(ip) => ip.is_unspecified() && address.is_ipv4(),
    };
    bound.port() == address.port() && (any || bound.ip().to_canonical() == address.ip().to_canonical())
}

fn both(v4: &str, v6: &str) -> Result<Vec<Socket>, Unseen> {
    let mut sockets = parse(&look::read(v4)?);
    match look::read(v6) {
        Ok(text) => sockets.extend(parse(&text)),
        Err(unseen) if unseen.is_absent() => {}
        Err(unseen) => return Err(unseen),
    }
    Ok(sockets)
}

/// Lines that are no sockets (the heading) are left out.
pub(super) fn parse(text: &str) -> Vec<Socket> {
    text.lines().filter_map(socket).collect()
}

fn socket(line: &str) -> Option<Socket> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (ip, port) = words.get(1)?.split_once(':')?;
    let state = u8::from_str_radix(words.get(3)?, 16).ok()?;
    Some(Socket {
        local: SocketAddr::new(address(ip)?, u16::from_str_radix(port, 16).ok()?),
        listens: state == LISTEN,
        inode: words.get(9)?.parse().ok()?,
    })
}

/// Words of 32 bits as this machine has them in memory.
pub(super) fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(8 * at)?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn real_tables_are_read_and_nonsense_is_left_out() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1158 1 00000000a6e7bd58 100 0 0 10 0
   1: 0100007F:C40E 0100007F:9C11 06 00000000:00000000 03:00001246 00000000     0        0 0 3 00000000759230c5
   2: 000080FE00000000FFAA5D00010203FE:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1
   3: GARBAGE0:0019 00000000:0000 0A 0:0 0:0 0 0 0 1
   4: 0100007F:19 short
";
        let local = |text: &str| text.parse::<SocketAddr>().expect("an address");
        assert_eq!(
            parse(table),
            [
                Socket { local: local("0.0.0.0:25"), listens: true, inode: 1158 },
                Socket { local: local("127.0.0.1:50190"), listens: false, inode: 0 },
                Socket { local: local("[fe80::5d:aaff:fe03:201]:53"), listens: true, inode: 77 },
            ]
        );
    }

    #[test]
    fn somebody_at_every_address_is_reached_at_each() {
        for (bound, address, reached) in [
            ("127.0.0.1:53", "127.0.0.1:53", true),
            ("127.0.0.1:53", "127.0.0.53:53", false),
            ("0.0.0.0:53", "127.0.0.53:53", true),
            ("0.0.0.0:53", "[::1]:53", false),
            ("[::]:53", "[::1]:53", true),
            ("[::]:53", "127.0.0.1:53", true),
            ("[::ffff:127.0.0.1]:53", "127.0.0.1:53", true),
            ("[::]:53", "127.0.0.1:54", false),
        ] {
            let parse = |text: &str| text.parse().expect("an address");
            assert_eq!(reaches(parse(bound), parse(address)), reached, "{address} at {bound}");
        }
    }
}
