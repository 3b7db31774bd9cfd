//! The one report that the command line, the page, the API, the events and the tests share.
//!
//! Plain data in the published order; absent facts are `null`, never invented. A field may be added without a new
//! schema; a field that changes its meaning needs one. A report is read back with the words of this version: a word
//! that it does not have becomes [`FOREIGN`], which no rule and no face takes for one of its own.

pub mod compose;
mod explanation;
mod relay;
mod schema;
mod words;

pub use self::explanation::explain;
pub use self::relay::relay;
pub use self::schema::*;
pub use self::words::{FOREIGN, SOURCE_ARM, SOURCE_CONFIG, Word};
