//! Refresh tokens, kept as families with the access tokens that came of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::digest::{Digest, sha256};
use crate::expiring::Expiring;
use crate::policy::RefreshTokens;
use crate::random;
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::shared::Shared;

/// The families of one workspace.
///
/// A family is the line of tokens that goes back to one login. Its tokens share a name and differ in a secret, of which
/// only the newest is kept, as a digest: any other secret under that name is a replayed one.
pub(crate) struct Families {
    style: RefreshTokens,
    drawn: AtomicU64,
    held: Shared<Held>,
}

#[derive(Default)]
struct Held {
    /// Boxed: a map that grows moves all that it holds.
    families: HashMap<FamilyName, Box<Family>>,
    by_age: VecDeque<FamilyName>,
    /// Access tokens that were revoked, until they would have expired.
    denied: Expiring<Jti, ()>,
}

/// What one login granted, for as long as it can be renewed.
#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) login: Login,
    /// Unix seconds at which the newest token was issued.
    pub(crate) renewed_at: u64,
    /// How often the token of the login was replaced.
    pub(crate) renewals: u32,
    newest: Digest,
    /// The one that it replaced.
    before: Option<Digest>,
    /// The access tokens that came of this login and have not expired, with the second at which they do.
    access_tokens: Vec<(Jti, u64)>,
}

/// Who logged in, through which client, and what they granted it.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) client_id: Arc<str>,
    pub(crate) sub: Arc<str>,
    pub(crate) scopes: Scopes,
    /// Unix seconds. Rotation does not move it: a login lasts so long and no longer.
    pub(crate) expires_at: u64,
}

impl Login {
    pub(crate) fn has_expired(&self, now: u64) -> bool {
        now >= self.expires_at
    }
}

/// A refresh token taken apart: text on the wire, a name and a secret in here.
#[derive(Clone, Copy)]
pub(crate) struct RefreshToken {
    family: FamilyName,
    secret: Secret,
}

/// The name of one access token: 128 bits, enough to tell any two apart (RFC 7519 section 4.1.7).
pub(crate) type Jti = [u8; 16];

/// The name that goes with a refresh token, the same each time it is asked for.
pub(crate) fn jti_of(refresh_token: &str) -> Jti {
    padded(&sha256(refresh_token.as_bytes()))
}

pub(crate) type FamilyName = [u8; 16];
/// RFC 6749 section 10.10 asks for odds of guessing of 2^-128 at most and better 2^-160; these are 2^-256.
type Secret = [u8; 32];

/// The oldest families give way beyond this many, at some hundreds of megabytes.
const MOST: usize = 1 << 20;

impl Families {
    pub(crate) fn new(style: RefreshTokens) -> Self {
        Self { style, drawn: AtomicU64::new(0), held: Shared::default() }
    }

    /// Begins a family with its first token.
    pub(crate) fn begin(&self, login: Login, now: u64) -> Result<(FamilyName, String), Refusal> {
        let token = RefreshToken { family: self.name()?, secret: self.secret()? };
        let family = Box::new(Family {
            login,
            renewed_at: now,
            renewals: 0,
            newest: token.digest(),
            before: None,
            access_tokens: Vec::with_capacity(1),
        });
        self.held.with(|held| {
            held.families.insert(token.family, family);
            held.by_age.push_back(token.family);
            if held.by_age.len() > MOST
                && let Some(oldest) = held.by_age.pop_front()
            {
                held.families.remove(&oldest);
            }
        });
        Ok((token.family, self.text(token)))
    }

    /// Takes a token apart; none that this server issued fails here.
    pub(crate) fn read(&self, text: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (name_length, secret_length) = self.lengths();
        let (family, secret) = bytes.split_at_checked(name_length)?;
        let token = RefreshToken { family: padded(family), secret: padded(secret) };
        (secret.len() == secret_length).then_some(token)
    }

    /// The family that a token belongs to, whether or not it is the family's newest.
    pub(crate) fn find(&self, token: RefreshToken) -> Option<Family> {
        self.held.with(|held| held.families.get(&token.family).map(|family| Family::clone(family)))
    }

