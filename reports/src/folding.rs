//! Events folded into a run, one by one: every number that a report prints is made here, or in a room that it folds with.
//!
//! A finding says what happened and the requirement's level says how much it matters; only the fold combines them, in
//! [`crate::verdict`].

use std::collections::BTreeMap;

use crate::load::Loading;
use crate::record::{Case, Ended, Event, Exchange, Found, Level, Place, RunFinished, RunStarted, Sentence, Waiver};
use crate::run::{CaseOutcome, Judged, Run, Tally, Verdict, Weight};
use crate::verdict::{verdict, weigh};
use crate::{coverage, opinion, waivers};

/// A run under way. It keeps findings and their exchanges, which are few, and of what was measured a few numbers a second:
/// it does not grow with the number of requests.
#[derive(Debug)]
pub struct Folding {
    started: RunStarted,
    finished: Option<RunFinished>,
    exchanges: BTreeMap<String, Exchange>,
    skipped: BTreeMap<String, String>,
    found: BTreeMap<String, Vec<Found>>,
    took: BTreeMap<String, u64>,
    load: Loading,
}

/// Folds events into a run whose head is known.
pub fn fold(started: RunStarted, events: impl IntoIterator<Item = Event>) -> Run {
    let mut folding = Folding::begin(started);
    for event in events {
        folding.add(event);
    }
    folding.finish()
}

impl Folding {
    /// A run of which nothing but its head is known.
    pub fn begin(started: RunStarted) -> Self {
        let load = Loading::begin(started.load.as_ref());
        Self {
            started,
            finished: None,
            exchanges: BTreeMap::new(),
            skipped: BTreeMap::new(),
            found: BTreeMap::new(),
            took: BTreeMap::new(),
            load,
        }
    }

    /// Adds what happened next. A second head is no news.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::RunStarted(_) => {}
            Event::Skipped(skip) => {
                self.skipped.insert(skip.case, skip.because);
            }
            Event::Exchange(exchange) => {
                let sum = self.took.entry(exchange.case.clone()).or_default();
                *sum = sum.saturating_add(exchange.took_us);
                self.exchanges.insert(exchange.id.clone(), exchange);
            }
            Event::Found(one) => self.found.entry(one.case.clone()).or_default().push(one),
            Event::Window(window) => self.load.window(window),
            Event::Pulse(pulse) => self.load.pulse(pulse),
            Event::Race(race) => self.load.race(race),
            Event::Trial(trial) => self.load.trial(trial),
            Event::RunFinished(last) => self.finished = Some(last),
        }
    }

    /// What it all adds up to.
    ///
    /// A case with no finding at all is one that the run did not reach: it counts as not judged.
    pub fn finish(self) -> Run {
        let Self { started, finished, exchanges, mut skipped, mut found, took, load } = self;
        let mut cases = Vec::new();
        for case in started.cases.clone() {
            let findings = found.remove(&case.id).unwrap_or_default();
            let reason = skipped.remove(&case.id);
            cases.push(outcome(case, findings, reason, &started));
        }
        // What is left is not in the head: checks that run on every exchange, each a case of its own.
        let checks = found.len();
        for (id, findings) in found {
            let title =
                findings.first().map_or_else(String::new, |one| sentence(&started.sentences, &one.requirement).says);
            let at = Place { file: String::new(), line: 0, text: String::new() };
            cases.push(outcome(Case { id, title, at }, findings, None, &started));
        }
        let mut tally = Tally::default();
        for case in &mut cases {
            case.took_us = took.get(&case.case.id).copied().unwrap_or_default();
            tally.add(case.verdict);
        }
        let load = load.finish(started.load.as_ref(), finished.as_ref(), failing(&cases));
        let cited = coverage::cited(&started.sentences, &cases);
        let (coverage, opinions) = (coverage::by_document(&cited), opinion::of(&cited));
        let complete = finished.as_ref().is_some_and(|last| last.ended == Ended::Complete);
        let waivers = waivers::applied(&started, &cases, complete && started.only.is_none());
        Run { started, finished, cases, tally, checks, exchanges, load, coverage, opinions, waivers }
    }
}

/// How often a MUST was broken that no waiver bears.
fn failing(cases: &[CaseOutcome]) -> u64 {
    let broken = cases.iter().flat_map(|case| &case.judged).filter(|one| one.weight == Weight::Fails);
    broken.map(|one| one.found.share.map_or(1, |share| share.broken)).fold(0, u64::saturating_add)
}

fn outcome(case: Case, findings: Vec<Found>, skipped: Option<String>, started: &RunStarted) -> CaseOutcome {
    let in_force: Vec<&Waiver> =
        started.waivers.iter().filter(|waiver| waiver.case == case.id && waivers::holds(waiver, started)).collect();
    let judged: Vec<Judged> = findings
        .into_iter()
        .map(|found| {
            let sentence = sentence(&started.sentences, &found.requirement);
            let waiver = in_force.iter().copied().find(|waiver| waiver.requirement == found.requirement);
            let weight = weigh(&found, sentence.level, waiver);
            let waiver = waiver.filter(|_| weight == Weight::Waived).cloned();
            Judged { found, sentence, weight, waiver }
        })
        .collect();
    let verdict = if skipped.is_some() { Verdict::Skipped } else { verdict(&judged) };
    CaseOutcome { case, verdict, judged, skipped, took_us: 0 }
}

/// The sentence of a requirement; one that the head does not carry is shown as what it is, and binds.
fn sentence(sentences: &BTreeMap<String, Sentence>, requirement: &str) -> Sentence {
    sentences.get(requirement).cloned().unwrap_or_else(|| Sentence {
        section: String::new(),
        level: Level::Must,
        says: format!("{requirement} (the record does not carry this sentence)"),
        beside: None,
    })
}
