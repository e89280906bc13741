//! When a run stops asking a server that is silent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests without an answer, one after the other, after which a run ends.
pub const SILENCES: u32 = 5;

/// Silences in a row. Of requests that were under way together, many silences count as one: a server that stumbles once
/// under many users is not one that is gone.
#[derive(Debug, Default)]
pub struct Breaker {
    silences: Mutex<Silences>,
    /// How long silence is borne, however many requests it takes.
    bears: Duration,
}

#[derive(Debug, Default)]
struct Silences {
    in_a_row: u32,
    /// When the first of them began.
    began: Duration,
    /// When the last one that counted came to its end, since the run began.
    ended: Duration,
    broken: bool,
}

impl Breaker {
    /// One that bears silence for so long.
    pub fn bearing(bears: Duration) -> Self {
        Self { bears, ..Self::default() }
    }

    /// Notes whether an answer came to a request that was sent and given up or answered at these times of the run.
    pub fn heard(&self, anything: bool, sent_at: Duration, ended: Duration) {
        let mut silences = self.lock();
        if anything {
            silences.in_a_row = 0;
        } else if silences.in_a_row == 0 || sent_at >= silences.ended {
            if silences.in_a_row == 0 {
                silences.began = sent_at;
            }
            silences.in_a_row += 1;
            silences.ended = ended;
            // A late answer to another request does not take it back.
            silences.broken |= silences.in_a_row >= SILENCES && ended.saturating_sub(silences.began) >= self.bears;
        }
    }

    /// Whether the server has been silent so often that asking on is pointless.
    pub fn is_broken(&self) -> bool {
        self.lock().broken
    }

    fn lock(&self) -> MutexGuard<'_, Silences> {
        self.silences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn silence_in_a_row_ends_a_run() {
        let breaker = Breaker::default();
        let silent = |at: u64| breaker.heard(false, s(at), s(at + 1));
        (1..5).for_each(silent);
        breaker.heard(true, s(5), s(6));
        (6..10).for_each(silent);
        assert!(!breaker.is_broken(), "an answer came in between");
        silent(10);
        assert!(breaker.is_broken());
        breaker.heard(true, s(9), s(12));
        assert!(breaker.is_broken(), "it stays so");
    }

    #[test]
    fn under_load_silence_has_to_last() {
        let breaker = Breaker::bearing(s(15));
        (0..1000).for_each(|at| breaker.heard(false, s(at / 100), s(at / 100)));
        assert!(!breaker.is_broken(), "a thousand refused connections in ten seconds");
        breaker.heard(false, s(15), s(15));
        assert!(breaker.is_broken());
    }

    #[test]
    fn silences_at_the_same_time_are_one() {
        let breaker = Breaker::default();
        for round in 0..4 {
            for user in 0..100 {
                breaker.heard(false, s(10 * round), s(10 * round + 10) + Duration::from_millis(user));
            }
        }
        assert!(!breaker.is_broken(), "four rounds of a hundred users");
        breaker.heard(false, s(50), s(60));
        assert!(breaker.is_broken());
    }
}
