//! A recorded failure tried again: what it comes to now, beside what it came to then.

use ropcheck_reports::record::{Finding, Found};

/// What a recorded failure comes to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// What was broken is met.
    Fixed,
    /// It is broken as it was.
    StillFails,
    /// It is broken in another way, or another sentence is.
    Changed,
    /// It can't be told.
    Unjudged,
}

impl Replayed {
    /// Holds what is found now against what was.
    pub fn of(before: &[Found], now: &[Found]) -> Self {
        let is_broken = |one: &&Found| matches!(one.finding, Finding::Broken { .. });
        let is_met = |one: &Found| one.finding == Finding::Met;
        let broken: Vec<&Found> = now.iter().filter(is_broken).collect();
        let was =
            |now: &Found| before.iter().any(|one| one.requirement == now.requirement && one.finding == now.finding);
        let again = |one: &Found| now.iter().any(|now| now.requirement == one.requirement && is_met(now));
        if !broken.is_empty() {
            if broken.iter().all(|one| was(one)) { Self::StillFails } else { Self::Changed }
        } else if before.iter().filter(is_broken).all(again) {
            Self::Fixed
        } else {
            Self::Unjudged
        }
    }

    /// It in the words that are printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::StillFails => "STILL FAILS",
            Self::Changed => "CHANGED",
            Self::Unjudged => "NOT JUDGED",
        }
    }

    /// Its exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Fixed => 0,
            Self::StillFails | Self::Changed => 1,
            Self::Unjudged => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use ropcheck_reports::record::{Because, Origin};

    use super::*;

    fn found(requirement: &str, finding: Finding) -> Found {
        let (case, requirement) = ("properties/a/b".to_owned(), requirement.to_owned());
        Found { case, requirement, origin: Origin::Line, at: None, finding, evidence: vec![], share: None, drawn: None }
    }

    fn broken(actual: &str) -> Finding {
        Finding::Broken { expected: "status 400".to_owned(), actual: actual.to_owned() }
    }

    #[test]
    fn then_and_now() {
        let before = [found("a", broken("status 500")), found("b", Finding::Met)];
        let open = || Finding::Unjudged { because: Because::Control, detail: "refused".to_owned() };
        for (now, comes_to) in [
            (vec![("a", Finding::Met), ("b", Finding::Met)], Replayed::Fixed),
            (vec![("a", broken("status 500")), ("b", Finding::Met)], Replayed::StillFails),
            (vec![("a", broken("status 200")), ("b", Finding::Met)], Replayed::Changed),
            (vec![("a", Finding::Met), ("b", broken("status 500"))], Replayed::Changed),
            (vec![("a", open()), ("b", Finding::Met)], Replayed::Unjudged),
            (vec![], Replayed::Unjudged),
        ] {
            let now: Vec<Found> = now.into_iter().map(|(requirement, finding)| found(requirement, finding)).collect();
            assert_eq!(Replayed::of(&before, &now), comes_to, "{now:?}");
        }
    }
}
