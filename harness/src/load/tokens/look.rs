//! One token held against what is known and against those before it. No I/O, no clock.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::record::Signature;
use ropcheck_reports::record::load::Validated;

use super::jwt::Jwt;
use super::ledger::Ledger;
use super::seen::Seen;
use super::subjects::{Subject, Subjects};
use super::truths::TRUTHS;
use super::{Came, Issued, Kind};
use crate::exchange::shortened;
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
    /// Whether its signature held, where that was tried.
    pub(super) signature: Option<Signature>,
}

/// How a token, or its jti, was seen before.
pub(super) struct Again {
    pub(super) fingerprint: [u8; 8],
    pub(super) is_same_token: bool,
    pub(super) is_same_owner: bool,
}

impl Token<'_> {
    /// Whether others than the server are told to verify it.
    pub(super) fn is_for_others(&self) -> bool {
        self.kind == Kind::Id || self.against.rfc9068 || self.jwt.as_ref().is_some_and(Jwt::is_at_jwt)
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
        self.jwt.as_ref()?.claims.text(name)
    }

    /// A claim as a finding tells it.
    pub(super) fn told(&self, name: &str) -> String {
        let raw = self.jwt.as_ref().and_then(|jwt| jwt.claims.raw(name));
        raw.map_or_else(|| format!("no {name}"), |raw| format!("{name} is {}", shortened(&self.against.keys.hide(raw))))
    }

    /// Tries the signature of one that others are told to verify, or that names a key of the server's key set. Nothing else
    /// tells whose key it would be.
    fn tried(&self) -> Option<Signature> {
        let jwt = self.jwt.as_ref().filter(|_| self.is_taken)?;
        let kid = jwt.header.text("kid");
        let names_key = || kid.as_deref().is_some_and(|kid| self.against.keys.names(kid));
        if !self.is_for_others() && !names_key() {
            return None;
        }
        let alg = jwt.header.text("alg").unwrap_or_default();
        Some(self.against.keys.signature(kid.as_deref(), &alg, jwt.signed, &jwt.signature))
    }
}

/// All that is known of the tokens of a run so far.
pub(super) struct Look {
    against: Against,
    fingerprints: Seen,
    owners: RandomState,
    subjects: Subjects,
    ledger: Ledger,
    /// When the first was heard.
    began: Option<Duration>,
    answers: u64,
    seen: u64,
    validated: u64,
}

impl Look {
    pub(super) fn new(against: Against) -> Self {
        Self {
            subjects: Subjects::told(against.subjects.iter().cloned()),
            against,
            fingerprints: Seen::new(),
            owners: RandomState::new(),
            ledger: Ledger::new(),
            began: None,
            answers: 0,
            seen: 0,
            validated: 0,
        }
    }

    /// Looks at the tokens of an answer.
    pub(super) fn look(&mut self, issued: &Issued) {
        let began = *self.began.get_or_insert(issued.heard_at);
        let is_taken = match self.against.validated {
            Validated::All => true,
            Validated::OneOf(many) => self.answers.is_multiple_of(many.max(1).into()),
            Validated::None => false,
        };
        self.answers += 1;
        for (member, secret) in &issued.tokens {
            let Some(kind) = Kind::of(member) else { continue };
            self.seen += 1;
            let text = secret.expose();
            // A refresh token is for nobody but the server to read.
            let jwt = (kind != Kind::Refresh).then(|| Jwt::read(text)).flatten();
            let again = self.meet(kind, issued, text, jwt.as_ref());
            let sub = jwt.as_ref().and_then(|jwt| jwt.claims.text("sub"));
            let subject = sub.and_then(|sub| self.subjects.meet(kind, issued, &sub));
            let against = &self.against;
            let mut token = Token { kind, issued, against, jwt, again, subject, is_taken, signature: None };
            token.signature = token.tried();
            self.validated += u64::from(matches!(token.signature, Some(Signature::Held { .. } | Signature::Failed(_))));
            let truths = TRUTHS.iter().enumerate().filter(|(_, truth)| truth.of.contains(&kind));
            for (position, truth) in truths {
                if let Some(finding) = (truth.look)(&token) {
                    self.ledger.add(position, finding, || place(against, issued, began));
                }
            }
        }
    }

    /// Looks whether a token was seen before. Of a JWT the jti is kept, which no other token has (RFC 7519 section 4.1.7), and
    /// of any other the token. 16 bits each of the token's and its owner's fingerprint beside it tell whether it is the same
    /// token, and whether somebody else has it: that one of them is the same by chance hides one repetition of 65,536.
    fn meet(&mut self, kind: Kind, issued: &Issued, token: &str, jwt: Option<&Jwt<'_>>) -> Option<Again> {
        let of_token = self.against.keys.fingerprint(token.as_bytes());
        let jti = jwt.and_then(|jwt| jwt.claims.raw("jti").map(|jti| (jwt.claims.raw("iss"), jti)));
        let fingerprint = match jti {
            None => of_token,
            Some((iss, jti)) => {
                let text = format!("{} {} {jti}", kind.member(), iss.unwrap_or_default());
                self.against.keys.fingerprint(text.as_bytes())
            }
        };
        let owner = self.owners.hash_one((&issued.user, &issued.client)).to_le_bytes();
        let tag = u32::from_le_bytes([of_token[6], of_token[7], owner[0], owner[1]]);
        let before = self.fingerprints.meet(u64::from_be_bytes(fingerprint), tag)?;
        let [now, before] = [tag.to_le_bytes(), before.to_le_bytes()];
        Some(Again { fingerprint, is_same_token: now[..2] == before[..2], is_same_owner: now[2..] == before[2..] })
    }

    /// What it all came to.
    pub(super) fn came(self) -> Came {
        let Self { seen, validated, .. } = self;
        Came { odds: self.fingerprints.odds(), found: self.ledger.found(), seen, validated }
    }
}

/// Where a token was heard: `load/steady/logins~812#1, alice by web, 12 s after the first`.
fn place(against: &Against, issued: &Issued, began: Duration) -> String {
    let case = against.journeys.get(issued.journey).map_or("", |(case, _)| case.as_str());
    let user = issued.user.as_deref().unwrap_or("no user");
    let after = issued.heard_at.saturating_sub(began).as_secs();
    let Issued { walk, position, client, .. } = issued;
    format!("{case}~{walk}#{}, {user} by {client}, {after} s after the first", position + 1)
}
