//! What can go wrong on the way, as data: a scene is a change of the network and the state that it is.
//!
//! A change is lines of `ip` at one place wherever lines of `ip` can make it. The state that is expected is what the
//! change means, not what the agent is known to say.

use sortie_core::verdict::{Signature, State};

use super::plan::Place::{self, Fabric, Gateway, Isp, Transit, Vm};

/// Where every rule of a scene stands among the policy rules, so that it can be taken away by this alone.
const RULE: &str = "rule del pref 100";

/// One condition of the network.
#[derive(Debug, PartialEq, Eq)]
pub struct Scene {
    /// As typed.
    pub name: &'static str,
    /// What happens, in one sentence.
    pub sentence: &'static str,
    /// What is done to the open network.
    pub changes: &'static [Change],
    /// Where it shows, and how, for the drawing; `None` where everything passes.
    pub stop: Option<(Place, &'static str)>,
    /// What it is on port 25.
    pub port_25: Expected,
    /// What it is on port 587.
    pub port_587: Expected,
}

/// A state, and its signature where it has one.
pub type Expected = (State, Option<Signature>);

/// One change of the open network.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// Lines of `ip` at a place.
    Ip {
        /// Where.
        at: Place,
        /// What makes the change.
        does: &'static [&'static str],
        /// What takes it back.
        undoes: &'static [&'static str],
    },
    /// A device at this router resets connections to port 25.
    Resets(Place),
    /// A proxy at this router answers on port 25 in everybody's name.
    Proxy(Place),
    /// These operators' mail servers listen on port 25 no more.
    Closes(&'static [&'static str]),
}

const OPEN: Expected = (State::Open, None);

