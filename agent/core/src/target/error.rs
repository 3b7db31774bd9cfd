//! Why a target or a roster was refused.

use super::{Address, Operator};

/// Why a target or a roster was refused. The texts finish the sentence "this configuration is refused: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not `host:port`, a literal, or `mx:domain:port`.
    #[error("`{0}` is no address: expected host:port, 192.0.2.1:25, [2001:db8::1]:25 or mx:example.com:25")]
    Address(String),
    /// An address without port where none is implied.
    #[error("`{0}` has no port: expected host:port")]
    NoPort(String),
    /// Not a number from 1 to 65535.
    #[error("`{0}` is no port: expected a number from 1 to 65535")]
    Port(String),
    /// Empty, too long, or with control characters.
    #[error("`{0}` is no operator: expected a name of 1 to 64 printable characters")]
    Operator(String),
    /// The subject as its own control.
    #[error("the control of {0} is the subject itself: a control is another port of the same operator")]
    ControlIsSubject(Address),
    /// A control on the port under test is stopped by the same block.
    #[error("the control {control} of {subject} is on the port under test: a block would stop both")]
    ControlSamePort {
        /// The port under test.
        subject: Address,
        /// The control on the same port.
        control: Address,
    },
    /// The same subject listed twice for one operator.
    #[error("{0} is listed twice")]
    Twice(Address),
    /// One address under two operators counts as one destination, not two.
    #[error("{address} is listed for {first} and for {second}: independence is counted in operators")]
    SharedAddress {
        /// The address in question.
        address: Address,
        /// Who has it first.
        first: Operator,
        /// Who has it again.
        second: Operator,
    },
    /// Nothing to probe.
    #[error("there is no target to probe")]
    NoTargets,
}
