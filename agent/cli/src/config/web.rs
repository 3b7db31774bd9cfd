//! `[web]`: the local page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use toml::Spanned;
use toml::de::DeValue;

use super::section::{Refusal, Section};
use super::value::{self, Read};

/// `[web]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where the page, the API and the metrics are served.
    pub listen: SocketAddr,
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9525) }
    }
}

impl Web {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let listen = section.value("listen", socket_address);
        Self { listen: listen.map_or(Self::default().listen, Spanned::into_inner) }
    }
}

fn socket_address(value: &DeValue<'_>) -> Read<SocketAddr> {
    let hint = "write an address of this machine and a port: \"127.0.0.1:9525\" or \"[::1]:9525\"";
    let wrong = |_| Refusal::new("must be an address with a port", "not address:port", hint);
    value::text(value)?.parse().map_err(wrong)
}
