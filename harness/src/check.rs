//! The roll call of checks: what an author can expect of an answer, and how each is judged.
//!
//! A check is a pure function of exchanges and of facts about their tokens. It speaks in pairs: what was expected, what came.

pub mod bits;
pub(crate) mod challenge;
pub mod challenged;
pub mod claim;
pub mod distinct;
pub mod earlier;
pub mod error_codes;
pub(crate) mod grammar;
pub mod header;
pub mod member;
pub mod same_answer;
pub mod same_time;
pub mod scope;
mod signed_rank;

use std::fmt;
use std::time::Duration;

use regex::Regex;
use ropcheck_reports::record::{Because, Finding, Signature};
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

use crate::exchange::{Answer, shortened};
use crate::ordered::Ordered;
use crate::words::Words;

/// What is expected of an answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Status 200 and an access token (RFC 6749 section 5.1); from introspection `active` true, elsewhere status 200 alone.
    Granted,
    /// No access token, whatever else; from introspection no `active` true, elsewhere another status.
    NotGranted,
    /// Not granted, and one of these error codes (RFC 6749 section 5.2); its status is a check of its own.
    Refused(OneOrMore<String>),
    /// One of these status codes.
    Status(OneOrMore<u16>),
    /// That media type, parameters and case aside.
    MediaType(String),
    /// Something about a header.
    Header(header::HeaderCheck),
    /// Something about the challenge for one scheme.
    Challenge(challenged::ChallengeCheck),
    /// Something about a member of the JSON object.
    Member(member::MemberCheck),
    /// The member has the same value as in an earlier step's answer; a token is compared by its fingerprint.
    SameAs(member::Earlier),
    /// The member has another value than in an earlier step's answer.
    DiffersFrom(member::Earlier),
    /// No two answers of this walk carry the same value.
    Distinct(distinct::DistinctCheck),
    /// The same status, media type, header names, `error`, `error_description` and `error_uri` as an earlier step's answer.
    SameAnswer(String),
    /// The same time until the answer as the other step of a comparison, over all of its pairs.
    SameTime(String),
    /// What an earlier step's answer was like: for `any_of`, where what is right depends on it.
    Earlier(earlier::EarlierCheck),
    /// Something about the scope that was granted.
    Scope(scope::ScopeCheck),
    /// Something about a claim of a JWT, or about its header.
    Claim(claim::ClaimCheck),
    /// The times of a JWT fit the time of its answer, within the target's clock skew: `iat` is not to come and `exp` is
    /// not over (RFC 7519 sections 4.1.4 and 4.1.6).
    Current(claim::CurrentCheck),
    /// `expires_in` promises no more than the JWT lives (`exp` less `iat`), in seconds (RFC 6749 section 5.1).
    Lifetime(String),
    /// How much of a token can be random at the most.
    Bits(bits::BitsCheck),
    /// The JWT under that member verifies by the server's key set (RFC 7515 section 5.2).
    Signed(String),
    /// Any one of several permitted answers, each under the sentence that permits it.
    #[schemars(with = "std::collections::BTreeMap<String, Vec<Check>>")]
    AnyOf(Ordered<Vec<Check>>),
}

/// What a check may look at besides its own answer.
pub trait Around {
    /// The last answer to an earlier step of the same walk, by the step's name.
    fn earlier(&self, step: &str) -> Option<&Answer>;

    /// Every other answer to a step of the same walk, before it and after it.
    fn others(&self) -> Vec<&Answer>;
}