    /// Replaces a family's newest token. `None` if another request has replaced it in the meantime.
    ///
    /// Looking and replacing are one step, so that of two requests with one token only one can win.
    pub(crate) fn rotate(&self, token: RefreshToken, now: u64) -> Result<Option<String>, Refusal> {
        let next = self.next(token)?;
        let replaced = self.held.with(|held| match held.families.get_mut(&token.family) {
            Some(family) if family.is_newest(token) => {
                family.before = Some(family.newest);
                family.newest = next.digest();
                family.renewed_at = now;
                family.renewals = family.renewals.saturating_add(1);
                true
            }
            Some(_) | None => false,
        });
        Ok(replaced.then(|| self.text(next)))
    }

    /// What a token was replaced with, where that can be told from the token.
    pub(crate) fn replacement(&self, token: RefreshToken) -> Result<String, Refusal> {
        Ok(self.text(self.next(token)?))
    }

    /// Notes an access token as one of a family. If the family has ended in the meantime, so has the token.
    pub(crate) fn adopt(&self, family: FamilyName, jti: Jti, expires_at: u64, now: u64) {
        self.held.with(|held| match held.families.get_mut(&family) {
            Some(family) => {
                family.access_tokens.retain(|&(_, expires_at)| expires_at > now);
                family.access_tokens.push((jti, expires_at));
            }
            None => held.denied.insert(jti, (), expires_at, now),
        });
    }

    /// Ends the family that a token belongs to, and with it every access token that came of it.
    pub(crate) fn end(&self, token: RefreshToken, now: u64) {
        self.held.with(|held| held.end(token.family, now));
    }

    /// Ends the family that a token belongs to, while its access tokens live out their time.
    pub(crate) fn forget(&self, token: RefreshToken) {
        self.held.with(|held| held.families.remove(&token.family));
    }

    /// Ends one access token.
    pub(crate) fn deny(&self, jti: Jti, expires_at: u64, now: u64) {
        self.held.with(|held| held.denied.insert(jti, (), expires_at, now));
    }

    /// Whether an access token was ended before its time.
    pub(crate) fn is_denied(&self, jti: &Jti) -> bool {
        self.held.with(|held| held.denied.get(jti).is_some())
    }

    fn next(&self, token: RefreshToken) -> Result<RefreshToken, Refusal> {
        let secret = match self.style {
            RefreshTokens::Derived => token.digest(),
            RefreshTokens::Random | RefreshTokens::CountedUp | RefreshTokens::Numbered | RefreshTokens::Short => {
                self.secret()?
            }
        };
        Ok(RefreshToken { secret, ..token })
    }

    fn name(&self) -> Result<FamilyName, Refusal> {
        Ok(match self.style {
            RefreshTokens::Random | RefreshTokens::Short | RefreshTokens::Derived => {
                padded(&random::bytes::<16>()?[..self.lengths().0])
            }
            RefreshTokens::CountedUp | RefreshTokens::Numbered => u128::from(self.count()).to_be_bytes(),
        })
    }

    fn secret(&self) -> Result<Secret, Refusal> {
        Ok(match self.style {
            RefreshTokens::Random | RefreshTokens::Numbered | RefreshTokens::Short | RefreshTokens::Derived => {
                padded(&random::bytes::<32>()?[..self.lengths().1])
            }
            RefreshTokens::CountedUp => {
                let mut secret = Secret::default();
                secret[24..].copy_from_slice(&self.count().to_be_bytes());
                secret
            }
        })
    }

    fn count(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }

    /// How many bytes of name and secret a token shows.
    fn lengths(&self) -> (usize, usize) {
        match self.style {
            RefreshTokens::Random | RefreshTokens::CountedUp | RefreshTokens::Derived => (16, 32),
            RefreshTokens::Numbered => (16, 17),
            RefreshTokens::Short => (4, 4),
        }
    }

    fn text(&self, token: RefreshToken) -> String {
        let (name_length, secret_length) = self.lengths();
        URL_SAFE_NO_PAD.encode([&token.family[..name_length], &token.secret[..secret_length]].concat())
    }
}

impl Held {
    fn end(&mut self, family: FamilyName, now: u64) {
        let ended = self.families.remove(&family);
        for (jti, expires_at) in ended.into_iter().flat_map(|family| family.access_tokens) {
            self.denied.insert(jti, (), expires_at, now);
        }
    }
}

