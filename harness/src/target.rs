//! The target file: which server is judged, and the clients, users and scopes that it lends for that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_yaml::Spanned;
use url::{Host, Url};

use crate::complaint::{Complaint, Source};
use crate::scenario::{Capability, Ordered};
use crate::secret::Secret;

/// A target file as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// A name for reports; the endpoint's host where nothing is said.
    #[serde(default)]
    pub name: Option<String>,
    /// The token endpoint. One of `token_endpoint`, `issuer` and `preset` is needed.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub token_endpoint: Option<Spanned<String>>,
    /// The issuer, whose metadata (RFC 8414) name the token endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub issuer: Option<Spanned<String>>,
    /// A hosted service whose URLs are built from `tenant`, `workspace` and perhaps `region`.
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
    pub extra: IndexMap<String, String>,
    /// A PEM file with the certificates to trust beside the system's own.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub ca_file: Option<Spanned<String>>,
    /// Plain `http` to a host that is not this machine: passwords then travel in the clear (RFC 6749 section 3.2).
    #[serde(default)]
    pub allow_http: bool,
    /// How far the server's clock may be off, `60s` where nothing is said.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub clock_skew: Option<Duration>,
    /// How long an answer may take, `10s` where nothing is said.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// The longest wait of a case, `5s` where nothing is said; a case that needs more is skipped.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub patience: Option<Duration>,
    /// What the server offers, where it is not to be learned from its first good answers: `{ refresh_token: false }`.
    #[serde(default)]
    pub offers: BTreeMap<Capability, bool>,
    /// Limits that keep real accounts safe.
    #[serde(default)]
    pub limits: Limits,
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    humantime::parse_duration(&String::deserialize(from)?).map(Some).map_err(de::Error::custom)
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
    pub grants: Option<Vec<String>>,
    /// The scopes that it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The scope that it gets when it asks for none; `none` where it has no default.
    #[serde(default)]
    pub default_scope: Option<String>,
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
    /// That the account is disabled, locked or expired: its right password is refused.
    #[serde(default)]
    pub disabled: bool,
    /// That the account may be locked out by a test.
    #[serde(default)]
    pub sacrificial: bool,
}

/// Limits that keep real accounts safe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Failed logins of one user between good ones. Where nothing is said: 2, and without limit on loopback.
    #[serde(default)]
    pub failed_logins: Option<u32>,
}

/// A target with everything resolved but what only the server itself can tell.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in reports.
    pub name: String,
    /// Where it answers, as far as the file says.
    pub endpoints: Endpoints,
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
    /// Failed logins of one user between good ones.
    pub failed_logins: Option<u32>,
}

/// Where a server answers. What is `None` is told by its metadata, if by anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The token endpoint.
    pub token: Option<Url>,
    /// The issuer identifier.
    pub issuer: Option<String>,
    /// Where the metadata may stand, the likelier first.
    pub metadata: Vec<Url>,
    /// The key set.
    pub jwks: Option<Url>,
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
    /// That the right password is refused.
    pub disabled: bool,
    /// That the account may be locked out by a test.
    pub sacrificial: bool,
}

/// What a client can be to a case: the role, and how a target has it.
pub struct ClientRole {
    /// The name in `as`.
    pub name: &'static str,
    /// What it takes, as a fragment: `a client without a secret`.
    pub says: &'static str,
    fits: fn(&Client) -> bool,
}

/// Every client role, the default first.
pub const CLIENT_ROLES: [ClientRole; 8] = [
    ClientRole { name: "default", says: "a client with the password grant", fits: Client::may_log_in },
    ClientRole {
        name: "confidential",
        says: "a client with a secret and the password grant",
        fits: |c| c.may_log_in() && c.secret.is_some(),
    },
    ClientRole {
        name: "basic",
        says: "a client that authenticates by client_secret_basic",
        fits: |c| c.may_log_in() && c.auth == AuthMethod::ClientSecretBasic,
    },
    ClientRole {
        name: "post",
        says: "a client that authenticates by client_secret_post",
        fits: |c| c.may_log_in() && c.auth == AuthMethod::ClientSecretPost,
    },
    ClientRole {
        name: "public",
        says: "a client without a secret (auth: none)",
        fits: |c| c.may_log_in() && c.auth == AuthMethod::None,
    },
    ClientRole {
        name: "without-password-grant",
        says: "a client whose `grants` leave out password",
        fits: |c| !c.may_log_in() && c.secret.is_some(),
    },
    ClientRole {
        name: "special-secret",
        says: "a Basic client whose secret has characters that form-encoding changes",
        fits: |c| c.may_log_in() && c.auth == AuthMethod::ClientSecretBasic && c.has_special_secret(),
    },
    ClientRole {
        name: "without-default-scope",
        says: "a client with `default_scope: none`",
        fits: |c| c.may_log_in() && c.default_scope.as_deref() == Some("none"),
    },
];

