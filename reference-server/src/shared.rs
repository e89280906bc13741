//! State that requests share.

use std::sync::{Mutex, PoisonError};

/// Something that one request at a time may look at and change.
#[derive(Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(crate) fn new(held: T) -> Self {
        Self(Mutex::new(held))
    }

    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        // Nothing in a section can panic half way, so poisoned state is whole.
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut held)
    }
}
