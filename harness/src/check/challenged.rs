//! The check of the challenge for one scheme.

use ropcheck_reports::record::Finding;
use schemars::JsonSchema;
use serde::Deserialize;

use super::challenge::challenges;
use super::{OneOrMore, first_open, pair};
use crate::exchange::{Answer, shortened};

/// Something about the challenge for one scheme (RFC 9110 section 11.6.1). With a scheme alone, that it is there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeCheck {
    /// The scheme, in any case.
    pub scheme: String,
    /// Its `error` is one of these codes (RFC 6750 section 3).
    #[serde(default)]
    pub error: Option<OneOrMore<String>>,
    /// A parameter that it has.
    #[serde(default)]
    pub has: Option<String>,
    /// Parameters that it has not; a challenge that is not there has none.
    #[serde(default)]
    pub lacks: Vec<String>,
}

impl ChallengeCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
        let Self { scheme, error, has, lacks } = self;
        let field = answer.header("www-authenticate");
        // One that can't be taken apart is as good as none; that it can't is another sentence's matter.
        let mut all = field.as_deref().and_then(|field| challenges(field).ok()).unwrap_or_default();
        all.retain(|challenge| challenge.is(scheme));
        let value = |name: &str| all.iter().flat_map(|one| one.named(name)).map(|one| one.value).next();
        let actual = || match &field {
            Some(field) => format!("www-authenticate: {}", shortened(field)),
            None => "no www-authenticate header".to_owned(),
        };
        let asked = [
            error.as_ref().map(|codes| {
                let told = value("error").is_some_and(|told| codes.0.iter().any(|code| code == told));
                pair(told, || format!("a challenge for {scheme} with error {codes}"), actual)
            }),
            has.as_ref()
                .map(|name| pair(value(name).is_some(), || format!("a challenge for {scheme} with {name}"), actual)),
        ];
        let lacking = lacks.iter().map(|name| {
            Some(pair(value(name).is_none(), || format!("a challenge for {scheme} without {name}"), actual))
        });
        first_open(asked.into_iter().chain(lacking))
            .unwrap_or_else(|| pair(!all.is_empty(), || format!("a challenge for {scheme}"), actual))
    }
}
