//! The server that is judged, with the clients, users and scopes that its owner lends for that.

pub mod file;
mod reader;
pub mod role;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::{Host, Url};

pub use reader::{load, read};
pub use role::{client_roles, lacking_client, lacking_user, user_roles};

use crate::limits::{self, Limits};
use crate::lock_out::Whose;
use crate::scenario::{Capability, Endpoint};
use crate::secret::Secret;
use role::{CLIENT_ROLES, NARROW, SECOND, USER_ROLES};

/// A target with everything resolved but what only the server itself can tell.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in reports.
    pub name: String,
    /// Where it answers, as far as the file says.
    pub endpoints: Endpoints,
    /// Where another workspace of the same server answers.
    pub neighbour: Option<Endpoints>,
    /// Its clients, in the order of the file.
    pub clients: Vec<Client>,
    /// Its users, in the order of the file.
    pub users: Vec<User>,
    /// A scope that is had by a wildcard.
    pub dynamic_scope: Option<String>,
    /// Parameters of every good request.
    pub extra: Vec<(String, String)>,
    /// PEM certificates to trust beside the system's own.
    pub ca: Option<Vec<u8>>,
    /// How far its clock may be off.
    pub clock_skew: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The longest wait of a case.
    pub patience: Duration,
    /// What its file says that it offers or does not.
    pub offers: BTreeMap<Capability, bool>,
    /// Who has allowed to put it under load, and how much.
    pub load: Option<Leave>,
    /// What its file says of limits; see [`Target::limits`].
    pub limits: limits::Told,
    /// Failed logins in a row that a case about many may spend on a sacrificial user of another machine.
    pub allowed_failed_logins: u32,
    /// Failed logins of one user after which the server throttles further ones.
    pub throttled_after: Option<NonZeroU32>,
}

/// Leave to put a server on another machine under load.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Who answers for it: a name, a ticket.
    pub authorized_by: String,
    /// The most requests a second.
    pub max_rate: f64,
}

/// Where a server answers. What is `None` is told by its metadata, if by anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The token endpoint.
    pub token: Option<Url>,
    /// The issuer identifier.
    pub issuer: Option<String>,
    /// Where the authorization server's metadata stand (RFC 8414 section 3.1).
    pub metadata: Option<Url>,
    /// Where OpenID's stand (OpenID Connect Discovery section 4).
    pub openid_metadata: Option<Url>,
    /// The key set.
    pub jwks: Option<Url>,
    /// The introspection endpoint (RFC 7662).
    pub introspection: Option<Url>,
    /// The revocation endpoint (RFC 7009).
    pub revocation: Option<Url>,
    /// The userinfo endpoint (OpenID Connect Core section 5.3).
    pub userinfo: Option<Url>,
}

impl Endpoints {
    /// Where requests of a kind go.
    pub fn of(&self, endpoint: Endpoint) -> Option<&Url> {
        match endpoint {
            Endpoint::Token => self.token.as_ref(),
            // Many servers have OpenID's alone, which say the same of the token endpoint.
            Endpoint::Metadata => self.metadata.as_ref().or(self.openid_metadata.as_ref()),
            Endpoint::OpenidMetadata => self.openid_metadata.as_ref(),
            Endpoint::Jwks => self.jwks.as_ref(),
            Endpoint::Introspection => self.introspection.as_ref(),
            Endpoint::Revocation => self.revocation.as_ref(),
            Endpoint::Userinfo => self.userinfo.as_ref(),
        }
    }

    /// What it is known by before its metadata are read: the token endpoint, or else where they stand.
    pub fn known_by(&self) -> Option<&Url> {
        self.of(Endpoint::Token).or_else(|| self.of(Endpoint::Metadata))
    }

    fn all(&self) -> impl Iterator<Item = &Url> {
        let Self { token, issuer: _, metadata, openid_metadata, jwks, introspection, revocation, userinfo } = self;
        [token, metadata, openid_metadata, jwks, introspection, revocation, userinfo].into_iter().flatten()
    }
}

/// A client authentication method by its registered name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The identifier alone.
    None,
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// Identifier and secret in the body (RFC 6749 section 2.3.1).
    ClientSecretPost,
}

/// A client with its secret.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its name in the target file, for marks.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// Its secret.
    pub secret: Option<Secret>,
    /// The method that it authenticates with.
    pub auth: AuthMethod,
    /// Its grant types, where the file tells them.
    pub grants: Option<Vec<String>>,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
    /// Whether it gets a scope when it asks for none, where the file tells it.
    pub default_scope: Option<String>,
    /// That it may be locked out by a test.
    pub sacrificial: bool,
}

/// A user with the password.
#[derive(Debug, Clone)]
pub struct User {
    /// The name in the target file, for marks.
    pub name: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// What tokens name the user by, where the file tells it.
    pub sub: Option<String>,
    /// That the right password is refused.
    pub disabled: bool,
    /// That the account may be locked out by a test.
    pub sacrificial: bool,
}

impl Client {
    fn may_log_in(&self) -> bool {
        !self.sacrificial && self.may_use("password")
    }

    /// Whether it may use a grant type, as far as the file tells.
    pub fn may_use(&self, grant: &str) -> bool {
        self.grants.as_ref().is_none_or(|grants| grants.iter().any(|one| one == grant))
    }

    fn has_special_secret(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._*".contains(c);
        self.secret.as_ref().is_some_and(|secret| !secret.expose().chars().all(plain))
    }

