//! Workspaces made ready to serve: every name checked, every password hashed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use http::HeaderValue;

use super::{Realm, Server};
use crate::config::{Client, ClientAuthentication, Config, Grant, LoginThrottle, User, Workspace};
use crate::config_error::ConfigError;
use crate::issued::Issued;
use crate::keys::Keys;
use crate::policy::Policy;
use crate::registered::{Proof, Registered};
use crate::scope::{Allowed, Malformed};
use crate::store::Families;
use crate::throttle::Throttle;
use crate::user::{Account, Accounts, Registrar, Standing, Users};

impl Server {
    pub(crate) fn open(config: Config, policy: Policy) -> Result<Self, ConfigError> {
        let Config { base_url, hash_cost, body_limit, login_throttle, default_workspace, workspaces } = config;
        if !is_base_url(&base_url) {
            return Err(ConfigError::BaseUrl { url: base_url });
        }
        sensible(login_throttle, None)?;

        let mut registrar = Registrar::new(hash_cost, &policy)?;
        let mut realms = HashMap::with_capacity(workspaces.len());
        for workspace in workspaces {
            let label = format!("{}/{}", workspace.tenant, workspace.name);
            let opening = Opening { label: &label, base_url: &base_url, login_throttle, policy: &policy };
            let realm = opening.realm(workspace, &mut registrar)?;
            if realms.insert(label.clone(), realm).is_some() {
                return Err(ConfigError::WorkspaceTwice { workspace: label });
            }
        }

        share(&mut realms, &policy);

        match default_workspace {
            Some(label) if !realms.contains_key(&label) => Err(ConfigError::DefaultWorkspace { workspace: label }),
            default_realm => Ok(Self { policy, strict: Policy::strict(), body_limit, realms, default_realm }),
        }
    }
}

/// Has workspaces share what the policy does not keep apart.
fn share(realms: &mut HashMap<String, Realm>, policy: &Policy) {
    if !policy.refresh_tokens_stay_in_workspace {
        let families = Arc::new(Families::new(policy.refresh_tokens));
        for realm in realms.values_mut() {
            realm.families = Arc::clone(&families);
        }
    }
    if !policy.clients_stay_in_workspace {
        let mut everybody: HashMap<String, Arc<Registered>> = HashMap::new();
        for (id, client) in realms.values().flat_map(|realm| &realm.clients) {
            everybody.entry(id.clone()).or_insert_with(|| Arc::clone(client));
        }
        for (id, client) in &everybody {
            for realm in realms.values_mut() {
                realm.clients.entry(id.clone()).or_insert_with(|| Arc::clone(client));
            }
        }
    }
    if !policy.users_stay_in_workspace {
        let mut everybody = Accounts::default();
        for realm in realms.values() {
            everybody.admit(&realm.users.accounts);
        }
        let everybody = Arc::new(everybody);
        for realm in realms.values_mut() {
            realm.users.accounts = Arc::clone(&everybody);
        }
    }
}

/// A throttle that says no now and then.
fn sensible(throttle: LoginThrottle, workspace: Option<&str>) -> Result<(), ConfigError> {
    let settings = [
        ("failures", throttle.failures == 0),
        ("window_s", throttle.window_s == 0),
        ("remembered", throttle.remembered == 0),
    ];
    match settings.into_iter().find(|&(_, is_zero)| is_zero) {
        Some((field, _)) => Err(ConfigError::LoginThrottle { workspace: workspace.map(str::to_owned), field }),
        None => Ok(()),
    }
}

/// A workspace on its way to a realm; errors name it by its label.
struct Opening<'o> {
    label: &'o str,
    base_url: &'o str,
    login_throttle: LoginThrottle,
    policy: &'o Policy,
}

