//! Wakes whoever waits for a moment, within some tenths of a millisecond.
//!
//! tokio's own timer counts whole milliseconds and rounds up, which no percentile of a five-millisecond answer bears. A
//! thread that sleeps until the next moment is as late as the system's timer and scheduler are.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

/// The thread, for as long as somebody holds this.
pub(super) struct Alarm(Sender<Call>);

struct Call {
    due: Instant,
    wake: oneshot::Sender<()>,
}

impl Alarm {
    pub(super) fn start() -> io::Result<Self> {
        let (calls, heard) = channel();
        thread::Builder::new().name("script alarm".to_owned()).spawn(move || ring(&heard))?;
        Ok(Self(calls))
    }

    /// Waits for a moment; one that is over is not waited for.
    pub(super) async fn wait(&self, due: Instant) {
        if due <= Instant::now() {
            return;
        }
        let (wake, woken) = oneshot::channel();
        if self.0.send(Call { due, wake }).is_ok() {
            // The thread drops nobody before it wakes him.
            woken.await.unwrap_or_default();
        }
    }
}

fn ring(calls: &Receiver<Call>) {
    // Calls for the same moment are told apart by a number.
    let mut waiting: BTreeMap<(Instant, u64), oneshot::Sender<()>> = BTreeMap::new();
    for number in 0.. {
        let now = Instant::now();
        while let Some(first) = waiting.first_entry().filter(|first| first.key().0 <= now) {
            // Who has hung up in the meantime is not woken, which is no matter.
            first.remove().send(()).unwrap_or_default();
        }
        let next = match waiting.first_key_value() {
            Some(((due, _), _)) => calls.recv_timeout(*due - now),
            None => calls.recv().map_err(RecvTimeoutError::from),
        };
        match next {
            Ok(call) => drop(waiting.insert((call.due, number), call.wake)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
