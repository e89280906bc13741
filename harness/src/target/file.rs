//! The target file as it is written.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use super::{AuthMethod, Leave};
use crate::lasting::lasting_or_usual;
use crate::ordered::Ordered;
use crate::scenario::Capability;

/// A target file as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// A name for reports; the endpoint's host where nothing is said.
    #[serde(default)]
    pub name: Option<String>,
    /// The token endpoint. It is needed unless `issuer` or `preset` tells it; an `issuer` may stand beside it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub token_endpoint: Option<Spanned<String>>,
    /// The issuer, whose metadata (RFC 8414) name the token endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub issuer: Option<Spanned<String>>,
    /// A hosted service whose URLs are built from `tenant`, `workspace` and perhaps `region`: alone, without
    /// `token_endpoint` and `issuer`.
    #[serde(default)]
    #[schemars(with = "Option<Preset>")]
    pub preset: Option<Spanned<Preset>>,
    /// The preset's tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The preset's workspace.
    #[serde(default)]
    pub workspace: Option<String>,
    /// The preset's region; tenants from before regions have none.
    #[serde(default)]
    pub region: Option<Region>,
    /// The key set, where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jwks_uri: Option<Spanned<String>>,
    /// The introspection endpoint (RFC 7662), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub introspection_endpoint: Option<Spanned<String>>,
    /// The revocation endpoint (RFC 7009), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub revocation_endpoint: Option<Spanned<String>>,
    /// The userinfo endpoint (OpenID Connect Core section 5.3), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub userinfo_endpoint: Option<Spanned<String>>,
    /// Another workspace (realm, tenant) of the same server, at which nothing of this one may be good.
    #[serde(default)]
    pub neighbour: Option<NeighbourFile>,
    /// Clients by any name; cases find them by what they are.
    #[schemars(with = "IndexMap<String, ClientFile>")]
    pub clients: Ordered<ClientFile>,
    /// Users by any name; cases find them by what they are.
    #[schemars(with = "IndexMap<String, UserFile>")]
    pub users: Ordered<UserFile>,
    /// Scopes that every client may ask for, unless it lists its own.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// A scope that is had by a registered wildcard: `transfer.42` where `transfer.*` is registered.
    #[serde(default)]
    pub dynamic_scope: Option<String>,
    /// Parameters that every good request carries: `audience`, `resource`, `tenant`.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub extra: Ordered<String>,
    /// A PEM file with the certificates to trust beside the system's own.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub ca_file: Option<Spanned<String>>,
    /// Plain `http` to a host that is not this machine: passwords then travel in the clear (RFC 6749 section 3.2).
    #[serde(default)]
    pub allow_http: bool,
    /// How far the server's clock may be off, `60s` where nothing is said.
    #[serde(default, deserialize_with = "lasting_or_usual")]
    #[schemars(with = "Option<String>")]
    pub clock_skew: Option<Duration>,
    /// How long an answer may take, `10s` where nothing is said.
    #[serde(default, deserialize_with = "lasting_or_usual")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// The longest wait of a case, `5s` where nothing is said; a case that needs more is skipped.
    #[serde(default, deserialize_with = "lasting_or_usual")]
    #[schemars(with = "Option<String>")]
    pub patience: Option<Duration>,
    /// What the server offers, where it is not to be learned from its first good answers: `{ refresh_token: false }`.
    #[serde(default)]
    pub offers: BTreeMap<Capability, bool>,
    /// Limits that keep real accounts and servers safe.
    #[serde(default)]
    pub limits: LimitsFile,
    /// Who allows a load on a server of another machine, and how much: `{ authorized_by: "Jo, OPS-12", max_rate: 50 }`.
    #[serde(default)]
    #[schemars(with = "Option<Leave>")]
    pub load: Option<Spanned<Leave>>,
    /// Failed logins of one user after which the server answers 429 to further ones. Cases that try it are left out where
    /// nothing is said; on another machine they need `--allow-failed-logins` with one more than that.
    #[serde(default)]
    pub throttled_after: Option<NonZeroU32>,
}

/// Another workspace of the same server. What it does not name, its issuer's metadata tell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeighbourFile {
    /// Its issuer.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub issuer: Option<Spanned<String>>,
    /// Its token endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub token_endpoint: Option<Spanned<String>>,
    /// Its key set.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jwks_uri: Option<Spanned<String>>,
    /// Its introspection endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub introspection_endpoint: Option<Spanned<String>>,
    /// Its revocation endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub revocation_endpoint: Option<Spanned<String>>,
    /// Its userinfo endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub userinfo_endpoint: Option<Spanned<String>>,
}

/// A hosted service with URLs of a known form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// `https://TENANT[.REGION].authz.cloudentity.io/TENANT/WORKSPACE`
    Cloudentity,
}

/// A region of a hosted service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Australia.
    Au,
    /// Europe.
    Eu,
    /// United States.
    Us,
}

/// A client as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// Its identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Its secret, better `${env:NAME}` or `${file:PATH}` than the text itself.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub secret: Option<Spanned<String>>,
    /// The method that it authenticates with; `client_secret_basic` with a secret and `none` without one, where nothing is said.
    #[serde(default)]
    pub auth: Option<AuthMethod>,
    /// Its grant types; all that a case wants to use, where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub grants: Option<Vec<Spanned<String>>>,
    /// The scopes that it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The scope that it gets when it asks for none; `none` where it has no default.
    #[serde(default)]
    pub default_scope: Option<String>,
    /// That it may be locked out by a test.
    #[serde(default)]
    pub sacrificial: bool,
}

/// A user as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserFile {
    /// The user name.
    #[schemars(with = "String")]
    pub username: Spanned<String>,
    /// The password, better `${env:NAME}` or `${file:PATH}` than the text itself.
    #[schemars(with = "String")]
    pub password: Spanned<String>,
    /// The `sub` that tokens name the user by; learned from the first one where nothing is said.
    #[serde(default)]
    pub sub: Option<String>,
    /// That the account is disabled, locked or expired: its right password is refused.
    #[serde(default)]
    pub disabled: bool,
    /// That the account may be locked out by a test.
    #[serde(default)]
    pub sacrificial: bool,
}

/// Limits that keep real accounts and servers safe.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsFile {
    /// Failed logins of one user between good ones, 2 where nothing is said.
    #[serde(default)]
    pub failed_logins: Option<u32>,
    /// Failed logins of all users in one run, any number where nothing is said.
    #[serde(default)]
    pub failed_logins_in_all: Option<u32>,
    /// Requests that are begun in a second. Where nothing is said, 5 on another machine, and on this one as many as it answers.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub requests_per_second: Option<Spanned<f64>>,
    /// Requests that are under way at once; the cases of a check are run one after the other in any case. Where nothing is
    /// said, 1 on another machine, and any number on this one.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub concurrency: Option<Spanned<u32>>,
}
