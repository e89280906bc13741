//! What a client or user can be to a case: cases ask by role, and the first of the target file that fits is it.

use super::{AuthMethod, Client, User};

/// What a client can be to a case: the role, and how a target has it.
pub struct ClientRole {
    /// The name in `as`.
    pub name: &'static str,
    /// What it takes, as a fragment: `a client without a secret`.
    pub says: &'static str,
    pub(super) fits: fn(&Client) -> bool,
}

/// Every client role, the default first.
pub const CLIENT_ROLES: [ClientRole; 10] = [
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
        name: "for-itself",
        says: "a client with a secret and the client credentials grant",
        fits: |c| !c.sacrificial && c.may_use("client_credentials") && c.secret.is_some(),
    },
    ClientRole {
        name: "without-password-grant",
        says: "a client whose `grants` leave out password",
        fits: |c| !c.sacrificial && !c.may_use("password") && c.secret.is_some(),
    },
    ClientRole {
        name: "decoy",
        says: "a client with a secret, the password grant and `sacrificial: true`",
        fits: |c| c.sacrificial && c.may_use("password") && c.secret.is_some(),
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

/// The role of a user where nobody asks for another.
pub const KNOWN: &str = "known";

/// The role of a user that may be locked out.
pub const DECOY: &str = "decoy";

/// The role of a second client: any other with a secret and the password grant.
pub const SECOND: &str = "second";

/// The role of a client that may not have every scope that another may.
pub const NARROW: &str = "narrow";

/// What a user can be to a case: the role, and how a target has it.
pub struct UserRole {
    /// The name in `user`.
    pub name: &'static str,
    /// What it takes, as a fragment.
    pub says: &'static str,
    pub(super) fits: fn(&User) -> bool,
}

/// Every user role, the default first.
pub const USER_ROLES: [UserRole; 7] = [
    UserRole { name: KNOWN, says: "a user", fits: |u| u.usable() },
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
    UserRole {
        name: "long",
        says: "a user whose password is longer than 72 bytes",
        fits: |u| u.usable() && u.password.expose().len() > 72,
    },
    UserRole { name: "disabled", says: "a user with `disabled: true`", fits: |u| u.disabled },
    UserRole { name: DECOY, says: "a user with `sacrificial: true`", fits: |u| u.sacrificial && !u.disabled },
];

/// What a role takes, for a skip reason: `no public client in the target file: …`.
pub fn lacking_client(role: &str) -> String {
    let says = CLIENT_ROLES.iter().find(|one| one.name == role).map(|one| one.says);
    let says = says.unwrap_or(match role {
        NARROW => "a client that may not have every scope that another may",
        _ => "a second client with a secret",
    });
    format!("the target file lacks {says}")
}

/// What a role takes, for a skip reason.
pub fn lacking_user(role: &str) -> String {
    let says = USER_ROLES.iter().find(|one| one.name == role).map_or("a second user", |one| one.says);
    format!("the target file lacks {says}")
}

/// Every name that `as` takes.
pub fn client_roles() -> impl Iterator<Item = &'static str> {
    CLIENT_ROLES.iter().map(|role| role.name).chain([SECOND, NARROW])
}

/// Every name that `user` takes.
pub fn user_roles() -> impl Iterator<Item = &'static str> {
    USER_ROLES.iter().map(|role| role.name).chain([SECOND])
}
