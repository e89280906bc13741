//! What each truth across answers came to.

use ropcheck_reports::record::{Because, Finding, Found, Origin, Share};

use crate::lint::EXAMPLES;

/// Findings counted truth by truth, in the order of their roll call.
#[derive(Debug)]
pub(super) struct Ledger {
    /// What they look at: `tokens`.
    of: &'static str,
    counts: Vec<Count>,
}

#[derive(Debug, Clone)]
struct Count {
    /// The truth's name: `across/name` is its case.
    name: &'static str,
    /// The sentence that it holds answers against.
    requirement: &'static str,
    met: u64,
    broken: u64,
    open: u64,
    /// What the first came to that broke it, and where a few did.
    shown: Option<Shown>,
    /// Why it was left open at first.
    because: Option<(Because, String)>,
}

#[derive(Debug, Clone)]
struct Shown {
    expected: String,
    actual: String,
    at: Vec<String>,
    evidence: Vec<String>,
}

/// Where a truth was broken.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// In words.
    pub(super) at: String,
    /// The exchanges that show it, where the record holds them.
    pub(super) evidence: Vec<String>,
}

impl Ledger {
    /// Nothing counted yet of truths by name and sentence.
    pub(super) fn new(of: &'static str, truths: impl Iterator<Item = (&'static str, &'static str)>) -> Self {
        Self { of, counts: truths.map(|(name, requirement)| Count::new(name, requirement)).collect() }
    }

    /// Adds what one of them came to; `place` is asked for the first few that broke a truth.
    pub(super) fn add(&mut self, truth: usize, finding: Finding, place: impl FnOnce() -> Place) {
        let count = &mut self.counts[truth];
        match finding {
            Finding::Met => count.met += 1,
            Finding::Unjudged { because, detail } => {
                count.open += 1;
                count.because.get_or_insert((because, detail));
            }
            Finding::Broken { expected, actual } => {
                count.broken += 1;
                let shown = count.shown.get_or_insert_with(|| Shown::new(expected, actual));
                if shown.at.len() < EXAMPLES {
                    let Place { at, evidence } = place();
                    shown.at.push(at);
                    shown.evidence.extend(evidence);
                }
            }
        }
    }

    /// What each truth came to, one finding each. One that nothing spoke of tells nothing.
    pub(super) fn found(&self) -> Vec<Found> {
        self.counts.iter().filter_map(|count| count.clone().found(self.of)).collect()
    }
}

impl Shown {
    fn new(expected: String, actual: String) -> Self {
        Self { expected, actual, at: vec![], evidence: vec![] }
    }
}

impl Count {
    fn new(name: &'static str, requirement: &'static str) -> Self {
        Self { name, requirement, met: 0, broken: 0, open: 0, shown: None, because: None }
    }

    fn found(self, of: &str) -> Option<Found> {
        let Self { name, requirement, met, broken, open, shown, because } = self;
        let judged = met + broken;
        let (finding, evidence) = match (shown, because) {
            (Some(Shown { expected, actual, at, evidence }), _) => {
                (Finding::Broken { expected, actual: format!("{actual}: {}", at.join("; also ")) }, evidence)
            }
            (None, Some((because, detail))) => {
                let detail = format!("{detail} ({open} of {} {of})", judged + open);
                (Finding::Unjudged { because, detail }, vec![])
            }
            (None, None) if judged == 0 => return None,
            (None, None) => (Finding::Met, vec![]),
        };
        Some(Found {
            case: format!("across/{name}"),
            requirement: requirement.to_owned(),
            origin: Origin::Across,
            at: None,
            finding,
            evidence,
            share: Some(Share { broken, of: judged, open: 0 }),
            drawn: None,
        })
    }
}
