//! Which grant is asked for, and whether it may be.

mod client_credentials;
mod password;
mod refresh;

use crate::client::Registered;
use crate::config::Grant;
use crate::form::{Form, Parameter};
use crate::hasher::Hasher;
use crate::occasion::Occasion;
use crate::policy::Policy;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::scope::Decided;
use crate::store::FamilyName;
use crate::token;

/// A request whose client is known: all that a grant decides by, its time included.
pub(crate) struct Ask<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) client: &'a Registered,
    pub(crate) form: &'a Form,
    pub(crate) hasher: &'a Hasher,
    pub(crate) policy: &'a Policy,
    pub(crate) occasion: Occasion,
    pub(crate) now: u64,
}

/// What a grant came to: on whose behalf, for what, and how it can be renewed.
pub(crate) struct Granted {
    pub(crate) subject: Subject,
    pub(crate) scope: Decided,
    /// The family that the access token belongs to, if the grant can be renewed.
    pub(crate) family: Option<FamilyName>,
    pub(crate) refresh_token: Option<String>,
}

/// Whom a token speaks for.
pub(crate) enum Subject {
    /// A user, by `sub`.
    User(String),
    /// The client itself.
    Client,
}

/// Answers by the grant type (RFC 6749 section 5.2 for each of the ways to fail).
pub(crate) async fn answer(ask: &Ask<'_>) -> Result<Reply, Refusal> {
    let granted = match permitted(ask)? {
        Grant::Password => password::grant(ask).await?,
        Grant::ClientCredentials => client_credentials::grant(ask)?,
        Grant::RefreshToken => refresh::grant(ask)?,
    };
    token::issue(ask, granted)
}

/// Three switches: the server knows the grant, the workspace offers it, the client may use it.
fn permitted(ask: &Ask<'_>) -> Result<Grant, Refusal> {
    let asked = required(ask.form, Parameter::GrantType, "grant_type is missing")?;
    let grant = Grant::named(asked)
        .filter(|grant| ask.realm.grants.contains(grant))
        .ok_or_else(|| Refusal::unsupported_grant_type("this grant type is not offered"))?;
    if ask.client.grants.contains(&grant) || !ask.policy.client_grants_checked {
        Ok(grant)
    } else {
        Err(Refusal::unauthorized_client("the client may not use this grant type"))
    }
}

/// RFC 6749 section 5.2: a request that lacks a required parameter is invalid.
fn required<'f>(form: &'f Form, parameter: Parameter, says: &'static str) -> Result<&'f str, Refusal> {
    form.get(parameter).ok_or_else(|| Refusal::invalid_request(says))
}

/// Grant types by the names that go over the wire.
const NAMES: &[(&str, Grant)] = &[
    ("client_credentials", Grant::ClientCredentials),
    ("password", Grant::Password),
    ("refresh_token", Grant::RefreshToken),
];

impl Grant {
    pub(crate) fn named(asked: &str) -> Option<Self> {
        let (_, grant) = NAMES.iter().find(|(name, _)| *name == asked)?;
        Some(*grant)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for &(name, grant) in NAMES {
            assert_eq!(grant.as_str(), name);
        }
        assert!(Grant::named("Password").is_none());
    }
}
