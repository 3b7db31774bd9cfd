//! `[web]`: the local page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sortie_core::target::{Address, Host, Port};
use toml::Spanned;
use toml::de::DeValue;

use super::diagnose::Problem;
use super::section::{Refusal, Section};
use super::value::{self, Read};

/// Where the page is when nobody says otherwise.
pub const DEFAULT_PORT: u16 = 9525;

/// Turns the page off.
pub(super) const OFF: &str = "off";

/// A machine has a few names; every request is compared with all of them.
pub(super) const HOSTS_MAX: usize = 64;

/// `[web]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where the page, the API and the metrics are served; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// Names that a request may use for this machine: lower case, without a final dot, IPv6 literals without brackets.
    pub hosts: Vec<String>,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT)),
            hosts: Vec::new(),
        }
    }
}

impl Web {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let listen = section.value("listen", listen);
        let hosts = section.list("hosts", host);
        if let Some(extra) = hosts.as_ref().and_then(|hosts| hosts.get_ref().get(HOSTS_MAX)) {
            let title = format!("`web.hosts` has more than {HOSTS_MAX} entries");
            let hint = "list the names under which people open this machine's page";
            section.refuse(Problem::new(title, extra.span(), "one too many").hint(hint));
        }
        Self {
            listen: listen.map_or(defaults.listen, Spanned::into_inner),
            hosts: hosts.map_or(defaults.hosts, value::plain),
        }
    }
}

fn listen(value: &DeValue<'_>) -> Read<Option<SocketAddr>> {
    let text = value::text(value)?;
    if text == OFF {
        return Ok(None);
    }
    let hint =
        "write an address of this machine and a port: \"127.0.0.1:9525\" or \"[::1]:9525\", or \"off\"";
    let wrong = |_| Refusal::new("must be an address with a port, or off", "not address:port", hint);
    text.parse().map(Some).map_err(wrong)
}

fn host(value: &DeValue<'_>) -> Read<String> {
    let text = value::text(value)?;
    let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&text);
    if let Ok(ip) = literal.parse::<IpAddr>() {
        return Ok(ip.to_string());
    }
    // A name has no colon: what has one carries a port, or names mail exchangers.
    match Address::parse(&text, Some(Port::SMTP)) {
        Ok(Address { host: Host::Name(name), .. }) if !text.contains(':') => Ok(name),
        _ => {
            let hint =
                "write the name or address alone: \"vm-1.example.com\", without scheme, port and wildcard";
            Err(Refusal::new("must be a host name", "not a host name", hint))
        }
    }
}
