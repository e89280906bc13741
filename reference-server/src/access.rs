//! Access tokens that come back: whose they are, and whether they still hold.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::expiring::Expiring;
use crate::keys::{Kind, Signature};
use crate::policy::Policy;
use crate::realm::Realm;
use crate::scope::Scopes;

/// The name of one access token: 128 bits, enough to tell any two apart (RFC 7519 section 4.1.7).
pub(crate) type Jti = [u8; 16];

/// What an access token of this workspace stands for.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) sub: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: Jti,
}

/// The claims as they stand in a token (RFC 9068 section 2.2).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    client_id: String,
    scope: String,
    iat: u64,
    exp: u64,
    jti: String,
}

impl AccessToken {
    /// Reads a token that this workspace issued, however long ago.
    pub(crate) fn read(realm: &Realm, text: &str, policy: &Policy) -> Option<Self> {
        if let Some(known) = realm.issued.recall(text) {
            return Some(known);
        }
        let (payload, signature) = realm.keys.read(Kind::Access, text)?;
        if signature == Signature::Fails && policy.signatures_checked {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        // Workspaces may share their keys, so it is the issuer that tells them apart (RFC 8725 section 3.8).
        if claims.iss != realm.issuer && policy.tokens_stay_in_workspace {
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

    /// RFC 7519 section 4.1.4: a token is over on the second of its `exp`.
    pub(crate) fn has_expired(&self, now: u64) -> bool {
        now >= self.exp
    }

    pub(crate) fn is_revoked(&self, realm: &Realm) -> bool {
        realm.families.is_denied(&self.jti)
    }
}

/// What an ID token of this workspace says of itself.
#[derive(Deserialize)]
pub(crate) struct IdToken {
    iss: String,
    pub(crate) sub: String,
}

impl IdToken {
    /// Reads an ID token that this workspace issued, however long ago.
    pub(crate) fn read(realm: &Realm, text: &str) -> Option<Self> {
        let (payload, signature) = realm.every_key().into_iter().find_map(|keys| keys.read(Kind::Id, text))?;
        let token: Self = serde_json::from_slice(&payload).ok()?;
        (signature == Signature::Holds && token.iss == realm.issuer).then_some(token)
    }
}

/// The access tokens that can't be read back, because they say nothing or not what was meant, and those that are given
/// out again.
#[derive(Default)]
pub(crate) struct Issued {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    meant: Expiring<[u8; 32], AccessToken>,
    latest: HashMap<Purpose, (String, u64)>,
}

/// Client, subject and scope.
type Purpose = (String, String, String);

impl Issued {
    /// Remembers what a token stands for.
    pub(crate) fn remember(&self, text: &str, token: AccessToken) {
        let (ends_at, now) = (token.exp, token.iat);
        self.with(|held| held.meant.insert(name(text), token, ends_at, now));
    }

    /// The token that was issued before for the same, if it still holds; else this one, which is then given out from now
    /// on.
    pub(crate) fn same_again(&self, text: String, token: &AccessToken) -> String {
        let purpose = (token.client_id.clone(), token.sub.clone(), token.scopes.to_string());
        self.with(|held| {
            let latest = held.latest.entry(purpose).or_insert_with(|| (text.clone(), token.exp));
            if latest.1 <= token.iat {
                *latest = (text, token.exp);
            }
            latest.0.clone()
        })
    }

    fn recall(&self, text: &str) -> Option<AccessToken> {
        self.with(|held| held.meant.get(&name(text)).cloned())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        // Nothing in a section can panic half way, so a poisoned memory is a whole one.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut held)
    }
}

/// A token by its digest: the token itself is not kept.
fn name(text: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    name
}
