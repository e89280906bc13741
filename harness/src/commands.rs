//! The commands, a room each.

mod care;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod doctor;
mod embedded;
pub(crate) mod explain;
pub(crate) mod faults;
pub(crate) mod load;
pub(crate) mod outcome;
pub(crate) mod page;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod stop;