impl Opening<'_> {
    fn realm(&self, workspace: Workspace, registrar: &mut Registrar) -> Result<Realm, ConfigError> {
        let not_a_path = || ConfigError::WorkspaceName { workspace: self.label.to_owned() };
        if !(is_segment(&workspace.tenant) && is_segment(&workspace.name)) {
            return Err(not_a_path());
        }
        // RFC 7617 section 2: a challenge has a realm; section 2.1: this server reads credentials as UTF-8.
        let challenge = HeaderValue::try_from(format!(r#"Basic realm="{}", charset="UTF-8""#, self.label))
            .map_err(|_| not_a_path())?;
        let login_throttle = workspace.login_throttle.unwrap_or(self.login_throttle);
        sensible(login_throttle, Some(self.label))?;

        let signing = self.policy.signing.unwrap_or(workspace.signing);
        let keys = workspace.keys.map_or_else(|| Keys::shared(signing), Ok)?;
        let mut clients = HashMap::with_capacity(workspace.clients.len());
        for client in workspace.clients {
            let id = client.id.clone();
            if clients.insert(id.clone(), Arc::new(self.client(client, &keys)?)).is_some() {
                return Err(ConfigError::ClientTwice { workspace: self.label.to_owned(), client: id });
            }
        }

        // RFC 9068 section 5: the sub of a user must not pass for the sub of a client, which is its identifier.
        let hasher = registrar.hasher(workspace.hash_cost)?;
        let mut subs: HashSet<String> = clients.keys().cloned().collect();
        let mut accounts = Accounts::default();
        for User { username, password, sub, disabled } in workspace.users {
            let sub = sub.unwrap_or_else(|| username.clone());
            if !subs.insert(sub.clone()) {
                return Err(if accounts.get(&username).is_some() {
                    ConfigError::UserTwice { workspace: self.label.to_owned(), user: username }
                } else {
                    ConfigError::SubjectTwice { workspace: self.label.to_owned(), user: username, sub }
                });
            }
            let stored = registrar.store(&username, password, &hasher)?;
            let standing = if disabled { Standing::Disabled } else { Standing::Active };
            if accounts.insert(username.clone(), Account { sub: sub.into(), stored, standing }).is_some() {
                return Err(ConfigError::UserTwice { workspace: self.label.to_owned(), user: username });
            }
        }

        let issuer = format!("{}/{}", self.base_url, self.label);
        Ok(Realm {
            label: self.label.to_owned(),
            audience: workspace.audience.unwrap_or_else(|| issuer.clone()),
            issuer,
            challenge,
            grants: workspace.grants,
            clients,
            client_throttle: Throttle::new(login_throttle),
            users: Users::new(accounts, login_throttle, &hasher, self.policy)?,
            families: Arc::new(Families::new(self.policy.refresh_tokens)),
            issued: Issued::default(),
            grants_made: AtomicU64::new(0),
            keys,
            clock: workspace.clock,
            access_token_lifetime_s: workspace.access_token_lifetime_s,
            refresh_token_lifetime_s: workspace.refresh_token_lifetime_s,
        })
    }

    fn client(&self, client: Client, keys: &Arc<Keys>) -> Result<Registered, ConfigError> {
        let Client { id, authentication, secret, grants, scopes, default_scope, id_token_signed_response_alg } = client;
        let workspace = || self.label.to_owned();

        let secret = secret.filter(|secret| !secret.expose().is_empty());
        let proof = match (authentication, secret) {
            (ClientAuthentication::None, None) => Proof::None,
            (ClientAuthentication::None, Some(_)) => {
                return Err(ConfigError::SecretUnused { workspace: workspace(), client: id });
            }
            (ClientAuthentication::ClientSecretBasic, Some(secret)) => Proof::Basic(secret),
            (ClientAuthentication::ClientSecretPost, Some(secret)) => Proof::Post(secret),
            (ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost, None) => {
                return Err(ConfigError::SecretMissing { workspace: workspace(), client: id });
            }
        };
        // RFC 6749 section 4.4: only confidential clients use the client credentials grant.
        if matches!(proof, Proof::None) && grants.contains(&Grant::ClientCredentials) {
            return Err(ConfigError::PublicClientCredentials { workspace: workspace(), client: id });
        }

        let mut scopes = Allowed::read(&scopes).map_err(|scope| ConfigError::Scope {
            workspace: workspace(),
            client: id.clone(),
            scope,
        })?;
        if let Some(scope) = default_scope {
            scopes = scopes.with_default(&scope).map_err(|Malformed| ConfigError::DefaultScope {
                workspace: workspace(),
                client: id.clone(),
                scope,
            })?;
        }
        let id_token_keys = match id_token_signed_response_alg {
            Some(signing) if signing != keys.signing() => Keys::shared(signing)?,
            Some(_) | None => Arc::clone(keys),
        };
        Ok(Registered { id: id.into(), proof, grants, scopes, id_token_keys })
    }
}

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let printable = rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"'));
        printable && !rest.is_empty() && !rest.starts_with('/') && !rest.ends_with('/')
    })
}

