//! Refreshing an access token, RFC 6749 section 6.

use super::{Ask, Granted, Subject, required};
use crate::form::Parameter;
use crate::policy::{BadRefreshToken, Refresh};
use crate::refusal::Refusal;
use crate::scope;

/// Trades a refresh token for an access token and the next refresh token.
///
/// Nothing is used up by a request that fails for another reason than the token: after a wrong scope the same token
/// still works.
pub(super) fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    let families = &ask.realm.families;
    let text = required(ask.form, Parameter::RefreshToken, "refresh_token is missing")?;
    let refused = || match ask.policy.bad_refresh_token {
        BadRefreshToken::InvalidGrant => Refusal::invalid_grant("the refresh token is not valid"),
        BadRefreshToken::InvalidRequest => Refusal::invalid_request("the refresh token is not valid"),
    };
    let token = families.read(text).ok_or_else(refused)?;
    let family = families.find(token).ok_or_else(refused)?;
    // RFC 6749 section 6: the token was issued to the client that authenticated. Another client's attempt does not end
    // the family, or any client could log out the users of any other.
    if family.login.client_id != ask.client.id && ask.policy.refresh_is_bound_to_client {
        return Err(refused());
    }
    if family.login.has_expired(ask.now) && ask.policy.refresh_expires {
        families.forget(token);
        return Err(refused());
    }
    // RFC 9700 section 4.14.2: a replayed token means that two hold the family, and nobody knows which one is the thief.
    if !family.is_newest(token) {
        families.end(token, ask.now);
        return Err(refused());
    }
    let asked = ask.form.get(Parameter::Scope);
    let scope = scope::for_refresh(asked, &family.login.scopes, ask.client, ask.policy)?;

    // RFC 6749 section 6: the next token keeps the scope of the first one, however little was asked for this time.
    let refresh_token = match ask.policy.refresh {
        Refresh::Rotating => Some(families.rotate(token, ask.now)?.ok_or_else(refused)?),
        Refresh::Steady | Refresh::Withheld => None,
    };
    Ok(Granted { subject: Subject::User(family.login.sub), scope, family: Some(token.family()), refresh_token })
}
