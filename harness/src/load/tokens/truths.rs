//! What holds of every token and across them, a line each.

use ropcheck_reports::record::Finding;

use super::Kind::{self, Access, Id, Refresh};
use super::jwt::{Jwt, from_now};
use super::look::Token;
use crate::check::pair;
use crate::exchange::shortened;
use crate::load::ledger::Ledger;

/// Something that holds of every token of a load run.
pub(in crate::load) struct Truth {
    /// Its name: `across/name` is its case.
    pub(in crate::load) name: &'static str,
    /// The sentence that it holds tokens against.
    pub(in crate::load) requirement: &'static str,
    /// The tokens that it looks at.
    pub(super) of: &'static [Kind],
    /// What it looks at of them.
    pub(super) sees: Sees,
}

/// What of a token a truth looks at.
pub(super) enum Sees {
    /// What it says, and those before it. `None` where the sentence does not speak of such a token.
    Token(fn(&Token<'_>) -> Option<Finding>),
    /// Its signature, once it was tried.
    Signature,
}

use Sees::{Signature, Token as Of};

impl Truth {
    /// The members whose tokens it looks at.
    pub(in crate::load) fn members(&self) -> impl Iterator<Item = &'static str> {
        self.of.iter().map(|kind| kind.member())
    }
}

/// The roll call, by name. What an access token looks like is the server's own affair unless it follows RFC 9068.
#[rustfmt::skip]
pub(in crate::load) const TRUTHS: [Truth; 18] = [
    Truth { name: "access-token-aud",       requirement: "rfc9068/2.2/aud",                       of: &[Access],     sees: Of(|t| Some(any_aud(t.valid()?))) },
    Truth { name: "access-token-exp",       requirement: "rfc9068/2.2/exp",                       of: &[Access],     sees: Of(|t| Some(exp(t, t.valid()?))) },
    Truth { name: "access-token-iat",       requirement: "rfc7519/4.1.6/iat-numeric",             of: &[Access],     sees: Of(|t| t.valid()?.claims.get("iat").and_then(|_| Some(iat(t, t.valid()?)))) },
    Truth { name: "access-token-iss",       requirement: "rfc9068/2.2/iss",                       of: &[Access],     sees: Of(|t| iss(t, t.valid()?)) },
    Truth { name: "access-token-lifetime",  requirement: "rfc6749/5.1/expires-in-seconds",        of: &[Access],     sees: Of(|t| lifetime(t, t.valid()?)) },
    Truth { name: "access-token-of-one",    requirement: "rfc6749/10.3/unguessable",              of: &[Access],     sees: Of(|t| Some(of_one(t))) },
    Truth { name: "access-token-scope",     requirement: "rfc6749/5.1/scope-told-when-different", of: &[Access],     sees: Of(|t| scope(t, t.valid()?)) },
    Truth { name: "access-token-signature", requirement: "rfc7515/5.2/signature-verifies",        of: &[Access],     sees: Signature },
    Truth { name: "access-token-sub",       requirement: "rfc9068/2.2/sub-is-owner",              of: &[Access],     sees: Of(|t| t.is_for_others().then(|| own_sub(t))?) },
    Truth { name: "id-token-aud",           requirement: "oidc-core/2/aud",                       of: &[Id],         sees: Of(|t| Some(client_in_aud(t, t.valid()?))) },
    Truth { name: "id-token-exp",           requirement: "oidc-core/2/exp",                       of: &[Id],         sees: Of(|t| Some(exp(t, t.valid()?))) },
    Truth { name: "id-token-iat",           requirement: "oidc-core/2/iat",                       of: &[Id],         sees: Of(|t| Some(iat(t, t.valid()?))) },
    Truth { name: "id-token-iss",           requirement: "oidc-core/2/iss",                       of: &[Id],         sees: Of(|t| iss(t, t.valid()?)) },
    Truth { name: "id-token-signature",     requirement: "oidc-core/2/signed",                    of: &[Id],         sees: Signature },
    Truth { name: "id-token-sub",           requirement: "oidc-core/2/sub",                       of: &[Id],         sees: Of(own_sub) },
    Truth { name: "jti-of-one",             requirement: "rfc7519/4.1.7/jti-unique",              of: &[Access, Id], sees: Of(jti) },
    Truth { name: "refresh-token-of-one",   requirement: "rfc6749/10.4/unguessable",              of: &[Refresh],    sees: Of(|t| Some(of_one(t))) },
    Truth { name: "sub-of-one",             requirement: "rfc7519/4.1.2/sub-unique",              of: &[Access, Id], sees: Of(sub_of_one) },
];

/// A ledger of all of them.
pub(super) fn ledger() -> Ledger {
    Ledger::new("tokens", TRUTHS.iter().map(|truth| (truth.name, truth.requirement)))
}

/// That a token was not issued before to another user or client. To the same one it may be handed out again while it lives,
/// and a refresh may leave the refresh token as it is (RFC 6749 section 6).
fn of_one(token: &Token<'_>) -> Finding {
    let member = token.kind.member();
    let shared = token.again.as_ref().filter(|again| again.is_same_token && !again.is_same_owner);
    let print = || shared.map(|again| again.fingerprint.to_string()).unwrap_or_default();
    pair(
        shared.is_none(),
        || format!("no other user or client has the {member}"),
        || {
            format!(
                "two answers to different users or clients have a {member} of the same 8-byte fingerprint {}",
                print()
            )
        },
    )
}

fn jti(token: &Token<'_>) -> Option<Finding> {
    let member = token.kind.member();
    token.jwt.as_ref()?.claims.get("jti")?;
    let shared = token.again.as_ref().filter(|again| !again.is_same_token);
    let print = || shared.map(|again| again.fingerprint.to_string()).unwrap_or_default();
    Some(pair(
        shared.is_none(),
        || format!("no other {member} has its jti"),
        || format!("two {member}s have a jti of the same 8-byte fingerprint {}", print()),
    ))
}

fn own_sub(token: &Token<'_>) -> Option<Finding> {
    let subject = token.subject.as_ref()?;
    let told = |sub: Option<&str>| shortened(&token.against.keys.hide(sub.unwrap_or_default()));
    Some(pair(
        subject.own.is_none(),
        || format!("sub is \"{}\", as that user's was for that client", told(subject.own.as_deref())),
        || format!("sub is \"{}\"", told(token.claim("sub").as_deref())),
    ))
}

fn sub_of_one(token: &Token<'_>) -> Option<Finding> {
    let subject = token.subject.as_ref()?;
    let told = |sub: Option<String>| shortened(&token.against.keys.hide(&sub.unwrap_or_default()));
    Some(pair(
        subject.shared_with.is_none(),
        || "a sub that no other user has".to_owned(),
        || {
            let other = subject.shared_with.as_deref().unwrap_or_default();
            format!("sub is \"{}\", as for {other}", told(token.claim("sub")))
        },
    ))
}

fn iss(token: &Token<'_>, jwt: &Jwt<'_>) -> Option<Finding> {
    let issuer = token.issuer()?;
    Some(pair(jwt.text("iss") == Some(issuer), || format!("iss is \"{issuer}\""), || token.told("iss")))
}

fn any_aud(jwt: &Jwt<'_>) -> Finding {
    pair(!jwt.texts("aud").is_empty(), || "an aud", || "no aud that is a text or a list of texts".to_owned())
}

fn client_in_aud(token: &Token<'_>, jwt: &Jwt<'_>) -> Finding {
    let client = &*token.issued.client;
    let holds = jwt.texts("aud").contains(&client);
    pair(holds, || format!("aud holds \"{client}\""), || token.told("aud"))
}

fn exp(token: &Token<'_>, jwt: &Jwt<'_>) -> Finding {
    let now = token.issued.heard_at;
    let exp = jwt.seconds("exp");
    let holds = exp.is_some_and(|exp| exp > now.as_secs_f64() - token.against.skew.as_secs_f64());
    pair(
        holds,
        || "exp not over",
        || exp.map_or_else(|| token.told("exp"), |exp| format!("exp is {}", from_now(exp, now))),
    )
}

fn iat(token: &Token<'_>, jwt: &Jwt<'_>) -> Finding {
    let now = token.issued.heard_at;
    let iat = jwt.seconds("iat");
    let holds = iat.is_some_and(|iat| iat <= now.as_secs_f64() + token.against.skew.as_secs_f64());
    pair(
        holds,
        || "iat not to come",
        || iat.map_or_else(|| token.told("iat"), |iat| format!("iat is {}", from_now(iat, now))),
    )
}

/// That the token lives as long as the answer says. Longer does no harm.
fn lifetime(token: &Token<'_>, jwt: &Jwt<'_>) -> Option<Finding> {
    #[expect(clippy::cast_precision_loss, reason = "seconds that are compared within a skew of seconds")]
    let told = token.issued.expires_in? as f64;
    let lives = jwt.seconds("exp")? - token.issued.heard_at.as_secs_f64();
    let skew = token.against.skew.as_secs_f64();
    Some(pair(
        told <= lives + skew,
        || format!("`expires_in` is no more than {lives:.0}, as long as exp lets the token live"),
        || format!("`expires_in` is {told}"),
    ))
}

/// That the token is good for no more than the answer says, or what was asked for where it says nothing.
fn scope(token: &Token<'_>, jwt: &Jwt<'_>) -> Option<Finding> {
    let told = token.issued.scope.as_deref()?;
    jwt.claims.get("scope")?;
    let of_token = jwt.texts("scope");
    let is_told = |scope: &str| told.split(' ').any(|one| one == scope);
    let holds = of_token.iter().flat_map(|scopes| scopes.split(' ')).all(is_told);
    Some(pair(
        holds,
        || format!("a scope claim with nothing beyond \"{}\"", shortened(&token.against.keys.hide(told))),
        || token.told("scope"),
    ))
}
