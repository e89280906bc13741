//! The time that a load is measured in.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::recorder::micros;

/// The time that is measured. It begins with the first walk: what comes before is the generator making its users.
#[derive(Debug)]
pub(super) struct Stretch {
    began: OnceLock<Duration>,
    lasts: Duration,
    /// When it was ended before its time.
    ended: OnceLock<Duration>,
    /// When the last was begun who had to wait for a place or for a turn, in microseconds of the run.
    held_until_us: AtomicU64,
}

impl Stretch {
    /// A stretch of that length, not begun.
    pub(super) fn new(lasts: Duration) -> Self {
        Self { began: OnceLock::new(), lasts, ended: OnceLock::new(), held_until_us: AtomicU64::new(0) }
    }

    /// Begins at a time of the run, unless it has begun.
    pub(super) fn begin(&self, now: Duration) -> Duration {
        *self.began.get_or_init(|| now)
    }

    /// Ends it at a time of the run, unless it was ended before.
    pub(super) fn end(&self, now: Duration) {
        self.ended.get_or_init(|| now);
    }

    /// How long it was; `None` where it has not begun.
    pub(super) fn lasted(&self) -> Option<Duration> {
        let began = self.began.get()?;
        Some(self.ended.get().map_or(self.lasts, |ended| ended.saturating_sub(*began).min(self.lasts)))
    }

    /// Notes when somebody was begun who had to wait for a place, or for a turn.
    pub(super) fn held(&self, until: Duration) {
        self.held_until_us.fetch_max(micros(until), Ordering::Relaxed);
    }

    /// How long was asked; `None` where it has not begun.
    pub(super) fn asked(&self) -> Option<Duration> {
        Some(self.asked_from(*self.began.get()?, self.lasted()?))
    }

    /// How long was asked from a time of the run on by a schedule that is so long: until its end, and longer where somebody had
    /// to wait beyond it. Else a server that is slow would be told to bear whatever rate it was meant to.
    pub(super) fn asked_from(&self, from: Duration, lasts: Duration) -> Duration {
        Duration::from_micros(self.held_until_us.load(Ordering::Relaxed)).saturating_sub(from).max(lasts)
    }

    /// The second in which something was meant to start, from 0; `None` where it has not begun. What follows an arrival may start
    /// when nobody arrives any more.
    pub(super) fn second(&self, at: Duration) -> Option<u64> {
        self.began.get().map(|began| at.saturating_sub(*began).as_secs())
    }

    /// How long after its beginning that time of the run is.
    pub(super) fn since(&self, at: Duration) -> Duration {
        self.began.get().map_or(Duration::ZERO, |began| at.saturating_sub(*began))
    }

    /// When nobody asks any more, by the schedule.
    pub(super) fn ends(&self) -> Duration {
        self.began.get().map_or(Duration::MAX, |began| began.saturating_add(self.lasts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_begins_with_the_first_walk_and_counts_whatever_was_sent_since() {
        let (stretch, at) = (Stretch::new(Duration::from_secs(2)), Duration::from_millis);
        assert_eq!((stretch.second(at(10)), stretch.ends()), (None, Duration::MAX), "it has not begun");
        assert_eq!([500, 700].map(|now| stretch.begin(at(now))), [at(500); 2]);
        assert_eq!([500, 1499, 1500, 2499, 2500].map(|sent| stretch.second(at(sent))), [0, 0, 1, 1, 2].map(Some));
        assert_eq!((stretch.ends(), stretch.since(at(900))), (at(2500), at(400)));
        assert_eq!(stretch.second(at(499)), Some(0), "a user that was a moment quicker than the first to ask");
    }

    #[test]
    fn who_waits_for_a_place_beyond_the_end_is_still_to_be_asked_for() {
        let (stretch, at) = (Stretch::new(Duration::from_secs(2)), Duration::from_millis);
        assert_eq!(stretch.asked(), None, "it has not begun");
        stretch.begin(at(500));
        for (until, asked) in [(900, 2000), (2600, 2100), (2550, 2100)] {
            stretch.held(at(until));
            assert_eq!(stretch.asked(), Some(at(asked)), "{until}");
        }
        assert_eq!([1000, 2500].map(|from| stretch.asked_from(at(from), at(1000))), [1600, 1000].map(at));
    }

    #[test]
    fn a_stretch_that_was_ended_is_as_long_as_it_was() {
        let at = Duration::from_millis;
        for (ended, lasted) in [(None, 2000), (Some(1900), 1400), (Some(9000), 2000), (Some(400), 0)] {
            let stretch = Stretch::new(at(2000));
            assert_eq!(stretch.lasted(), None, "it has not begun");
            stretch.begin(at(500));
            for ended in ended.into_iter().flat_map(|ended| [ended, 10_000]) {
                stretch.end(at(ended));
            }
            assert_eq!(stretch.lasted(), Some(at(lasted)), "{ended:?}");
        }
    }
}
