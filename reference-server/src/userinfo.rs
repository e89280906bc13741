//! The protected resource: who the user is, `OpenID` Connect Core section 5.3.

use std::sync::Arc;

use axum::extract::Request;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Map;

use crate::access::IdToken;
use crate::bearer;
use crate::issued::AccessToken;
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;

/// Tells the `sub` of the user that a token speaks for, the same as in the ID token (section 5.3.2).
pub(crate) async fn answer(server: &Server, realm: &Realm, request: Request) -> Result<Reply, Refusal> {
    // Section 5.3.1: both GET and POST; RFC 9110 section 9.1: HEAD wherever there is GET.
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::POST if server.policy.userinfo_takes_post => {}
        _ => return Err(Refusal::method_not_allowed("GET, HEAD, POST")),
    }
    tell(server, realm, request).await.map_err(|refusal| challenging(refusal, realm))
}

async fn tell(server: &Server, realm: &Realm, request: Request) -> Result<Reply, Refusal> {
    let Some(text) = bearer::token(server, request).await? else {
        // RFC 6750 section 3.1: who has not tried to authenticate is told how to, not what went wrong.
        let mut reply = Reply::empty(StatusCode::UNAUTHORIZED);
        reply.headers.insert(WWW_AUTHENTICATE, challenge(realm, ""));
        return Ok(reply);
    };
    let sub = subject(server, realm, &text)?;
    Ok(Reply::told(Map::from_iter([("sub".to_owned(), (*sub).into())])))
}

/// The user that a token speaks for.
fn subject(server: &Server, realm: &Realm, text: &str) -> Result<Arc<str>, Refusal> {
    let policy = &server.policy;
    let now = realm.clock.unix_seconds();
    let Some(token) = AccessToken::read(realm, text, policy.userinfo_minds) else {
        return another(server, realm, text).ok_or_else(|| Refusal::invalid_token("the token is not valid"));
    };
    if !token.holds(realm, now, policy.userinfo_minds) {
        return Err(Refusal::invalid_token("the token is not valid"));
    }
    let is_user = realm.users.accounts.name_of(&token.sub).is_some();
    // A client that speaks for itself has nobody to tell of, whatever its scope.
    // Only a policy that does not mind the issuer meets a user of another workspace here.
    let tells = is_user || !policy.userinfo_minds.issuer;
    if !tells || policy.userinfo_minds_scope && !token.scopes.contains("openid") {
        return Err(Refusal::insufficient_scope("the token does not tell who a user is"));
    }
    Ok(token.sub)
}

/// Whom a token of another kind speaks for, if the policy lets it.
fn another(server: &Server, realm: &Realm, text: &str) -> Option<Arc<str>> {
    if !server.policy.id_token_opens_nothing
        && let Some(token) = IdToken::read(realm, text)
    {
        return Some(token.sub);
    }
    if server.policy.refresh_token_opens_nothing {
        return None;
    }
    let family = realm.families.find(realm.families.read(text)?)?;
    Some(family.login.sub)
}

/// RFC 6750 section 3: what is wrong with a request stands in the challenge, whatever the body says.
fn challenging(refusal: Refusal, realm: &Realm) -> Refusal {
    let needed = match refusal.status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => "",
        StatusCode::FORBIDDEN => r#", scope="openid""#,
        _ => return refusal,
    };
    let (error, says) = (refusal.code.as_str(), refusal.says);
    let challenge = challenge(realm, &format!(r#", error="{error}", error_description="{says}"{needed}"#));
    Refusal { header: Some((WWW_AUTHENTICATE, challenge)), ..refusal }
}

/// Neither a label nor a fixed sentence holds what can't stand in a header.
fn challenge(realm: &Realm, more: &str) -> HeaderValue {
    HeaderValue::try_from(format!(r#"Bearer realm="{}"{more}"#, realm.label))
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
