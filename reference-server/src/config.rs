//! What an operator writes.

use std::sync::Arc;

use serde::Deserialize;

use crate::clock::Clock;
use crate::keys::{Keys, Signing};
use crate::secret::Secret;

/// A whole server: the workspaces it serves, and what they have in common.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where clients reach the server, without a slash at the end: `http://127.0.0.1:8080`. Every issuer starts with it.
    #[serde(default)]
    pub base_url: String,
    /// What one password hash costs.
    #[serde(default)]
    pub hash_cost: HashCost,
    /// The longest request body that is read, in bytes.
    #[serde(default = "one_mebibyte")]
    pub body_limit: usize,
    /// When wrong passwords become too many.
    #[serde(default)]
    pub login_throttle: LoginThrottle,
    /// The workspace that `/oauth/token` belongs to, as `tenant/name`.
    #[serde(default)]
    pub default_workspace: Option<String>,
    /// Each a security domain of its own, with its issuer, clients, users and tokens.
    pub workspaces: Vec<Workspace>,
}

/// The parameters of argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes computed side by side.
    pub lanes: u32,
}

impl HashCost {
    /// What OWASP recommends for real accounts: some 20 milliseconds.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// The least that argon2id allows: some 12 microseconds, for accounts that exist only inside a test.
    pub const LOWEST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

impl HashCost {
    /// Half of the memory, where argon2id allows it: what an operator had until the settings were raised.
    pub(crate) fn before_it_was_raised(self) -> Self {
        Self { memory_kib: (self.memory_kib / 2).max(8 * self.lanes), ..self }
    }
}

impl Default for HashCost {
    fn default() -> Self {
        Self::OWASP
    }
}

/// How many logins may fail for one user name before it has to wait (RFC 6749 section 4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoginThrottle {
    /// Failures in one window after which further logins are answered 429.
    pub failures: u32,
    /// The window in seconds, counted from its first failure.
    pub window_s: u64,
    /// User names remembered at a time in each workspace.
    pub remembered: usize,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self { failures: 10, window_s: 60, remembered: 10_000 }
    }
}

/// One security domain: `{base_url}/{tenant}/{name}` is its issuer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The first segment of the workspace's paths.
    pub tenant: String,
    /// The second segment of the workspace's paths.
    pub name: String,
    /// The grants that are switched on; a client needs its own permission as well.
    pub grants: Vec<Grant>,
    /// The applications that may ask for tokens.
    pub clients: Vec<Client>,
    /// The people whose passwords are accepted.
    #[serde(default)]
    pub users: Vec<User>,
    /// The `aud` of access tokens; the issuer when left out.
    #[serde(default)]
    pub audience: Option<String>,
    /// Seconds until an access token, and the ID token beside it, expires.
    #[serde(default = "one_hour")]
    pub access_token_lifetime_s: u64,
    /// Seconds until a line of refresh tokens ends, counted from the login that began it.
    #[serde(default = "thirty_days")]
    pub refresh_token_lifetime_s: u64,
    /// How tokens are signed, unless the workspace brings its own keys.
    #[serde(default)]
    pub signing: Signing,
    /// When wrong passwords become too many here; as everywhere on the server when left out.
    #[serde(default)]
    pub login_throttle: Option<LoginThrottle>,
    /// What one password hash costs here; as everywhere on the server when left out.
    #[serde(default)]
    pub hash_cost: Option<HashCost>,
    /// The time this workspace lives in.
    #[serde(skip)]
    pub clock: Clock,
    /// The keys this workspace signs with; those of the process that go with `signing` when left out.
    #[serde(skip)]
    pub keys: Option<Arc<Keys>>,
}

impl Workspace {
    /// The same clients, users and keys under another name and with a clock of its own.
    #[must_use]
    pub fn renamed(&self, tenant: impl Into<String>, name: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), name: name.into(), clock: Clock::system(), ..self.clone() }
    }
}

/// An application registered with a workspace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// The client identifier, unique in its workspace.
    pub id: String,
    /// The one way in which this client authenticates.
    pub authentication: ClientAuthentication,
    /// The secret that goes with the way of authentication; none for a public client.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// The grants this client may use.
    pub grants: Vec<Grant>,
    /// The scopes this client may be granted; `transfer.*` stands for every scope that starts with `transfer.`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What is granted when no scope is asked for, separated by spaces; without it such a request is refused.
    #[serde(default)]
    pub default_scope: Option<String>,
    /// How this client's ID tokens are signed, by the name of `OpenID` Connect Registration section 2; as its workspace
    /// signs when left out.
    #[serde(default)]
    pub id_token_signed_response_alg: Option<Signing>,
}

