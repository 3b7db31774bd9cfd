//! Recording rules, alerts and routes, as types, and the files that they become.
