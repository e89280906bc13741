//! The check of the granted scope (RFC 6749 section 3.3).

use std::collections::BTreeSet;

use ropcheck_reports::record::Finding;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Around, first_open, pair};
use crate::exchange::{Answer, shortened};
use crate::words::Words;

/// Something about the scope that was granted: the `scope` member, or what was asked where there is none.
///
/// Order does not matter and neither do repetitions: a scope is a set of tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeCheck {
    /// The scope that was asked for; without it an answer has to tell its scope.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub asked: Option<Words>,
    /// The scope that is granted, no more and no less.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub is: Option<Words>,
    /// The scope that it does not go beyond.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub within: Option<Words>,
    /// Scope tokens of which none is granted.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub lacks: Option<Words>,
    /// The earlier step whose answer, where it told a scope, says what `is` or `within` stands for: a server may grant
    /// other scopes than were asked for (RFC 6749 section 3.3), and a refresh is held against what was granted.
    #[serde(default)]
    pub told_in: Option<String>,
}

impl ScopeCheck {
    pub(super) fn judge(&self, answer: &Answer, around: &dyn Around) -> Finding {
        if !answer.grants() {
            return Finding::Broken {
                expected: format!("{} with its scope", answer.granting()),
                actual: answer.in_few_words(),
            };
        }
        let told = told(answer);
        let before = self.told_in.as_ref().and_then(|step| around.earlier(step)).and_then(self::told);
        // Who asks for no scope is told none where it is the earlier one.
        let asked = before.clone().filter(|_| self.is.is_some()).or_else(|| self.asked.as_ref().map(Words::settled));
        let Some(granted) = told.as_ref().or(asked.as_ref()) else {
            return pair(false, || "a `scope` member that tells what was granted", || "no `scope`".to_owned());
        };
        let actual = || match &told {
            Some(told) => format!("`scope` is \"{}\"", shortened(told)),
            None => format!("no `scope`, which says that \"{granted}\" was granted as asked"),
        };
        let granted = tokens(granted);
        let stands_for = |words: &Words| before.clone().unwrap_or_else(|| words.settled());
        let asked = [
            self.is.as_ref().map(|wanted| {
                let wanted = stands_for(wanted);
                pair(granted == tokens(&wanted), || format!("scope \"{wanted}\" is granted"), actual)
            }),
            self.within.as_ref().map(|limit| {
                let limit = stands_for(limit);
                pair(granted.is_subset(&tokens(&limit)), || format!("no scope beyond \"{limit}\" is granted"), actual)
            }),
            self.lacks.as_ref().map(|lacking| {
                let lacking = lacking.settled();
                pair(granted.is_disjoint(&tokens(&lacking)), || format!("nothing of \"{lacking}\" is granted"), actual)
            }),
        ];
        first_open(asked).unwrap_or_else(|| pair(!granted.is_empty(), || "a scope of one token at least", actual))
    }

    pub(super) fn words(&mut self) -> Vec<&mut Words> {
        self.asked.iter_mut().chain(&mut self.is).chain(&mut self.within).chain(&mut self.lacks).collect()
    }
}

/// The scope that an answer tells.
fn told(answer: &Answer) -> Option<String> {
    answer.members().ok()?.text("scope")
}

fn tokens(scope: &str) -> BTreeSet<&str> {
    scope.split(' ').filter(|token| !token.is_empty()).collect()
}
