//! When a run stops asking a server that is silent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests without an answer, one after the other, after which a run ends.
pub const SILENCES: u32 = 5;

/// Whoever is silent for no longer is not gone: some requests may fail one after the other by chance.
const MOMENT: Duration = Duration::from_secs(1);

/// Silences in a row.
///
/// Who asks with care gives up after a few, one after the other: of requests that were under way together, many silences count as
/// one. Under load many are silent at once, and it counts how long nobody was answered.
#[derive(Debug, Default)]
pub struct Breaker {
    silences: Mutex<Silences>,
    /// How long nobody may be answered, where that is what counts.
    bears: Option<Duration>,
}

#[derive(Debug, Default)]
struct Silences {
    in_a_row: u32,
    /// When the first of them began; where an answer to another one came later, then.
    since: Duration,
    /// When the last one that counted came to its end, since the run began.
    ended: Duration,
    /// When the last answer came.
    answered: Duration,
    /// What became of the last request instead.
    how: &'static str,
    broken: bool,
}

/// That a server answers nobody any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Since when, in times of the run.
    pub since: Duration,
    /// What becomes of requests instead: `no connection`.
    pub how: &'static str,
}

impl Breaker {
    /// One that bears it for so long that nobody is answered.
    pub fn bearing(bears: Duration) -> Self {
        Self { bears: Some(bears), ..Self::default() }
    }

    /// Notes what became of a request that was sent and came to its end at these times of the run: an answer, or what instead.
    pub fn heard(&self, came: Result<(), &'static str>, sent_at: Duration, ended: Duration) {
        let mut silences = self.lock();
        let Err(how) = came else {
            silences.in_a_row = 0;
            silences.answered = ended;
            return;
        };
        let counts = self.bears.is_some() || sent_at >= silences.ended;
        if silences.in_a_row > 0 && !counts {
            return;
        }
        if silences.in_a_row == 0 {
            silences.since = sent_at.max(silences.answered);
        }
        silences.in_a_row = silences.in_a_row.saturating_add(1);
        (silences.ended, silences.how) = (ended, how);
        let lasts = ended.saturating_sub(silences.since);
        // A late answer to another request does not take it back.
        silences.broken |= silences.in_a_row >= SILENCES && self.bears.is_none_or(|bears| lasts >= bears);
    }

    /// Whether the server has been silent so often that asking on is pointless.
    pub fn is_broken(&self) -> bool {
        self.lock().broken
    }

    /// Since when the server has answered nobody, where so many in a row were not answered to the last, and not for a moment only.
    pub fn gone(&self) -> Option<Gone> {
        let silences = self.lock();
        let is_gone = silences.in_a_row >= SILENCES && silences.ended.saturating_sub(silences.since) >= MOMENT;
        is_gone.then(|| Gone { since: silences.since, how: silences.how })
    }

    fn lock(&self) -> MutexGuard<'_, Silences> {
        self.silences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Result<(), &str> = Err("no connection");

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn silence_in_a_row_ends_a_run() {
        let breaker = Breaker::default();
        let silent = |at: u64| breaker.heard(SILENT, s(at), s(at + 1));
        (1..5).for_each(silent);
        breaker.heard(Ok(()), s(5), s(6));
        (6..10).for_each(silent);
        assert!(!breaker.is_broken(), "an answer came in between");
        silent(10);
        assert!(breaker.is_broken());
        breaker.heard(Ok(()), s(9), s(12));
        assert!(breaker.is_broken(), "it stays so");
    }

    #[test]
    fn under_load_silence_has_to_last() {
        let breaker = Breaker::bearing(s(15));
        breaker.heard(Ok(()), s(0), s(1));
        (100..1600).for_each(|at| breaker.heard(SILENT, s(at / 100), s(at / 100)));
        assert!(!breaker.is_broken(), "a thousand refused connections in fourteen seconds");
        assert_eq!(breaker.gone(), Some(Gone { since: s(1), how: "no connection" }));
        breaker.heard(SILENT, s(16), s(16));
        assert!(breaker.is_broken());
    }

    /// Four were sent together and wait in vain for ten seconds, in which others are answered.
    #[test]
    fn under_load_those_who_wait_in_vain_are_silent_since_the_last_answer_to_another() {
        for (answered, broken) in [(9, false), (1, true)] {
            let breaker = Breaker::bearing(s(5));
            breaker.heard(Ok(()), s(0), s(answered));
            (0..5).for_each(|_| breaker.heard(Err("no answer in time"), s(0), s(10)));
            assert_eq!(breaker.is_broken(), broken, "the last answer came after {answered} s");
            let gone = Some(Gone { since: s(answered), how: "no answer in time" });
            assert_eq!(breaker.gone(), gone);
            breaker.heard(Ok(()), s(10), s(11));
            (0..9).for_each(|_| breaker.heard(SILENT, s(11), s(11)));
            assert_eq!(breaker.gone(), None, "but for a moment it answers again");
        }
    }

    #[test]
    fn silences_at_the_same_time_are_one() {
        let breaker = Breaker::default();
        for round in 0..4 {
            for user in 0..100 {
                breaker.heard(SILENT, s(10 * round), s(10 * round + 10) + Duration::from_millis(user));
            }
        }
        assert!(!breaker.is_broken(), "four rounds of a hundred users");
        breaker.heard(SILENT, s(50), s(60));
        assert!(breaker.is_broken());
    }
}
