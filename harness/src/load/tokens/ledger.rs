//! What each truth came to over all tokens.

use ropcheck_reports::record::{Because, Finding, Found, Origin, Share};

use super::truths::{TRUTHS, Truth};
use crate::lint::EXAMPLES;

/// Findings counted truth by truth, in the order of the roll call.
#[derive(Debug)]
pub(super) struct Ledger([Count; TRUTHS.len()]);

#[derive(Debug, Default)]
struct Count {
    met: u64,
    broken: u64,
    open: u64,
    /// What the first token came to that broke it, and where a few did.
    shown: Option<Shown>,
    /// Why it was left open at first.
    because: Option<(Because, String)>,
}

#[derive(Debug)]
struct Shown {
    expected: String,
    actual: String,
    at: Vec<String>,
}

impl Ledger {
    /// Nothing counted yet.
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Count::default()))
    }

    /// Adds what one token came to; `at` tells where it was heard.
    pub(super) fn add(&mut self, truth: usize, finding: Finding, at: impl FnOnce() -> String) {
        let count = &mut self.0[truth];
        match finding {
            Finding::Met => count.met += 1,
            Finding::Unjudged { because, detail } => {
                count.open += 1;
                count.because.get_or_insert((because, detail));
            }
            Finding::Broken { expected, actual } => {
                count.broken += 1;
                let shown = count.shown.get_or_insert_with(|| Shown { expected, actual, at: vec![] });
                if shown.at.len() < EXAMPLES {
                    shown.at.push(at());
                }
            }
        }
    }

    /// What each truth came to, one finding each. One that no token spoke of tells nothing.
    pub(super) fn found(self) -> Vec<Found> {
        let counted = TRUTHS.iter().zip(self.0);
        counted.filter_map(|(truth, count)| truth.found(count)).collect()
    }
}

impl Truth {
    fn found(&self, Count { met, broken, open, shown, because }: Count) -> Option<Found> {
        let judged = met + broken;
        let finding = match (shown, because) {
            (Some(Shown { expected, actual, at }), _) => {
                Finding::Broken { expected, actual: format!("{actual}: {}", at.join("; also ")) }
            }
            (None, Some((because, detail))) => {
                Finding::Unjudged { because, detail: format!("{detail} ({open} of {} tokens)", judged + open) }
            }
            (None, None) if judged == 0 => return None,
            (None, None) => Finding::Met,
        };
        Some(Found {
            case: format!("across/{}", self.name),
            requirement: self.requirement.to_owned(),
            origin: Origin::Across,
            at: None,
            finding,
            // The walk is gone by then, and the record does not hold it: the facts stand in the finding.
            evidence: vec![],
            share: Some(Share { broken, of: judged }),
            drawn: None,
        })
    }
}
