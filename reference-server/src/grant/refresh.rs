//! Refreshing an access token, RFC 6749 section 6.

use std::time::Duration;

use tokio::time::sleep;

use super::{Ask, Granted, Subject, required};
use crate::form::Parameter;
use crate::policy::{BadRefreshToken, Crash, ForeignRefreshToken, Refresh, RefreshScope, Simultaneous};
use crate::refusal::Refusal;
use crate::registered::Proof;
use crate::scope::{self, Decided};
use crate::store::{Family, FamilyName, Login, RefreshToken};

/// For so many seconds a token that was replaced may be used once more, where there is such grace.
const GRACE_S: u64 = 10;

/// What a faulty server takes between looking and replacing: requests that are sent together arrive within it.
const FAR_AWAY: Duration = Duration::from_millis(25);

/// Trades a refresh token for an access token and the next refresh token.
///
/// Nothing is used up by a request that fails for another reason than the token: after a wrong scope the same token
/// still works.
pub(super) async fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
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
    if !family.is_newest(token) {
        match life(ask) {
            Refresh::SecretIgnored => {}
            Refresh::Grace if family.replaced_within(GRACE_S, token, ask.now) => {}
            _ => return Err(replayed(ask, token)),
        }
    }
    let asked = ask.form.get(Parameter::Scope);
    let scope = scope::for_refresh(asked, &family, &ask.client.scopes, ask.policy)?;
    let (name, refresh_token) = match ask.policy.simultaneous {
        Simultaneous::OneWins => next(ask, token, &family, &scope)?,
        Simultaneous::NoneWins => {
            let next = next(ask, token, &family, &scope)?;
            sleep(FAR_AWAY).await;
            families.find(token).ok_or_else(refused)?;
            next
        }
        Simultaneous::EachWins
        | Simultaneous::EachWinsTheSame
        | Simultaneous::OthersCrash
        | Simultaneous::OthersEndAll => {
            sleep(FAR_AWAY).await;
            next(ask, token, &family, &scope)?
        }
    };
    Ok(Granted { subject: Subject::User(family.login.sub), scope, family: Some(name), refresh_token })
}

fn refused(ask: &Ask<'_>) -> Refusal {
    let says = "the refresh token is not valid";
    match ask.policy.bad_refresh_token {
        BadRefreshToken::InvalidGrant => Refusal::invalid_grant(says),
        BadRefreshToken::InvalidRequest => Refusal::invalid_request(says),
    }
}

/// RFC 9700 section 4.14.2: a replayed token means that two hold the family, and nobody knows which one is the thief.
fn replayed(ask: &Ask<'_>, token: RefreshToken) -> Refusal {
    if !matches!(life(ask), Refresh::Forgiving) {
        ask.realm.families.end(token, ask.now);
    }
    refused(ask)
}

/// Lets another client's token pass, which the strict policy never does.
fn accept_foreign(ask: &Ask<'_>, family: &Family) -> Result<(), Refusal> {
    let owner = || ask.realm.clients.get(&*family.login.client_id);
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
        Refresh::Steady | Refresh::Accumulating | Refresh::Grace if is_public => Refresh::Rotating,
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
    let begun = |login| families.begin(login, ask.now).map(|(name, text)| (name, Some(text)));
    let same = |text| (token.family(), text);
    let rotated = || match families.rotate(token, ask.now)? {
        Some(text) => Ok(same(Some(text))),
        None => beaten(ask, token, family),
    };
    Ok(match life(ask) {
        // RFC 6749 section 6: the next token keeps the scope of the first one, however little was asked for this time.
        Refresh::Rotating if matches!(ask.policy.refresh_scope, RefreshScope::NarrowedForGood) => {
            families.forget(token);
            begun(Login { scopes: scope.scopes.clone(), ..family.login.clone() })?
        }
        Refresh::Rotating | Refresh::Forgiving | Refresh::WithheldFromPublic | Refresh::SteadyForPublic => rotated()?,
        Refresh::DeadOnArrival => {
            let (name, text) = rotated()?;
            (name, text.map(|text| text.chars().rev().collect()))
        }
        Refresh::Grace => match families.rotate(token, ask.now)? {
            Some(text) => same(Some(text)),
            None => begun(family.login.clone())?,
        },
        Refresh::Accumulating | Refresh::SecretIgnored => begun(family.login.clone())?,
        Refresh::Steady | Refresh::Withheld | Refresh::OneForAll => same(None),
    })
}

/// What is left for a use that found the token good, and then found it replaced.
fn beaten(ask: &Ask<'_>, token: RefreshToken, family: &Family) -> Result<(FamilyName, Option<String>), Refusal> {
    let families = &ask.realm.families;
    match ask.policy.simultaneous {
        Simultaneous::OneWins | Simultaneous::NoneWins => Err(replayed(ask, token)),
        Simultaneous::EachWins => {
            let (name, text) = families.begin(family.login.clone(), ask.now)?;
            Ok((name, Some(text)))
        }
        Simultaneous::EachWinsTheSame => Ok((token.family(), Some(families.replacement(token)?))),
        Simultaneous::OthersCrash => Err(Refusal::server_error()),
        Simultaneous::OthersEndAll => {
            families.end(token, ask.now);
            Err(refused(ask))
        }
    }
}
