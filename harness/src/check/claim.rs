//! The check of one claim of a JWT, or of one parameter of its header.

use std::time::Duration;

use ropcheck_reports::record::{Because, Finding};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{pair, unjudged};
use crate::exchange::{Answer, shortened};
use crate::json::Type;
use crate::words::Words;

/// Something about a claim. With a name alone, that it is there.
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
    /// The same in any case, as a media type is compared (RFC 7515 section 4.1.9).
    #[serde(default)]
    pub any_case: bool,
    /// Its type.
    #[serde(default, rename = "type")]
    pub kind: Option<Type>,
}

impl ClaimCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
        let Self { of, name, .. } = self;
        let Some(token) = answer.token(of) else {
            return unjudged(Because::Setup, format!("{}: no {of}", answer.in_few_words()));
        };
        let Some(jwt) = &token.jwt else {
            return unjudged(Because::Setup, format!("the {of} is no JWT"));
        };
        let (part, place) = if self.in_header { (&jwt.header, "header") } else { (&jwt.claims, "claims") };
        let value = part.get(name);
        let actual = || match value {
            Some(value) => format!("{name} is {} in the {place} of the {of}", shortened(&value.to_string())),
            None => format!("no {name} in the {place} of the {of}"),
        };
        if let Some(wanted) = &self.is {
            let wanted = wanted.settled();
            let equal = |text: &str| if self.any_case { text.eq_ignore_ascii_case(&wanted) } else { text == wanted };
            let holds = match value {
                Some(Value::String(text)) => equal(text),
                Some(Value::Array(items)) => items.iter().any(|item| item.as_str().is_some_and(equal)),
                Some(_) | None => false,
            };
            return pair(holds, format!("{name} is \"{wanted}\""), actual);
        }
        if let Some(kind) = self.kind {
            let holds = value.is_some_and(|value| Type::of(&value.to_string()).is(kind));
            return pair(holds, format!("{name} is {}", kind.name()), actual);
        }
        pair(value.is_some(), format!("a {name} in the {place} of the {of}"), actual)
    }

    pub(super) fn words(&mut self) -> Vec<&mut Words> {
        self.is.iter_mut().collect()
    }
}

/// That the times of a JWT fit the time of its answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentCheck {
    /// The member of the answer that carries the JWT.
    pub of: String,
    /// How far the server's clock may be off: the target's, put here by the plan.
    #[serde(skip)]
    pub skew: Duration,
}

impl CurrentCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
        let Self { of, skew } = self;
        let (Some(exp), Some(iat)) = (seconds(answer, of, "exp"), seconds(answer, of, "iat")) else {
            return unjudged(Because::Setup, format!("the answer has no {of} with exp and iat"));
        };
        let (now, skew) = (answer.heard_at.as_secs_f64(), skew.as_secs_f64());
        pair(iat <= now + skew && now - skew <= exp, format!("iat of the {of} not to come and exp not over"), || {
            format!("iat is {:+.0} s and exp {:+.0} s from the time of the answer", iat - now, exp - now)
        })
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
        format!("`expires_in` is no more than {lives}, as exp less iat of the {member}"),
        || format!("`expires_in` is {told}"),
    )
}
