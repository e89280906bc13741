//! Conformance and load tests for OAuth 2.0 token endpoints.
//!
//! ```text
//!   Scenario    what an author asks (YAML)               scenario, library, requirement, target, waiver
//!      v
//!   Plan        what will be done; every name resolved   plan            pure, once per scenario and target
//!      v
//!   Exchange    what was said and heard                  request, wire, seal, walk
//!      v
//!   Found       what each promise came to                witness, judge, check, lint      pure
//!      v
//!   Event       what is kept, one JSON line each         recorder        -> ropcheck_reports
//! ```
//!
//! A case, a property, a comparison and a load run are the same steps: walked once, walked with drawn values, walked in pairs
//! one after the other, or walked by many users.

pub mod breaker;
pub mod budget;
pub mod captures;
pub mod check;
pub mod comparison;
pub mod complaint;
pub mod coverage;
pub mod curl;
pub mod detect;
pub mod drawn;
pub mod embedded;
pub mod exchange;
pub mod explain;
pub mod forecast;
mod halt;
pub mod json;
pub mod judge;
mod lasting;
pub mod learn;
pub mod library;
pub mod limits;
pub mod lint;
pub mod load;
pub mod lock_out;
pub mod missing;
pub mod ordered;
pub mod pace;
pub mod plan;
pub mod property;
pub mod recorder;
pub mod request;
pub mod requirement;
pub mod scenario;
pub mod seal;
pub mod secret;
pub mod session;
pub mod suite;
pub mod target;
pub mod trials;
pub mod waiver;
pub mod walk;
pub mod wire;
pub mod witness;
pub mod words;
