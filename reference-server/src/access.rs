//! Access tokens that come back: whose they are, and whether they still hold.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::issued::AccessToken;
use crate::keys::{Kind, Signature};
use crate::policy::Minds;
use crate::realm::Realm;
use crate::scope::Scopes;

/// The claims as they stand in a token (RFC 9068 section 2.2).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: Arc<str>,
    client_id: Arc<str>,
    scope: String,
    iat: u64,
    exp: u64,
    jti: String,
}

impl AccessToken {
    /// Reads a token that this workspace issued, however long ago.
    pub(crate) fn read(realm: &Realm, text: &str, minds: Minds) -> Option<Self> {
        if let Some(known) = realm.issued.recall(text) {
            return Some(known);
        }
        let (payload, signature) = realm.keys.read(Kind::Access, text)?;
        if signature == Signature::Fails && minds.signature {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        // Workspaces may share their keys, so it is the issuer that tells them apart (RFC 8725 section 3.8).
        if claims.iss != realm.issuer && minds.issuer {
            return None;
        }
        Some(Self {
            sub: claims.sub,
            client_id: claims.client_id,
            scopes: Scopes::parse(&claims.scope).ok()?,
            iat: claims.iat,
            exp: claims.exp,
            jti: URL_SAFE_NO_PAD.decode(claims.jti).ok()?.try_into().ok()?,
        })
    }

    /// Whether it is neither expired nor revoked.
    pub(crate) fn holds(&self, realm: &Realm, now: u64, minds: Minds) -> bool {
        // RFC 7519 section 4.1.4: a token is over on the second of its `exp`.
        let expired = now >= self.exp && minds.expiry;
        let revoked = realm.families.is_denied(&self.jti) && minds.revocation;
        !expired && !revoked
    }
}

/// What an ID token of this workspace says of itself.
#[derive(Deserialize)]
pub(crate) struct IdToken {
    iss: String,
    pub(crate) sub: Arc<str>,
}

impl IdToken {
    /// Reads an ID token that this workspace issued, however long ago.
    pub(crate) fn read(realm: &Realm, text: &str) -> Option<Self> {
        let (payload, signature) = realm.every_key().into_iter().find_map(|keys| keys.read(Kind::Id, text))?;
        let token: Self = serde_json::from_slice(&payload).ok()?;
        (signature == Signature::Holds && token.iss == realm.issuer).then_some(token)
    }
}