/// How a client proves who it is at the token endpoint, by the names of RFC 7591 section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// It does not: a public client names itself by `client_id` alone.
    None,
    /// HTTP Basic.
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
}

/// A grant of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Resource owner password credentials, RFC 6749 section 4.3.
    Password,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 6749 section 6.
    RefreshToken,
}

impl Grant {
    const ALL: [Self; 3] = [Self::Password, Self::ClientCredentials, Self::RefreshToken];

    /// The grant of that `grant_type`.
    pub(crate) fn named(grant_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == grant_type)
    }

    /// Its `grant_type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// Somebody with a password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Compared exactly: no trimming, no folding.
    pub username: String,
    /// Hashed when the server starts and not kept.
    pub password: Secret,
    /// The `sub` of this user's tokens; the user name when left out.
    #[serde(default)]
    pub sub: Option<String>,
    /// A disabled user is refused exactly as a wrong password is.
    #[serde(default)]
    pub disabled: bool,
}

fn one_mebibyte() -> usize {
    1024 * 1024
}

fn one_hour() -> u64 {
    60 * 60
}

fn thirty_days() -> u64 {
    30 * 24 * 60 * 60
}

impl Config {
    /// A server with no workspace yet and every setting at its default.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            hash_cost: HashCost::default(),
            body_limit: one_mebibyte(),
            login_throttle: LoginThrottle::default(),
            default_workspace: None,
            workspaces: Vec::new(),
        }
    }
}

impl Workspace {
    /// A workspace with no client and no user yet and every setting at its default.
    pub fn new(tenant: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            name: name.into(),
            grants: Vec::new(),
            clients: Vec::new(),
            users: Vec::new(),
            audience: None,
            access_token_lifetime_s: one_hour(),
            refresh_token_lifetime_s: thirty_days(),
            signing: Signing::default(),
            login_throttle: None,
            hash_cost: None,
            clock: Clock::system(),
            keys: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_enough() {
        let config: Config = serde_json::from_value(serde_json::json!({
            "workspaces": [{
                "tenant": "acme", "name": "shop", "grants": ["password"],
                "clients": [{ "id": "till", "authentication": "none", "grants": ["password"] }],
                "users": [{ "username": "ann", "password": "secret" }],
            }],
        }))
        .unwrap();
        assert_eq!(config.hash_cost, HashCost::OWASP);
        assert_eq!(config.workspaces[0].access_token_lifetime_s, 3600);
        assert_eq!(config.workspaces[0].signing, Signing::EdDsa);
        assert_eq!(config.workspaces[0].login_throttle, None);
    }

    #[test]
    fn algorithms_go_by_their_registered_names() {
        for (name, expected) in [("EdDSA", Signing::EdDsa), ("ES256", Signing::Es256), ("RS256", Signing::Rs256)] {
            let read: Workspace = serde_json::from_value(serde_json::json!({
                "tenant": "acme", "name": "shop", "grants": [], "clients": [], "signing": name,
                "login_throttle": { "failures": 3 },
            }))
            .unwrap();
            assert_eq!(read.signing, expected);
            assert_eq!(read.login_throttle, Some(LoginThrottle { failures: 3, ..LoginThrottle::default() }));
        }
    }

    #[test]
    fn grant_types_go_by_the_names_on_the_wire() {
        for grant in Grant::ALL {
            assert_eq!(Grant::named(grant.as_str()), Some(grant));
            let read: Grant = serde_json::from_value(grant.as_str().into()).unwrap();
            assert_eq!(read, grant, "a file calls it the same");
        }
        assert_eq!(Grant::named("Password"), None);
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let read = serde_json::from_value::<Config>(serde_json::json!({ "workspace": [], "workspaces": [] }));
        assert!(read.unwrap_err().to_string().contains("unknown field `workspace`"));
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", Config::demo("http://127.0.0.1:1"));
        assert!(!shown.contains("wonderland-7") && !shown.contains("basic-secret-1"));
    }
}
