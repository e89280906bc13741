//! What a finding weighs under its sentence, and what the findings of a case come to.

use crate::opinion;
use crate::record::{Finding, Found, Level, Sentence, Waiver};

/// A finding with the sentence that it speaks of and what it weighs.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The finding.
    pub found: Found,
    /// The sentence.
    pub sentence: Sentence,
    /// What the two add up to.
    pub weight: Weight,
    /// The waiver that bears it, where one does.
    pub waiver: Option<Waiver>,
}

/// What a finding weighs under its requirement's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A MUST or MUST NOT broken.
    Fails,
    /// A MUST or MUST NOT broken, and borne by a waiver.
    Waived,
    /// A SHOULD or SHOULD NOT broken.
    Warns,
    /// A MAY or a practice broken.
    Notes,
    /// Advice of a second opinion not followed.
    Advises,
    /// Not judged.
    Unjudged,
    /// Met.
    Met,
}

impl Weight {
    /// Whether a promise that binds was broken, at whatever level. Advice binds nobody.
    pub fn is_broken(self) -> bool {
        match self {
            Self::Fails | Self::Waived | Self::Warns | Self::Notes => true,
            Self::Advises | Self::Unjudged | Self::Met => false,
        }
    }
}

/// Weighs a finding under its sentence; `waiver` is one in force for it.
pub(crate) fn weigh(found: &Found, level: Level, waiver: Option<&Waiver>) -> Weight {
    match (&found.finding, level) {
        (Finding::Met, _) => Weight::Met,
        (Finding::Unjudged { .. }, _) => Weight::Unjudged,
        (Finding::Broken { .. }, _) if opinion::is_second(&found.requirement) => Weight::Advises,
        (Finding::Broken { .. }, Level::Must | Level::MustNot) if waiver.is_some() => Weight::Waived,
        (Finding::Broken { .. }, Level::Must | Level::MustNot) => Weight::Fails,
        (Finding::Broken { .. }, Level::Should | Level::ShouldNot) => Weight::Warns,
        (Finding::Broken { .. }, Level::May | Level::Practice) => Weight::Notes,
    }
}

/// What a case came to, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It broke a MUST.
    Failed,
    /// Something of it could not be judged; never counted as passed.
    Unjudged,
    /// It broke a MUST, and waivers bear all such breaks of it; never counted as passed.
    Waived,
    /// It broke a SHOULD.
    Warned,
    /// It broke a MAY or a practice.
    Noted,
    /// It kept all that binds, and went against today's advice.
    Advised,
    /// All was met.
    Passed,
    /// It was not run.
    Skipped,
}

impl Verdict {
    /// Every verdict, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Unjudged,
        Self::Waived,
        Self::Warned,
        Self::Noted,
        Self::Advised,
        Self::Passed,
        Self::Skipped,
    ];

    /// The verdict as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unjudged => "not judged",
            Self::Waived => "waived",
            Self::Warned => "warned",
            Self::Noted => "noted",
            Self::Advised => "advised",
            Self::Passed => "passed",
            Self::Skipped => "skipped",
        }
    }
}

/// What findings come to together; none at all are of a case that the run did not reach.
pub(crate) fn verdict(judged: &[Judged]) -> Verdict {
    match judged.iter().map(|one| one.weight).min() {
        Some(Weight::Fails) => Verdict::Failed,
        Some(_) if judged.iter().any(|one| one.weight == Weight::Unjudged) => Verdict::Unjudged,
        Some(Weight::Waived) => Verdict::Waived,
        Some(Weight::Warns) => Verdict::Warned,
        Some(Weight::Notes) => Verdict::Noted,
        Some(Weight::Advises) => Verdict::Advised,
        None | Some(Weight::Unjudged) => Verdict::Unjudged,
        Some(Weight::Met) => Verdict::Passed,
    }
}

/// Cases by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases that broke a MUST.
    pub failed: usize,
    /// Cases of which something could not be judged.
    pub unjudged: usize,
    /// Cases that broke a MUST, borne by waivers.
    pub waived: usize,
    /// Cases that broke a SHOULD.
    pub warned: usize,
    /// Cases that broke a MAY or a practice.
    pub noted: usize,
    /// Cases that went against today's advice alone.
    pub advised: usize,
    /// Cases that met all.
    pub passed: usize,
    /// Cases that were not run.
    pub skipped: usize,
}

impl Tally {
    /// How many cases have that verdict.
    pub fn of(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Failed => self.failed,
            Verdict::Unjudged => self.unjudged,
            Verdict::Waived => self.waived,
            Verdict::Warned => self.warned,
            Verdict::Noted => self.noted,
            Verdict::Advised => self.advised,
            Verdict::Passed => self.passed,
            Verdict::Skipped => self.skipped,
        }
    }

    /// All cases.
    pub fn total(&self) -> usize {
        Verdict::ALL.into_iter().map(|verdict| self.of(verdict)).sum()
    }

    pub(crate) fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Failed => self.failed += 1,
            Verdict::Unjudged => self.unjudged += 1,
            Verdict::Waived => self.waived += 1,
            Verdict::Warned => self.warned += 1,
            Verdict::Noted => self.noted += 1,
            Verdict::Advised => self.advised += 1,
            Verdict::Passed => self.passed += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }
}
