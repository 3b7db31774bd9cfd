//! `[web]`: the local page, and the names under which it answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sortie_core::target::{Address, Host, Port};
use toml::Spanned;
use toml::de::DeValue;

use super::diagnose::Problem;
use super::section::{Refusal, Section};
use super::value::{self, Read};

/// Names of one machine: more than a few proxies and aliases is a mistake.
const HOSTS_MAX: usize = 32;

/// `[web]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where the page, the API and the metrics are served; `None` for nowhere.
    pub listen: Option<SocketAddr>,
    /// Host names that requests may be addressed to, beside IP literals, `localhost` and the machine's own name.
    pub hosts: Vec<String>,
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9525)), hosts: Vec::new() }
    }
}

impl Web {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let listen = section.value("listen", listen);
        let hosts = section.list("hosts", host_name).map(Spanned::into_inner).unwrap_or_default();
        if let Some(extra) = hosts.get(HOSTS_MAX) {
            let title = format!("`web.hosts` has more than {HOSTS_MAX} entries");
            let hint = "list the names under which people and proxies reach this one machine";
            section.refuse(Problem::new(title, extra.span(), "one too many").hint(hint));
        }
        Self {
            listen: listen.map_or(defaults.listen, Spanned::into_inner),
            hosts: hosts.into_iter().map(Spanned::into_inner).collect(),
        }
    }
}

fn listen(value: &DeValue<'_>) -> Read<Option<SocketAddr>> {
    let text = value::text(value)?;
    if text == "off" {
        return Ok(None);
    }
    let hint =
        "write an address of this machine and a port, \"127.0.0.1:9525\" or \"[::1]:9525\", or \"off\"";
    let wrong = |_| Refusal::new("must be an address with a port, or \"off\"", "neither of them", hint);
    text.parse().map(Some).map_err(wrong)
}

/// A name as it stands in a `Host` header, without its port: every port is accepted anyway.
fn host_name(value: &DeValue<'_>) -> Read<String> {
    let text = value::text(value)?;
    let wrong = |label, hint| Err(Refusal::new("must be a list of host names", label, hint));
    if text.parse::<IpAddr>().is_ok() {
        return wrong("an address", "take it out: every address is accepted already");
    }
    if text.contains(':') {
        return wrong("not a host name", "write the name alone, without scheme and port");
    }
    match Address::parse(&text, Some(Port::SUBMISSION)) {
        Ok(Address { host: Host::Name(name), .. }) => Ok(name),
        _ => wrong("not a host name", "write each name in full, for example \"vm-1.example.com\""),
    }
}
