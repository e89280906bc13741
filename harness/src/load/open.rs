//! The open loop: arrivals at the times of a schedule, whatever became of those before.
//!
//! A thread of its own keeps the time, for the runtime's timers know whole milliseconds only. What it hands on is taken by
//! walkers, each of which walks one journey at a time; there is always one more of them than arrivals are under way, up to the
//! bound of the run.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::Running;
use super::measure::Begun;
use super::schedule::Schedule;
use crate::wire::Wire;

/// The longest sleep of the time keeper: it looks in between whether the run is over.
const NAP: Duration = Duration::from_millis(50);

/// Lets everybody arrive who is on the schedule, the first of them at that time of the run, and waits until the last was
/// answered.
///
/// # Errors
/// The machine refuses a thread.
pub(super) async fn attack(running: &Arc<Running>, schedule: Schedule, from: Duration) -> io::Result<()> {
    let queue = Arc::new(Queue::new(running.at_once));
    let (filled, wire) = (Arc::clone(&queue), running.session.wire().clone());
    std::thread::Builder::new().name("arrivals".to_owned()).spawn(move || filled.fill(schedule, from, &wire))?;
    queue.more(running);
    tokio::select! {
        () = queue.emptied() => {}
        () = running.stopped() => {}
        () = running.gone_silent() => {}
    }
    queue.close();
    let mut walkers = std::mem::take(&mut *queue.walkers());
    walkers.abort_all();
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

/// Arrivals whose time has come, and the walkers that take them.
#[derive(Debug)]
pub(super) struct Queue {
    due: Mutex<VecDeque<Duration>>,
    /// A permit for each arrival that is due, and for each walker when no more will come.
    come: Semaphore,
    closed: AtomicBool,
    walkers: Mutex<JoinSet<()>>,
    count: AtomicU32,
    /// Walkers that wait for an arrival.
    idle: AtomicU32,
    at_most: u32,
    last_left: Notify,
}

impl Queue {
    fn new(at_most: u32) -> Self {
        Self {
            due: Mutex::default(),
            come: Semaphore::new(0),
            closed: AtomicBool::new(false),
            walkers: Mutex::default(),
            count: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            at_most,
            last_left: Notify::new(),
        }
    }

    /// Hands arrivals on when their time has come. All that are due are handed on together.
    fn fill(&self, schedule: Schedule, from: Duration, wire: &Wire) {
        let mut schedule = schedule.map(|at| from + at).peekable();
        while let Some(next) = schedule.peek().copied() {
            while let Some(left) = next.checked_sub(wire.now()).filter(|left| !left.is_zero()) {
                if self.closed.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::sleep(left.min(NAP));
            }
            let now = wire.now();
            let mut due = self.due();
            let before = due.len();
            due.extend(std::iter::from_fn(|| schedule.next_if(|at| *at <= now)));
            let come = due.len() - before;
            drop(due);
            self.come.add_permits(come);
            if self.closed.load(Ordering::Relaxed) {
                return;
            }
        }
        self.close();
    }

    fn close(&self) {
        if !self.closed.swap(true, Ordering::Relaxed) {
            // Enough for every walker that there can be.
            self.come.add_permits(self.at_most as usize + 1);
        }
    }

    /// The next arrival that is due; `None` when no more will come.
    async fn next(&self) -> Option<Duration> {
        self.come.acquire().await.ok()?.forget();
        self.due().pop_front()
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
            let mut place_at = Duration::ZERO;
            while let Some(due) = queue.next().await {
                if queue.idle.fetch_sub(1, Ordering::Relaxed) == 1 {
                    queue.more(&running);
                }
                running.waiting.store(queue.due().len() as u64, Ordering::Relaxed);
                let number = running.number();
                let journey = running.mix.pick(number);
                let begun = Begun::ByArrival { due, place_at };
                running.turn(journey, running.mix.journeys[journey].next_row(), number, begun).await;
                queue.idle.fetch_add(1, Ordering::Relaxed);
                // With fewer walkers than there may be nobody waits for one that is busy.
                if queue.count.load(Ordering::Relaxed) >= queue.at_most {
                    place_at = running.session.wire().now();
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

    fn due(&self) -> MutexGuard<'_, VecDeque<Duration>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
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
