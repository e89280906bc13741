//! What a run may do to real accounts, and when it stops asking a server that is silent.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::plan::Login;

/// Requests without an answer, one after the other, after which a run ends.
pub const SILENCES: u32 = 5;

/// Failed logins by user since the last good one, and silences in a row.
#[derive(Debug)]
pub struct Budget {
    limit: u32,
    failed: Mutex<HashMap<String, u32>>,
    silences: AtomicU32,
}

impl Budget {
    /// A budget of so many failed logins of one user between good ones.
    pub fn new(limit: u32) -> Self {
        Self { limit, failed: Mutex::default(), silences: AtomicU32::new(0) }
    }

    /// Whether a login may be tried so many times, its failures included.
    pub fn allows(&self, login: &Login, times: u32) -> bool {
        match login {
            Login::Good(_) => true,
            Login::Failing(user) => self.failed(user).saturating_add(times) <= self.limit,
        }
    }

    /// Notes what a login did: `granted` sets the count back.
    pub fn note(&self, login: &Login, granted: bool) {
        let (Login::Good(user) | Login::Failing(user)) = login;
        let mut failed = self.lock();
        if granted {
            failed.remove(user);
        } else {
            *failed.entry(user.clone()).or_default() += 1;
        }
    }

    /// Notes whether an answer came.
    pub fn heard(&self, anything: bool) {
        if anything {
            self.silences.store(0, Ordering::Relaxed);
        } else {
            self.silences.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the server has been silent so often that asking on is pointless.
    pub fn is_broken(&self) -> bool {
        self.silences.load(Ordering::Relaxed) >= SILENCES
    }

    fn failed(&self, user: &str) -> u32 {
        self.lock().get(user).copied().unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_login_gives_the_budget_back() {
        let budget = Budget::new(2);
        let (good, bad) = (Login::Good("alice".into()), Login::Failing("alice".into()));
        budget.note(&bad, false);
        assert!(budget.allows(&bad, 1) && !budget.allows(&bad, 2));
        budget.note(&bad, false);
        assert!(!budget.allows(&bad, 1) && budget.allows(&good, 1) && budget.allows(&Login::Failing("bob".into()), 2));
        budget.note(&good, true);
        assert!(budget.allows(&bad, 2) && !budget.allows(&bad, 3));
    }

    #[test]
    fn silence_in_a_row_ends_a_run() {
        let budget = Budget::new(2);
        for _ in 0..SILENCES - 1 {
            budget.heard(false);
        }
        budget.heard(true);
        budget.heard(false);
        assert!(!budget.is_broken());
        for _ in 0..SILENCES {
            budget.heard(false);
        }
        assert!(budget.is_broken());
    }
}
