//! The answers of this machine's own kernel, by name.
//!
//! A refusal by the kernel is the only evidence that never left the machine, so it is kept apart from everything
//! that a network can send. Numbers are Linux's (`asm-generic/errno.h`); a number without a name here is kept and
//! printed as a number.

use std::fmt;

/// A Linux error number as returned by a system call of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Errno(pub i32);

/// What a refusal by the kernel means for a packet that wanted to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A firewall hook of this machine said no (`EPERM` from `sendto`): netfilter, a cgroup program, or a full
    /// conntrack table.
    Denied,
    /// Routing has no way out: no route, an unreachable, blackhole or prohibit route, an interface that is down.
    NoRoute,
    /// A queue or an egress hook dropped the packet (`ENOBUFS`).
    Dropped,
    /// The machine ran out of something: ports, memory, file descriptors.
    Exhausted,
    /// None of the above.
    Other,
}

impl Errno {
    /// `EPERM`
    pub const PERM: Self = Self(1);
    /// `ENOMEM`
    pub const NOMEM: Self = Self(12);
    /// `EACCES`: what a `prohibit` route answers at once.
    pub const ACCES: Self = Self(13);
    /// `EINVAL`: what a `blackhole` route answers at once.
    pub const INVAL: Self = Self(22);
    /// `ENFILE`
    pub const NFILE: Self = Self(23);
    /// `EMFILE`
    pub const MFILE: Self = Self(24);
    /// `EADDRINUSE`
    pub const ADDRINUSE: Self = Self(98);
    /// `EADDRNOTAVAIL`: no free source port, or no source address in this family.
    pub const ADDRNOTAVAIL: Self = Self(99);
    /// `ENETDOWN`
    pub const NETDOWN: Self = Self(100);
    /// `ENETUNREACH`
    pub const NETUNREACH: Self = Self(101);
    /// `ENOBUFS`
    pub const NOBUFS: Self = Self(105);
    /// `ETIMEDOUT`
    pub const TIMEDOUT: Self = Self(110);
    /// `EHOSTUNREACH`
    pub const HOSTUNREACH: Self = Self(113);
    /// `EAFNOSUPPORT`: the family is switched off.
    pub const AFNOSUPPORT: Self = Self(97);
    /// `ENODEV`: the interface that the configuration names is gone.
    pub const NODEV: Self = Self(19);

    /// What this refusal means for a packet that wanted to leave.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::PERM => Refusal::Denied,
            Self::ACCES
            | Self::INVAL
            | Self::NETDOWN
            | Self::NETUNREACH
            | Self::HOSTUNREACH
            | Self::AFNOSUPPORT
            | Self::NODEV => Refusal::NoRoute,
            Self::NOBUFS => Refusal::Dropped,
            Self::NOMEM | Self::NFILE | Self::MFILE | Self::ADDRINUSE | Self::ADDRNOTAVAIL => {
                Refusal::Exhausted
            }
            _ => Refusal::Other,
        }
    }

    /// The symbolic name, where this module knows it.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PERM => "EPERM",
            Self::NOMEM => "ENOMEM",
            Self::ACCES => "EACCES",
            Self::INVAL => "EINVAL",
            Self::NFILE => "ENFILE",
            Self::MFILE => "EMFILE",
            Self::ADDRINUSE => "EADDRINUSE",
            Self::ADDRNOTAVAIL => "EADDRNOTAVAIL",
            Self::NETDOWN => "ENETDOWN",
            Self::NETUNREACH => "ENETUNREACH",
            Self::NOBUFS => "ENOBUFS",
            Self::TIMEDOUT => "ETIMEDOUT",
            Self::HOSTUNREACH => "EHOSTUNREACH",
            Self::AFNOSUPPORT => "EAFNOSUPPORT",
            Self::NODEV => "ENODEV",
            _ => return None,
        })
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}
