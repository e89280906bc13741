//! How long a load asked: the time that every rate is over.
//!
//! It is the time of asking and not the time until the last answer. A run counts the answers to all that was meant to start in
//! its time, however late they came: a tail in which only stragglers are answered is no part of that time, and would make a
//! rate too low. Whoever had to wait for a place among those under way was not begun on time, and makes that time longer than the
//! schedule. That a server answers late is told by its latency. All steps are over the same time, so that their rates can
//! be compared and added up, and a stall lowers them wherever it is.

use crate::record::{Ended, LoadHead, RunFinished, Trial};
use crate::steps::Steps;

/// How long a run asked, in microseconds.
///
/// A record that does not tell it: as long as was scheduled, where the run came to its own end; else no longer than that, nor
/// than the run took, nor than the whole seconds in which somebody asked.
pub(crate) fn of_run(head: Option<&LoadHead>, finished: Option<&RunFinished>, measured: &Steps) -> u64 {
    let scheduled = head.map(|head| head.lasts_us).filter(|us| *us > 0);
    let complete = finished.is_some_and(|last| last.ended == Ended::Complete);
    let told = finished.and_then(|last| last.asked_us).or(scheduled.filter(|_| complete));
    let took = finished.map(|last| last.took_us);
    told.unwrap_or_else(|| [scheduled, took].into_iter().flatten().fold(measured.covers_us(), u64::min))
}

/// How long a trial of a search asked, in microseconds; where the record does not tell it, the whole seconds in which somebody
/// did.
pub(crate) fn of_trial(trial: &Trial, measured: &Steps) -> u64 {
    trial.asked_us.unwrap_or_else(|| measured.covers_us())
}

/// So many over that time. Of no time at all there is no rate.
#[expect(clippy::cast_precision_loss, reason = "a rate is printed with one decimal")]
pub(crate) fn a_second(count: u64, asked_us: u64) -> f64 {
    if asked_us == 0 { 0.0 } else { count as f64 * 1e6 / asked_us as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::tests::head;
    use crate::record::load::Conditions;
    use crate::steps::tests::window;

    const S: u64 = 1_000_000;

    fn measured(seconds: &[u64]) -> Steps {
        let mut steps = Steps::default();
        for second in seconds {
            steps.add(&window(*second, 200, &[1000]));
        }
        steps
    }

    /// Somebody asked in the seconds 0 to 3 · how long was scheduled · how it ended after how long, and what it tells · how long
    /// was asked.
    #[test]
    fn a_run_asks_as_long_as_it_tells_or_no_longer_than_anything_else_says() {
        let ended = |ended, took_us, asked_us| Some(RunFinished { asked_us, ..RunFinished::after(took_us, ended) });
        let stopped = || Ended::Stopped("silence".into());
        for (scheduled, finished, asked) in [
            (3_400_000, ended(Ended::Complete, 7 * S, Some(3_400_000)), 3_400_000),
            (10 * S, ended(Ended::Interrupted, 5 * S, Some(3_200_000)), 3_200_000),
            (10 * S, ended(stopped(), 5 * S, Some(3_700_000)), 3_700_000),
            // The last arrival was answered before the time was over.
            (3_400_000, ended(Ended::Complete, 3_100_000, None), 3_400_000),
            (10 * S, ended(Ended::Interrupted, 3_300_000, None), 3_300_000),
            (10 * S, ended(Ended::Interrupted, 5 * S, None), 4 * S),
            (3_400_000, ended(stopped(), 5 * S, None), 3_400_000),
            (0, ended(Ended::Complete, 9 * S, None), 4 * S),
            (10 * S, None, 4 * S),
        ] {
            let head = LoadHead { lasts_us: scheduled, ..head(Conditions::default()) };
            let steps = measured(&[0, 1, 3]);
            assert_eq!(of_run(Some(&head), finished.as_ref(), &steps), asked, "{scheduled} {finished:?}");
        }
        assert_eq!(of_run(None, None, &measured(&[])), 0);
        assert_eq!(of_run(None, None, &measured(&[0, u64::MAX])), u64::MAX);
    }

    #[test]
    fn a_rate_is_of_the_time_and_of_no_time_there_is_none() {
        assert!((a_second(700, 1_400_000) - 500.0).abs() < f64::EPSILON);
        assert_eq!(a_second(700, 0).to_bits(), 0.0_f64.to_bits());
    }
}
