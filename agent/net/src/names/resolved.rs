//! A roster with the addresses that its names had at one moment.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use sortie_core::observation::DnsFailure;
use sortie_core::target::{Address, Family, Roster};

/// What one name gave in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The addresses, never empty, or why there is none.
    pub addresses: Result<Vec<IpAddr>, DnsFailure>,
    /// How long it took; `None` for a literal, which nobody was asked about.
    pub took: Option<Duration>,
}

/// Every address of a roster, resolved.
#[derive(Clone, Debug)]
pub struct Resolved {
    roster: Roster,
    lookups: BTreeMap<(Address, Family), Lookup>,
}

impl Resolved {
    pub(super) fn new(roster: Roster, lookups: impl IntoIterator<Item = (Address, Family, Lookup)>) -> Self {
        let lookups =
            lookups.into_iter().map(|(address, family, lookup)| ((address, family), lookup)).collect();
        Self { roster, lookups }
    }

    /// The roster that was resolved.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// What `address` gave, per family. A literal has one family only.
    pub fn of(&self, address: &Address) -> impl Iterator<Item = (Family, &Lookup)> {
        Family::ALL
            .into_iter()
            .filter_map(|family| Some((family, self.lookups.get(&(address.clone(), family))?)))
    }
}
