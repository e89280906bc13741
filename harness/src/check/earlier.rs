//! What an earlier step's answer was like.

use ropcheck_reports::record::Finding;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Around, Check, before};

/// What an earlier step's answer was like: all that is said of it holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierCheck {
    /// The earlier step's name.
    pub step: String,
    /// The checks that its last answer meets.
    pub shows: Vec<Check>,
}

impl EarlierCheck {
    pub(super) fn judge(&self, around: &dyn Around) -> Finding {
        let Self { step, shows } = self;
        let answer = match before(around, step) {
            Ok(answer) => answer,
            Err(untold) => return untold,
        };
        let open = shows.iter().map(|check| check.judge(answer, around)).find(|finding| *finding != Finding::Met);
        match open {
            None => Finding::Met,
            Some(Finding::Broken { expected, actual }) => {
                Finding::Broken { expected: format!("{expected} in {step}"), actual }
            }
            Some(untold) => untold,
        }
    }

    /// The earlier steps that it looks back at.
    pub(super) fn looks_back(&self) -> Vec<&str> {
        let inner = self.shows.iter().flat_map(Check::looks_back);
        [self.step.as_str()].into_iter().chain(inner).collect()
    }
}
