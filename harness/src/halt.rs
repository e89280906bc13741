//! The end of a run that does not wait for what is under way.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// Raised once, and for good: what waits by [`Halt::unless`] waits no longer then, and is told so.
///
/// To be asked costs a request no more than a look at a flag: tasks stand in line to be woken as a whole, once in their life.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    raised: AtomicBool,
    woken: Arc<Notify>,
}

/// A task's place in the line of those that are woken; it is given up with this.
#[derive(Debug, Clone)]
pub(crate) struct Woken {
    _place: Arc<Pin<Box<OwnedNotified>>>,
}

impl Halt {
    /// Raises it, and wakes everybody in line.
    pub(crate) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.woken.notify_waiters();
    }

    /// Whether it was raised.
    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    /// Comes when it is raised.
    pub(crate) async fn comes(&self) {
        let woken = self.woken.notified();
        if !self.is_raised() {
            woken.await;
        }
    }

    /// Puts the task that asks in line. A task is woken in the same way all its life, however many waits it comes to.
    pub(crate) async fn wakes(&self) -> Woken {
        let mut place = Box::pin(Arc::clone(&self.woken).notified_owned());
        std::future::poll_fn(|task| {
            // Where it was raised meanwhile, its flag tells.
            let _raised = place.as_mut().poll(task);
            Poll::Ready(())
        })
        .await;
        Woken { _place: Arc::new(place) }
    }

    /// What something comes to, unless it is raised before. Where it was raised, what is done already still counts.
    pub(crate) async fn unless<T>(&self, done: impl Future<Output = T>) -> Option<T> {
        let mut done = pin!(done);
        std::future::poll_fn(|task| match done.as_mut().poll(task) {
            Poll::Ready(came) => Poll::Ready(Some(came)),
            Poll::Pending if self.is_raised() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn who_waits_when_it_is_raised_waits_no_longer() {
        let halt = Arc::new(Halt::default());
        let (waits, waiting) = tokio::sync::oneshot::channel();
        let of_task = Arc::clone(&halt);
        let task = tokio::spawn(async move {
            let _woken = of_task.wakes().await;
            assert_eq!(of_task.unless(ready(1)).await, Some(1));
            waits.send(()).expect("the test waits for it");
            (
                of_task.unless(pending::<u8>()).await,
                of_task.unless(ready(2)).await,
                of_task.unless(pending::<u8>()).await,
            )
        });
        waiting.await.expect("the task has begun");
        assert!(!halt.is_raised());
        halt.raise();
        assert_eq!(task.await.expect("it ends"), (None, Some(2), None), "what is done already still counts");
        halt.comes().await;
    }
}