impl Check {
    /// Judges an answer; `around` gives the other answers of its walk.
    pub fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        match self {
            Self::Granted => {
                pair(answer.status == 200 && answer.grants(), || answer.granting(), || answer.in_few_words())
            }
            Self::NotGranted => pair(!answer.grants(), || answer.not_granting(), || answer.in_few_words()),
            Self::Refused(codes) => {
                let refused = !answer.grants() && answer.error().is_some_and(|error| codes.0.contains(&error));
                pair(refused, || format!("error {codes}"), || answer.in_few_words())
            }
            Self::Status(codes) => {
                let status = answer.status;
                pair(codes.0.contains(&status), || format!("status {codes}"), || format!("status {status}"))
            }
            Self::MediaType(wanted) => {
                let actual = answer.media_type();
                pair(
                    actual.as_deref() == Some(wanted),
                    || format!("content-type {wanted}"),
                    || match &actual {
                        Some(actual) => format!("content-type {}", shortened(actual)),
                        None => "no content-type".to_owned(),
                    },
                )
            }
            Self::Header(check) => check.judge(answer),
            Self::Challenge(check) => check.judge(answer),
            Self::Member(check) => check.judge(answer, around),
            Self::SameAs(other) => other.judge(answer, around, true),
            Self::DiffersFrom(other) => other.judge(answer, around, false),
            Self::Distinct(check) => check.judge(answer, around),
            Self::SameAnswer(step) => same_answer::judge(answer, step, around),
            Self::SameTime(_) => unjudged(Because::Harness, "the time of one answer tells nothing"),
            Self::Earlier(check) => check.judge(around),
            Self::Scope(check) => check.judge(answer, around),
            Self::Claim(check) => check.judge(answer, around),
            Self::Current(check) => check.judge(answer),
            Self::Lifetime(member) => claim::lifetime(answer, member),
            Self::Bits(check) => check.judge(answer, around),
            Self::Signed(member) => signed(answer, member),
            Self::AnyOf(alternatives) => any_of(alternatives, answer, around),
        }
    }

    /// The checks that it is made of: itself, or every check of its alternatives or of an earlier answer.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::AnyOf(Ordered(alternatives)) => {
                alternatives.iter().flat_map(|(_, checks)| checks).flat_map(Self::parts).collect()
            }
            Self::Earlier(check) => check.shows.iter().flat_map(Self::parts).collect(),
            one => vec![one],
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::AnyOf(Ordered(alternatives)) => {
                alternatives.iter_mut().flat_map(|(_, checks)| checks).flat_map(Self::parts_mut).collect()
            }
            Self::Earlier(check) => check.shows.iter_mut().flat_map(Self::parts_mut).collect(),
            one => vec![one],
        }
    }

    /// The words in it that may hold names, for the plan to settle.
    pub fn words(&mut self) -> Vec<&mut Words> {
        self.parts_mut()
            .into_iter()
            .flat_map(|check| match check {
                Self::Member(check) => check.words(),
                Self::Scope(check) => check.words(),
                Self::Claim(check) => check.words(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// Allows the server's clock to be off by so much.
    pub(crate) fn allow(&mut self, skew: Duration) {
        for check in self.parts_mut() {
            if let Self::Current(check) = check {
                check.skew = skew;
            }
        }
    }

    /// Whether it is part of another check and compares times, which only a whole promise can.
    pub(crate) fn hides_same_time(&self) -> bool {
        !matches!(self, Self::SameTime(_)) && self.parts().iter().any(|check| matches!(check, Self::SameTime(_)))
    }

    /// Whether it asks if a signature holds.
    pub fn asks_for_signature(&self) -> bool {
        self.parts().iter().any(|check| matches!(check, Self::Signed(_)))
    }

    /// The earlier steps that it looks back at.
    pub fn looks_back(&self) -> Vec<&str> {
        match self {
            Self::SameAs(other) | Self::DiffersFrom(other) => vec![other.step.as_str()],
            Self::SameAnswer(step) | Self::SameTime(step) => vec![step.as_str()],
            Self::Earlier(check) => check.looks_back(),
            Self::Member(check) => check.looks_back().collect(),
            Self::Scope(check) => check.told_in.as_deref().into_iter().collect(),
            Self::Claim(check) => check.looks_back().collect(),
            Self::AnyOf(Ordered(alternatives)) => {
                alternatives.iter().flat_map(|(_, checks)| checks).flat_map(Self::looks_back).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it is met by a refusal alone.
    pub fn expects_refusal(&self) -> bool {
        matches!(self, Self::NotGranted | Self::Refused(_))
    }

    /// Whether a too-many-requests answer is among what it expects, so that a 429 is judged and not set aside.
    pub fn expects_throttling(&self) -> bool {
        self.parts().iter().any(|check| matches!(check, Self::Status(codes) if codes.0.contains(&429)))
    }
}

/// Met, or broken with the pair. Both are put in words only where it is broken: under load nearly nothing is.
pub(crate) fn pair<S: Into<String>>(
    holds: bool,
    expected: impl FnOnce() -> S,
    actual: impl FnOnce() -> String,
) -> Finding {
    if holds { Finding::Met } else { Finding::Broken { expected: expected().into(), actual: actual() } }
}

/// The first of several findings that is not met, where any was asked for.
pub(crate) fn first_open(asked: impl IntoIterator<Item = Option<Finding>>) -> Option<Finding> {
    let mut asked = asked.into_iter().flatten().peekable();
    asked.peek()?;
    Some(asked.find(|finding| *finding != Finding::Met).unwrap_or(Finding::Met))
}

/// The answer to an earlier step, or why nothing can be compared with it.
fn before<'a>(around: &'a dyn Around, step: &str) -> Result<&'a Answer, Finding> {
    match around.earlier(step) {
        None => Err(unjudged(Because::Setup, format!("{step} got no answer"))),
        Some(answer) if answer.is_throttled() => {
            Err(unjudged(Because::Throttled, format!("{step} was answered with status {}", answer.status)))
        }
        Some(answer) => Ok(answer),
    }
}

fn signed(answer: &Answer, member: &str) -> Finding {
    let Some(token) = answer.token(member) else {
        return unjudged(Because::Setup, format!("the answer carries no {member}"));
    };
    match &token.jwt {
        None => unjudged(Because::Setup, format!("the {member} is no JWT")),
        Some(jwt) => held(&jwt.signature, member),
    }
}

/// What the signature of the token under a member came to.
pub(crate) fn held(signature: &Signature, member: &str) -> Finding {
    let expected = || format!("{member} verifies by a key of the server's key set");
    match signature {
        Signature::Held { .. } => Finding::Met,
        Signature::Failed(why) => Finding::Broken { expected: expected(), actual: why.clone() },
        Signature::NotTried(why) => unjudged(Because::Harness, why.clone()),
    }
}

/// Met where one alternative is met whole. Where none is, what could not be told of any leaves the whole untold.
fn any_of(Ordered(alternatives): &Ordered<Vec<Check>>, answer: &Answer, around: &dyn Around) -> Finding {
    let mut expected = Vec::new();
    let mut untold = None;
    for (_, checks) in alternatives {
        let findings: Vec<Finding> = checks.iter().map(|check| check.judge(answer, around)).collect();
        if findings.iter().all(|finding| *finding == Finding::Met) {
            return Finding::Met;
        }
        let mut wanted = Vec::new();
        let mut open = None;
        for finding in findings {
            match finding {
                Finding::Met => {}
                Finding::Unjudged { .. } => open = Some(finding),
                Finding::Broken { expected, .. } => wanted.push(expected),
            }
        }
        // One promise that is broken rules an alternative out, whatever could not be told of the others.
        if wanted.is_empty() {
            untold = open;
        }
        expected.push(wanted.join(" and "));
    }
    untold.unwrap_or_else(|| Finding::Broken { expected: expected.join(", or "), actual: answer.in_few_words() })
}

pub(crate) fn unjudged(because: Because, detail: impl Into<String>) -> Finding {
    Finding::Unjudged { because, detail: detail.into() }
}

/// One value or a list of them: `status: 400`, `status: [400, 401]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMore<T>(pub Vec<T>);

impl<T: fmt::Display> fmt::Display for OneOrMore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(" or "))
    }
}

macro_rules! one_or_more {
    ($type:ty, $visit:ident, $given:ty, $what:literal) => {
        impl<'de> Deserialize<'de> for OneOrMore<$type> {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> de::Visitor<'de> for Either {
                    type Value = OneOrMore<$type>;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, ", or a list of them"))
                    }
                    fn $visit<E: de::Error>(self, one: $given) -> Result<Self::Value, E> {
                        <$type>::try_from(one).map(|one| OneOrMore(vec![one])).map_err(E::custom)
                    }
                    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMore)
                    }
                }
                from.deserialize_any(Either)
            }
        }
    };
}
one_or_more!(u16, visit_u64, u64, "a status code");
one_or_more!(String, visit_str, &str, "an error code");

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMore{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (one, many) = (generator.subschema_for::<T>(), generator.subschema_for::<Vec<T>>());
        schemars::json_schema!({ "anyOf": [one, many] })
    }
}

/// A regular expression, compiled when it is read.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Regex::new(&String::deserialize(from)?).map(Self).map_err(de::Error::custom)
    }
}
