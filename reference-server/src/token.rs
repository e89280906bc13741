//! What a grant comes to on the wire.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;

use crate::draft::Draft;
use crate::grant::{Ask, Granted, Subject};
use crate::issued::AccessToken;
use crate::keys::Kind;
use crate::occasion::Occasion;
use crate::policy::{AccessTokens, ScopeTold, Simultaneous};
use crate::random;
use crate::refusal::Refusal;
use crate::reply::{Reply, Tokens};
use crate::scope::Scopes;
use crate::store::{self, Jti};

/// Issues the tokens of a grant (RFC 6749 section 5.1).
pub(crate) fn issue(ask: &Ask<'_>, granted: Granted) -> Result<Reply, Refusal> {
    let Granted { subject, scope, family, refresh_token } = granted;
    let lifetime = ask.realm.access_token_lifetime_s;
    let (sub, is_user) = match subject {
        Subject::User(sub) => (sub, true),
        Subject::Client => (Arc::clone(&ask.client.id), false),
    };
    let token = AccessToken {
        sub,
        client_id: Arc::clone(&ask.client.id),
        scopes: scope.scopes,
        iat: ask.now,
        exp: ask.now.saturating_add(lifetime),
        jti: jti(ask, refresh_token.as_deref())?,
    };
    let occasion = Occasion { granted: 1 + ask.realm.grants_made.fetch_add(1, Ordering::Relaxed), ..ask.occasion };
    let access_token = access_token(ask, occasion, &token)?;
    if let Some(family) = family {
        ask.realm.families.adopt(family, token.jti, token.exp, ask.now);
    }
    let id_token = (is_user && token.scopes.contains("openid")).then(|| {
        let AccessToken { sub, exp, iat, .. } = &token;
        let claims = IdClaims { iss: &ask.realm.issuer, sub, aud: &ask.client.id, exp: *exp, iat: *iat };
        jwt(ask, occasion, Kind::Id, &claims)
    });
    let told = match ask.policy.scope_told {
        // RFC 6749 section 5.1: optional if it is what the client asked for, required otherwise.
        ScopeTold::WhenDifferent => scope.differs,
        ScopeTold::Always => true,
        ScopeTold::Never => false,
    };
    let tokens = Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime,
        refresh_token,
        scope: told.then_some(token.scopes),
        id_token: id_token.transpose()?,
    };
    Ok(Reply { occasion, ..Reply::issued(tokens) })
}

/// RFC 7519 section 4.1.7: none that another token has.
fn jti(ask: &Ask<'_>, refresh_token: Option<&str>) -> Result<Jti, Refusal> {
    match (ask.policy.simultaneous, refresh_token) {
        (Simultaneous::EachWinsTheSame, Some(token)) => Ok(store::jti_of(token)),
        _ => random::bytes(),
    }
}

/// An access token in the form that the policy gives it, remembered if it can't be read back.
fn access_token(ask: &Ask<'_>, occasion: Occasion, token: &AccessToken) -> Result<String, Refusal> {
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
                scope: &token.scopes,
            },
        )?,
        AccessTokens::Opaque => URL_SAFE_NO_PAD.encode(random::bytes::<32>()?),
    };
    let text = match ask.policy.access_tokens {
        AccessTokens::Jwt | AccessTokens::Opaque => text,
        AccessTokens::Repeated => ask.realm.issued.same_again(text, token, |jti| ask.realm.families.is_denied(jti)),
    };
    if ask.policy.access_tokens == AccessTokens::Opaque || !ask.policy.drafts.is_empty() {
        ask.realm.issued.remember(&text, token.clone());
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
    scope: &'a Scopes,
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
