//! Which grant is asked for, and whether it may be.

mod client_credentials;
mod password;
mod refresh;

use std::sync::Arc;

use crate::client::Known;
use crate::config::Grant;
use crate::form::{Form, Parameter};
use crate::occasion::Occasion;
use crate::policy::{Crash, GrantTypeReading, Missing, Policy};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::Decided;
use crate::store::FamilyName;

/// A request whose client is known: all that a grant decides by, its time included.
pub(crate) struct Ask<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) client: Known<'a>,
    pub(crate) form: &'a Form,
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
    User(Arc<str>),
    /// The client itself.
    Client,
}

/// Decides by the grant type (RFC 6749 section 5.2 for each of the ways to fail).
pub(crate) async fn decide(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    match permitted(ask)? {
        Grant::Password => password::grant(ask).await,
        Grant::ClientCredentials => client_credentials::grant(ask),
        Grant::RefreshToken => refresh::grant(ask).await,
    }
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
    let told = || {
        let told = required(ask, Parameter::GrantType, "grant_type is missing")?;
        if told.contains('.') {
            ask.policy.stands(Crash::GrantTypeWithDot)?;
        }
        Ok(told)
    };
    match ask.policy.grant_type {
        GrantTypeReading::Exact => told().map(Grant::named),
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
