//! Refreshing an access token, RFC 6749 section 6.

use super::{Ask, Granted, Subject, required};
use crate::form::Parameter;
use crate::policy::{BadRefreshToken, Crash, ForeignRefreshToken, Refresh, RefreshScope};
use crate::refusal::Refusal;
use crate::registered::Proof;
use crate::scope::{self, Decided};
use crate::store::{Family, FamilyName, Login, RefreshToken};

/// Trades a refresh token for an access token and the next refresh token.
///
/// Nothing is used up by a request that fails for another reason than the token: after a wrong scope the same token
/// still works.
pub(super) fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    let families = &ask.realm.families;
    let text = required(ask, Parameter::RefreshToken, "refresh_token is missing")?;
    if !text.is_ascii() {
        ask.policy.stands(Crash::RefreshTokenBeyondAscii)?;
    }
    let refused = || refused(ask);
    let token = families.read(text).ok_or_else(refused)?;
    let family = families.find(token).ok_or_else(refused)?;
    // RFC 6749 section 6: the token was issued to the client that authenticated. Another client's attempt does not end
    // the family, or any client could log out the users of any other.
    if family.login.client_id != ask.client.id {
        accept_foreign(ask, &family)?;
    }
    if family.login.has_expired(ask.now) && ask.policy.refresh_expires {
        families.forget(token);
        return Err(refused());
    }
    // RFC 9700 section 4.14.2: a replayed token means that two hold the family, and nobody knows which one is the thief.
    if !family.is_newest(token) {
        match life(ask) {
            Refresh::SecretIgnored => {}
            Refresh::Forgiving => return Err(refused()),
            _ => {
                families.end(token, ask.now);
                return Err(refused());
            }
        }
    }
    let asked = ask.form.get(Parameter::Scope);
    let scope = scope::for_refresh(asked, &family, &ask.client.scopes, ask.policy)?;
    let (name, refresh_token) = next(ask, token, &family, &scope)?;
    Ok(Granted { subject: Subject::User(family.login.sub), scope, family: Some(name), refresh_token })
}

fn refused(ask: &Ask<'_>) -> Refusal {
    let says = "the refresh token is not valid";
    match ask.policy.bad_refresh_token {
        BadRefreshToken::InvalidGrant => Refusal::invalid_grant(says),
        BadRefreshToken::InvalidRequest => Refusal::invalid_request(says),
    }
}

/// Lets another client's token pass, which the strict policy never does.
fn accept_foreign(ask: &Ask<'_>, family: &Family) -> Result<(), Refusal> {
    let owner = || ask.realm.clients.get(&family.login.client_id);
    match ask.policy.foreign_refresh_token {
        ForeignRefreshToken::Accepted => Ok(()),
        ForeignRefreshToken::AcceptedOfPublic if owner().is_some_and(|owner| matches!(owner.proof, Proof::None)) => {
            Ok(())
        }
        ForeignRefreshToken::Refused | ForeignRefreshToken::AcceptedOfPublic => Err(refused(ask)),
        ForeignRefreshToken::InvalidClient => {
            Err(Refusal::invalid_client("the refresh token is not this client's", ask.realm.challenge.clone()))
        }
    }
}

/// RFC 9700 section 4.14.2: what a client with a secret may do without, one without a secret needs.
fn life(ask: &Ask<'_>) -> Refresh {
    let is_public = matches!(ask.client.proof, Proof::None);
    match ask.policy.refresh {
        Refresh::Steady | Refresh::Accumulating if is_public => Refresh::Rotating,
        Refresh::SteadyForPublic if is_public => Refresh::Steady,
        refresh => refresh,
    }
}

/// The token to refresh with the next time, and the family that goes on.
fn next(
    ask: &Ask<'_>,
    token: RefreshToken,
    family: &Family,
    scope: &Decided,
) -> Result<(FamilyName, Option<String>), Refusal> {
    let families = &ask.realm.families;
    let rotated = || families.rotate(token, ask.now)?.ok_or_else(|| refused(ask));
    let begun = |login| families.begin(login, ask.now).map(|(name, text)| (name, Some(text)));
    let same = |text| (token.family(), text);
    Ok(match life(ask) {
        // RFC 6749 section 6: the next token keeps the scope of the first one, however little was asked for this time.
        Refresh::Rotating if matches!(ask.policy.refresh_scope, RefreshScope::NarrowedForGood) => {
            families.forget(token);
            begun(Login { scopes: scope.scopes.clone(), ..family.login.clone() })?
        }
        Refresh::Rotating | Refresh::Forgiving | Refresh::WithheldFromPublic | Refresh::SteadyForPublic => {
            same(Some(rotated()?))
        }
        Refresh::DeadOnArrival => same(Some(rotated()?.chars().rev().collect())),
        Refresh::Accumulating | Refresh::SecretIgnored => begun(family.login.clone())?,
        Refresh::Steady | Refresh::Withheld | Refresh::OneForAll => same(None),
    })
}
