//! The catalogue: one sentence of a document, one requirement, one id.

use std::collections::BTreeMap;
use std::sync::Arc;

use ropcheck_reports::opinion::is_second;
use ropcheck_reports::record::{Level, Sentence};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::complaint::{Complaint, Source, did_you_mean};

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
    /// The requirement of another document that it is a second opinion on.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    beside: Option<Spanned<String>>,
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
pub struct Catalogue {
    requirements: BTreeMap<String, Requirement>,
    /// The requirements that second opinions name, where they name them.
    named: Vec<(Arc<Source>, Spanned<String>)>,
}

impl Catalogue {
    /// Adds the sentences of a catalogue file.
    pub fn add(&mut self, source: &Arc<Source>) -> Result<(), Complaint> {
        for entry in source.parse::<Vec<Entry>>()? {
            let at = entry.id.defined;
            let requirement = Requirement {
                sentence: Sentence {
                    section: entry.section,
                    level: entry.level,
                    says: entry.says,
                    beside: entry.beside.as_ref().map(|first| first.value.clone()),
                },
                why: entry.why,
                untestable: entry.untestable,
            };
            self.named.extend(entry.beside.map(|first| (Arc::clone(source), first)));
            if self.requirements.insert(entry.id.value.clone(), requirement).is_some() {
                return Err(
                    source.complain(at, format!("the requirement `{}` stands twice in the catalogue", entry.id.value))
                );
            }
        }
        Ok(())
    }

    /// Holds what second opinions name against what there is.
    pub fn cross_check(&self) -> Result<(), Complaint> {
        let dangling = self.named.iter().find(|(_, first)| !self.requirements.contains_key(&first.value));
        dangling.map_or(Ok(()), |(source, first)| {
            let hint = did_you_mean(&first.value, self.ids());
            Err(source.complain(first.defined, format!("no requirement is named `{}`{hint}", first.value)))
        })
    }

    /// The requirement under an id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.get(id)
    }

    /// Every sentence that fails whoever breaks it: a MUST or a MUST NOT, and no second opinion.
    pub fn musts(&self) -> impl Iterator<Item = &str> {
        let is_must = |one: &Requirement| matches!(one.sentence.level, Level::Must | Level::MustNot);
        let musts = self.requirements.iter().filter(move |(id, one)| is_must(one) && !is_second(id));
        musts.map(|(id, _)| id.as_str())
    }

    /// Every id in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.requirements.keys().map(String::as_str)
    }

    /// Every id with its requirement, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Requirement)> {
        self.requirements.iter().map(|(id, requirement)| (id.as_str(), requirement))
    }
}
