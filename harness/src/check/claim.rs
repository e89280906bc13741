//! The check of one claim of a JWT, or of one parameter of its header.

use std::time::Duration;

use ropcheck_reports::record::{Because, Finding, JwtObject};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Around, Pattern, before, first_open, pair, unjudged};
use crate::exchange::{Answer, shortened};
use crate::json::Type;
use crate::words::Words;

/// Something about a claim: all that is said of it holds. With a name alone, that it is there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimCheck {
    /// The member of the answer that carries the JWT: `access_token`, `id_token`.
    pub of: String,
    /// The claim's name.
    pub name: String,
    /// Look into the JOSE header instead of the claims.
    #[serde(default)]
    pub in_header: bool,
    /// The text that it is, or that its list holds (`aud`, RFC 7519 section 4.1.3).
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub is: Option<Words>,
    /// A text that it is not, and that its list does not hold; one that is not there is not.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub is_not: Option<Words>,
    /// Compare `is` and `is_not` in any case, as a media type is compared (RFC 7515 section 4.1.9).
    #[serde(default)]
    pub any_case: bool,
    /// A regular expression that the text, or one in its list, matches.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub matches: Option<Pattern>,
    /// Its type.
    #[serde(default, rename = "type")]
    pub kind: Option<Type>,
    /// That it is not there.
    #[serde(default)]
    pub absent: bool,
    /// An earlier step in whose answer the same claim of the same token has the same value, or is absent from both.
    #[serde(default)]
    pub same_in: Option<String>,
    /// An earlier step in whose answer the same claim of the same token has another value.
    #[serde(default)]
    pub differs_from: Option<String>,
    /// A claim of another token of the same answer that has the same value.
    #[serde(default)]
    pub same_as: Option<OtherClaim>,
}

/// A claim of another token of the same answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherClaim {
    /// The member of the answer that carries the JWT.
    pub of: String,
    /// The claim's name.
    pub name: String,
}

impl ClaimCheck {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        let Self { of, name, .. } = self;
        let value = match part(answer, of, self.in_header) {
            Ok(part) => part.get(name),
            Err(untold) => return untold,
        };
        let place = if self.in_header { "header" } else { "claims" };
        let actual = || match value {
            Some(value) => format!("{name} is {} in the {place} of the {of}", shortened(&value.to_string())),
            None => format!("no {name} in the {place} of the {of}"),
        };
        let texts = || match value {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(value) => value.as_str().into_iter().collect(),
            None => Vec::new(),
        };
        let is = |wanted: &str| {
            let equal = |text: &str| if self.any_case { text.eq_ignore_ascii_case(wanted) } else { text == wanted };
            texts().into_iter().any(equal)
        };
        let asked = [
            self.absent.then(|| pair(value.is_none(), || format!("no {name} in the {place} of the {of}"), actual)),
            self.is.as_ref().map(|wanted| {
                let wanted = wanted.settled();
                pair(is(&wanted), || format!("{name} is \"{wanted}\""), actual)
            }),
            self.is_not.as_ref().map(|other| {
                let other = other.settled();
                pair(!is(&other), || format!("{name} is not \"{other}\""), actual)
            }),
            self.matches.as_ref().map(|Pattern(pattern)| {
                let holds = texts().into_iter().any(|text| pattern.is_match(text));
                pair(holds, || format!("{name} matches {pattern}"), actual)
            }),
            self.kind.map(|kind| {
                let holds = value.is_some_and(|value| Type::of(&value.to_string()).is(kind));
                pair(holds, || format!("{name} is {}", kind.name()), actual)
            }),
            self.same_in.as_ref().map(|step| self.compared(value, step, around, true)),
            self.differs_from.as_ref().map(|step| self.compared(value, step, around, false)),
            self.same_as.as_ref().map(|other| {
                let theirs = match part(answer, &other.of, false) {
                    Ok(part) => part.get(&other.name),
                    Err(untold) => return untold,
                };
                let Some(theirs) = theirs else {
                    return unjudged(Because::Setup, format!("no {} in the claims of the {}", other.name, other.of));
                };
                let wanted =
                    || format!("{name} is {} as {} of the {}", shortened(&theirs.to_string()), other.name, other.of);
                pair(value == Some(theirs), wanted, actual)
            }),
        ];
        first_open(asked)
            .unwrap_or_else(|| pair(value.is_some(), || format!("a {name} in the {place} of the {of}"), actual))
    }

    /// Compares with the same claim of the same token in an earlier answer.
    fn compared(&self, value: Option<&Value>, step: &str, around: &dyn Around, same: bool) -> Finding {
        let Self { of, name, .. } = self;
        let before = before(around, step).and_then(|answer| part(answer, of, self.in_header));
        let before = match before {
            Ok(part) => part.get(name),
            Err(untold) => return untold,
        };
        // What is absent can't be another, and can be kept from coming or going.
        if !same && (value.is_none() || before.is_none()) {
            let which = if value.is_some() { step } else { "this answer" };
            return unjudged(Because::Setup, format!("the {of} of {which} has no {name}"));
        }
        let (relation, opposite) = if same { ("the same as", "another than") } else { ("another than", "the same as") };
        pair(
            (value == before) == same,
            || format!("{name} of the {of} is {relation} in {step}"),
            || match (value, before) {
                (Some(_), None) => format!("the {of} of {step} has no {name}"),
                (None, Some(_)) => format!("no {name} in this {of}"),
                _ => format!("{name} of the {of} is {opposite} in {step}"),
            },
        )
    }

    /// The earlier steps that it looks back at.
    pub(super) fn looks_back(&self) -> impl Iterator<Item = &str> {
        self.same_in.iter().chain(&self.differs_from).map(String::as_str)
    }

    pub(super) fn words(&mut self) -> Vec<&mut Words> {
        self.is.iter_mut().chain(&mut self.is_not).collect()
    }
}