/// The role of a second client: any other with a secret and the password grant.
pub const SECOND: &str = "second";

/// What a user can be to a case: the role, and how a target has it.
pub struct UserRole {
    /// The name in `user`.
    pub name: &'static str,
    /// What it takes, as a fragment.
    pub says: &'static str,
    fits: fn(&User) -> bool,
}

/// Every user role, the default first.
pub const USER_ROLES: [UserRole; 6] = [
    UserRole { name: "known", says: "a user", fits: |u| u.usable() },
    UserRole {
        name: "utf8",
        says: "a user whose password is not ASCII",
        fits: |u| u.usable() && !u.password.expose().is_ascii(),
    },
    UserRole {
        name: "spaced",
        says: "a user whose password begins or ends with a space",
        fits: |u| u.usable() && u.password.expose().trim() != u.password.expose(),
    },
    UserRole {
        name: "special",
        says: "a user whose password holds one of + % & =",
        fits: |u| u.usable() && u.password.expose().contains(['+', '%', '&', '=']),
    },
    UserRole { name: "disabled", says: "a user with `disabled: true`", fits: |u| u.disabled },
    UserRole { name: "decoy", says: "a user with `sacrificial: true`", fits: |u| u.sacrificial && !u.disabled },
];

impl Client {
    fn may_log_in(&self) -> bool {
        self.may_use("password")
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
            _ => format!("no second scope listed for client `{name}`"),
        }
    }
}

/// The kinds of scope that a scenario can name.
pub const SCOPE_KINDS: [&str; 7] = ["one", "second", "two", "openid", "dynamic", "default", "unknown"];

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
                .find(|client| client.name != first.name && client.may_log_in() && client.secret.is_some());
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

    /// Whether every request stays on this machine.
    pub fn is_loopback(&self) -> bool {
        let urls = self.endpoints.token.iter().chain(&self.endpoints.metadata);
        urls.clone().next().is_some() && urls.into_iter().all(is_loopback)
    }

    /// How many failed logins one user may see between good ones.
    pub fn failed_login_limit(&self) -> Option<u32> {
        self.failed_logins.or((!self.is_loopback()).then_some(2))
    }
}

/// What a role takes, for a skip reason: `no public client in the target file: …`.
pub fn lacking_client(role: &str) -> String {
    let says = CLIENT_ROLES.iter().find(|one| one.name == role).map_or("a second client with a secret", |one| one.says);
    format!("the target file has not {says}")
}

/// What a role takes, for a skip reason.
pub fn lacking_user(role: &str) -> String {
    let says = USER_ROLES.iter().find(|one| one.name == role).map_or("a second user", |one| one.says);
    format!("the target file has not {says}")
}

/// Every name that `as` takes.
pub fn client_roles() -> impl Iterator<Item = &'static str> {
    CLIENT_ROLES.iter().map(|role| role.name).chain([SECOND])
}

/// Every name that `user` takes.
pub fn user_roles() -> impl Iterator<Item = &'static str> {
    USER_ROLES.iter().map(|role| role.name).chain([SECOND])
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Reads a target file. `env` gives the value of an environment variable, so that a test need not set one.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Target, Complaint> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|why| {
        Source { file: file.clone(), text: String::new(), private: true }
            .complain_whole(format!("could not read the target file: {why}"))
    })?;
    read(&Source { file, text, private: true }, path.parent().unwrap_or(Path::new(".")), env)
}

