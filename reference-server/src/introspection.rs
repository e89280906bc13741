//! What a token is good for, RFC 7662.

use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::about_token::{self, Asker};
use crate::issued::AccessToken;
use crate::occasion::Occasion;
use crate::policy::IntrospectionFor;
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::store::Family;

/// Answers a resource server that wants to know about a token.
///
/// Every confidential client of a workspace may ask about every token of that workspace: whoever protects a resource is
/// registered as one.
pub(crate) async fn answer(
    server: &Server,
    realm: &Realm,
    request: Request,
    occasion: &mut Occasion,
) -> Result<Reply, Refusal> {
    let policy = &server.policy;
    let asker = match policy.introspection_for {
        IntrospectionFor::ConfidentialClients | IntrospectionFor::Clients => Asker::Client,
        IntrospectionFor::Everybody => Asker::Anybody,
    };
    let (form, _) = about_token::take(server, realm, request, asker, occasion).await?;
    // RFC 7662 section 2.1: some form of authorization is required, so that tokens can't be tried out one by one.
    if occasion.client_is_public && matches!(policy.introspection_for, IntrospectionFor::ConfidentialClients) {
        return Err(Refusal::invalid_client("a public client may not introspect", realm.challenge.clone()));
    }
    let (text, kinds) = about_token::token(&form, policy.introspection_hints)?;

    let now = realm.clock.unix_seconds();
    let minds = policy.introspection_minds;
    if kinds.access
        && let Some(token) = AccessToken::read(realm, text, minds)
        && token.holds(realm, now, minds)
    {
        return Ok(Reply::told(access_token(realm, &token)));
    }
    if kinds.refresh
        && let Some(token) = realm.families.read(text)
        && let Some(family) = realm.families.find(token)
        && !(family.login.has_expired(now) && minds.expiry)
        && family.is_newest(token)
    {
        return Ok(Reply::told(refresh_token(realm, &family)));
    }
    // RFC 7662 section 2.2: whatever else it is, it is not active, and why is nobody's business.
    Ok(Reply::told(members([("active", Some(false.into()))])))
}

/// RFC 7662 section 2.2; the values are those of the token itself.
fn access_token(realm: &Realm, token: &AccessToken) -> Map<String, Value> {
    members([
        ("active", Some(true.into())),
        ("scope", Some(token.scopes.to_string().into())),
        ("client_id", Some((*token.client_id).into())),
        ("username", realm.users.accounts.name_of(&token.sub).map(Value::from)),
        ("token_type", Some("Bearer".into())),
        ("exp", Some(token.exp.into())),
        ("iat", Some(token.iat.into())),
        ("sub", Some((*token.sub).into())),
        ("aud", Some(realm.audience.as_str().into())),
        ("iss", Some(realm.issuer.as_str().into())),
        ("jti", Some(URL_SAFE_NO_PAD.encode(token.jti).into())),
    ])
}

/// Without `token_type`, whose values RFC 6749 section 5.1 gives to access tokens alone.
fn refresh_token(realm: &Realm, family: &Family) -> Map<String, Value> {
    let login = &family.login;
    members([
        ("active", Some(true.into())),
        ("scope", Some(login.scopes.to_string().into())),
        ("client_id", Some((*login.client_id).into())),
        ("username", realm.users.accounts.name_of(&login.sub).map(Value::from)),
        ("exp", Some(login.expires_at.into())),
        ("iat", Some(family.renewed_at.into())),
        ("sub", Some((*login.sub).into())),
        // RFC 6749 section 1.5: a refresh token is meant for the authorization server alone.
        ("aud", Some(json!(realm.issuer))),
        ("iss", Some(json!(realm.issuer))),
    ])
}

fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
