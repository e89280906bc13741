//! The check of one header.

use ropcheck_reports::record::Finding;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Pattern, pair};
use crate::exchange::{Answer, shortened};

/// Something about a header. With a name alone, that it is there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderCheck {
    /// The field name, in any case.
    pub name: String,
    /// One item of its comma-separated list, in any case: `no-store`.
    #[serde(default)]
    pub includes: Option<String>,
    /// A regular expression that its value matches.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub matches: Option<Pattern>,
    /// That it is not there.
    #[serde(default)]
    pub absent: bool,
}

impl HeaderCheck {
    pub(super) fn judge(&self, answer: &Answer) -> Finding {
        let name = self.name.to_ascii_lowercase();
        let value = answer.header(&name);
        let actual = || match &value {
            Some(value) => format!("{name}: {}", shortened(value)),
            None => format!("no {name} header"),
        };
        if self.absent {
            return pair(value.is_none(), || format!("no {name} header"), actual);
        }
        let value_or_empty = value.as_deref().unwrap_or_default();
        if let Some(item) = &self.includes {
            let holds = value_or_empty.split(',').any(|one| one.trim().eq_ignore_ascii_case(item));
            return pair(holds, || format!("{name} includes {item}"), actual);
        }
        if let Some(Pattern(pattern)) = &self.matches {
            let holds = value.is_some() && pattern.is_match(value_or_empty);
            return pair(holds, || format!("{name} matches {pattern}"), actual);
        }
        pair(value.is_some(), || format!("a {name} header"), actual)
    }
}