/// Reads the text of a target file whose relative paths start at `folder`.
pub fn read(source: &Source, folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Target, Complaint> {
    let file: TargetFile = source.parse()?;
    let reader = Reader { source, folder, env };
    let endpoints = reader.endpoints(&file)?;
    let clients = file
        .clients
        .0
        .iter()
        .map(|(name, client)| reader.client(&name.value, client, &file))
        .collect::<Result<Vec<_>, _>>()?;
    let users =
        file.users.0.iter().map(|(name, user)| reader.user(&name.value, user)).collect::<Result<Vec<_>, _>>()?;
    if clients.is_empty() || users.is_empty() {
        return Err(source
            .complain_whole("a target needs one client and one user at least: add them under `clients` and `users`"));
    }
    let ca = file.ca_file.as_ref().map(|path| reader.ca(path)).transpose()?;
    let host = endpoints.token.as_ref().or(endpoints.metadata.first()).and_then(Url::host_str).unwrap_or_default();
    let seconds = Duration::from_secs;
    Ok(Target {
        name: file.name.clone().unwrap_or_else(|| host.to_owned()),
        endpoints,
        clients,
        users,
        dynamic_scope: file.dynamic_scope,
        extra: file.extra.into_iter().collect(),
        ca,
        clock_skew: file.clock_skew.unwrap_or(seconds(60)),
        timeout: file.timeout.unwrap_or(seconds(10)),
        patience: file.patience.unwrap_or(seconds(5)),
        offers: file.offers,
        failed_logins: file.limits.failed_logins,
    })
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    env: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn endpoints(&self, file: &TargetFile) -> Result<Endpoints, Complaint> {
        let jwks = file.jwks_uri.as_ref().map(|url| self.url(url, file.allow_http)).transpose()?;
        let mut endpoints = Endpoints { jwks, ..Endpoints::default() };
        if let Some(preset) = &file.preset {
            let at = preset.defined;
            let Preset::Cloudentity = preset.value;
            let missing = |what: &str| self.source.complain(at, format!("the preset needs `{what}`"));
            let tenant = file.tenant.as_ref().ok_or_else(|| missing("tenant"))?;
            let workspace = file.workspace.as_ref().ok_or_else(|| missing("workspace"))?;
            let region = match file.region {
                None => "",
                Some(Region::Au) => ".au",
                Some(Region::Eu) => ".eu",
                Some(Region::Us) => ".us",
            };
            let issuer = format!("https://{tenant}{region}.authz.cloudentity.io/{tenant}/{workspace}");
            let url = |path: &str| {
                Url::parse(&format!("{issuer}{path}"))
                    .map_err(|why| self.source.complain(at, format!("tenant and workspace make no URL: {why}")))
            };
            endpoints.token = Some(url("/oauth2/token")?);
            endpoints.metadata = vec![url("/.well-known/openid-configuration")?];
            endpoints.issuer = Some(issuer);
        }
        if let Some(issuer) = &file.issuer {
            let url = self.url(issuer, file.allow_http)?;
            endpoints.metadata = metadata_urls(&url);
            endpoints.issuer = Some(issuer.value.clone());
        }
        if let Some(url) = &file.token_endpoint {
            endpoints.token = Some(self.url(url, file.allow_http)?);
        }
        if endpoints.token.is_none() && endpoints.metadata.is_empty() {
            return Err(self.source.complain_whole(
                "the file does not say where the server is: give `token_endpoint`, `issuer` or `preset`",
            ));
        }
        Ok(endpoints)
    }

    fn url(&self, text: &Spanned<String>, allow_http: bool) -> Result<Url, Complaint> {
        let complain = |message: String| self.source.complain(text.defined, message);
        let url = Url::parse(&text.value).map_err(|why| complain(format!("`{}` is no URL: {why}", text.value)))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if allow_http || is_loopback(&url) => Ok(url),
            "http" => Err(complain("plain http to another machine would send passwords in the clear (RFC 6749 section 3.2): use https, or say `allow_http: true`".to_owned())),
            scheme => Err(complain(format!("`{scheme}` is no scheme of a token endpoint: use https"))),
        }
    }

    fn client(&self, name: &str, client: &ClientFile, file: &TargetFile) -> Result<Client, Complaint> {
        let secret = client.secret.as_ref().map(|text| self.secret(text)).transpose()?;
        let auth =
            client.auth.unwrap_or(if secret.is_some() { AuthMethod::ClientSecretBasic } else { AuthMethod::None });
        if secret.is_none() && auth != AuthMethod::None {
            return Err(self.source.complain(
                client.id.defined,
                format!("client `{name}` authenticates by a secret and has none: add `secret`, or say `auth: none`"),
            ));
        }
        Ok(Client {
            name: name.to_owned(),
            id: client.id.value.clone(),
            secret,
            auth,
            grants: client.grants.clone(),
            scopes: client.scopes.clone().unwrap_or_else(|| file.scopes.clone()),
            default_scope: client.default_scope.clone(),
        })
    }

    fn user(&self, name: &str, user: &UserFile) -> Result<User, Complaint> {
        Ok(User {
            name: name.to_owned(),
            username: user.username.value.clone(),
            password: self.secret(&user.password)?,
            disabled: user.disabled,
            sacrificial: user.sacrificial,
        })
    }

    /// A secret from the environment, from a file, or as it stands. It is never part of the complaint.
    fn secret(&self, text: &Spanned<String>) -> Result<Secret, Complaint> {
        let complain = |message: String| self.source.complain(text.defined, message);
        let value = match text.value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            None => return Ok(Secret::new(text.value.as_str())),
            Some(reference) => match reference.split_once(':') {
                Some(("env", name)) => (self.env)(name).ok_or_else(|| {
                    complain(format!("the environment has no variable `{name}`: set it before the run"))
                })?,
                Some(("file", path)) => {
                    let path = self.folder.join(path);
                    let whole = std::fs::read_to_string(&path)
                        .map_err(|why| complain(format!("could not read the secret from {}: {why}", path.display())))?;
                    whole.trim_end_matches(['\r', '\n']).to_owned()
                }
                _ => return Err(complain("a reference to a secret is `${env:NAME}` or `${file:PATH}`".to_owned())),
            },
        };
        if value.is_empty() {
            return Err(complain("the secret is empty".to_owned()));
        }
        Ok(Secret::new(value))
    }

    fn ca(&self, path: &Spanned<String>) -> Result<Vec<u8>, Complaint> {
        let full: PathBuf = self.folder.join(&path.value);
        std::fs::read(&full).map_err(|why| {
            self.source.complain(path.defined, format!("could not read the CA file {}: {why}", full.display()))
        })
    }
}

