//! The one report that the command line, the page, the API, the events and the tests share.
//!
//! Plain data in the published order; absent facts are `null`, never invented. A field may be added without a new
//! schema; a field that changes its meaning needs one.

pub mod compose;
mod explanation;
mod schema;

pub use self::explanation::explain;
pub use self::schema::*;
