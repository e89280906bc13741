//! What one run of the suite showed.

use std::collections::BTreeMap;

use ropcheck_reports::record::{Because, Finding, Level};
use ropcheck_reports::run::{Run, Verdict, Weight};
use serde::Serialize;

/// Advice against the password grant itself. That it is not followed is the occasion of the suite and says nothing of one
/// server: nobody's score counts it.
const AGAINST_THE_GRANT: [&str; 2] = ["oauth-v2-1/1.8/no-ropc", "rfc9700/2.4/no-ropc"];

/// What one run found, as far as the score needs it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Broken promises: cases in order, lints after them.
    pub broken: Vec<Broken>,
    /// Cases of which something was not judged.
    pub unjudged: Vec<String>,
    /// Cases that were skipped, with the reason.
    pub skipped: BTreeMap<String, String>,
    /// Whether something was too noisy to tell.
    pub noisy: bool,
    /// Why the run could not be begun or ended, where it could not.
    pub stopped: Option<String>,
}

/// A promise that a case found broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The case, or `lint/…`.
    pub case: String,
    /// The requirement.
    pub requirement: String,
    /// How binding that is.
    pub level: Level,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// What it weighs.
    #[serde(skip)]
    pub weight: Weight,
}

impl Shown {
    /// What a run found.
    pub fn of(run: &Run) -> Self {
        let judged = run.cases.iter().flat_map(|case| case.judged.iter().map(move |judged| (&case.case.id, judged)));
        let counted = judged.filter(|(_, judged)| !AGAINST_THE_GRANT.contains(&judged.found.requirement.as_str()));
        let broken = counted.filter_map(|(case, judged)| match &judged.found.finding {
            Finding::Broken { expected, actual } => Some(Broken {
                case: case.clone(),
                requirement: judged.found.requirement.clone(),
                level: judged.sentence.level,
                expected: expected.clone(),
                actual: actual.clone(),
                weight: judged.weight,
            }),
            Finding::Met | Finding::Unjudged { .. } => None,
        });
        let skipped = run.cases.iter().filter_map(|case| Some((case.case.id.clone(), case.skipped.clone()?)));
        let unjudged = run.cases.iter().filter(|case| case.verdict == Verdict::Unjudged);
        Self {
            broken: broken.collect(),
            unjudged: unjudged.map(|case| case.case.id.clone()).collect(),
            skipped: skipped.collect(),
            noisy: run.unjudged_by_reason().contains_key(&Because::Noise),
            stopped: run.stopped().map(str::to_owned),
        }
    }

    /// What both of two runs found.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.broken.extend(other.broken);
        self.unjudged.extend(other.unjudged);
        self.skipped.extend(other.skipped);
        Self { stopped: self.stopped.or(other.stopped), noisy: self.noisy || other.noisy, ..self }
    }

    /// Cases that a filter lets through, each once, in order.
    pub(super) fn cases(&self, wanted: impl Fn(&Broken) -> bool) -> Vec<String> {
        let mut cases: Vec<String> = Vec::new();
        for one in self.broken.iter().filter(|one| wanted(one)) {
            // A lint may speak up in each of two runs.
            if !cases.contains(&one.case) {
                cases.push(one.case.clone());
            }
        }
        cases
    }
}
