//! Findings folded by the sentence that they cite, sentences by their section.

use std::collections::BTreeMap;

use crate::opinion;
use crate::record::{Level, Sentence};
use crate::run::{CaseOutcome, Weight};

/// A document with the sentences of it that the run cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The first part of a requirement's id: `rfc6749`.
    pub name: String,
    /// Its sections in the order of the document.
    pub sections: Vec<Section>,
    /// Its sentences by what they came to.
    pub counts: Counts,
}

/// A section of a document with the sentences of it that the run cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The section: `5.2`.
    pub number: String,
    /// Its sentences in the order of their ids.
    pub sentences: Vec<Cited>,
    /// Its sentences by what they came to.
    pub counts: Counts,
}

/// Sentences by what they came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sentences that held wherever they were looked at.
    pub met: usize,
    /// MUSTs and MUST NOTs broken at least once, and not only where a waiver bears it.
    pub broken: usize,
    /// SHOULDs and SHOULD NOTs broken at least once.
    pub warned: usize,
    /// MAYs and practices broken at least once.
    pub noted: usize,
    /// Sentences broken only where a waiver bears it.
    pub waived: usize,
    /// Sentences not judged at least once, and never broken.
    pub unjudged: usize,
    /// Sentences that no finding speaks of.
    pub silent: usize,
}

impl Counts {
    /// How many sentences came to that.
    pub fn of(&self, came_to: CameTo) -> usize {
        match came_to {
            CameTo::Broken => self.broken,
            CameTo::Warned => self.warned,
            CameTo::Noted => self.noted,
            CameTo::Waived => self.waived,
            CameTo::Unjudged => self.unjudged,
            CameTo::Met => self.met,
            CameTo::Silent => self.silent,
        }
    }

    /// Whether every sentence that was looked at was met.
    pub fn nothing_amiss(&self) -> bool {
        *self == Self { met: self.met, silent: self.silent, ..Self::default() }
    }

    fn add(&mut self, came_to: CameTo) {
        match came_to {
            CameTo::Broken => self.broken += 1,
            CameTo::Warned => self.warned += 1,
            CameTo::Noted => self.noted += 1,
            CameTo::Waived => self.waived += 1,
            CameTo::Unjudged => self.unjudged += 1,
            CameTo::Met => self.met += 1,
            CameTo::Silent => self.silent += 1,
        }
    }
}

/// A sentence and what the findings under it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The requirement id.
    pub id: String,
    /// The sentence.
    pub sentence: Sentence,
    /// What it came to.
    pub came_to: CameTo,
    /// Findings that met it.
    pub met: usize,
    /// Findings that broke it, those that a waiver bears left out.
    pub broken: usize,
    /// Findings that broke it and that a waiver bears.
    pub waived: usize,
    /// Findings that could not judge it.
    pub unjudged: usize,
}

/// What a sentence came to over all findings under it, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameTo {
    /// A MUST or MUST NOT, or advice of whatever level, broken at least once.
    Broken,
    /// A SHOULD or SHOULD NOT broken at least once.
    Warned,
    /// A MAY or a practice broken at least once.
    Noted,
    /// Broken only where a waiver bears it.
    Waived,
    /// Not judged at least once, and never broken.
    Unjudged,
    /// Met by every finding.
    Met,
    /// No finding speaks of it.
    Silent,
}

impl CameTo {
    /// All that a sentence can come to, the good first: the order of columns.
    pub const ALL: [Self; 7] =
        [Self::Met, Self::Broken, Self::Warned, Self::Noted, Self::Waived, Self::Unjudged, Self::Silent];

    /// What it came to as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Warned => "warned",
            Self::Noted => "noted",
            Self::Waived => "waived",
            Self::Unjudged => "not judged",
            Self::Met => "met",
            Self::Silent => "not reached",
        }
    }
}

pub(crate) fn cited(sentences: &BTreeMap<String, Sentence>, cases: &[CaseOutcome]) -> BTreeMap<String, Cited> {
    let mut cited: BTreeMap<String, Cited> =
        sentences.iter().map(|(id, sentence)| (id.clone(), silent(id, sentence))).collect();
    for judged in cases.iter().flat_map(|case| &case.judged) {
        let id = &judged.found.requirement;
        let one = cited.entry(id.clone()).or_insert_with(|| silent(id, &judged.sentence));
        match judged.weight {
            Weight::Fails | Weight::Warns | Weight::Notes | Weight::Advises => one.broken += 1,
            Weight::Waived => one.waived += 1,
            Weight::Unjudged => one.unjudged += 1,
            Weight::Met => one.met += 1,
        }
    }
    for one in cited.values_mut() {
        one.came_to = came_to(one);
    }
    cited
}

/// Sentences that bind by document and section; a second opinion has a table of its own.
pub(crate) fn by_document(cited: &BTreeMap<String, Cited>) -> Vec<Document> {
    let mut sections: BTreeMap<_, Section> = BTreeMap::new();
    for (id, one) in cited.iter().filter(|(id, _)| !opinion::is_second(id)) {
        let document = id.split('/').next().unwrap_or_default();
        let number = &one.sentence.section;
        let section = sections.entry((document, order(number))).or_insert_with(|| Section {
            number: number.clone(),
            sentences: Vec::new(),
            counts: Counts::default(),
        });
        section.counts.add(one.came_to);
        section.sentences.push(one.clone());
    }
    let mut documents: Vec<Document> = Vec::new();
    for ((name, _), section) in sections {
        if documents.last().is_none_or(|last| last.name != name) {
            documents.push(Document { name: name.to_owned(), sections: Vec::new(), counts: Counts::default() });
        }
        if let Some(document) = documents.last_mut() {
            section.sentences.iter().for_each(|one| document.counts.add(one.came_to));
            document.sections.push(section);
        }
    }
    documents
}

