//! The workspace that is there when nobody wrote one.

use crate::config::{Client, ClientAuthentication, Config, Grant, User, Workspace};
use crate::secret::Secret;

use ClientAuthentication::{ClientSecretBasic, ClientSecretPost, None as Public};
use Grant::{ClientCredentials, Password, RefreshToken};

impl Config {
    /// The built-in server: tenant `demo`, workspace `demo`, also behind `/oauth/token`.
    pub fn demo(base_url: impl Into<String>) -> Self {
        Self { default_workspace: Some("demo/demo".to_owned()), workspaces: vec![workspace()], ..Self::new(base_url) }
    }
}

impl Workspace {
    /// A second workspace beside the demo: tenant `demo`, workspace `neighbour`. Its clients have the same identifiers and
    /// secrets, but for `demo-post` and `demo-special`, which it does not know; its users are other people.
    pub fn neighbour() -> Self {
        let Self { mut clients, .. } = workspace();
        clients.retain(|client| !["demo-post", "demo-special"].contains(&client.id.as_str()));
        let users = NEIGHBOURS.iter().map(user).collect();
        Self { name: "neighbour".to_owned(), clients, users, ..workspace() }
    }
}

const ALL: &[Grant] = &[Password, RefreshToken, ClientCredentials];
const BY_USER: &[Grant] = &[Password, RefreshToken];
const EVERYTHING: &[&str] = &["read", "write", "openid", "transfer.*"];
const READ: &[&str] = &["read"];

type ClientRow = (
    &'static str,
    ClientAuthentication,
    Option<&'static str>,
    &'static [Grant],
    &'static [&'static str],
    Option<&'static str>,
);

#[rustfmt::skip]
const CLIENTS: &[ClientRow] = &[
    ("demo-basic",       ClientSecretBasic, Some("basic-secret-1"),       ALL,                  EVERYTHING, Some("read")),
    ("demo-decoy",       ClientSecretBasic, Some("decoy-secret-1"),       &[Password],          READ,       Some("read")),
    ("demo-no-default",  ClientSecretBasic, Some("no-default-secret-1"),  &[Password],          READ,       None),
    ("demo-no-password", ClientSecretBasic, Some("no-password-secret-1"), &[ClientCredentials], EVERYTHING, Some("read")),
    ("demo-post",        ClientSecretPost,  Some("post-secret-1"),        ALL,                  EVERYTHING, Some("read")),
    ("demo-public",      Public,            None,                         BY_USER,              EVERYTHING, Some("read")),
    ("demo-second",      ClientSecretBasic, Some("second-secret-1"),      ALL,                  READ,       Some("read")),
    // Every character that form encoding, a colon split or a Latin-1 reading could spoil.
    ("demo-special",     ClientSecretBasic, Some("s3cr+t%2F:x y/&=ü"),    BY_USER,              EVERYTHING, Some("read")),
];

/// 96 bytes: hashes that read 72 bytes at most cannot tell its end from another.
const LONG: &str = "correct-horse-battery-staple-correct-horse-battery-staple-correct-horse-battery-staple-to-the-end";

/// User name, password and subject.
type UserRow = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const USERS: &[UserRow] = &[
    ("alice",     "wonderland-7",       "user-alice"),
    ("bob",       "builder-42",         "user-bob"),
    ("decoy-1",   "decoy-password-1",   "user-decoy-1"),
    ("decoy-2",   "decoy-password-2",   "user-decoy-2"),
    ("dormant",   "asleep-9",           "user-dormant"),
    ("plus+user", "a+b c&d=e%f:g",      "user-plus"),
    ("spacey",    " lead and trail ",   "user-spacey"),
    ("wordy",     LONG,                 "user-wordy"),
    ("zoë",       "pässwörd✓",          "user-zoe"),
];

#[rustfmt::skip]
const NEIGHBOURS: &[UserRow] = &[
    ("carol",     "crystal-palace-5",   "user-carol"),
    ("dave",      "dusty-road-3",       "user-dave"),
];

const DISABLED: &str = "dormant";

fn workspace() -> Workspace {
    let client = |&(id, authentication, secret, grants, scopes, default_scope): &ClientRow| Client {
        id: id.to_owned(),
        authentication,
        secret: secret.map(Secret::from),
        grants: grants.to_vec(),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        default_scope: default_scope.map(str::to_owned),
        id_token_signed_response_alg: None,
    };
    Workspace {
        grants: ALL.to_vec(),
        clients: CLIENTS.iter().map(client).collect(),
        users: USERS.iter().map(user).collect(),
        ..Workspace::new("demo", "demo")
    }
}

fn user(&(username, password, sub): &UserRow) -> User {
    User {
        username: username.to_owned(),
        password: Secret::from(password),
        sub: Some(sub.to_owned()),
        disabled: username == DISABLED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_password_passes_72_bytes() {
        assert!(LONG.len() > 72);
    }

    #[test]
    fn neighbours_have_clients_and_no_user_in_common() {
        let (here, there) = (workspace(), Workspace::neighbour());
        assert_eq!(here.clients.len(), there.clients.len() + 2);
        for user in &there.users {
            assert!(here.users.iter().all(|it| it.username != user.username && it.sub != user.sub));
        }
    }
}