/// Every scene, in the order of the list.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "open",
        sentence: "Nobody stops mail.",
        changes: &[],
        stop: None,
        port_25: OPEN,
        port_587: OPEN,
    },
    Scene {
        name: "drop25",
        sentence: "The platform drops port 25 without a word.",
        changes: &[Change::Ip {
            at: Fabric,
            does: &["rule add pref 100 iif west ipproto tcp dport 25 blackhole"],
            undoes: &[RULE],
        }],
        stop: Some((Fabric, "drops port 25")),
        port_25: (State::PlatformBlocked, Some(Signature::SilentDrop)),
        port_587: OPEN,
    },
    Scene {
        name: "reset25",
        sentence: "The platform's gateway resets port 25 in the servers' names.",
        changes: &[
            Change::Ip {
                at: Gateway,
                does: &["rule add pref 100 iif west ipproto tcp dport 25 blackhole"],
                undoes: &[RULE],
            },
            Change::Resets(Gateway),
        ],
        stop: Some((Gateway, "resets port 25")),
        port_25: (State::PlatformBlocked, Some(Signature::Reset)),
        port_587: OPEN,
    },
    Scene {
        name: "prohibited25",
        sentence: "The platform's gateway says that port 25 is prohibited.",
        changes: &[Change::Ip {
            at: Gateway,
            does: &["rule add pref 100 iif west ipproto tcp dport 25 prohibit"],
            undoes: &[RULE],
        }],
        stop: Some((Gateway, "prohibits port 25")),
        port_25: (State::PlatformBlocked, Some(Signature::Prohibited)),
        port_587: OPEN,
    },
    Scene {
        name: "firewall25",
        sentence: "A firewall beyond the platform resets port 25 in the servers' names.",
        changes: &[
            Change::Ip {
                at: Isp,
                does: &["rule add pref 100 iif west ipproto tcp dport 25 blackhole"],
                undoes: &[RULE],
            },
            Change::Resets(Isp),
        ],
        stop: Some((Isp, "resets port 25")),
        port_25: (State::PathBlocked, Some(Signature::Reset)),
        port_587: OPEN,
    },
    Scene {
        name: "drop25-isp",
        sentence: "A carrier beyond the platform drops port 25 on arrival; from here that looks as if the hop before did.",
        changes: &[Change::Ip {
            at: Isp,
            does: &["rule add pref 100 iif west ipproto tcp dport 25 blackhole"],
            undoes: &[RULE],
        }],
        stop: Some((Isp, "drops port 25")),
        port_25: (State::Inconclusive, None),
        port_587: OPEN,
    },
    Scene {
        name: "local25",
        sentence: "This machine's own policy refuses port 25.",
        changes: &[Change::Ip {
            at: Vm,
            does: &["rule add pref 100 ipproto tcp dport 25 prohibit"],
            undoes: &[RULE],
        }],
        stop: Some((Vm, "refuses port 25 itself")),
        port_25: (State::LocallyBlocked, None),
        port_587: OPEN,
    },
    Scene {
        name: "no-egress",
        sentence: "The carrier's line is down: nothing leaves, whatever the port.",
        changes: &[Change::Ip {
            at: Transit,
            does: &["link set east down"],
            undoes: &["link set east up", "route add default via 203.0.113.17"],
        }],
        stop: Some((Transit, "has lost its line")),
        port_25: (State::NoEgress, Some(Signature::NoAnswer)),
        port_587: (State::NoEgress, Some(Signature::NoAnswer)),
    },
    Scene {
        name: "no-route",
        sentence: "This machine has lost its default route.",
        changes: &[Change::Ip {
            at: Vm,
            does: &["route del default"],
            undoes: &["route add default via 203.0.113.11"],
        }],
        stop: Some((Vm, "knows no way out")),
        port_25: (State::NoEgress, Some(Signature::NoRoute)),
        port_587: (State::NoEgress, Some(Signature::NoRoute)),
    },
    Scene {
        name: "proxy25",
        sentence: "A transparent proxy at the gateway answers port 25 in everybody's name.",
        changes: &[
            Change::Proxy(Gateway),
            Change::Ip {
                at: Gateway,
                does: &[
                    "route add local 0.0.0.0/0 dev lo table 100",
                    "rule add pref 100 iif west ipproto tcp dport 25 lookup 100",
                ],
                undoes: &[RULE, "route flush table 100"],
            },
        ],
        stop: Some((Gateway, "answers port 25 itself")),
        port_25: (State::Intercepted, None),
        port_587: OPEN,
    },
    Scene {
        name: "refused25",
        sentence: "Every operator's mail server refuses connections.",
        changes: &[Change::Closes(&["alpha", "bravo", "charlie", "delta", "echo"])],
        stop: Some((Place::Net, "refuse port 25")),
        port_25: (State::Refused, None),
        port_587: OPEN,
    },
    Scene {
        name: "partial25",
        sentence: "Two of five operators refuse connections.",
        changes: &[Change::Closes(&["alpha", "bravo"])],
        stop: Some((Place::Net, "two of five refuse port 25")),
        port_25: (State::Partial, None),
        port_587: OPEN,
    },
    Scene {
        name: "drop587",
        sentence: "The platform drops port 587 and leaves port 25 alone.",
        changes: &[Change::Ip {
            at: Fabric,
            does: &["rule add pref 100 iif west ipproto tcp dport 587 blackhole"],
            undoes: &[RULE],
        }],
        stop: Some((Fabric, "drops port 587")),
        port_25: OPEN,
        port_587: (State::PlatformBlocked, Some(Signature::SilentDrop)),
    },
];

/// The scene in which nothing is changed.
pub fn open() -> &'static Scene {
    &SCENES[0]
}

/// The scene of this name.
pub fn named(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plan::OPERATORS;

    #[test]
    fn names_are_told_apart() {
        for (place, scene) in SCENES.iter().enumerate() {
            assert_eq!(
                SCENES.iter().position(|other| other.name == scene.name),
                Some(place),
                "{}",
                scene.name
            );
        }
        assert!(open().changes.is_empty() && named("open") == Some(open()));
        assert_eq!(named("drop"), None);
    }

    #[test]
    fn lost_routes_come_back_as_they_were() {
        for (place, name) in [(Vm, "no-route"), (Transit, "no-egress")] {
            let (link, _) = place.outward().expect("it has a way out");
            let route = format!("route add default via {}", link.outer());
            let changes = named(name).expect("a scene").changes;
            let undone = |change: &Change| match change {
                Change::Ip { at, undoes, .. } => *at == place && undoes.contains(&route.as_str()),
                _ => false,
            };
            assert!(changes.iter().any(undone), "{name} does not bring `{route}` back");
        }
    }

    #[test]
    fn operators_that_close_exist() {
        for change in SCENES.iter().flat_map(|scene| scene.changes) {
            if let Change::Closes(names) = change {
                assert!(
                    names.iter().all(|name| OPERATORS.iter().any(|host| host.name == *name)),
                    "{names:?}"
                );
            }
        }
    }
}
