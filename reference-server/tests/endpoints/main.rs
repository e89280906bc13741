//! The strict server and its faults, asked endpoint by endpoint; no socket and no sleep.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once")]

mod discovery;
mod faults;
mod inputs;
mod introspection;
mod revocation;
mod server;
mod token;
mod under_load;
mod userinfo;
mod workspaces;
