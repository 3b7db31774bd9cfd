//! Takes the address of the page, or says in words why it cannot be had and what to do about it.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// Why nothing can listen there.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// EADDRINUSE
    #[error(
        "port {} of {} is taken: `ss -ltnp 'sport = :{}'` names the process that has it; stop that one, or set \
         another `listen` in [web]",
        .0.port(),
        .0.ip(),
        .0.port()
    )]
    Taken(SocketAddr),
    /// EACCES
    #[error(
        "failed to listen on port {} of {}: permission denied; give the program CAP_NET_BIND_SERVICE, or set a \
         `listen` in [web] whose port is 1024 or higher",
        .0.port(),
        .0.ip()
    )]
    Forbidden(SocketAddr),
    /// EADDRNOTAVAIL
    #[error("{} is no address of this machine: `ip address` lists those that can stand in `listen` in [web]", .0.ip())]
    NotHere(SocketAddr),
    /// Anything else that the kernel says.
    #[error("failed to listen on {address}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// What the kernel says.
        source: io::Error,
    },
}

/// Listens on an address. Nobody can share it: two agents on one port would each answer for the other.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).map_err(|source| BindError::new(address, source))
}

impl BindError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::Taken(address),
            io::ErrorKind::PermissionDenied => Self::Forbidden(address),
            io::ErrorKind::AddrNotAvailable => Self::NotHere(address),
            _ => Self::Other { address, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_says_how_to_find_who_has_it() {
        let first = bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = first.local_addr().expect("bound");
        let error = bind(address).expect_err("it is taken").to_string();
        let port = address.port();
        assert!(error.starts_with(&format!("port {port} of 127.0.0.1 is taken: ")), "{error}");
        assert!(error.contains(&format!("`ss -ltnp 'sport = :{port}'`")), "{error}");
    }

    #[test]
    fn an_address_of_another_machine_is_named() {
        let error = bind("192.0.2.1:9525".parse().expect("an address")).expect_err("documentation only");
        assert!(matches!(error, BindError::NotHere(_)), "{error}");
        assert!(error.to_string().starts_with("192.0.2.1 is no address of this machine"), "{error}");
    }

    #[test]
    fn a_forbidden_port_names_the_capability() {
        let address = "[::1]:80".parse().expect("an address");
        let error = BindError::new(address, io::ErrorKind::PermissionDenied.into()).to_string();
        assert!(error.starts_with("failed to listen on port 80 of ::1: permission denied"), "{error}");
        assert!(error.contains("CAP_NET_BIND_SERVICE"), "{error}");
    }
}
