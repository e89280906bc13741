//! One token held against what is known and against those before it, its signature aside. No I/O, no clock.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::record::load::Validated;
use ropcheck_reports::record::{Fingerprint, Found, TokenFacts};

use super::jwt::Jwt;
use super::seen::Seen;
use super::signatures::{ToTry, Tried};
use super::subjects::{Subject, Subjects};
use super::truths::{Sees, TRUTHS, ledger};
use super::{Came, Issued, Kind};
use crate::exchange::shortened;
use crate::load::ledger::{Ledger, Place};
use crate::secret::Secret;
use crate::session::Session;
use crate::witness::Keys;

/// What tokens are held against.
#[derive(Debug)]
pub(super) struct Against {
    pub(super) keys: Arc<Keys>,
    /// By journey: its case, and the issuer that its tokens have to name.
    pub(super) journeys: Vec<(String, Option<String>)>,
    /// Whether access tokens follow RFC 9068, whatever they say of themselves.
    pub(super) rfc9068: bool,
    /// How far the server's clock may be off.
    pub(super) skew: Duration,
    /// Which tokens are validated.
    pub(super) validated: Validated,
    /// The `sub` of users, by name, as the target file tells it.
    pub(super) subjects: Vec<(String, String)>,
}

impl Against {
    /// What a session knows. `cases` are the journeys, in their order.
    pub(super) fn of(session: &Session, cases: &[String], validated: Validated) -> Self {
        let target = session.target();
        Self {
            keys: Arc::clone(session.keys()),
            journeys: cases.iter().map(|case| (case.clone(), session.issuer(case))).collect(),
            rfc9068: session.learned().offers.contains(&crate::scenario::Capability::Rfc9068),
            skew: target.clock_skew,
            validated,
            subjects: target.users.iter().filter_map(|user| Some((user.name.clone(), user.sub.clone()?))).collect(),
        }
    }

    /// Whether others than the server are told to verify a JWT.
    fn is_for_others(&self, kind: Kind, jwt: &Jwt<'_>) -> bool {
        kind == Kind::Id || self.rfc9068 || jwt.is_at_jwt()
    }

    /// Whether the signature of a JWT is to be tried: others are told to verify it, or it names a key of the server's key set.
    /// Nothing else tells whose key it would be.
    fn is_to_try(&self, kind: Kind, jwt: &Jwt<'_>) -> bool {
        self.is_for_others(kind, jwt) || jwt.parameter("kid").is_some_and(|kid| self.keys.names(kid))
    }
}

/// A token as truths see it.
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) issued: &'a Issued,
    pub(super) against: &'a Against,
    /// What it says, where it is a JWT.
    pub(super) jwt: Option<Jwt<'a>>,
    /// Where it, or its jti, was seen before.
    pub(super) again: Option<Again>,
    /// What its `sub` came to, where it has one.
    pub(super) subject: Option<Subject>,
    /// Whether it was taken for validation.
    pub(super) is_taken: bool,
}

/// How a token, or its jti, was seen before.
pub(super) struct Again {
    pub(super) fingerprint: Fingerprint,
    pub(super) is_same_token: bool,
    pub(super) is_same_owner: bool,
}

impl Token<'_> {
    /// Whether others than the server are told to verify it.
    pub(super) fn is_for_others(&self) -> bool {
        self.jwt.as_ref().is_some_and(|jwt| self.against.is_for_others(self.kind, jwt))
    }

    /// The JWT, where it is one to validate.
    pub(super) fn valid(&self) -> Option<&Jwt<'_>> {
        self.jwt.as_ref().filter(|_| self.is_taken && self.is_for_others())
    }

    /// The issuer that it has to name, where that is known.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.against.journeys.get(self.issued.journey)?.1.as_deref()
    }

    /// A claim that is a text.
    pub(super) fn claim(&self, name: &str) -> Option<String> {
        self.jwt.as_ref()?.text(name).map(str::to_owned)
    }

    /// A claim as a finding tells it.
    pub(super) fn told(&self, name: &str) -> String {
        let claim = self.jwt.as_ref().and_then(|jwt| jwt.claims.get(name));
        claim.map_or_else(|| format!("no {name}"), |claim| format!("{name} is {}", shortened(&claim.to_string())))
    }
}

/// All that is known of the tokens of a run so far, their signatures aside.
#[derive(Debug)]
pub(super) struct Look {
    against: Arc<Against>,
    fingerprints: Seen,
    owners: RandomState,
    subjects: Subjects,
    ledger: Ledger,
    /// When the first was heard.
    began: Option<Duration>,
    answers: u64,
    seen: u64,
}

impl Look {
    pub(super) fn new(against: Arc<Against>) -> Self {
        Self {
            subjects: Subjects::told(against.subjects.iter().cloned()),
            against,
            fingerprints: Seen::new(),
            owners: RandomState::new(),
            ledger: ledger(),
            began: None,
            answers: 0,
            seen: 0,
        }
    }

