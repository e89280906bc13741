//! The checks of one member of the JSON object.

use std::borrow::Cow;
use std::fmt;

use ropcheck_reports::record::{Because, Finding};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::claim::part;
use super::{Around, Pattern, before, first_open, pair, unjudged};
use crate::exchange::{Answer, shortened};
use crate::json::Type;
use crate::words::Words;

/// Something about a member of the JSON object: all that is said of it holds. With a name alone, that it is there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberCheck {
    /// The member's name, exact in case.
    pub name: String,
    /// Its type.
    #[serde(default, rename = "type")]
    pub kind: Option<Type>,
    /// The text that it is.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub is: Option<Words>,
    /// A text that it is not; one that is not there is not.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub is_not: Option<Words>,
    /// Its JSON text to the character: `true`, `3600`, `"Bearer"`.
    #[serde(default)]
    pub raw: Option<String>,
    /// A regular expression that the text matches.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub matches: Option<Pattern>,
    /// That it is a list of texts, each of which this regular expression matches, of one at least.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub each: Option<Pattern>,
    /// A text that its list holds.
    #[serde(default)]
    pub holds: Option<String>,
    /// A text that its list does not hold; one that is not there holds nothing.
    #[serde(default)]
    pub lacks: Option<String>,
    /// A claim of a token of an earlier answer that it is, or that its list holds.
    #[serde(default)]
    pub same_claim: Option<EarlierClaim>,
    /// That it is not there.
    #[serde(default)]
    pub absent: bool,
}

/// A claim of a JWT of an earlier answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierClaim {
    /// The earlier step's name.
    pub step: String,
    /// The member of its answer that carries the JWT.
    pub of: String,
    /// The claim's name.
    pub name: String,
    /// Look into the JOSE header instead of the claims.
    #[serde(default)]
    pub in_header: bool,
}

impl MemberCheck {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        let name = &self.name;
        let members = match answer.members() {
            Ok(members) => members,
            Err(_) if self.is_met_by_none() => return Finding::Met,
            Err(why) => {
                return Finding::Broken {
                    expected: format!("a JSON object with `{name}`"),
                    actual: format!("{}: {why}", answer.in_few_words()),
                };
            }
        };
        let raw = members.raw(name);
        let actual = || match raw {
            Some(raw) => format!("`{name}` is {}", shortened(raw)),
            None => format!("no `{name}`"),
        };
        let text = members.text(name);
        let list = || raw.and_then(|raw| serde_json::from_str::<Vec<Value>>(raw).ok());
        let holds = |wanted: &str| list().is_some_and(|list| list.iter().any(|item| item == wanted));
        let asked = [
            self.absent.then(|| pair(raw.is_none(), || format!("no `{name}`"), actual)),
            self.is.as_ref().map(|wanted| {
                let wanted = wanted.settled();
                pair(text.as_deref() == Some(wanted.as_str()), || format!("`{name}` is \"{wanted}\""), actual)
            }),
            self.is_not.as_ref().map(|other| {
                let other = other.settled();
                pair(text.as_deref() != Some(other.as_str()), || format!("`{name}` is not \"{other}\""), actual)
            }),
            self.raw.as_ref().map(|wanted| pair(raw == Some(wanted), || format!("`{name}` is {wanted}"), actual)),
            self.matches.as_ref().map(|Pattern(pattern)| {
                let holds = text.as_deref().is_some_and(|text| pattern.is_match(text));
                pair(holds, || format!("`{name}` matches {pattern}"), actual)
            }),
            self.kind.map(|kind| {
                let holds = raw.is_some_and(|raw| Type::of(raw).is(kind));
                pair(holds, || format!("`{name}` is {}", kind.name()), actual)
            }),
            self.each.as_ref().map(|Pattern(pattern)| {
                let matches = |item: &Value| item.as_str().is_some_and(|text| pattern.is_match(text));
                let holds = list().is_some_and(|list| !list.is_empty() && list.iter().all(matches));
                pair(holds, || format!("`{name}` is a list of texts that match {pattern}"), actual)
            }),
            self.holds.as_ref().map(|wanted| pair(holds(wanted), || format!("`{name}` holds \"{wanted}\""), actual)),
            self.lacks.as_ref().map(|other| pair(!holds(other), || format!("`{name}` without \"{other}\""), actual)),
            self.same_claim.as_ref().map(|claim| {
                let theirs = match claim.value(around) {
                    Ok(theirs) => theirs,
                    Err(untold) => return untold,
                };
                let own: Option<Value> = raw.and_then(|raw| serde_json::from_str(raw).ok());
                let same = own.as_ref() == Some(theirs) || list().is_some_and(|list| list.contains(theirs));
                let wanted = || format!("`{name}` is {}, {claim}", shortened(&theirs.to_string()));
                pair(same, wanted, actual)
            }),
        ];
        first_open(asked).unwrap_or_else(|| pair(raw.is_some(), || format!("a member `{name}`"), actual))
    }

    /// Whether it says nothing but what the member is not.
    fn is_met_by_none(&self) -> bool {
        let Self { name: _, kind, is, is_not, raw, matches, each, holds, lacks, same_claim, absent } = self;
        let says_what_it_is = kind.is_some()
            || is.is_some()
            || raw.is_some()
            || matches.is_some()
            || each.is_some()
            || holds.is_some()
            || same_claim.is_some();
        (*absent || is_not.is_some() || lacks.is_some()) && !says_what_it_is
    }

    pub(super) fn words(&mut self) -> Vec<&mut Words> {
        self.is.iter_mut().chain(&mut self.is_not).collect()
    }

    /// The earlier steps that it looks back at.
    pub(super) fn looks_back(&self) -> impl Iterator<Item = &str> {
        self.same_claim.iter().map(|claim| claim.step.as_str())
    }
}

