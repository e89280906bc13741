//! Refresh tokens, kept as families.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random;
use crate::refusal::Refusal;
use crate::scope::Scopes;

/// The families of one workspace.
///
/// A family is the line of tokens that goes back to one login. Its tokens share a name and differ in a secret, of which
/// only the newest is kept, as a digest: any other secret under that name is a replayed one.
#[derive(Default)]
pub(crate) struct Families {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    families: HashMap<FamilyName, Family>,
    by_age: VecDeque<FamilyName>,
}

/// What one login granted, for as long as it can be renewed.
#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) login: Login,
    newest: Digest,
}

/// Who logged in, through which client, and what they granted it.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) client_id: String,
    pub(crate) sub: String,
    pub(crate) scopes: Scopes,
    /// Unix seconds. Rotation does not move it: a login lasts so long and no longer.
    pub(crate) expires_at: u64,
}

/// A refresh token taken apart: text on the wire, a name and a secret in here.
#[derive(Clone, Copy)]
pub(crate) struct RefreshToken {
    family: FamilyName,
    secret: Secret,
}

type FamilyName = [u8; 16];
/// RFC 6749 section 10.10 asks for odds of guessing of 2^-128 at most and better 2^-160; these are 2^-256.
type Secret = [u8; 32];
type Digest = [u8; 32];

/// The oldest families give way beyond this many, at some hundreds of megabytes.
const MOST: usize = 1 << 20;

impl Families {
    /// Begins a family with its first token.
    pub(crate) fn begin(&self, login: Login) -> Result<String, Refusal> {
        let token = RefreshToken { family: random::bytes()?, secret: random::bytes()? };
        let family = Family { login, newest: token.digest() };
        self.with(|held| {
            held.families.insert(token.family, family);
            held.by_age.push_back(token.family);
            if held.by_age.len() > MOST
                && let Some(oldest) = held.by_age.pop_front()
            {
                held.families.remove(&oldest);
            }
        });
        Ok(token.text())
    }

    /// The family that a token belongs to, whether or not it is the family's newest.
    pub(crate) fn find(&self, token: RefreshToken) -> Option<Family> {
        self.with(|held| held.families.get(&token.family).cloned())
    }

    /// Replaces a family's newest token. `None` if another request has replaced it in the meantime, which ends the family
    /// as any other replay does.
    ///
    /// Looking and replacing are one step, so that of two requests with one token only one can win.
    pub(crate) fn rotate(&self, token: RefreshToken) -> Result<Option<String>, Refusal> {
        let next = RefreshToken { secret: random::bytes()?, ..token };
        let replaced = self.with(|held| match held.families.get_mut(&token.family) {
            Some(family) if family.is_newest(token) => {
                family.newest = next.digest();
                true
            }
            Some(_) | None => {
                held.families.remove(&token.family);
                false
            }
        });
        Ok(replaced.then(|| next.text()))
    }

    /// Ends the family that a token belongs to.
    pub(crate) fn end(&self, token: RefreshToken) {
        self.with(|held| held.families.remove(&token.family));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        // Nothing in a section can panic half way, so a poisoned store is a whole one.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut held)
    }
}

impl Family {
    pub(crate) fn is_newest(&self, token: RefreshToken) -> bool {
        verify_slices_are_equal(&self.newest, &token.digest()).is_ok()
    }
}

impl RefreshToken {
    /// Takes a token apart; none that this server issued fails here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (family, secret) = bytes.split_first_chunk()?;
        Some(Self { family: *family, secret: secret.try_into().ok()? })
    }

    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode([&self.family[..], &self.secret[..]].concat())
    }

    fn digest(self) -> Digest {
        let mut digested = Digest::default();
        digested.copy_from_slice(digest(&SHA256, &self.secret).as_ref());
        digested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> (Families, RefreshToken) {
        let families = Families::default();
        let login = Login {
            client_id: "client".to_owned(),
            sub: "somebody".to_owned(),
            scopes: Scopes::parse("read").unwrap(),
            expires_at: 100,
        };
        let text = families.begin(login).unwrap();
        (families, RefreshToken::parse(&text).unwrap())
    }

    #[test]
    fn only_the_newest_token_can_be_replaced() {
        let (families, first) = begun();
        let second = families.rotate(first).unwrap().unwrap();
        let second = RefreshToken::parse(&second).unwrap();
        let family = families.find(first).unwrap();
        assert!(family.is_newest(second) && !family.is_newest(first));
        assert!(families.rotate(second).unwrap().is_some());
    }

    #[test]
    fn whoever_comes_second_with_one_token_ends_the_family() {
        let (families, token) = begun();
        assert!(families.rotate(token).unwrap().is_some());
        assert!(families.rotate(token).unwrap().is_none());
        assert!(families.find(token).is_none());
    }

    #[test]
    fn an_ended_family_is_gone() {
        let (families, token) = begun();
        families.end(token);
        assert!(families.find(token).is_none());
        assert!(families.rotate(token).unwrap().is_none());
    }

    #[test]
    fn what_this_server_never_issued_is_no_token() {
        for text in ["", "abc", "not a token", &"A".repeat(63), &"A".repeat(65), &"A".repeat(68)] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
