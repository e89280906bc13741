//! Findings folded by the sentence that they cite, sentences by their section.

use std::collections::BTreeMap;

use crate::record::Sentence;
use crate::run::{CaseOutcome, Weight};

/// A section of a document with the sentences of it that the run cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The document, the first part of a requirement's id: `rfc6749`.
    pub document: String,
    /// The section: `5.2`.
    pub section: String,
    /// Its sentences in the order of their ids.
    pub sentences: Vec<Cited>,
    /// Sentences that held wherever they were looked at.
    pub met: usize,
    /// Sentences broken at least once.
    pub broken: usize,
    /// Sentences not judged at least once, and never broken.
    pub unjudged: usize,
    /// Sentences that no finding speaks of.
    pub silent: usize,
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
    /// Findings that broke it.
    pub broken: usize,
    /// Findings that could not judge it.
    pub unjudged: usize,
}

/// What a sentence came to over all findings under it, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameTo {
    /// Broken at least once.
    Broken,
    /// Not judged at least once, and never broken.
    Unjudged,
    /// Met by every finding.
    Met,
    /// No finding speaks of it.
    Silent,
}

impl CameTo {
    /// What it came to as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Unjudged => "not judged",
            Self::Met => "met",
            Self::Silent => "not reached",
        }
    }
}

pub(crate) fn by_section(sentences: &BTreeMap<String, Sentence>, cases: &[CaseOutcome]) -> Vec<Section> {
    let mut cited: BTreeMap<&str, Cited> =
        sentences.iter().map(|(id, sentence)| (id.as_str(), silent(id, sentence))).collect();
    for judged in cases.iter().flat_map(|case| &case.judged) {
        let id = judged.found.requirement.as_str();
        let one = cited.entry(id).or_insert_with(|| silent(id, &judged.sentence));
        match judged.weight {
            Weight::Fails | Weight::Warns | Weight::Notes => one.broken += 1,
            Weight::Unjudged => one.unjudged += 1,
            Weight::Met => one.met += 1,
        }
    }

    let mut sections: BTreeMap<_, Section> = BTreeMap::new();
    for (id, mut one) in cited {
        one.came_to = came_to(&one);
        let document = id.split('/').next().unwrap_or_default();
        let number = one.sentence.section.clone();
        let section = sections.entry((document, order(&number))).or_insert_with(|| Section {
            document: document.to_owned(),
            section: number,
            sentences: Vec::new(),
            met: 0,
            broken: 0,
            unjudged: 0,
            silent: 0,
        });
        match one.came_to {
            CameTo::Broken => section.broken += 1,
            CameTo::Unjudged => section.unjudged += 1,
            CameTo::Met => section.met += 1,
            CameTo::Silent => section.silent += 1,
        }
        section.sentences.push(one);
    }
    sections.into_values().collect()
}

fn silent(id: &str, sentence: &Sentence) -> Cited {
    Cited { id: id.to_owned(), sentence: sentence.clone(), came_to: CameTo::Silent, met: 0, broken: 0, unjudged: 0 }
}

fn came_to(one: &Cited) -> CameTo {
    if one.broken > 0 {
        CameTo::Broken
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
    use crate::record::{Because, Case, Finding, Found, Level, Origin, Place};
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
        let sections = by_section(&sentences.into(), &[]);
        let numbers: Vec<&str> = sections.iter().map(|one| one.section.as_str()).collect();
        assert_eq!(numbers, ["5", "5.2", "5.10", "A.12"]);
        assert!(sections.iter().all(|one| one.silent == 1));
    }

    #[test]
    fn the_gravest_finding_decides_and_an_unknown_sentence_is_not_lost() {
        let unjudged = Finding::Unjudged { because: Because::Control, detail: "d".into() };
        let broken = Finding::Broken { expected: "e".into(), actual: "a".into() };
        let cases = [
            case(&[("r/1/a", Finding::Met, Weight::Met), ("r/1/b", Finding::Met, Weight::Met)]),
            case(&[("r/1/b", unjudged.clone(), Weight::Unjudged), ("r/1/c", unjudged, Weight::Unjudged)]),
            case(&[("r/1/c", broken, Weight::Fails)]),
        ];
        let sections = by_section(&BTreeMap::new(), &cases);
        let came: Vec<_> = sections[0].sentences.iter().map(|one| one.came_to).collect();
        assert_eq!(came, [CameTo::Met, CameTo::Unjudged, CameTo::Broken]);
        assert_eq!((sections[0].met, sections[0].unjudged, sections[0].broken), (1, 1, 1));
    }
}
