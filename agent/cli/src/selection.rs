//! Which destinations one `check` asks: the addresses of the command line, else the configured ones.

use sortie_core::target::{Address, Port, Roster, Target, TargetError};

use crate::address::{self, AddressError};

/// Why nothing can be asked. A usage error: the exit code is 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An address makes no sense.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The addresses contradict each other.
    #[error(transparent)]
    Roster(#[from] TargetError),
    /// `--port` names a port without any target.
    #[error("no target is configured on port {port}: there are targets on {known}")]
    NoTarget {
        /// As given.
        port: Port,
        /// Ports with targets.
        known: String,
    },
}

/// The roster for one check.
///
/// An address that is configured keeps its operator and control; any other is its own operator as far as can be told
/// ([`address::likely_operator`]) and has the global controls only. An address given twice is asked once.
pub fn select(configured: &Roster, addresses: &[String], ports: &[Port]) -> Result<Roster, SelectionError> {
    if addresses.is_empty() {
        return on_ports(configured, ports);
    }
    let defaults = if ports.is_empty() { &[Port::SMTP][..] } else { ports };
    let mut targets: Vec<Target> = Vec::new();
    for text in addresses {
        for port in defaults {
            let address = address::parse(text, Some(*port))?;
            if !targets.iter().any(|t| *t.address() == address) {
                targets.push(target(configured, address)?);
            }
        }
    }
    Ok(Roster::new(targets, configured.globals().to_vec())?)
}

fn on_ports(configured: &Roster, ports: &[Port]) -> Result<Roster, SelectionError> {
    if ports.is_empty() {
        return Ok(configured.clone());
    }
    let known = configured.ports();
    if let Some(port) = ports.iter().find(|port| !known.contains(port)) {
        let known: Vec<String> = known.iter().map(Port::to_string).collect();
        return Err(SelectionError::NoTarget { port: *port, known: known.join(" and ") });
    }
    Ok(configured.retain(|target| ports.contains(&target.address().port))?)
}

fn target(configured: &Roster, address: Address) -> Result<Target, TargetError> {
    match configured.targets().iter().find(|t| *t.address() == address) {
        Some(known) => Ok(known.clone()),
        None => Target::new(address::likely_operator(&address), address, None, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn chosen(addresses: &[&str], ports: &[u16]) -> Result<Vec<String>, String> {
        let ports: Vec<Port> = ports.iter().map(|p| Port::new(*p).expect("not zero")).collect();
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let roster = select(&config::defaults().roster, &addresses, &ports).map_err(|e| e.to_string())?;
        Ok(roster.targets().iter().map(|t| format!("{} {}", t.operator(), t.address())).collect())
    }

    #[test]
    fn without_addresses_ports_select_among_the_configured() {
        let on_587 = chosen(&[], &[587]).expect("there are some");
        assert!(on_587.len() >= 3 && on_587.iter().all(|t| t.ends_with(":587")), "{on_587:?}");
        assert_eq!(
            chosen(&[], &[26]),
            Err("no target is configured on port 26: there are targets on 25 and 587".to_owned())
        );
    }

    #[test]
    fn an_address_without_port_takes_the_given_ones() {
        assert_eq!(chosen(&["mx.example.com"], &[]), Ok(vec!["example.com mx.example.com:25".to_owned()]));
        assert_eq!(
            chosen(&["mx.example.com", "mx.example.com:587"], &[25, 587]),
            Ok(vec!["example.com mx.example.com:25".to_owned(), "example.com mx.example.com:587".to_owned()])
        );
    }

    #[test]
    fn a_known_address_keeps_its_operator() {
        let google = "gmail-smtp-in.l.google.com:25";
        assert_eq!(chosen(&[google], &[]), Ok(vec![format!("google {google}")]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "host:0", "0.0.0.0", "a b", "-x:25"] {
            assert!(chosen(&[text], &[]).is_err(), "{text:?}");
        }
    }
}
