//! Targets with their controls, and the roster of everything that one agent probes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Operator, Port, Role, TargetError};

/// One subject of one operator, with the control that makes its silence mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    operator: Operator,
    address: Address,
    control: Option<Address>,
    anchor: bool,
}

impl Target {
    /// A target, unless the control could not control anything.
    pub fn new(
        operator: Operator,
        address: Address,
        control: Option<Address>,
        anchor: bool,
    ) -> Result<Self, TargetError> {
        if let Some(control) = &control
            && control.port == address.port
        {
            return Err(if *control == address {
                TargetError::ControlIsSubject(address)
            } else {
                TargetError::ControlSamePort { subject: address, control: control.clone() }
            });
        }
        Ok(Self { operator, address, control, anchor })
    }

    /// Who runs it.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The address under test.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The same operator on another port, where one is known.
    pub fn control(&self) -> Option<&Address> {
        self.control.as_ref()
    }

    /// [`Role::Anchor`] or [`Role::Subject`].
    pub fn role(&self) -> Role {
        if self.anchor { Role::Anchor } else { Role::Subject }
    }
}

/// Everything that one agent probes: at least one target, and the controls that belong to nobody's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    targets: Vec<Target>,
    globals: Vec<Address>,
}

impl Roster {
    /// A roster, unless two entries contradict each other.
    ///
    /// Fewer than [`MIN_OPERATORS`] operators are accepted: the verdict then says that it can convict nobody.
    pub fn new(targets: Vec<Target>, globals: Vec<Address>) -> Result<Self, TargetError> {
        if targets.is_empty() {
            return Err(TargetError::NoTargets);
        }
        let mut seen: BTreeMap<&Address, &Operator> = BTreeMap::new();
        for target in &targets {
            match seen.insert(&target.address, &target.operator) {
                Some(other) if other == &target.operator => {
                    return Err(TargetError::Twice(target.address.clone()));
                }
                Some(other) => {
                    return Err(TargetError::SharedAddress {
                        address: target.address.clone(),
                        first: other.clone(),
                        second: target.operator.clone(),
                    });
                }
                None => {}
            }
        }
        Ok(Self { targets, globals })
    }

    /// The targets in the order of the configuration.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Controls outside mail, for example a web server of a large operator.
    pub fn globals(&self) -> &[Address] {
        &self.globals
    }

    /// The ports under test, ascending.
    pub fn ports(&self) -> Vec<Port> {
        self.targets.iter().map(|t| t.address.port).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The operators that have a subject on `port`, in name order.
    pub fn operators(&self, port: Port) -> Vec<&Operator> {
        let on_port = self.targets.iter().filter(|t| t.address.port == port);
        on_port.map(Target::operator).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The same roster with only those targets that `keep` accepts.
    pub fn retain(&self, keep: impl Fn(&Target) -> bool) -> Result<Self, TargetError> {
        Self::new(self.targets.iter().filter(|t| keep(t)).cloned().collect(), self.globals.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_on_the_port_under_test_is_refused() {
        let operator = Operator::new("google").expect("valid");
        let at = |text: &str| text.parse::<Address>().expect("valid");
        let target = |control| Target::new(operator.clone(), at("a.example:25"), Some(control), false);
        assert!(matches!(target(at("a.example:25")), Err(TargetError::ControlIsSubject(_))));
        assert!(matches!(target(at("b.example:25")), Err(TargetError::ControlSamePort { .. })));
        assert!(target(at("b.example:587")).is_ok());
    }

    #[test]
    fn one_address_cannot_be_two_operators() {
        let target = |operator: &str| {
            let operator = Operator::new(operator).expect("valid");
            Target::new(operator, "a.example:25".parse().expect("valid"), None, false).expect("valid")
        };
        assert!(matches!(
            Roster::new(vec![target("a"), target("b")], vec![]),
            Err(TargetError::SharedAddress { .. })
        ));
        assert!(matches!(Roster::new(vec![target("a"), target("a")], vec![]), Err(TargetError::Twice(_))));
        assert!(matches!(Roster::new(vec![], vec![]), Err(TargetError::NoTargets)));
    }
}
