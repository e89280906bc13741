//! What a run may do to real accounts, and when it stops asking a server that is silent.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::plan::Login;
use crate::target::Target;

/// Requests without an answer, one after the other, after which a run ends.
pub const SILENCES: u32 = 5;

/// Failed logins by user since the last good one, and silences in a row.
#[derive(Debug)]
pub struct Budget {
    limit: u32,
    /// What a case about many failed logins may spend on a user instead.
    many: HashMap<String, u32>,
    failed: Mutex<HashMap<String, u32>>,
    silences: AtomicU32,
}

impl Budget {
    /// The budget that a target's limits leave.
    pub fn of(target: &Target) -> Self {
        let many = target.users.iter().map(|user| (user.name.clone(), target.spendable(user))).collect();
        Self { limit: target.failed_logins, many, failed: Mutex::default(), silences: AtomicU32::new(0) }
    }

    /// Whether a login may be tried so many times, its failures included, by a case that is `about_many` or not.
    pub fn allows(&self, login: &Login, times: u32, about_many: bool) -> bool {
        match login {
            Login::Good(_) => true,
            Login::Failing(user) => {
                let limit = if about_many { self.many.get(user).copied() } else { None };
                self.failed(user).saturating_add(times) <= limit.unwrap_or(self.limit)
            }
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
    use std::path::Path;

    use super::*;
    use crate::complaint::Source;
    use crate::target;

    /// A target of two users, the second one sacrificial.
    fn target(endpoint: &str) -> Target {
        let text = format!(
            "token_endpoint: {endpoint}\nclients: {{ web: {{ id: web, secret: tulip }} }}\nusers:\n  \
             alice: {{ username: alice, password: wonderland }}\n  \
             decoy: {{ username: decoy, password: ducks, sacrificial: true }}\n"
        );
        let source = Source { file: "target.yaml".to_owned(), text, private: true };
        target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
    }

    fn budget() -> Budget {
        Budget::of(&target("https://as.example/token"))
    }

    #[test]
    fn a_good_login_gives_the_budget_back() {
        let budget = budget();
        let (good, bad) = (Login::Good("alice".into()), Login::Failing("alice".into()));
        budget.note(&bad, false);
        assert!(budget.allows(&bad, 1, false) && !budget.allows(&bad, 2, false));
        budget.note(&bad, false);
        assert!(!budget.allows(&bad, 1, false) && budget.allows(&good, 1, false));
        assert!(budget.allows(&Login::Failing("decoy".into()), 2, false), "each user has a budget of its own");
        budget.note(&good, true);
        assert!(budget.allows(&bad, 2, false) && !budget.allows(&bad, 3, false));
    }

    /// The endpoint · the failed logins that are allowed · what a case about many may spend on alice and on the decoy.
    #[test]
    fn many_failed_logins_are_spent_on_the_sacrificial_alone() {
        for (endpoint, allowed, alice, decoy) in [
            ("https://as.example/token", 0, 2, 2),
            ("https://as.example/token", 30, 2, 30),
            ("http://127.0.0.1:1/token", 0, 2, u32::MAX),
        ] {
            let target = Target { allowed_failed_logins: allowed, ..target(endpoint) };
            let budget = Budget::of(&target);
            for (user, most) in [("alice", alice), ("decoy", decoy)] {
                let login = Login::Failing(user.to_owned());
                assert!(budget.allows(&login, most, true), "{endpoint} {user}");
                assert!(most == u32::MAX || !budget.allows(&login, most + 1, true), "{endpoint} {user}");
                assert!(!budget.allows(&login, 3, false), "{endpoint} {user}: any other case is held to the limit");
            }
        }
    }

    #[test]
    fn silence_in_a_row_ends_a_run() {
        let budget = budget();
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
