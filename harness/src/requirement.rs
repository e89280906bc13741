//! The catalogue: one sentence of a document, one requirement, one id.

use std::collections::BTreeMap;

use ropcheck_reports::record::{Level, Sentence};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::complaint::{Complaint, Source};

/// An entry of a catalogue file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// `document/section/slug`.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// The section of the document.
    section: String,
    /// How binding it is.
    #[schemars(with = "String")]
    level: Level,
    /// The sentence in our words.
    says: String,
    /// Why it matters.
    why: String,
    /// Why it can't be tested from outside, where it can't.
    #[serde(default)]
    untestable: Option<String>,
    /// The sentence that binds in the same matter, where this one is a second opinion.
    #[serde(default)]
    beside: Option<String>,
}

/// One sentence of a document.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Section, level and the sentence in our words.
    pub sentence: Sentence,
    /// Why it matters.
    pub why: String,
    /// Why it can't be tested from outside, where it can't.
    pub untestable: Option<String>,
}

/// Every sentence by its id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(BTreeMap<String, Requirement>);

impl Catalogue {
    /// Adds the sentences of a catalogue file.
    pub fn add(&mut self, source: &Source) -> Result<(), Complaint> {
        for entry in source.parse::<Vec<Entry>>()? {
            let at = entry.id.defined;
            let requirement = Requirement {
                sentence: Sentence {
                    section: entry.section,
                    level: entry.level,
                    says: entry.says,
                    beside: entry.beside,
                },
                why: entry.why,
                untestable: entry.untestable,
            };
            if self.0.insert(entry.id.value.clone(), requirement).is_some() {
                return Err(
                    source.complain(at, format!("the requirement `{}` stands twice in the catalogue", entry.id.value))
                );
            }
        }
        Ok(())
    }

    /// The requirement under an id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.0.get(id)
    }

    /// Every id in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every id with its requirement, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Requirement)> {
        self.0.iter().map(|(id, requirement)| (id.as_str(), requirement))
    }
}