/// RFC 3986 section 2.3: unreserved characters stand for themselves everywhere. `.` and `..` alone are steps, not names.
fn is_segment(name: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !name.is_empty() && !matches!(name, "." | "..") && name.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HashCost;

    fn opened(change: impl FnOnce(&mut Config)) -> Result<Server, ConfigError> {
        let mut config = Config { hash_cost: HashCost::LOWEST, ..Config::demo("http://127.0.0.1:8080") };
        change(&mut config);
        Server::open(config, Policy::strict())
    }

    #[test]
    fn the_demo_opens() {
        assert!(opened(|_| ()).is_ok());
    }

    fn public(config: &mut Config) -> &mut crate::config::Client {
        config.workspaces[0].clients.iter_mut().find(|client| client.id == "demo-public").unwrap()
    }

    #[test]
    fn what_cannot_be_served_is_named() {
        type Row = (fn(&mut Config), &'static str);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (|c| c.base_url = "http://x/".into(),                               r#"base_url "http://x/""#),
            (|c| c.hash_cost.memory_kib = 1,                                    "hash_cost"),
            (|c| c.workspaces[0].hash_cost = Some(HashCost { passes: 0, ..HashCost::LOWEST }), "hash_cost"),
            (|c| c.login_throttle.failures = 0,                                 "login_throttle.failures"),
            (|c| c.workspaces[0].login_throttle = Some(LoginThrottle { window_s: 0, ..c.login_throttle }), r#"login_throttle.window_s of workspace "demo/demo""#),
            (|c| c.workspaces[0].name = "a/b".into(),                           r#"workspace "demo/a/b""#),
            (|c| c.workspaces.push(c.workspaces[0].clone()),                    r#"workspace "demo/demo" is there twice"#),
            (|c| c.default_workspace = Some("demo".into()),                     r#"default_workspace "demo""#),
            (|c| c.default_workspace = Some("demo/other".into()),               r#"default_workspace "demo/other""#),
            (|c| c.workspaces[0].clients[1].id = "demo-basic".into(),           r#"client "demo-basic" is there twice"#),
            (|c| c.workspaces[0].clients[0].secret = None,                      r#"client "demo-basic" of workspace "demo/demo" has no secret"#),
            (|c| c.workspaces[0].clients[0].secret = Some("".into()),           "has no secret"),
            (|c| public(c).secret = Some("x".into()),                           r#"client "demo-public" of workspace "demo/demo" is public and has a secret"#),
            (|c| public(c).grants.push(Grant::ClientCredentials),               "may not use client_credentials"),
            (|c| c.workspaces[0].clients[0].scopes.push("transfer*".into()),    r#"scope "transfer*" of client "demo-basic""#),
            (|c| c.workspaces[0].clients[0].default_scope = Some("nope".into()), r#"default_scope "nope" of client "demo-basic""#),
            (|c| c.workspaces[0].users[1].username = "alice".into(),            r#"user "alice" is there twice"#),
            (|c| c.workspaces[0].users[1].sub = Some("demo-basic".into()),      r#"sub "demo-basic" of user "bob""#),
        ];
        for (change, says) in rows {
            let told = opened(change).err().unwrap().to_string();
            assert!(told.contains(says), "{told}");
            assert!(told.contains(": "), "no remedy: {told}");
        }
    }

    #[test]
    fn hundreds_of_copies_are_cheap() {
        let server = opened(|config| {
            let demo = config.workspaces[0].clone();
            config.workspaces.extend((0..200).map(|n| demo.renamed("demo", format!("case-{n}"))));
        });
        let server = server.unwrap();
        let realm = |name: &str| server.realm(&format!("demo/{name}")).unwrap();
        assert!(Arc::ptr_eq(&realm("case-0").keys, &realm("case-199").keys));
        assert_eq!(realm("case-7").issuer, "http://127.0.0.1:8080/demo/case-7");
    }
}
