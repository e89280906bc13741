//! Tokens that a client gives back, RFC 7009.

use axum::extract::Request;
use http::StatusCode;

use crate::about_token::{self, Asker};
use crate::access::IdToken;
use crate::issued::AccessToken;
use crate::occasion::Occasion;
use crate::policy::{Minds, Revoking};
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::registered::Registered;
use crate::reply::Reply;

/// Ends a token, if it is one of the client's own.
pub(crate) async fn answer(
    server: &Server,
    realm: &Realm,
    request: Request,
    occasion: &mut Occasion,
) -> Result<Reply, Refusal> {
    let policy = &server.policy;
    let asker = if policy.revocation_needs_client { Asker::Client } else { Asker::Anybody };
    let (form, client) = about_token::take(server, realm, request, asker, occasion).await?;
    let (text, kinds) = about_token::token(&form, policy.revocation_hints)?;

    let now = realm.clock.unix_seconds();
    let client = client.as_deref().filter(|_| policy.revocation_minds_owner);
    if kinds.refresh
        && let Some(token) = realm.families.read(text)
        && let Some(family) = realm.families.find(token)
    {
        owned(client, &family.login.client_id)?;
        // RFC 7009 section 2.1: the access tokens of the same grant should go as well. So does the family of a token that
        // was replaced long ago: whoever gives it back wants the grant to end.
        match policy.refresh_token_revocation {
            Revoking::PretendedOnceRenewed if family.renewals > 0 => {}
            Revoking::Done if policy.access_tokens_go_with_refresh_token => realm.families.end(token, now),
            Revoking::Done => realm.families.forget(token),
            Revoking::PretendedOnceRenewed => realm.families.end(token, now),
            Revoking::Pretended => {}
            Revoking::Unsupported => return Err(unsupported()),
        }
    } else if kinds.access
        && let Some(token) = AccessToken::read(realm, text, Minds::EVERYTHING)
    {
        owned(client, &token.client_id)?;
        match policy.access_token_revocation {
            Revoking::Done | Revoking::PretendedOnceRenewed => realm.families.deny(token.jti, token.exp, now),
            Revoking::Pretended => {}
            Revoking::Unsupported => return Err(unsupported()),
        }
    } else if IdToken::read(realm, text).is_some() {
        return Err(unsupported());
    } else if !policy.unknown_tokens_count_as_revoked {
        return Err(Refusal::invalid_grant("the token is not valid"));
    }
    // RFC 7009 section 2.2: to an unknown token there is nothing to add, since it is as invalid as its client wants it.
    Ok(Reply::empty(StatusCode::OK))
}

/// RFC 7009 section 2.2.1: an ID token, for one, is no grant that could be taken back.
fn unsupported() -> Refusal {
    Refusal::unsupported_token_type("a token of this kind can not be revoked")
}

/// RFC 7009 section 2.1 has another client's token refused without saying how; the code is that of RFC 6749 section 5.2 for
/// a token that was issued to another client.
fn owned(client: Option<&Registered>, owner: &str) -> Result<(), Refusal> {
    match client {
        Some(client) if *client.id != *owner => Err(Refusal::invalid_grant("the token belongs to another client")),
        Some(_) | None => Ok(()),
    }
}