impl EarlierClaim {
    fn value<'a>(&self, around: &'a dyn Around) -> Result<&'a Value, Finding> {
        let Self { step, of, name, in_header } = self;
        let part = before(around, step).and_then(|answer| part(answer, of, *in_header))?;
        part.get(name).ok_or_else(|| unjudged(Because::Setup, format!("the {of} of {step} has no {name}")))
    }
}

impl fmt::Display for EarlierClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, of, name, in_header } = self;
        let place = if *in_header { "header" } else { "claims" };
        write!(f, "as {name} in the {place} of the {of} of {step}")
    }
}

/// A member as it was in an earlier step's answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The member's name.
    pub member: String,
    /// The earlier step's name.
    pub step: String,
}

impl Earlier {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around, same: bool) -> Finding {
        let Self { member, step } = self;
        let earlier = match before(around, step) {
            Ok(earlier) => earlier,
            Err(untold) => return untold,
        };
        let Some(before) = known(earlier, member) else {
            return unjudged(Because::Setup, format!("the answer of {step} has no `{member}`"));
        };
        let Some(now) = known(answer, member) else {
            return unjudged(Because::Setup, format!("{}: no `{member}` to compare", answer.in_few_words()));
        };
        let (relation, opposite) = if same { ("the same as", "another than") } else { ("another than", "the same as") };
        pair(
            (now == before) == same,
            || format!("`{member}` is {relation} in {step} ({})", earlier.in_few_words()),
            || format!("`{member}` is {opposite} in {step}: {}", answer.in_few_words()),
        )
    }
}

/// What of a member can be compared: a token's fingerprint, or the raw text of anything else.
pub(super) fn known<'a>(answer: &'a Answer, member: &str) -> Option<Cow<'a, str>> {
    match answer.token(member) {
        Some(token) => Some(Cow::Owned(token.fingerprint.to_string())),
        None => answer.members().ok()?.raw(member).map(Cow::Borrowed),
    }
}