fn silent(id: &str, sentence: &Sentence) -> Cited {
    Cited {
        id: id.to_owned(),
        sentence: sentence.clone(),
        came_to: CameTo::Silent,
        met: 0,
        broken: 0,
        waived: 0,
        unjudged: 0,
    }
}

fn came_to(one: &Cited) -> CameTo {
    if one.broken > 0 {
        match one.sentence.level {
            _ if opinion::is_second(&one.id) => CameTo::Broken,
            Level::Must | Level::MustNot => CameTo::Broken,
            Level::Should | Level::ShouldNot => CameTo::Warned,
            Level::May | Level::Practice => CameTo::Noted,
        }
    } else if one.waived > 0 {
        CameTo::Waived
    } else if one.unjudged > 0 {
        CameTo::Unjudged
    } else if one.met > 0 {
        CameTo::Met
    } else {
        CameTo::Silent
    }
}

/// Sections in the order of their document: `5.2` before `5.10` before `A.12`.
fn order(section: &str) -> Vec<(u64, String)> {
    section.split('.').map(|part| (part.parse().unwrap_or(u64::MAX), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Because, Case, Finding, Found, Origin, Place};
    use crate::run::{Judged, Verdict};

    fn sentence(section: &str) -> Sentence {
        Sentence { section: section.into(), level: Level::Must, says: "S.".into(), beside: None }
    }

    fn case(findings: &[(&str, Finding, Weight)]) -> CaseOutcome {
        let judged = findings.iter().map(|(requirement, finding, weight)| Judged {
            found: Found {
                case: "a".into(),
                requirement: (*requirement).into(),
                origin: Origin::Line,
                at: None,
                finding: finding.clone(),
                evidence: vec![],
                share: None,
                drawn: None,
            },
            sentence: sentence("9"),
            weight: *weight,
            waiver: None,
        });
        CaseOutcome {
            case: Case {
                id: "a".into(),
                title: "A".into(),
                at: Place { file: String::new(), line: 0, text: String::new() },
            },
            verdict: Verdict::Failed,
            judged: judged.collect(),
            skipped: None,
            took_us: 0,
        }
    }

    #[test]
    fn sections_stand_in_the_order_of_their_document() {
        let sentences = ["A.12", "5.10", "5.2", "5"].map(|number| (format!("rfc/{number}/x"), sentence(number)));
        let documents = by_document(&cited(&sentences.into(), &[]));
        let numbers: Vec<&str> = documents[0].sections.iter().map(|one| one.number.as_str()).collect();
        assert_eq!((documents.len(), documents[0].counts.silent), (1, 4));
        assert_eq!(numbers, ["5", "5.2", "5.10", "A.12"]);
        assert!(documents[0].sections.iter().all(|one| one.counts.silent == 1));
    }

    #[test]
    fn the_gravest_finding_decides_and_an_unknown_sentence_is_not_lost() {
        let unjudged = Finding::Unjudged { because: Because::Control, detail: "d".into() };
        let broken = Finding::Broken { expected: "e".into(), actual: "a".into() };
        let cases = [
            case(&[("r/1/a", Finding::Met, Weight::Met), ("r/1/b", Finding::Met, Weight::Met)]),
            case(&[("r/1/b", unjudged.clone(), Weight::Unjudged), ("r/1/c", unjudged, Weight::Unjudged)]),
            case(&[("r/1/c", broken.clone(), Weight::Fails), ("r/1/d", broken.clone(), Weight::Waived)]),
            case(&[("r/1/c", broken.clone(), Weight::Waived), ("r/1/d", Finding::Met, Weight::Met)]),
            case(&[("rfc9700/1/a", broken, Weight::Advises)]),
        ];
        let documents = by_document(&cited(&BTreeMap::new(), &cases));
        let came: Vec<_> = documents[0].sections[0].sentences.iter().map(|one| one.came_to).collect();
        assert_eq!(came, [CameTo::Met, CameTo::Unjudged, CameTo::Broken, CameTo::Waived]);
        assert_eq!(documents[0].counts, Counts { met: 1, unjudged: 1, broken: 1, waived: 1, ..Counts::default() });
        assert_eq!(documents.len(), 1, "a second opinion has a table of its own");
    }

    #[test]
    fn a_must_that_is_broken_is_counted_apart_from_what_only_warns_or_is_noted() {
        let broken = Finding::Broken { expected: "e".into(), actual: "a".into() };
        let levels = [Level::Must, Level::ShouldNot, Level::May, Level::Practice];
        let sentences = levels.map(|level| (format!("r/1/{}", level.name()), Sentence { level, ..sentence("1") }));
        let found: Vec<_> = sentences.iter().map(|(id, _)| (id.as_str(), broken.clone(), Weight::Notes)).collect();
        let documents = by_document(&cited(&sentences.clone().into(), &[case(&found)]));
        assert_eq!(documents[0].counts, Counts { broken: 1, warned: 1, noted: 2, ..Counts::default() });
    }
}
