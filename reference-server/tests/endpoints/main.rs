//! The endpoints beside the token endpoint, and what is true of several; no socket and no sleep.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once")]

mod discovery;
mod faults;
mod introspection;
mod revocation;
mod server;
mod userinfo;
mod workspaces;
