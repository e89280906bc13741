//! Failed logins, counted for each user name.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::LoginThrottle;
use crate::digest::{Digest, sha256};
use crate::shared::Shared;

/// The memory of failed logins, for names that exist and names that do not.
///
/// RFC 6749 section 4.3.2: the endpoint must be protected against guessing passwords. A name counts alike whether or
/// not somebody bears it, or the throttle itself would tell.
pub(crate) struct Throttle {
    settings: LoginThrottle,
    /// Whether any name has failed: until one has, there is none to look for.
    any: AtomicBool,
    failures: Shared<Generations>,
}

/// Two maps in turn bound the memory without a search for the oldest: when the young one is full, it becomes the old
/// one, and what was old is forgotten.
#[derive(Default)]
struct Generations {
    young: HashMap<Name, Window>,
    old: HashMap<Name, Window>,
}

/// A user name by its digest, so that long names cost no more than short ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name(Digest);

#[derive(Clone, Copy)]
struct Window {
    since: u64,
    failures: u32,
}

/// Seconds until the next attempt may be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

impl Name {
    fn of(username: &str) -> Self {
        Self(sha256(username.as_bytes()))
    }
}

impl Throttle {
    pub(crate) fn new(settings: LoginThrottle) -> Self {
        Self { settings, any: AtomicBool::new(false), failures: Shared::default() }
    }

    /// Lets an attempt through, or says how long to wait.
    ///
    /// Attempts count when they have failed, so that logins made side by side never hinder each other; a burst can
    /// pass the limit by no more than the hashes under way.
    pub(crate) fn admit(&self, username: &str, now: u64) -> Result<(), Wait> {
        match self.on(username, |failures, name| failures.of(name)) {
            Some(window) if window.failures >= self.settings.failures => {
                match window.since.saturating_add(self.settings.window_s).saturating_sub(now) {
                    0 => Ok(()),
                    seconds => Err(Wait(seconds)),
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Remembers a failure.
    pub(crate) fn failed(&self, username: &str, now: u64) {
        let LoginThrottle { window_s, remembered, .. } = self.settings;
        let name = Name::of(username);
        self.any.store(true, Ordering::Relaxed);
        self.failures.with(|failures| {
            let window = match failures.take(name) {
                Some(window) if now < window.since.saturating_add(window_s) => {
                    Window { failures: window.failures.saturating_add(1), ..window }
                }
                Some(_) | None => Window { since: now, failures: 1 },
            };
            if failures.young.len() >= remembered.div_ceil(2) {
                failures.old = mem::take(&mut failures.young);
            }
            failures.young.insert(name, window);
        });
    }

    /// Forgets the failures of a name whose owner has logged in.
    pub(crate) fn succeeded(&self, username: &str) {
        self.on(username, Generations::take);
    }

    /// What is remembered of a name.
    fn on(&self, username: &str, work: fn(&mut Generations, Name) -> Option<Window>) -> Option<Window> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let name = Name::of(username);
        self.failures.with(|failures| work(failures, name))
    }
}

impl Generations {
    fn of(&self, name: Name) -> Option<Window> {
        self.young.get(&name).or_else(|| self.old.get(&name)).copied()
    }

    fn take(&mut self, name: Name) -> Option<Window> {
        self.young.remove(&name).or_else(|| self.old.remove(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(LoginThrottle { failures: 3, window_s: 60, remembered: 8 })
    }

    #[test]
    fn the_limit_holds_until_the_window_ends() {
        let (throttle, alice) = (throttle(), "alice");
        for second in 0..3 {
            assert_eq!(throttle.admit(alice, 100 + second), Ok(()));
            throttle.failed(alice, 100 + second);
        }
        assert_eq!(throttle.admit(alice, 110), Err(Wait(50)));
        assert_eq!(throttle.admit("bob", 110), Ok(()));
        assert_eq!(throttle.admit(alice, 160), Ok(()));
        throttle.failed(alice, 160);
        assert_eq!(throttle.admit(alice, 161), Ok(()));
    }

    #[test]
    fn a_good_login_starts_afresh() {
        let (throttle, alice) = (throttle(), "alice");
        for _ in 0..2 {
            throttle.failed(alice, 100);
        }
        throttle.succeeded(alice);
        for _ in 0..2 {
            throttle.failed(alice, 100);
        }
        assert_eq!(throttle.admit(alice, 100), Ok(()));
    }

    #[test]
    fn the_memory_is_bounded() {
        let throttle = throttle();
        for count in 0..1000 {
            throttle.failed(&count.to_string(), 100);
        }
        let held = throttle.failures.with(|failures| failures.young.len() + failures.old.len());
        assert!(held <= 8, "{held}");
    }
}
