//! The time a workspace lives in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The system's time plus however far this clock has been advanced.
///
/// Clones are one clock: whoever holds one moves it for all. A workspace with a clock of its own can wait for a token
/// to expire without ageing the tokens of any other workspace.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that shows the system's time until it is advanced.
    pub fn system() -> Self {
        Self::default()
    }

    /// Moves this clock, and with it every clone, forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_ms.fetch_add(by, Ordering::Relaxed);
    }

    /// The time that this clock shows.
    pub fn now(&self) -> SystemTime {
        let ahead = Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        let now = SystemTime::now();
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Whole seconds since 1970, the unit of every time in a token (RFC 7519 section 2, `NumericDate`).
    pub(crate) fn unix_seconds(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together_and_strangers_do_not() {
        let (clock, stranger) = (Clock::system(), Clock::system());
        let clone = clock.clone();
        clock.advance(Duration::from_secs(3600));
        assert!(clone.unix_seconds() >= stranger.unix_seconds() + 3599);
    }
}