/// As many of the bytes as there is room for, and zeros after them.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    for (place, &byte) in padded.iter_mut().zip(bytes) {
        *place = byte;
    }
    padded
}

impl Family {
    pub(crate) fn is_newest(&self, token: RefreshToken) -> bool {
        verify_slices_are_equal(&self.newest, &token.digest()).is_ok()
    }

    /// Whether the newest token replaced this one, and no longer ago than so many seconds.
    pub(crate) fn replaced_within(&self, seconds: u64, token: RefreshToken, now: u64) -> bool {
        self.before == Some(token.digest()) && now.saturating_sub(self.renewed_at) <= seconds
    }
}

impl RefreshToken {
    pub(crate) fn family(self) -> FamilyName {
        self.family
    }

    fn digest(self) -> Digest {
        sha256(&self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JTI: Jti = [7; 16];

    fn begun(style: RefreshTokens) -> (Families, RefreshToken) {
        let families = Families::new(style);
        let login = Login {
            client_id: "client".into(),
            sub: "somebody".into(),
            scopes: Scopes::parse("read").unwrap(),
            expires_at: 100,
        };
        let (_, text) = families.begin(login, 0).unwrap();
        let token = families.read(&text).unwrap();
        (families, token)
    }

    #[test]
    fn only_the_newest_token_can_be_replaced() {
        for style in [RefreshTokens::Random, RefreshTokens::CountedUp, RefreshTokens::Numbered, RefreshTokens::Short] {
            let (families, first) = begun(style);
            let second = families.rotate(first, 5).unwrap().unwrap();
            let second = families.read(&second).unwrap();
            let family = families.find(first).unwrap();
            assert!(family.is_newest(second) && !family.is_newest(first));
            assert_eq!(family.renewed_at, 5);
            assert!(families.rotate(second, 6).unwrap().is_some());
        }
    }

    #[test]
    fn whoever_comes_second_with_one_token_replaces_nothing() {
        let (families, token) = begun(RefreshTokens::Random);
        let second = families.rotate(token, 0).unwrap().unwrap();
        assert!(families.rotate(token, 0).unwrap().is_none());
        assert!(families.find(token).unwrap().is_newest(families.read(&second).unwrap()));
    }

    #[test]
    fn the_one_before_is_spared_for_some_seconds() {
        let (families, first) = begun(RefreshTokens::Random);
        let second = families.rotate(first, 5).unwrap().unwrap();
        let spared = |token, now| families.find(token).unwrap().replaced_within(10, token, now);
        assert!(spared(first, 15) && !spared(first, 16));
        let second = families.read(&second).unwrap();
        assert!(!spared(second, 6), "it is the newest");
        families.rotate(second, 7).unwrap();
        assert!(!spared(first, 8) && spared(second, 8));
    }

    #[test]
    fn an_ended_family_is_gone() {
        let (families, token) = begun(RefreshTokens::Random);
        families.end(token, 0);
        assert!(families.find(token).is_none());
        assert!(families.rotate(token, 0).unwrap().is_none());
        families.adopt(token.family, JTI, 50, 0);
        assert!(families.is_denied(&JTI), "whatever was still on its way is dead on arrival");
    }

    #[test]
    fn access_tokens_go_with_their_family() {
        let (families, token) = begun(RefreshTokens::Random);
        families.adopt(token.family, JTI, 50, 0);
        assert!(!families.is_denied(&JTI));
        families.end(token, 0);
        assert!(families.is_denied(&JTI));
    }

    #[test]
    fn a_forgotten_family_leaves_its_access_tokens() {
        let (families, token) = begun(RefreshTokens::Random);
        families.adopt(token.family, JTI, 50, 0);
        families.forget(token);
        assert!(families.find(token).is_none());
        assert!(!families.is_denied(&JTI));
    }

    #[test]
    fn what_this_server_never_issued_is_no_token() {
        let (families, _) = begun(RefreshTokens::Random);
        for text in ["", "abc", "not a token", &"A".repeat(63), &"A".repeat(65), &"A".repeat(68)] {
            assert!(families.read(text).is_none(), "{text}");
        }
    }
}
