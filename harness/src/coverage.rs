//! The catalogue held against the cases: which sentences are tested, and why others are not.
//!
//! A sentence is tested where a case or a lint has a check under it. One that only permits an alternative of `any_of` is not
//! tested by that: no answer could break it there. Load runs do not count, as `ropcheck check` does not run them.

use std::collections::BTreeMap;

use ropcheck_reports::record::Level;

use crate::library::Library;
use crate::lint::LINTS;
use crate::scenario::Scenario;

/// Every sentence of a catalogue with its standing.
#[derive(Debug)]
pub struct Coverage<'a> {
    /// By requirement id.
    pub sentences: BTreeMap<&'a str, Covered<'a>>,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered<'a> {
    /// How binding it is.
    pub level: Level,
    /// Whether it is tested.
    pub standing: Standing<'a>,
}

/// Whether a sentence is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing<'a> {
    /// By these cases, lints after them.
    Tested(Vec<String>),
    /// It can't be, from outside: the reason.
    Untestable(&'a str),
    /// It could be, and is not.
    Untested,
}

/// Sentences counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub sentences: usize,
    /// The tested ones.
    pub tested: usize,
    /// Those that can't be tested.
    pub untestable: usize,
    /// Those that could be and are not.
    pub untested: usize,
}

impl<'a> Coverage<'a> {
    /// Holds a library's catalogue against its cases.
    pub fn of(library: &'a Library) -> Self {
        let mut probes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, scenario) in library.scenarios.iter().filter(|(_, scenario)| scenario.wrote.load.is_none()) {
            for requirement in cites(&scenario.wrote) {
                probes.entry(requirement).or_default().push(id.clone());
            }
        }
        for lint in LINTS {
            probes.entry(lint.requirement).or_default().push(format!("lint/{}", lint.name));
        }
        let sentences = library.catalogue.iter().map(|(id, requirement)| {
            let standing = match (probes.remove(id), &requirement.untestable) {
                (Some(cases), _) => Standing::Tested(cases),
                (None, Some(because)) => Standing::Untestable(because),
                (None, None) => Standing::Untested,
            };
            (id, Covered { level: requirement.sentence.level, standing })
        });
        Self { sentences: sentences.collect() }
    }

    /// All sentences counted.
    pub fn total(&self) -> Count {
        Count::of(self.sentences.values())
    }

    /// The sentences of each document, by its name, counted as a whole and by level.
    pub fn documents(&self) -> BTreeMap<&'a str, (Count, BTreeMap<Level, Count>)> {
        let mut documents: BTreeMap<&str, (Count, BTreeMap<Level, Count>)> = BTreeMap::new();
        for (id, covered) in &self.sentences {
            let (whole, levels) = documents.entry(document(id)).or_default();
            whole.add(covered);
            levels.entry(covered.level).or_default().add(covered);
        }
        documents
    }

    /// The sentences that could be tested and are not.
    pub fn untested(&self) -> impl Iterator<Item = (&'a str, Level)> {
        let untested = self.sentences.iter().filter(|(_, covered)| covered.standing == Standing::Untested);
        untested.map(|(id, covered)| (*id, covered.level))
    }

    /// The sentences that can't be tested, with the reason.
    pub fn untestable(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.sentences.iter().filter_map(|(id, covered)| match covered.standing {
            Standing::Untestable(because) => Some((*id, because)),
            Standing::Tested(_) | Standing::Untested => None,
        })
    }

    /// The last line: `coverage: 412 sentences, 300 tested, 112 untestable, 0 untested`.
    pub fn summary(&self) -> String {
        let Count { sentences, tested, untestable, untested } = self.total();
        format!("coverage: {sentences} sentences, {tested} tested, {untestable} untestable, {untested} untested")
    }
}

impl Count {
    fn of<'a>(all: impl IntoIterator<Item = &'a Covered<'a>>) -> Self {
        let mut count = Self::default();
        all.into_iter().for_each(|covered| count.add(covered));
        count
    }

    fn add(&mut self, covered: &Covered<'_>) {
        self.sentences += 1;
        match covered.standing {
            Standing::Tested(_) => self.tested += 1,
            Standing::Untestable(_) => self.untestable += 1,
            Standing::Untested => self.untested += 1,
        }
    }
}