    /// A scope by what it is, or what the target lacks for it.
    pub fn scope(&self, kind: &str, target: &Target) -> Result<String, ScopeError> {
        let plain: Vec<&str> = self.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid").collect();
        let found = match kind {
            "one" => plain.first().map(|one| (*one).to_owned()),
            "second" => plain.get(1).map(|one| (*one).to_owned()),
            "two" => (plain.len() > 1).then(|| plain[..2].join(" ")),
            "openid" => self.scopes.iter().any(|scope| scope == "openid").then(|| {
                let both: Vec<&str> = ["openid"].into_iter().chain(plain.first().copied()).collect();
                both.join(" ")
            }),
            "dynamic" => target.dynamic_scope.clone(),
            "default" => self.default_scope.clone().filter(|scope| scope != "none"),
            "foreign" => {
                let others = target.clients.iter().flat_map(|client| &client.scopes);
                others.into_iter().find(|scope| !self.scopes.contains(scope)).cloned()
            }
            "unknown" => Some("ropcheck-unknown-scope".to_owned()),
            _ => return Err(ScopeError::NoSuchKind),
        };
        found.ok_or_else(|| ScopeError::Lacking(self.lacks(kind)))
    }

    fn lacks(&self, kind: &str) -> String {
        let name = &self.name;
        match kind {
            "one" => format!("no scope listed for client `{name}`"),
            "openid" => format!("no scope `openid` listed for client `{name}`"),
            "dynamic" => "no `dynamic_scope` in the target file".to_owned(),
            "default" => format!("no `default_scope` told for client `{name}`"),
            "foreign" => format!("no scope listed for another client that client `{name}` may not have"),
            _ => format!("no second scope listed for client `{name}`"),
        }
    }
}

/// The kinds of scope that a scenario can name.
pub const SCOPE_KINDS: [&str; 8] = ["one", "second", "two", "openid", "dynamic", "default", "foreign", "unknown"];

/// Why there is no such scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeError {
    /// The language has no such kind.
    NoSuchKind,
    /// The target file does not name one.
    Lacking(String),
}

impl User {
    fn usable(&self) -> bool {
        !self.disabled && !self.sacrificial
    }
}

impl Target {
    /// The client that fits a role: the first of the file.
    pub fn client(&self, role: &str) -> Option<&Client> {
        if role == SECOND {
            let first = self.client("confidential")?;
            return self
                .clients
                .iter()
                .find(|client| client.id != first.id && client.may_log_in() && client.secret.is_some());
        }
        if role == NARROW {
            let narrow = |client: &&Client| client.may_log_in() && client.scope("foreign", self).is_ok();
            return self.clients.iter().find(narrow);
        }
        let role = CLIENT_ROLES.iter().find(|one| one.name == role)?;
        self.clients.iter().find(|client| (role.fits)(client))
    }

    /// The user that fits a role: the first of the file.
    pub fn user(&self, role: &str) -> Option<&User> {
        if role == SECOND {
            return self.users.iter().filter(|user| user.usable()).nth(1);
        }
        let role = USER_ROLES.iter().find(|one| one.name == role)?;
        self.users.iter().find(|user| (role.fits)(user))
    }

    /// The same with the sacrificial accounts behind the others that are spent, so that a case finds another one.
    pub fn sparing(&self, is_spent: impl Fn(&Whose) -> bool) -> Cow<'_, Self> {
        let user = |user: &User| user.sacrificial && is_spent(&Whose::User(user.name.clone()));
        let client = |client: &Client| client.sacrificial && is_spent(&Whose::Client(client.name.clone()));
        if !self.users.iter().any(user) && !self.clients.iter().any(client) {
            return Cow::Borrowed(self);
        }
        let mut target = self.clone();
        target.users.sort_by_key(user);
        target.clients.sort_by_key(client);
        Cow::Owned(target)
    }

    /// The limits that a run keeps there.
    pub fn limits(&self) -> Limits {
        self.limits.on_loopback(self.is_loopback())
    }

    /// Whether a case may spend so many failed logins on a user with no good one in between.
    ///
    /// # Errors
    /// What it would take, as the reason of a skip: on another machine an account that may be locked out, and the leave of
    /// whoever runs it.
    pub fn may_spend(&self, logins: u32, user: &User) -> Result<(), String> {
        if self.is_loopback() || logins <= self.limits().failed_logins {
            return Ok(());
        }
        let what = format!("it would spend {logins} failed logins on user `{}` of another machine", user.name);
        if !user.sacrificial {
            return Err(format!("{what}: give it a user with `sacrificial: true`"));
        }
        if logins > self.allowed_failed_logins {
            return Err(format!("{what}: allow them by `--allow-failed-logins {logins}`"));
        }
        Ok(())
    }

    /// Failed logins that a user may see between good ones from a case about many of them.
    pub fn spendable(&self, user: &User) -> u32 {
        match (user.sacrificial, self.is_loopback()) {
            (false, _) => self.limits().failed_logins,
            (true, true) => u32::MAX,
            (true, false) => self.limits().failed_logins.max(self.allowed_failed_logins),
        }
    }

    /// Whether every request stays on this machine.
    pub fn is_loopback(&self) -> bool {
        let mut urls = self.endpoints.all().chain(self.neighbour.iter().flat_map(Endpoints::all)).peekable();
        urls.peek().is_some() && urls.all(is_loopback)
    }
}

/// Whether an address is of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
