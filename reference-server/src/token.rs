//! What a grant comes to on the wire.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::draft::Draft;
use crate::grant::{Ask, Granted, Subject};
use crate::issued::AccessToken;
use crate::keys::Kind;
use crate::occasion::Occasion;
use crate::policy::{AccessTokens, ScopeTold, Simultaneous};
use crate::random;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::store::{self, Jti};

/// Issues the tokens of a grant (RFC 6749 section 5.1).
pub(crate) fn issue(ask: &Ask<'_>, granted: Granted) -> Result<Reply, Refusal> {
    let scopes = &granted.scope.scopes;
    let scope = scopes.to_string();
    let lifetime = ask.realm.access_token_lifetime_s;
    let expires_at = ask.now.saturating_add(lifetime);
    let (sub, user) = match &granted.subject {
        Subject::User(sub) => (sub, Some(&**sub)),
        Subject::Client => (&ask.client.id, None),
    };

    let jti = jti(ask, &granted)?;
    let occasion = Occasion { granted: 1 + ask.realm.grants_made.fetch_add(1, Ordering::Relaxed), ..ask.occasion };
    let access_token = access_token(
        ask,
        occasion,
        &scope,
        AccessToken {
            sub: Arc::clone(sub),
            client_id: Arc::clone(&ask.client.id),
            scopes: scopes.clone(),
            iat: ask.now,
            exp: expires_at,
            jti,
        },
    )?;
    if let Some(family) = granted.family {
        ask.realm.families.adopt(family, jti, expires_at, ask.now);
    }
    let id_token = user
        .filter(|_| scopes.contains("openid"))
        .map(|sub| {
            let claims = IdClaims { iss: &ask.realm.issuer, sub, aud: &ask.client.id, exp: expires_at, iat: ask.now };
            jwt(ask, occasion, Kind::Id, &claims)
        })
        .transpose()?;
    let told = match ask.policy.scope_told {
        // RFC 6749 section 5.1: optional if it is what the client asked for, required otherwise.
        ScopeTold::WhenDifferent => granted.scope.differs,
        ScopeTold::Always => true,
        ScopeTold::Never => false,
    };

    let mut members = Map::with_capacity(8);
    members.insert("access_token".to_owned(), access_token.into());
    members.insert("token_type".to_owned(), "Bearer".into());
    members.insert("expires_in".to_owned(), lifetime.into());
    let optional = [("refresh_token", granted.refresh_token), ("scope", told.then_some(scope)), ("id_token", id_token)];
    for (name, value) in optional {
        if let Some(value) = value {
            members.insert(name.to_owned(), value.into());
        }
    }
    Ok(Reply { occasion, ..Reply::issued(members) })
}

/// RFC 7519 section 4.1.7: none that another token has.
fn jti(ask: &Ask<'_>, granted: &Granted) -> Result<Jti, Refusal> {
    match (ask.policy.simultaneous, &granted.refresh_token) {
        (Simultaneous::EachWinsTheSame, Some(token)) => Ok(store::jti_of(token)),
        _ => random::bytes(),
    }
}

/// An access token in the form that the policy gives it, remembered if it can't be read back.
fn access_token(ask: &Ask<'_>, occasion: Occasion, scope: &str, token: AccessToken) -> Result<String, Refusal> {
    let text = match ask.policy.access_tokens {
        AccessTokens::Jwt | AccessTokens::Repeated => jwt(
            ask,
            occasion,
            Kind::Access,
            &AccessClaims {
                iss: &ask.realm.issuer,
                exp: token.exp,
                aud: ask.policy.audience_named.then_some(&ask.realm.audience),
                sub: &token.sub,
                client_id: &token.client_id,
                iat: token.iat,
                jti: &URL_SAFE_NO_PAD.encode(token.jti),
                scope,
            },
        )?,
        AccessTokens::Opaque => URL_SAFE_NO_PAD.encode(random::bytes::<32>()?),
    };
    let text = match ask.policy.access_tokens {
        AccessTokens::Jwt | AccessTokens::Opaque => text,
        AccessTokens::Repeated => ask.realm.issued.same_again(text, &token, |jti| ask.realm.families.is_denied(jti)),
    };
    if ask.policy.access_tokens == AccessTokens::Opaque || !ask.policy.drafts.is_empty() {
        ask.realm.issued.remember(&text, token);
    }
    Ok(text)
}

/// A signed token, once the policy has had its way with it.
fn jwt(ask: &Ask<'_>, occasion: Occasion, kind: Kind, claims: &impl Serialize) -> Result<String, Refusal> {
    let keys = match kind {
        Kind::Access => &ask.realm.keys,
        Kind::Id => &ask.client.id_token_keys,
    };
    if ask.policy.drafts.is_empty() {
        return keys.issue(kind, claims).ok_or_else(Refusal::server_error);
    }
    let Ok(Value::Object(claims)) = serde_json::to_value(claims) else {
        return Err(Refusal::server_error());
    };
    let mut draft = Draft::new(keys.header(kind).clone(), claims, occasion);
    for redraft in &ask.policy.drafts {
        if redraft.of == kind {
            (redraft.how)(&mut draft);
        }
    }
    draft.finish(keys).ok_or_else(Refusal::server_error)
}

/// The claims of RFC 9068 section 2.2.
#[derive(Serialize)]
struct AccessClaims<'a> {
    iss: &'a str,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a String>,
    sub: &'a str,
    client_id: &'a str,
    iat: u64,
    jti: &'a str,
    scope: &'a str,
}

/// The claims of `OpenID` Connect Core section 2.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
}
