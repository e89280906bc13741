//! What a grant comes to on the wire.

use serde::Serialize;
use serde_json::Map;

use crate::grant::{Ask, Granted, Subject};
use crate::policy::ScopeTold;
use crate::random;
use crate::refusal::Refusal;
use crate::reply::Reply;

/// Issues the tokens of a grant (RFC 6749 section 5.1).
pub(crate) fn issue(ask: &Ask<'_>, granted: Granted) -> Result<Reply, Refusal> {
    let scopes = &granted.scope.scopes;
    let scope = scopes.to_string();
    let lifetime = ask.realm.access_token_lifetime_s;
    let expires_at = ask.now.saturating_add(lifetime);
    let (sub, user) = match &granted.subject {
        Subject::User(sub) => (sub.as_str(), Some(sub.as_str())),
        Subject::Client => (ask.client.id.as_str(), None),
    };

    let access_token = ask.realm.keys.access_token(&AccessToken {
        iss: &ask.realm.issuer,
        exp: expires_at,
        aud: ask.policy.audience_named.then_some(&ask.realm.audience),
        sub,
        client_id: &ask.client.id,
        iat: ask.now,
        jti: &random::id()?,
        scope: &scope,
    })?;
    let id_token = user
        .filter(|_| scopes.contains("openid"))
        .map(|sub| {
            ask.realm.keys.id_token(&IdToken {
                iss: &ask.realm.issuer,
                sub,
                aud: &ask.client.id,
                exp: expires_at,
                iat: ask.now,
            })
        })
        .transpose()?;
    let told = match ask.policy.scope_told {
        // RFC 6749 section 5.1: optional if it is what the client asked for, required otherwise.
        ScopeTold::WhenDifferent => granted.scope.differs,
        ScopeTold::Always => true,
        ScopeTold::Never => false,
    };

    let mut members = Map::new();
    members.insert("access_token".to_owned(), access_token.into());
    members.insert("token_type".to_owned(), "Bearer".into());
    members.insert("expires_in".to_owned(), lifetime.into());
    let optional = [("refresh_token", granted.refresh_token), ("scope", told.then_some(scope)), ("id_token", id_token)];
    for (name, value) in optional {
        if let Some(value) = value {
            members.insert(name.to_owned(), value.into());
        }
    }
    Ok(Reply::issued(members))
}

/// The claims of RFC 9068 section 2.2.
#[derive(Serialize)]
struct AccessToken<'a> {
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
struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
}
