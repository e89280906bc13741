//! When the next request may be sent.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::{Limits, RATES};
use crate::wire::Wire;

/// The rate of a run, and how many requests are under way at once.
#[derive(Debug)]
pub struct Pace {
    schedule: Mutex<Schedule>,
    places: Option<Semaphore>,
}

/// Leave to send one request; its place is free again when it is dropped.
pub(crate) struct Turn<'a> {
    _place: Option<SemaphorePermit<'a>>,
    /// How long its moment was waited for, until it was taken: a timer that rings late is a part of that wait.
    pub(crate) waited: Duration,
}

/// When requests may begin, in times of the run. A moment that nobody took is lost, so that there is never a burst.
#[derive(Debug)]
struct Schedule {
    interval: Duration,
    next: Duration,
}

impl Pace {
    /// The pace that limits leave.
    pub fn of(limits: &Limits) -> Self {
        let places =
            limits.concurrency.map(|most| Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { schedule: Mutex::new(Schedule { interval: limits.interval(), next: Duration::ZERO }), places }
    }

    /// A pace of so many requests a second, or of as many as one likes.
    pub fn at(rate: Option<f64>) -> Self {
        let interval = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate.max(RATES.0)));
        Self { schedule: Mutex::new(Schedule { interval, next: Duration::ZERO }), places: None }
    }

    /// Waits for a place and for its moment.
    pub(crate) async fn turn(&self, wire: &Wire) -> Turn<'_> {
        let place = match &self.places {
            // It is never closed.
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let came = wire.now();
        let mut now = came;
        while let Err(at) = self.take(now) {
            wire.until(at).await;
            now = wire.now();
        }
        Turn { _place: place, waited: now.saturating_sub(came) }
    }

    /// Waits for a moment at which so many may begin at once. Before it and after it nobody begins for as long as they would
    /// have taken one after the other, so that no second sees more of them than the rate allows.
    pub(crate) async fn together(&self, many: u32, wire: &Wire) {
        self.schedule().make_room(many, wire.now());
        while let Err(at) = self.take(wire.now()) {
            wire.until(at).await;
        }
        self.schedule().make_room(many, wire.now());
    }

    /// Lets nobody begin before that time of the run.
    pub(crate) fn hold(&self, until: Duration) {
        self.schedule().hold(until);
    }

    fn take(&self, now: Duration) -> Result<(), Duration> {
        self.schedule().take(now)
    }

    fn schedule(&self) -> std::sync::MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Schedule {
    /// Takes this moment, or tells which one to wait for.
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.next {
            return Err(self.next);
        }
        self.next = now + self.interval;
        Ok(())
    }

    /// Leaves out as many moments from now on, or from the next one on.
    fn make_room(&mut self, many: u32, now: Duration) {
        self.next = self.next.max(now) + self.interval * many.saturating_sub(1);
    }

    fn hold(&mut self, until: Duration) {
        self.next = self.next.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn five_a_second() -> Schedule {
        Schedule { interval: ms(200), next: Duration::ZERO }
    }

    #[test]
    fn requests_begin_an_interval_apart_however_long_the_others_took() {
        let mut schedule = five_a_second();
        assert_eq!(schedule.take(ms(30)), Ok(()), "the first one need not wait");
        assert_eq!(schedule.take(ms(31)), Err(ms(230)));
        assert_eq!(schedule.take(ms(229)), Err(ms(230)), "to ask again moves nothing");
        assert_eq!(schedule.take(ms(230)), Ok(()));
        assert_eq!(schedule.take(ms(900)), Ok(()), "an answer took long");
        assert_eq!(schedule.take(ms(901)), Err(ms(1100)), "what was missed is not made up for in a burst");
    }

    #[test]
    fn a_rest_holds_everybody_and_is_never_cut_short() {
        let mut schedule = five_a_second();
        assert_eq!(schedule.take(ms(0)), Ok(()));
        schedule.hold(ms(3000));
        schedule.hold(ms(1000));
        assert_eq!(schedule.take(ms(2999)), Err(ms(3000)));
        assert_eq!(schedule.take(ms(3000)), Ok(()));
    }

    #[test]
    fn several_at_once_leave_room_before_and_behind() {
        let mut schedule = five_a_second();
        assert_eq!(schedule.take(ms(0)), Ok(()));
        schedule.make_room(4, ms(10));
        assert_eq!(schedule.take(ms(10)), Err(ms(800)), "after the next moment and three more");
        assert_eq!(schedule.take(ms(800)), Ok(()), "four of them begin");
        schedule.make_room(4, ms(800));
        assert_eq!(schedule.take(ms(801)), Err(ms(1600)), "none in the second that they fill");
    }

    #[test]
    fn without_a_rate_every_moment_will_do() {
        let mut schedule = Schedule { interval: Duration::ZERO, next: Duration::ZERO };
        assert!((0..100).all(|_| schedule.take(ms(7)).is_ok()));
    }
}