    /// Looks at the tokens of an answer. Tells those whose signature is to be tried.
    pub(super) fn look(&mut self, mut issued: Issued) -> Option<ToTry> {
        let began = *self.began.get_or_insert(issued.heard_at);
        let is_taken = match self.against.validated {
            Validated::All => true,
            Validated::OneOf(many) => self.answers.is_multiple_of(many.max(1).into()),
            Validated::None => false,
        };
        self.answers += 1;
        for (facts, secret) in &issued.tokens {
            let Some(kind) = Kind::of(&facts.member) else { continue };
            self.hold(kind, &issued, facts.fingerprint, jwt(kind, facts, secret), is_taken);
        }
        if !is_taken {
            return None;
        }
        issued.tokens.retain(|(facts, secret)| {
            let is_to_try = |kind| jwt(kind, facts, secret).is_some_and(|jwt| self.against.is_to_try(kind, &jwt));
            Kind::of(&facts.member).is_some_and(is_to_try)
        });
        (!issued.tokens.is_empty()).then_some(ToTry { issued, began })
    }

    /// Holds a token against every truth but that of its signature.
    fn hold(&mut self, kind: Kind, issued: &Issued, fingerprint: Fingerprint, jwt: Option<Jwt<'_>>, is_taken: bool) {
        self.seen += 1;
        let again = self.meet(kind, issued, fingerprint, jwt.as_ref());
        let sub = jwt.as_ref().and_then(|jwt| jwt.text("sub"));
        let subject = sub.and_then(|sub| self.subjects.meet(kind, issued, sub));
        let (against, began) = (&self.against, self.began.unwrap_or_default());
        let token = Token { kind, issued, against, jwt, again, subject, is_taken };
        for (position, truth) in TRUTHS.iter().enumerate().filter(|(_, truth)| truth.of.contains(&kind)) {
            let Sees::Token(look) = truth.sees else { continue };
            if let Some(finding) = look(&token) {
                self.ledger.add(position, finding, || place(against, issued, began));
            }
        }
    }

    /// Looks whether a token was seen before. Of a JWT the jti is kept, which no other token has (RFC 7519 section 4.1.7), and
    /// of any other the token. 16 bits each of the token's and its owner's fingerprint beside it tell whether it is the same
    /// token, and whether somebody else has it: that one of them is the same by chance hides one repetition of 65,536.
    fn meet(&mut self, kind: Kind, issued: &Issued, of_token: Fingerprint, jwt: Option<&Jwt<'_>>) -> Option<Again> {
        let jti = jwt.and_then(|jwt| jwt.claims.get("jti").map(|jti| (kind, jwt.text("iss"), jti)));
        let fingerprint = jti.map_or(of_token, |jti| self.against.keys.fingerprint(jti));
        let owner = self.owners.hash_one((&issued.user, &issued.client)).to_le_bytes();
        let tag = u32::from_le_bytes([of_token.0[6], of_token.0[7], owner[0], owner[1]]);
        let before = self.fingerprints.meet(u64::from_be_bytes(fingerprint.0), tag)?;
        let [now, before] = [tag.to_le_bytes(), before.to_le_bytes()];
        Some(Again { fingerprint, is_same_token: now[..2] == before[..2], is_same_owner: now[2..] == before[2..] })
    }

    /// What it all came to, with what signatures did.
    pub(super) fn came(&self, Tried { found, validated }: Tried) -> Came {
        let mut found: Vec<Found> = self.ledger.found().into_iter().chain(found).collect();
        found.sort_by(|one, other| one.case.cmp(&other.case));
        Came { odds: self.fingerprints.odds(), found, seen: self.seen, validated }
    }
}

/// A token as a JWT, where it is one. A refresh token is for nobody but the server to read.
fn jwt<'a>(kind: Kind, facts: &'a TokenFacts, secret: &'a Secret) -> Option<Jwt<'a>> {
    if kind == Kind::Refresh { None } else { Jwt::of(facts, secret.expose()) }
}

/// Where a token was heard: `load/steady/logins~812#1, alice by web, 12 s after the first`.
/// The walk is gone by the time that it is told, and the record does not hold it: the facts stand in the finding.
pub(super) fn place(against: &Against, issued: &Issued, began: Duration) -> Place {
    let case = against.journeys.get(issued.journey).map_or("", |(case, _)| case.as_str());
    let user = issued.user.as_deref().unwrap_or("no user");
    let after = issued.heard_at.saturating_sub(began).as_secs();
    let Issued { walk, position, client, .. } = issued;
    let at = format!("{case}~{walk}#{}, {user} by {client}, {after} s after the first", position + 1);
    Place { at, ..Place::default() }
}
