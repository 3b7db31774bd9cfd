//! How many things a configuration makes possible, from which the limits of series follow.

use std::collections::BTreeSet;

use sortie_core::target::{Address, Role};
use sortie_telemetry::Bounds;

use super::Config;

/// A reload may bring another configuration of the same size, while the counters of the old one stay.
const RELOADS: usize = 2;

impl Config {
    /// Room for everything that is probed, and for as much again.
    pub fn bounds(&self) -> Bounds {
        let targets = self.roster.targets().iter().map(|target| (target.address(), target.role()));
        let controls = self.roster.targets().iter().filter_map(|target| target.control());
        let controls = controls.chain(self.roster.globals()).map(|control| (control, Role::Control));
        let relays = self.relays.iter().map(|relay| (&relay.address, Role::Subject));
        let destinations: BTreeSet<(&Address, Role)> = targets.chain(controls).chain(relays).collect();
        Bounds {
            destinations: (destinations.len() * RELOADS).min(Bounds::MOST.destinations),
            ports: (self.roster.ports().len() * RELOADS).min(Bounds::MOST.ports),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::config::relay::RELAYS_MAX;
    use crate::config::targets::{GLOBALS_MAX, TARGETS_MAX};
    use crate::config::{Base, parse};

    #[test]
    fn what_is_probed_in_one_role_counts_once_and_has_room_for_one_reload() {
        let controls = "[controls]\nglobal = ['w.example:443']\n";
        let relay = "[[relay]]\nname = 'r'\naddress = 'r.example:465'\nrequired = false\n";
        let target = |rest: &str| format!("[[target]]\naddress = {rest}\n");
        for (text, destinations, ports) in [
            (target("'a.example:25'"), 3, 1),
            (target("'a.example:25'\ncontrol = 'a.example:587'"), 4, 1),
            (target("'a.example:25'\ncontrol = 'w.example:443'"), 3, 1),
            (target("'a.example:25'\ncontrol = 'a.example:465'") + &target("'a.example:465'"), 5, 2),
            (target("'a.example:25'") + &target("'r.example:465'"), 3, 2),
        ] {
            let config = parse(&(text.clone() + controls + relay), Base::Catalogue).expect("good");
            let expected = Bounds { destinations: 2 * destinations, ports: 2 * ports };
            assert_eq!(config.bounds(), expected, "{text}");
        }
    }

    #[test]
    fn the_largest_configuration_fits_once() {
        let mut text = String::from("[controls]\nglobal = [");
        for at in 0..GLOBALS_MAX {
            let _ = write!(text, "'g{at}.example:443',");
        }
        text.push_str("]\n");
        for at in 0..TARGETS_MAX {
            let port = 1 + at;
            let _ = write!(
                text,
                "[[target]]\naddress = 't{at}.example:{port}'\ncontrol = 't{at}.example:8080'\n"
            );
        }
        for at in 0..RELAYS_MAX {
            let _ =
                write!(text, "[[relay]]\nname = 'r{at}'\naddress = 'r{at}.example:587'\nrequired = false\n");
        }
        let largest = parse(&text, Base::Catalogue).expect("good");
        assert_eq!(largest.bounds(), Bounds::MOST);
        const { assert!(2 * TARGETS_MAX + GLOBALS_MAX + RELAYS_MAX <= Bounds::MOST.destinations) };
    }
}
