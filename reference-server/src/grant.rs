//! Which grant is asked for, and whether it may be.

mod client_credentials;
mod password;
mod refresh;

use crate::client::Known;
use crate::config::Grant;
use crate::form::{Form, Parameter};
use crate::hasher::Hasher;
use crate::occasion::Occasion;
use crate::policy::{Echo, GrantTypeReading, Missing, Policy};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::scope::Decided;
use crate::store::FamilyName;
use crate::token;

/// A request whose client is known: all that a grant decides by, its time included.
pub(crate) struct Ask<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) client: Known<'a>,
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
pub(crate) async fn answer(ask: &Ask<'_>) -> Reply {
    let mut reply = match (decide(ask).await, &ask.client.doubt) {
        (Ok(_), Some(doubt)) => Reply::from(doubt.clone()),
        (Ok(reply), None) => reply,
        (Err(refusal), _) => Reply::from(refusal),
    };
    echo(ask, &mut reply);
    reply
}

async fn decide(ask: &Ask<'_>) -> Result<Reply, Refusal> {
    let granted = match permitted(ask)? {
        Grant::Password => password::grant(ask).await?,
        Grant::ClientCredentials => client_credentials::grant(ask)?,
        Grant::RefreshToken => refresh::grant(ask)?,
    };
    token::issue(ask, granted)
}

/// Three switches: the server knows the grant, the workspace offers it, the client may use it.
fn permitted(ask: &Ask<'_>) -> Result<Grant, Refusal> {
    let grant = asked(ask)?
        .filter(|grant| ask.realm.grants.contains(grant))
        .ok_or_else(|| Refusal::unsupported_grant_type("this grant type is not offered"))?;
    if may_use(ask, grant) {
        Ok(grant)
    } else {
        Err(Refusal::unauthorized_client("the client may not use this grant type"))
    }
}

fn may_use(ask: &Ask<'_>, grant: Grant) -> bool {
    let anybody = grant == Grant::ClientCredentials && !ask.policy.client_credentials_need_a_secret;
    ask.client.grants.contains(&grant) || anybody || !ask.policy.client_grants_checked
}

/// The grant that the request names, if the server knows it.
fn asked(ask: &Ask<'_>) -> Result<Option<Grant>, Refusal> {
    let told = || required(ask, Parameter::GrantType, "grant_type is missing");
    match ask.policy.grant_type {
        GrantTypeReading::Exact => told().map(Grant::named),
        GrantTypeReading::CaseFolded => told().map(|told| Grant::named(&told.to_ascii_lowercase())),
        GrantTypeReading::PasswordByDefault => told().map(|told| Grant::named(told).or(Some(Grant::Password))),
        GrantTypeReading::Guessed => Ok(Some(match told() {
            Ok(told) => return Ok(Grant::named(told)),
            Err(_) if ask.form.get(Parameter::RefreshToken).is_some() => Grant::RefreshToken,
            Err(_) if ask.form.get(Parameter::Username).is_some() => Grant::Password,
            Err(_) => Grant::ClientCredentials,
        })),
    }
}

/// RFC 6749 section 5.2: a request that lacks a required parameter is invalid.
fn required<'f>(ask: &Ask<'f>, parameter: Parameter, says: &'static str) -> Result<&'f str, Refusal> {
    ask.form.get(parameter).ok_or_else(|| match (ask.policy.missing, parameter) {
        (Missing::Unprocessable, _) => Refusal::unprocessable(says),
        (Missing::GrantTypeUnsupported, Parameter::GrantType) => Refusal::unsupported_grant_type(says),
        (Missing::LoginInvalid, Parameter::Username | Parameter::Password)
        | (Missing::RefreshTokenInvalid, Parameter::RefreshToken) => Refusal::invalid_grant(says),
        (_, _) => Refusal::invalid_request(says),
    })
}

/// Sends a secret back, which the strict policy never does.
fn echo(ask: &Ask<'_>, reply: &mut Reply) {
    let (parameter, name, when) = match ask.policy.echo {
        Echo::Nothing => return,
        Echo::ClientSecret => (Parameter::ClientSecret, "client_secret", reply.is_issued()),
        Echo::Password => (Parameter::Password, "password", !reply.is_issued()),
        Echo::RefreshToken => (Parameter::RefreshToken, "refresh_token_sent", !reply.is_issued()),
    };
    if let Some(secret) = ask.form.get(parameter).filter(|_| when) {
        reply.insert(name, secret);
    }
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
