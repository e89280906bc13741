//! What the trials of a search came to.

use std::ops::Range;

use crate::record::Trial;
use crate::record::load::{CameTo, Kind};

/// A search for the highest rate that keeps the thresholds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// Every trial, in the order of the run.
    pub trials: Vec<Trial>,
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer<'s> {
    /// A rate keeps all thresholds, and was held to confirm it.
    Rate {
        /// The trial that confirmed it.
        held: &'s Trial,
        /// The lowest rate above it that was tried and did not, where there is one.
        next: Option<&'s Trial>,
    },
    /// A rate keeps all thresholds, and of the next one above it the generator was the limit: INCONCLUSIVE, for how much
    /// more the server bears is not known.
    AtLeast {
        /// The trial that confirmed it.
        held: &'s Trial,
        /// The lowest rate above it that was tried.
        invalid: &'s Trial,
    },
    /// None was confirmed: INCONCLUSIVE.
    None {
        /// The last trial that the generator was the limit of.
        invalid: Option<&'s Trial>,
    },
}

impl Search {
    /// The trial that the figures of the run are those of: the last hold that was to confirm a rate.
    pub fn held(&self) -> Option<&Trial> {
        self.trials.iter().rfind(|trial| trial.kind == Kind::Confirmation && trial.came_to != CameTo::Interrupted)
    }

    /// Every trial but those that were made once more, because the generator had been their limit.
    fn counted(&self) -> impl Iterator<Item = &Trial> {
        let made_again = |trial: &Trial, next: &Trial| {
            trial.came_to == CameTo::Invalid && trial.kind == next.kind && trial.rate.to_bits() == next.rate.to_bits()
        };
        let next = self.trials.iter().skip(1).map(Some).chain([None]);
        let all = self.trials.iter().zip(next);
        all.filter(move |(trial, next)| !next.is_some_and(|next| made_again(trial, next))).map(|(trial, _)| trial)
    }

    /// What it came to.
    pub fn answer(&self) -> Answer<'_> {
        let Some(held) = self.held().filter(|held| held.came_to == CameTo::Kept) else {
            return Answer::None { invalid: self.counted().filter(|trial| trial.came_to == CameTo::Invalid).last() };
        };
        let is_limit = |trial: &&Trial| matches!(trial.came_to, CameTo::Missed | CameTo::Invalid);
        let above = self.counted().filter(|trial| trial.rate > held.rate).filter(is_limit);
        match above.min_by(|one, other| one.rate.total_cmp(&other.rate)) {
            Some(invalid) if invalid.came_to == CameTo::Invalid => Answer::AtLeast { held, invalid },
            next => Answer::Rate { held, next },
        }
    }
}

/// The seconds of a trial.
pub(crate) fn seconds(trial: &Trial) -> Range<u64> {
    trial.from..trial.until
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(trials: &[(f64, Kind, CameTo)]) -> Search {
        let trial = |(rate, kind, came_to): &(f64, Kind, CameTo)| Trial {
            from: 0,
            until: 1,
            rate: *rate,
            asked_us: None,
            kind: *kind,
            came_to: *came_to,
            why: vec![],
        };
        Search { trials: trials.iter().map(trial).collect() }
    }

    fn rates(search: &Search) -> Option<(f64, Option<f64>)> {
        match search.answer() {
            Answer::Rate { held, next } => Some((held.rate, next.map(|trial| trial.rate))),
            Answer::AtLeast { .. } | Answer::None { .. } => None,
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_hold_and_the_next_is_the_lowest_that_failed_above_it() {
        let mut trials = vec![
            (100.0, Kind::Step, CameTo::Kept),
            (800.0, Kind::Step, CameTo::Missed),
            (450.0, Kind::Bisection, CameTo::Missed),
            (425.0, Kind::Bisection, CameTo::Kept),
            (425.0, Kind::Confirmation, CameTo::Missed),
        ];
        assert_eq!(rates(&search(&trials)), None, "a hold that missed confirms nothing");
        trials.push((412.0, Kind::Confirmation, CameTo::Kept));
        assert_eq!(rates(&search(&trials)), Some((412.0, Some(425.0))));
        assert_eq!(rates(&search(&[(100.0, Kind::Confirmation, CameTo::Kept)])), Some((100.0, None)));
        assert_eq!(rates(&search(&[])), None);
    }

    #[test]
    fn a_trial_that_was_made_once_more_counts_by_its_second_time() {
        let mut trials = vec![
            (100.0, Kind::Step, CameTo::Kept),
            (200.0, Kind::Step, CameTo::Invalid),
            (200.0, Kind::Step, CameTo::Missed),
            (100.0, Kind::Confirmation, CameTo::Invalid),
            (100.0, Kind::Confirmation, CameTo::Kept),
        ];
        assert_eq!(rates(&search(&trials)), Some((100.0, Some(200.0))));
        trials[2].2 = CameTo::Invalid;
        assert!(matches!(search(&trials).answer(), Answer::AtLeast { .. }));
    }

    #[test]
    fn a_trial_that_was_interrupted_says_nothing() {
        let mut trials = vec![(100.0, Kind::Confirmation, CameTo::Kept), (200.0, Kind::Step, CameTo::Interrupted)];
        assert_eq!(rates(&search(&trials)), Some((100.0, None)));
        trials.push((100.0, Kind::Confirmation, CameTo::Interrupted));
        assert_eq!(rates(&search(&trials)), Some((100.0, None)));
    }

    #[test]
    fn a_rate_below_one_that_the_generator_was_the_limit_of_is_no_highest_one() {
        let mut trials = vec![
            (400.0, Kind::Step, CameTo::Missed),
            (200.0, Kind::Step, CameTo::Invalid),
            (100.0, Kind::Confirmation, CameTo::Kept),
        ];
        let of_generator = search(&trials);
        let Answer::AtLeast { held, invalid } = of_generator.answer() else { panic!("{:?}", of_generator.answer()) };
        assert_eq!((held, invalid), (&of_generator.trials[2], &of_generator.trials[1]));
        trials.push((150.0, Kind::Step, CameTo::Missed));
        trials.push((120.0, Kind::Confirmation, CameTo::Kept));
        assert_eq!(rates(&search(&trials)), Some((120.0, Some(150.0))), "the server was the limit of the next one");
    }

    #[test]
    fn a_search_that_the_generator_ended_names_the_trial() {
        let search = search(&[(100.0, Kind::Step, CameTo::Kept), (200.0, Kind::Step, CameTo::Invalid)]);
        let Answer::None { invalid: Some(trial) } = search.answer() else { panic!("{:?}", search.answer()) };
        assert!((trial.rate - 200.0).abs() < f64::EPSILON);
    }
}
