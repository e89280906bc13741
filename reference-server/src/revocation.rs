//! Tokens that a client gives back, RFC 7009.

use axum::extract::Request;
use http::StatusCode;

use crate::access::{AccessToken, IdToken};
use crate::client::{self, Registered};
use crate::form::Parameter;
use crate::intake;
use crate::occasion::Occasion;
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;

/// Ends a token. `token_type_hint` changes nothing (RFC 7009 section 2.1), since looking in both places costs little.
pub(crate) async fn answer(
    server: &Server,
    realm: &Realm,
    request: Request,
    occasion: &mut Occasion,
) -> Result<Reply, Refusal> {
    let policy = &server.policy;
    let asked = intake::take(request, server.body_limit, &server.strict).await?;
    let client = if policy.revocation_needs_client {
        Some(client::authenticate(realm, &asked.headers, &asked.form, &server.strict)?)
    } else {
        None
    };
    if let Some(client) = client {
        occasion.asker = client.asker();
    }
    let text = asked.form.get(Parameter::Token).ok_or_else(|| Refusal::invalid_request("token is missing"))?;

    let now = realm.clock.unix_seconds();
    let client = client.filter(|_| policy.revocation_minds_owner);
    if let Some(token) = realm.families.read(text)
        && let Some(family) = realm.families.find(token)
    {
        owned(client, &family.login.client_id)?;
        // RFC 7009 section 2.1: the access tokens of the same grant should go as well. So does the family of a token that
        // was replaced long ago: whoever gives it back wants the grant to end.
        match (policy.refresh_tokens_are_revoked, policy.access_tokens_go_with_refresh_token) {
            (true, true) => realm.families.end(token, now),
            (true, false) => realm.families.forget(token),
            (false, _) => {}
        }
    } else if let Some(token) = AccessToken::read(realm, text, policy) {
        owned(client, &token.client_id)?;
        if policy.access_tokens_are_revoked {
            realm.families.deny(token.jti, token.exp, now);
        }
    } else if IdToken::read(realm, text).is_some() {
        return Err(Refusal::unsupported_token_type("an ID token can not be revoked"));
    }
    // RFC 7009 section 2.2: to an unknown token there is nothing to add, since it is as invalid as its client wants it.
    Ok(Reply::empty(StatusCode::OK))
}

/// RFC 7009 section 2.1 has another client's token refused without saying how; the code is that of RFC 6749 section 5.2 for
/// a token that was issued to another client.
fn owned(client: Option<&Registered>, owner: &str) -> Result<(), Refusal> {
    match client {
        Some(client) if client.id != owner => Err(Refusal::invalid_grant("the token belongs to another client")),
        Some(_) | None => Ok(()),
    }
}
