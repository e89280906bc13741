//! What is wrong with a configuration, with its remedy.

use thiserror::Error;

/// Why a configuration cannot be served. Every message names the item at fault and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The base URL is none.
    #[error(
        "base_url {url:?} is not a base URL: write http:// or https://, a host, and no slash, query or fragment at the end"
    )]
    BaseUrl {
        /// As written.
        url: String,
    },
    /// The cost is outside what argon2id allows.
    #[error(
        "hash_cost is outside what argon2id allows ({because}): give each lane at least 8 KiB of memory and one pass"
    )]
    HashCost {
        /// In the words of the hash function.
        because: String,
    },
    /// A throttle that would never, or always, say no.
    #[error("login_throttle.{field}{} is 0: give it at least 1", of_workspace(.workspace.as_deref()))]
    LoginThrottle {
        /// As `tenant/name`, unless it is the whole server's.
        workspace: Option<String>,
        /// The setting.
        field: &'static str,
    },
    /// A tenant or workspace name that cannot stand in a path.
    #[error(
        "workspace {workspace:?} cannot stand in a path: use letters, digits, `-`, `_`, `.` and `~` for tenant and name"
    )]
    WorkspaceName {
        /// As `tenant/name`.
        workspace: String,
    },
    /// Two workspaces share one issuer.
    #[error("workspace {workspace:?} is there twice: rename one of them")]
    WorkspaceTwice {
        /// As `tenant/name`.
        workspace: String,
    },
    /// The default workspace is not among the workspaces.
    #[error("default_workspace {workspace:?} is not one of the workspaces: write tenant/name of one that is")]
    DefaultWorkspace {
        /// As written.
        workspace: String,
    },
    /// Two clients share one identifier.
    #[error("client {client:?} is there twice in workspace {workspace:?}: rename one of them")]
    ClientTwice {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
    },
    /// A client that authenticates with a secret has none.
    #[error(
        "client {client:?} of workspace {workspace:?} has no secret: give it one, or set its authentication to none"
    )]
    SecretMissing {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
    },
    /// A public client has a secret.
    #[error(
        "client {client:?} of workspace {workspace:?} is public and has a secret: remove the secret, or set its \
         authentication to client_secret_basic or client_secret_post"
    )]
    SecretUnused {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
    },
    /// RFC 6749 section 4.4 reserves the grant for confidential clients.
    #[error(
        "client {client:?} of workspace {workspace:?} is public and may not use client_credentials: remove the grant, or \
         give the client a secret"
    )]
    PublicClientCredentials {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
    },
    /// A scope that RFC 6749 section 3.3 does not allow, or a misplaced wildcard.
    #[error(
        "scope {scope:?} of client {client:?} in workspace {workspace:?} is malformed: use printable ASCII without spaces, \
         `\"` and `\\`, and a `*` only as the end of `name.*`"
    )]
    Scope {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
        /// As written.
        scope: String,
    },
    /// The default scope holds what the client may not have.
    #[error(
        "default_scope {scope:?} of client {client:?} in workspace {workspace:?} is not within its scopes: add what is \
         missing there, or remove it here"
    )]
    DefaultScope {
        /// As `tenant/name`.
        workspace: String,
        /// The client's identifier.
        client: String,
        /// As written.
        scope: String,
    },
    /// Two users share one name.
    #[error("user {user:?} is there twice in workspace {workspace:?}: rename one of them")]
    UserTwice {
        /// As `tenant/name`.
        workspace: String,
        /// The user's name.
        user: String,
    },
    /// Two users, or a user and a client, share one `sub`.
    #[error("sub {sub:?} of user {user:?} in workspace {workspace:?} already stands for another: choose another sub")]
    SubjectTwice {
        /// As `tenant/name`.
        workspace: String,
        /// The user's name.
        user: String,
        /// The subject.
        sub: String,
    },
    /// The operating system gave no randomness.
    #[error("no randomness for keys and salts: check the operating system's random number generator")]
    Randomness,
}

fn of_workspace(label: Option<&str>) -> String {
    label.map(|label| format!(" of workspace {label:?}")).unwrap_or_default()
}