/// The header or the claims of the JWT under a member, or why there are none.
pub(super) fn part<'a>(answer: &'a Answer, of: &str, in_header: bool) -> Result<&'a JwtObject, Finding> {
    let Some(token) = answer.token(of) else {
        return Err(unjudged(Because::Setup, format!("{}: no {of}", answer.in_few_words())));
    };
    let Some(jwt) = &token.jwt else {
        return Err(unjudged(Because::Setup, format!("the {of} is no JWT")));
    };
    Ok(if in_header { &jwt.header } else { &jwt.claims })
}

/// That the times of a JWT fit the time of its answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentCheck {
    /// The member of the answer that carries the JWT.
    pub of: String,
    /// That `iat` does not lie back either: the token was issued for this answer.
    #[serde(default)]
    pub issued: Option<Issued>,
    /// How far the server's clock may be off: the target's, put here by the plan.
    #[serde(skip)]
    pub skew: Duration,
}

/// When a token was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Issued {
    /// At the time of its answer.
    Now,
}

impl CurrentCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
        let Self { of, issued, skew } = self;
        let (Some(exp), Some(iat)) = (seconds(answer, of, "exp"), seconds(answer, of, "iat")) else {
            return unjudged(Because::Setup, format!("the answer has no {of} with exp and iat"));
        };
        let (now, skew) = (answer.heard_at.as_secs_f64(), skew.as_secs_f64());
        let fresh = issued.is_none() || now - skew <= iat;
        pair(
            iat <= now + skew && now - skew <= exp && fresh,
            || match issued {
                None => format!("iat of the {of} not to come and exp not over"),
                Some(Issued::Now) => format!("iat of the {of} is now and exp not over"),
            },
            || format!("iat is {:+.0} s and exp {:+.0} s from the time of the answer", iat - now, exp - now),
        )
    }
}

/// A claim that is a time, in seconds since the Unix epoch (RFC 7519 section 2).
fn seconds(answer: &Answer, member: &str, claim: &str) -> Option<f64> {
    answer.token(member)?.jwt.as_ref()?.claims.get(claim)?.as_f64()
}

/// How far `expires_in` may go beyond `exp` less `iat`: a second may turn between making the token and making the answer.
/// Less does no harm: a token may be handed out again, or its `iat` set back.
const TURN_OF_A_SECOND: f64 = 1.0;

/// Whether the lifetime that a JWT tells agrees with the one that the answer tells.
pub(super) fn lifetime(answer: &Answer, member: &str) -> Finding {
    let told =
        answer.members().ok().and_then(|members| members.raw("expires_in")?.trim_matches('"').parse::<f64>().ok());
    let (Some(exp), Some(iat), Some(told)) = (seconds(answer, member, "exp"), seconds(answer, member, "iat"), told)
    else {
        return unjudged(Because::Setup, format!("the answer has no {member} with exp and iat beside an expires_in"));
    };
    let lives = exp - iat;
    pair(
        told <= lives + TURN_OF_A_SECOND,
        || format!("`expires_in` is no more than {lives}, as exp less iat of the {member}"),
        || format!("`expires_in` is {told}"),
    )
}
