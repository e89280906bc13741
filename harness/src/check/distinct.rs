//! The check that no two answers of a walk carry the same value.

use std::borrow::Cow;

use ropcheck_reports::record::{Because, Finding};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Around, member, pair, unjudged};
use crate::exchange::Answer;

/// A member, or a claim of the JWT under it, that differs in every answer of this walk that carries it: all steps and all
/// their repetitions, controls aside. Of a claim the same token again is not another one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistinctCheck {
    /// The member's name.
    pub member: String,
    /// The claim's name, where the member is a JWT and it is one of its claims: `jti`.
    #[serde(default)]
    pub claim: Option<String>,
}

impl DistinctCheck {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        let what = match &self.claim {
            Some(claim) => format!("{claim} of the {}", self.member),
            None => format!("`{}`", self.member),
        };
        let Some(own) = self.value(answer) else {
            return unjudged(Because::Setup, format!("{}: no {what} to compare", answer.in_few_words()));
        };
        let others = around.others().into_iter().filter(|other| !self.is_same_token(answer, other));
        let others: Vec<_> = others.filter_map(|other| self.value(other)).collect();
        if others.is_empty() {
            return unjudged(Because::Setup, format!("no other answer of this walk carries a {what}"));
        }
        let same = others.iter().filter(|other| **other == own).count();
        let of = others.len();
        pair(
            same == 0,
            || format!("another {what} than in each of {of} other answers"),
            || format!("the {what} of {same} of them"),
        )
    }

    /// A user may well get the same token again while it lives: its claims are those of one token.
    fn is_same_token(&self, answer: &Answer, other: &Answer) -> bool {
        let fingerprint = |answer: &Answer| answer.token(&self.member).map(|token| token.fingerprint);
        self.claim.is_some() && fingerprint(answer) == fingerprint(other)
    }

    fn value<'a>(&self, answer: &'a Answer) -> Option<Cow<'a, str>> {
        match &self.claim {
            None => member::known(answer, &self.member),
            Some(claim) => {
                let claims = &answer.token(&self.member)?.jwt.as_ref()?.claims;
                claims.get(claim).map(|value| Cow::Owned(value.to_string()))
            }
        }
    }
}
