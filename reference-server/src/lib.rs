//! A strict OAuth 2.0 authorization server, in process: what the suite is held against.
//!
//! ```text
//!   Config + Policy
//!         v
//!       app()          every name checked, every password hashed, once
//!         v
//!   HTTP request  ->  endpoint   path to workspace
//!                       v
//!                     intake     method, query, media type, size
//!                       v
//!                     form       each parameter once, decoded strictly
//!                       v
//!                     client     who asks, by the one method registered for it
//!                       v
//!                     grant      password · client_credentials · refresh_token
//!                       v
//!                     token      signed, opaque or left out
//!                       v
//!   HTTP response <-  reply      the answer as data; a fault may alter it on its way out
//! ```
//!
//! A [`Script`] stands before the token endpoint and says when it answers, where it shall not answer as fast as it can.
//!
//! Introspection and revocation come in where the grant is decided; userinfo takes a bearer token instead of a client;
//! metadata and key set are only read. All go out as a reply.
//!
//! A step hands the next one a value or ends the request with a refusal. The strict [`Policy`] keeps
//! every promise; each of the [`FAULTS`] breaks one, and each of the [`VARIANTS`] takes another liberty that the RFCs
//! grant.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once"))]

mod about_token;
mod access;
mod altered;
mod bearer;
mod client;
mod clock;
mod config;
mod config_error;
mod demo;
mod digest;
mod discovery;
mod draft;
mod endpoint;
mod expiring;
mod faults;
mod form;
mod grant;
mod hasher;
mod intake;
mod introspection;
mod issued;
mod keys;
mod occasion;
mod policy;
mod random;
mod realm;
mod refusal;
mod registered;
mod reply;
mod revocation;
mod scope;
mod script;
mod secret;
mod shared;
mod store;
mod throttle;
mod token;
mod token_endpoint;
mod user;
mod userinfo;
mod variants;

use std::sync::Arc;

pub use clock::Clock;
pub use config::{Client, ClientAuthentication, Config, Grant, HashCost, LoginThrottle, User, Workspace};
pub use config_error::ConfigError;
pub use faults::{FAULTS, FAULTS_IN_A_RACE, FAULTS_UNDER_LOAD, Fault, every_fault};
pub use keys::{Keys, Signing};
pub use policy::Policy;
pub use script::{Script, serve_scripted};
pub use secret::Secret;
pub use variants::{VARIANTS, Variant};

/// Makes the server that `config` describes, keeping the promises of `policy`.
///
/// Passwords are hashed here, each pair of user name and password once however many workspaces share it.
///
/// # Errors
///
/// A [`ConfigError`] names the item that cannot be served and what to do about it.
pub fn app(config: Config, policy: Policy) -> Result<axum::Router, ConfigError> {
    let server = realm::Server::open(config, policy)?;
    Ok(endpoint::routes(Arc::new(server)))
}