/// Where an issuer's metadata stand: RFC 8414 section 3.1 puts the well-known part before the path, OpenID Connect
/// Discovery section 4 behind it.
fn metadata_urls(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    [format!("/.well-known/oauth-authorization-server{path}"), format!("{path}/.well-known/openid-configuration")]
        .into_iter()
        .map(|path| {
            let mut url = issuer.clone();
            url.set_path(&path);
            url
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "clients: { web: { id: web, secret: s3cret } }\nusers: { alice: { username: alice, password: \"${env:PW}\" } }\n";

    fn target(head: &str) -> Result<Target, String> {
        let source = Source { file: "t.yaml".into(), text: format!("{head}\n{REST}"), private: true };
        read(&source, Path::new("."), &|name| (name == "PW").then(|| "wonderland".to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_preset_builds_the_url_with_and_without_a_region() {
        for (region, host) in [
            ("", "acme.authz"),
            ("region: au", "acme.au.authz"),
            ("region: eu", "acme.eu.authz"),
            ("region: us", "acme.us.authz"),
        ] {
            let target =
                target(&format!("preset: cloudentity\ntenant: acme\nworkspace: demo\n{region}")).expect("a target");
            let url = format!("https://{host}.cloudentity.io/acme/demo/oauth2/token");
            assert_eq!(target.endpoints.token.as_ref().map(Url::as_str), Some(url.as_str()));
        }
        assert!(target("preset: cloudentity\ntenant: acme").is_err_and(|why| why.contains("needs `workspace`")));
        assert!(
            target("preset: cloudentity\ntenant: acme\nworkspace: demo\nregion: ue")
                .is_err_and(|why| why.contains("did you mean"))
        );
    }

    #[test]
    fn an_issuer_with_a_path_has_its_metadata_at_two_places() {
        let target = target("issuer: https://as.example/acme/demo/").expect("a target");
        let urls: Vec<&str> = target.endpoints.metadata.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://as.example/.well-known/oauth-authorization-server/acme/demo",
                "https://as.example/acme/demo/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn secrets_come_from_the_environment_and_are_never_shown() {
        let target = target("token_endpoint: https://as.example/token").expect("a target");
        assert_eq!(target.users[0].password.expose(), "wonderland");
        let shown = format!("{target:?}");
        assert!(!shown.contains("wonderland") && !shown.contains("s3cret"), "{shown}");
        let source = Source {
            file: "t.yaml".into(),
            text: format!("token_endpoint: https://as.example/token\n{REST}"),
            private: true,
        };
        let error = read(&source, Path::new("."), &|_| None).expect_err("PW is not set").to_string();
        assert!(error.contains("no variable `PW`") && error.contains("t.yaml:3:"), "{error}");
    }

    #[test]
    fn plain_http_to_another_machine_must_be_asked_for() {
        assert!(target("token_endpoint: http://as.example/token").is_err_and(|why| why.contains("allow_http")));
        assert!(target("token_endpoint: http://as.example/token\nallow_http: true").is_ok());
        let local = target("token_endpoint: http://127.0.0.1:1/token").expect("loopback is fine");
        assert!(local.is_loopback() && local.failed_login_limit().is_none());
        assert_eq!(target("token_endpoint: https://as.example/token").expect("a target").failed_login_limit(), Some(2));
    }
}
