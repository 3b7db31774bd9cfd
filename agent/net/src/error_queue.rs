//! A socket's error queue (`ip(7)`, `IP_RECVERR`): ICMP errors with type, code and sender.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use sortie_core::observation::Icmp;
use sortie_core::target::Family;

use crate::own::OwnAddresses;

/// Most entries that are read at once; a probe's socket never has more than a few.
const ENTRIES_MAX: usize = 16;

/// `SO_EE_ORIGIN_ICMP` of `linux/errqueue.h`.
const ORIGIN_ICMP: u8 = 2;

/// `SO_EE_ORIGIN_ICMP6` of `linux/errqueue.h`.
const ORIGIN_ICMP6: u8 = 3;

/// Takes the ICMP errors off the queue, oldest first. Entries of other origins are dropped.
pub(crate) fn drain(socket: &impl AsRawFd, own: &OwnAddresses) -> Vec<Icmp> {
    let mut found = Vec::new();
    for _ in 0..ENTRIES_MAX {
        let mut quoted = [0_u8; 128];
        let mut space = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
        let mut slices = [IoSliceMut::new(&mut quoted)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let Ok(message) = recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut space), flags) else {
            break;
        };
        let Ok(controls) = message.cmsgs() else { continue };
        found.extend(controls.filter_map(|control| icmp(&control, own)));
    }
    found
}

fn icmp(control: &ControlMessageOwned, own: &OwnAddresses) -> Option<Icmp> {
    let (family, error, offender) = match control {
        ControlMessageOwned::Ipv4RecvErr(error, from) if error.ee_origin == ORIGIN_ICMP => {
            let offender =
                from.map_or(Ipv4Addr::UNSPECIFIED, |from| u32::from_be(from.sin_addr.s_addr).into());
            (Family::Ipv4, error, IpAddr::V4(offender))
        }
        ControlMessageOwned::Ipv6RecvErr(error, from) if error.ee_origin == ORIGIN_ICMP6 => {
            let offender = from.map_or(Ipv6Addr::UNSPECIFIED, |from| from.sin6_addr.s6_addr.into());
            (Family::Ipv6, error, IpAddr::V6(offender))
        }
        _ => return None,
    };
    Some(Icmp {
        family,
        kind: error.ee_type,
        code: error.ee_code,
        offender,
        from_self: own.contains(offender),
        hop_limit: None,
    })
}
