//! The open loop: arrivals at the times of a schedule, whatever became of those before.
//!
//! Walkers take the arrivals, each of them one at a time; there is always one more walker than arrivals are under way, up to
//! the bound of the run. A walker that is free takes what is due at once. Where nothing is, one of those who are free waits
//! for the next time of the schedule, the others behind it: no thread beside them has to get its turn first.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::Running;
use super::alarm::Alarm;
use super::measure::Begun;
use super::schedule::Schedule;
use crate::wire::Wire;

/// The shortest sleep. Of many thousand arrivals a second a few are then taken together: to wake for each would cost more than
/// to walk for it.
const NAP: Duration = Duration::from_micros(200);

/// Lets everybody arrive who is on the schedule, the first of them at that time of the run, and waits until the last was
/// answered.
///
/// # Errors
/// The machine refuses a timer.
pub(super) async fn attack(running: &Arc<Running>, schedule: Schedule, from: Duration) -> io::Result<()> {
    let queue = Arc::new(Queue::new(Line::new(schedule, from), running.at_once)?);
    queue.more(running);
    tokio::select! {
        () = queue.emptied() => {}
        () = running.halt().comes() => {
            // Nobody arrives any more; who is under way ends at once, and is told with what is known of it.
            queue.line().end();
            queue.emptied().await;
        }
    }
    let mut walkers = std::mem::take(&mut *queue.walkers());
    while let Some(ended) = walkers.join_next().await {
        // A walk that panicked is a fault of this program, and no figure.
        if let Err(why) = ended
            && why.is_panic()
        {
            std::panic::resume_unwind(why.into_panic());
        }
    }
    Ok(())
}

/// Those who arrive, and the walkers that take them.
#[derive(Debug)]
pub(super) struct Queue {
    line: Mutex<Line>,
    /// Whoever holds it keeps the time for all walkers that are free.
    watch: tokio::sync::Mutex<Alarm>,
    walkers: Mutex<JoinSet<()>>,
    count: AtomicU32,
    /// Walkers that wait for an arrival.
    idle: AtomicU32,
    at_most: u32,
    last_left: Notify,
}

/// Arrivals in the order of their times, in times of the run.
#[derive(Debug)]
struct Line {
    /// Those whose time has come.
    due: VecDeque<Duration>,
    next: Option<Duration>,
    schedule: Schedule,
    from: Duration,
}

/// What whoever is free finds in the line.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Somebody who arrived at that time.
    Due(Duration),
    /// Nobody before that time.
    At(Duration),
    /// Nobody any more.
    Over,
}

impl Line {
    fn new(mut schedule: Schedule, from: Duration) -> Self {
        let next = schedule.next().map(|at| from + at);
        Self { due: VecDeque::new(), next, schedule, from }
    }

    /// Lets nobody arrive any more.
    fn end(&mut self) {
        self.due.clear();
        self.next = None;
    }

    /// The first in line at a time of the run.
    fn take(&mut self, now: Duration) -> Next {
        while let Some(at) = self.next.filter(|at| *at <= now) {
            self.due.push_back(at);
            self.next = self.schedule.next().map(|at| self.from + at);
        }
        match (self.due.pop_front(), self.next) {
            (Some(at), _) => Next::Due(at),
            (None, Some(at)) => Next::At(at),
            (None, None) => Next::Over,
        }
    }
}

impl Queue {
    fn new(line: Line, at_most: u32) -> io::Result<Self> {
        Ok(Self {
            line: Mutex::new(line),
            watch: tokio::sync::Mutex::new(Alarm::new()?),
            walkers: Mutex::default(),
            count: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            at_most,
            last_left: Notify::new(),
        })
    }

    /// The next arrival, once it is due; `None` when no more will come.
    async fn next(&self, wire: &Wire) -> Option<Duration> {
        if let Next::Due(at) = self.line().take(wire.now()) {
            return Some(at);
        }
        let mut alarm = self.watch.lock().await;
        loop {
            let now = wire.now();
            let next = self.line().take(now);
            match next {
                Next::Due(at) => return Some(at),
                Next::At(at) => alarm.after(at.saturating_sub(now).max(NAP)).await,
                Next::Over => return None,
            }
        }
    }

    /// Adds a walker, unless there are as many as there may be.
    fn more(self: &Arc<Self>, running: &Arc<Running>) {
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.at_most {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        self.idle.fetch_add(1, Ordering::Relaxed);
        let (queue, running) = (Arc::clone(self), Arc::clone(running));
        let left = Left(Arc::clone(self));
        self.walkers().spawn(async move {
            let _left = left;
            let halt = running.halt();
            let _woken = halt.wakes().await;
            // First the answers that have come meanwhile: whoever has one is free again, with a connection. Else a moment in which
            // the generator was late would open connections for all who came in it, and be late for that.
            tokio::task::yield_now().await;
            let mut place_at = Duration::ZERO;
            let wire = running.session.wire();
            while let Some(due) = halt.unless(queue.next(wire)).await.flatten() {
                if queue.idle.fetch_sub(1, Ordering::Relaxed) == 1 {
                    queue.more(&running);
                }
                running.waiting.store(queue.line().due.len() as u64, Ordering::Relaxed);
                let number = running.number();
                let journey = running.mix.pick(number);
                let begun = Begun::ByArrival { due, place_at };
                running.turn(journey, running.mix.journeys[journey].next_row(), number, begun).await;
                queue.idle.fetch_add(1, Ordering::Relaxed);
                // With fewer walkers than there may be nobody waits for one that is busy.
                if queue.count.load(Ordering::Relaxed) >= queue.at_most {
                    place_at = wire.now();
                }
            }
        });
    }

    /// Waits until no walker is left.
    async fn emptied(&self) {
        while self.count.load(Ordering::Acquire) > 0 {
            self.last_left.notified().await;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn walkers(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.walkers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes that a walker has left, however it did.
struct Left(Arc<Queue>);

impl Drop for Left {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.last_left.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load::{Arrivals, Ramp};

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn who_arrived_first_is_taken_first_and_nobody_before_their_time() {
        let ramp = Ramp::parse("4/s for 1s").expect("a ramp");
        let mut line = Line::new(Schedule::new(&ramp, Arrivals::Even, 0), ms(100));
        assert_eq!(line.take(ms(0)), Next::At(ms(100)));
        assert_eq!(line.take(ms(99)), Next::At(ms(100)), "to ask again moves nothing");
        assert_eq!(line.take(ms(100)), Next::Due(ms(100)));
        assert_eq!(line.take(ms(100)), Next::At(ms(350)));
        // Nobody was free for a while: all who came meanwhile wait, each from its own time on.
        assert_eq!([line.take(ms(700)), line.take(ms(700))], [350, 600].map(|at| Next::Due(ms(at))));
        assert_eq!(line.take(ms(700)), Next::At(ms(850)));
        assert_eq!([line.take(ms(5000)), line.take(ms(5000))], [Next::Due(ms(850)), Next::Over]);
    }

    #[test]
    fn after_the_end_nobody_is_in_line() {
        let ramp = Ramp::parse("4/s for 9s").expect("a ramp");
        let mut line = Line::new(Schedule::new(&ramp, Arrivals::Even, 0), ms(0));
        assert_eq!(line.take(ms(2000)), Next::Due(ms(0)));
        line.end();
        assert_eq!([line.take(ms(2000)), line.take(ms(5000))], [Next::Over, Next::Over]);
    }
}
