//! Access tokens as they are meant, and the memory of those that do not say it themselves.

use std::collections::HashMap;
use std::sync::Arc;

use crate::digest::{Digest, sha256};
use crate::expiring::Expiring;
use crate::scope::Scopes;
use crate::shared::Shared;
use crate::store::Jti;

/// What an access token of this workspace stands for.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) sub: Arc<str>,
    pub(crate) client_id: Arc<str>,
    pub(crate) scopes: Scopes,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: Jti,
}

/// The access tokens that can't be read back, because they say nothing or not what was meant, and those that are given
/// out again.
#[derive(Default)]
pub(crate) struct Issued {
    held: Shared<Held>,
}

#[derive(Default)]
struct Held {
    meant: Expiring<Digest, AccessToken>,
    latest: HashMap<Purpose, (String, AccessToken)>,
}

/// Client, subject and scope.
type Purpose = (Arc<str>, Arc<str>, String);

impl Issued {
    /// Remembers what a token stands for.
    pub(crate) fn remember(&self, text: &str, token: AccessToken) {
        let (ends_at, now) = (token.exp, token.iat);
        self.held.with(|held| held.meant.insert(name(text), token, ends_at, now));
    }

    /// The token that was issued before for the same, if it still holds; else this one, which is then given out from now
    /// on. A token that was ended before its time does not hold.
    pub(crate) fn same_again(&self, text: String, token: &AccessToken, is_denied: impl Fn(&Jti) -> bool) -> String {
        let purpose = (token.client_id.clone(), token.sub.clone(), token.scopes.to_string());
        self.held.with(|held| {
            let latest = held.latest.entry(purpose).or_insert_with(|| (text.clone(), token.clone()));
            if latest.1.exp <= token.iat || is_denied(&latest.1.jti) {
                *latest = (text, token.clone());
            }
            latest.0.clone()
        })
    }

    /// What a token stands for, if it was remembered.
    pub(crate) fn recall(&self, text: &str) -> Option<AccessToken> {
        self.held.with(|held| held.meant.get(&name(text)).cloned())
    }
}

/// A token by its digest: the token itself is not kept.
fn name(text: &str) -> Digest {
    sha256(text.as_bytes())
}