/// The sentences that a scenario has a check under, each once, in the order of writing.
pub fn cites(scenario: &Scenario) -> Vec<&str> {
    let expect = scenario.all_steps().flat_map(|step| &step.value.expect.0);
    let mut all: Vec<&str> = Vec::new();
    for (requirement, checks) in expect {
        if !checks.is_empty() && !all.contains(&requirement.value.as_str()) {
            all.push(&requirement.value);
        }
    }
    all
}

/// The document of a requirement: the first part of its id.
pub fn document(requirement: &str) -> &str {
    requirement.split('/').next().unwrap_or(requirement)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A library with five sentences, and scenarios that cite some of them.
    fn library() -> Library {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("requirements")).expect("a folder in it");
        let entry = |id: &str, level: &str, more: &str| {
            format!("- {{ id: {id}, section: \"1\", level: {level}, says: It holds., why: It matters.{more} }}\n")
        };
        let catalogue = entry("mine/1/tested", "must", "")
            + &entry("mine/1/permits", "may", "")
            + &entry("mine/1/under-load", "must", "")
            + &entry("mine/1/hidden", "must-not", ", untestable: nobody sees it")
            + &entry("mine/2/empty", "should", "");
        let scenarios = "\
- id: one
  title: One
  steps:
    - send: { like: good-login }
      expect:
        mine/1/tested: [{ any_of: { mine/1/tested: [granted], mine/1/permits: [not_granted], mine/1/hidden: [not_granted] } }]
        mine/2/empty: []
- id: two
  title: Two
  load: { users: 1 for 1s }
  steps: [{ send: { like: good-login }, expect: { mine/1/under-load: [granted] } }]
";
        fs::write(folder.path().join("requirements/mine.yaml"), catalogue).expect("a catalogue");
        fs::write(folder.path().join("cases.yaml"), scenarios).expect("scenarios");
        Library::load(Some(folder.path())).expect("it can be read")
    }

    #[test]
    fn a_sentence_is_tested_by_a_check_under_it_and_by_nothing_else() {
        let library = library();
        let coverage = Coverage::of(&library);
        let standing = |id: &str| coverage.sentences[id].standing.clone();
        assert_eq!(standing("mine/1/tested"), Standing::Tested(vec!["cases/one".into()]));
        assert_eq!(standing("mine/1/permits"), Standing::Untested, "to permit an alternative tests nothing");
        assert_eq!(standing("mine/1/under-load"), Standing::Untested, "a check does not run it");
        assert_eq!(standing("mine/1/hidden"), Standing::Untestable("nobody sees it"));
        assert_eq!(standing("mine/2/empty"), Standing::Untested, "no check stands there");
        let Standing::Tested(cases) = standing("rfc6749/5.1/no-store") else { panic!("a lint tests it") };
        assert!(cases.contains(&"lint/no-store".to_owned()), "{cases:?}");
    }

    #[test]
    fn documents_and_levels_are_counted() {
        let library = library();
        let coverage = Coverage::of(&library);
        let (whole, levels) = &coverage.documents()["mine"];
        assert_eq!(*whole, Count { sentences: 5, tested: 1, untestable: 1, untested: 3 });
        assert_eq!(levels[&Level::Must], Count { sentences: 2, tested: 1, untestable: 0, untested: 1 });
        let total = coverage.total();
        assert_eq!(total.sentences, total.tested + total.untestable + total.untested);
        assert_eq!(total.untested, coverage.untested().count());
        assert_eq!(total.untestable, coverage.untestable().count());
    }

    #[test]
    fn nothing_is_tested_that_the_catalogue_says_can_not_be() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        for (id, covered) in Coverage::of(&library).sentences {
            let untestable = library.catalogue.get(id).is_some_and(|requirement| requirement.untestable.is_some());
            assert!(!(untestable && matches!(covered.standing, Standing::Tested(_))), "{id}: {covered:?}");
        }
    }
}
