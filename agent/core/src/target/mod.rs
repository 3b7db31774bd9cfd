//! What is probed: operators, addresses and roles, parsed once and never invalid afterwards.
//!
//! Independence is counted in operators (the organisation that runs a destination), never in addresses. A control
//! is the same operator or host on another port, so that its silence says "this destination is gone" and its answer
//! says "the way to it is open".

mod address;
mod error;
mod operator;
mod port;
mod roster;

pub use self::address::{Address, Host};
pub use self::error::TargetError;
pub use self::operator::{MIN_OPERATORS, Operator};
pub use self::port::{Family, Port, Role};
pub use self::roster::{Roster, Target};
