//! What a run may do to real accounts: failed logins that are counted, lock-outs that are remembered.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;

use crate::exchange::Answer;
use crate::limits::Limits;
use crate::plan::Login;
use crate::target::Target;

/// The failed logins of a run, and what its accounts have come to.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    /// What a case that sets out to be throttled may spend on a user between good ones.
    many: HashMap<String, u32>,
    spent: Mutex<Spent>,
}

#[derive(Debug, Clone, Default)]
struct Spent {
    in_all: u32,
    accounts: HashMap<String, Account>,
    lock_outs: Vec<Arc<LockOut>>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    /// Failed logins since the last good one.
    failed: u32,
    /// The good requests that were granted in this run: what one client is granted another may not be.
    granted: HashSet<Request>,
    /// That the server has shut it.
    shut: Option<Arc<LockOut>>,
}

/// An account that the server shut after failed logins of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOut {
    /// The user's name in the target file.
    pub user: String,
    /// Failed logins that it had seen since the last good one.
    pub failed: u32,
    /// What was sent, as a fragment.
    pub sent: &'static str,
    /// The exchange that shows it, by id.
    pub shown_by: String,
    /// Its answer in few words.
    pub answer: String,
    /// When that came, since the Unix epoch.
    pub since: Duration,
    /// When it is over, since the Unix epoch, where the server told.
    pub until: Option<Duration>,
}

impl fmt::Display for LockOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, failed, sent, shown_by, answer, since, until } = self;
        let logins = if *failed == 1 { "1 failed login".to_owned() } else { format!("{failed} failed logins") };
        write!(f, "user `{user}` is locked out since {}: after {logins} of this run, ", time(*since))?;
        write!(f, "{sent} was answered with {answer} ({shown_by})")?;
        until.map_or(Ok(()), |until| write!(f, "; the server told to come back at {}", time(until)))
    }
}

/// A moment since the Unix epoch as a person reads it.
pub(crate) fn time(since_epoch: Duration) -> impl fmt::Display {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch)
}

/// Why a login may not be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The user has seen as many failed logins as it may between good ones.
    User,
    /// All users together have.
    Run,
    /// The server has shut the account.
    LockedOut(Arc<LockOut>),
}

/// Which request it is, among those of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Request(u64);

impl Request {
    /// The same for the same method, address, headers and body.
    pub(crate) fn of(request: &http::Request<Bytes>) -> Self {
        let mut hasher = DefaultHasher::new();
        request.method().hash(&mut hasher);
        request.uri().hash(&mut hasher);
        request.headers().iter().for_each(|field| field.hash(&mut hasher));
        request.body().hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A login that was answered.
pub(crate) struct Came<'a> {
    pub(crate) login: &'a Login,
    /// The request, where it is a good one as it is: no change was made to it, and nobody expects a refusal.
    pub(crate) as_it_is: Option<Request>,
    pub(crate) answer: &'a Answer,
    /// Whether the server only asked for a rest, and gets it.
    pub(crate) rested: bool,
}

impl Budget {
    /// The budget that a target's limits leave.
    pub fn of(target: &Target) -> Self {
        let many = target.users.iter().map(|user| (user.name.clone(), target.spendable(user))).collect();
        Self { limits: target.limits(), many, spent: Mutex::default() }
    }

    /// Spends what one login costs that is about to be tried, the first of so many that belong together, by a case that
    /// sets out to be throttled or one that does not.
    ///
    /// # Errors
    /// It would be too much, or the account is shut: only a case that set out to see that still looks at it.
    pub fn spend(&self, login: &Login, together: u32, provokes: bool, now: Duration) -> Result<(), Refused> {
        let mut spent = self.lock();
        let Spent { in_all, accounts, .. } = &mut *spent;
        let (Login::Good(user) | Login::Failing(user)) = login;
        let account = accounts.entry(user.clone()).or_default();
        account.shut.take_if(|shut| shut.until.is_some_and(|until| until <= now));
        if let Some(shut) = account.shut.as_ref().filter(|_| !provokes) {
            return Err(Refused::LockedOut(Arc::clone(shut)));
        }
        if matches!(login, Login::Good(_)) {
            return Ok(());
        }
        let many = if provokes { self.many.get(user).copied() } else { None };
        if account.failed.saturating_add(together) > many.unwrap_or(self.limits.failed_logins) {
            return Err(Refused::User);
        }
        if self.limits.failed_logins_in_all.is_some_and(|most| in_all.saturating_add(together) > most) {
            return Err(Refused::Run);
        }
        account.failed += 1;
        *in_all += 1;
        Ok(())
    }

    /// Notes what a login came to: a good one gives the budget back. Tells of a lock-out that shows in it.
    pub(crate) fn note(&self, came: &Came<'_>, shown_by: impl FnOnce() -> String) -> Option<Arc<LockOut>> {
        let Came { login, as_it_is, answer, rested } = came;
        let (Login::Good(user) | Login::Failing(user)) = login;
        let mut spent = self.lock();
        let account = spent.accounts.entry(user.clone()).or_default();
        let good = matches!(login, Login::Good(_));
        let failed = account.failed;
        // A refusal that is about the client, the scope or the request says nothing of the account.
        if !answer.grants() && !is_of_the_account(answer) {
            return None;
        }
        account.came_to(login, answer.grants());
        let was_granted = |request| !answer.grants() && account.granted.contains(&request);
        let is_shut = matches!(answer.status, 423 | 429) || (good && as_it_is.is_some_and(was_granted));
        if answer.grants() && good {
            account.granted.extend(*as_it_is);
        }
        if answer.grants() || *rested || failed == 0 || !is_shut || account.shut.is_some() {
            return None;
        }
        let lock_out = Arc::new(LockOut {
            user: user.clone(),
            failed,
            sent: if good { "a good login" } else { "a login with another password" },
            shown_by: shown_by(),
            answer: answer.in_few_words(),
            since: answer.heard_at,
            until: answer.retry_after().map(|wait| answer.heard_at + wait),
        });
        account.shut = Some(Arc::clone(&lock_out));
        spent.lock_outs.push(Arc::clone(&lock_out));
        Some(lock_out)
    }

    /// Notes a login that would be granted.
    pub(crate) fn granted(&self, login: &Login) {
        let (Login::Good(user) | Login::Failing(user)) = login;
        self.lock().accounts.entry(user.clone()).or_default().came_to(login, true);
    }

    /// Whether the server has shut an account.
    pub fn is_locked_out(&self, user: &str, now: Duration) -> bool {
        let spent = self.lock();
        let shut = spent.accounts.get(user).and_then(|account| account.shut.as_ref());
        shut.is_some_and(|shut| shut.until.is_none_or(|until| until > now))
    }

    /// Accounts that the server shut in this run, in the order in which that showed.
    pub fn lock_outs(&self) -> Vec<Arc<LockOut>> {
        self.lock().lock_outs.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn came_to(&mut self, login: &Login, granted: bool) {
        if granted {
            *self = Self { granted: std::mem::take(&mut self.granted), ..Self::default() };
        } else {
            // A right password in a request that is refused may be counted by the server all the same.
            self.failed += u32::from(matches!(login, Login::Good(_)));
        }
    }
}

/// Whether a refusal can be about the user's account: not where the server says that client, scope or request is wrong.
fn is_of_the_account(answer: &Answer) -> bool {
    const OTHERWISE: [&str; 5] =
        ["invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type"];
    (400..500).contains(&answer.status) && answer.error().is_none_or(|error| !OTHERWISE.contains(&error.as_str()))
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

    const ONE: Request = Request(1);

    const NOW: Duration = Duration::from_secs(1_445_412_000);

    fn good() -> Login {
        Login::Good("alice".to_owned())
    }

    fn wrong() -> Login {
        Login::Failing("alice".to_owned())
    }

    fn answer(status: u16, body: &str, retry_after: Option<&'static str>) -> Answer {
        let headers = retry_after.map(|value| (http::header::RETRY_AFTER, http::HeaderValue::from_static(value)));
        let mut answer = Answer::new(status, headers.into_iter().collect(), bytes::Bytes::from(body.to_owned()), None);
        answer.heard_at = NOW;
        answer
    }

    fn granted() -> Answer {
        let mut answer = answer(200, "{}", None);
        answer.unwitnessed.push(("access_token".to_owned(), crate::secret::Secret::new("t")));
        answer
    }

    fn refused() -> Answer {
        answer(400, r#"{"error":"invalid_grant"}"#, None)
    }

    impl Budget {
        /// Tries a login that is answered with this.
        fn try_login(&self, login: &Login, answer: &Answer) -> Option<Arc<LockOut>> {
            assert_eq!(self.spend(login, 1, false, NOW), Ok(()), "{login:?}");
            self.note(&Came { login, as_it_is: Some(ONE), answer, rested: false }, || "a/b#1".to_owned())
        }

        /// Whether so many would be allowed, none of them spent.
        fn allows(&self, login: &Login, together: u32, provokes: bool) -> bool {
            let before = self.lock().clone();
            let allowed = self.spend(login, together, provokes, NOW).is_ok();
            *self.lock() = before;
            allowed
        }
    }

    #[test]
    fn a_good_login_gives_the_budget_back() {
        let budget = budget();
        assert_eq!(budget.try_login(&wrong(), &refused()), None);
        assert!(budget.allows(&wrong(), 1, false) && !budget.allows(&wrong(), 2, false));
        assert_eq!(budget.try_login(&wrong(), &refused()), None);
        assert_eq!(budget.spend(&wrong(), 1, false, NOW), Err(Refused::User));
        assert!(budget.allows(&good(), 1, false));
        assert!(budget.allows(&Login::Failing("decoy".into()), 2, false), "each user has a budget of its own");
        assert_eq!(budget.try_login(&good(), &granted()), None);
        assert!(budget.allows(&wrong(), 2, false) && !budget.allows(&wrong(), 3, false));
    }

    #[test]
    fn a_run_has_a_budget_too_which_nothing_gives_back() {
        let mut target = target("https://as.example/token");
        target.limits.failed_logins_in_all = Some(3);
        let budget = Budget::of(&target);
        for login in [wrong(), Login::Failing("decoy".into()), wrong()] {
            assert_eq!(budget.try_login(&login, &refused()), None);
        }
        assert_eq!(budget.try_login(&good(), &granted()), None);
        assert_eq!(budget.spend(&wrong(), 1, false, NOW), Err(Refused::Run));
        assert_eq!(budget.spend(&Login::Failing("decoy".into()), 1, true, NOW), Err(Refused::Run));
        assert_eq!(budget.spend(&good(), 1, false, NOW), Ok(()));
    }

    /// What comes after one good and one wrong login: the login · its answer · whether it shows a lock-out.
    #[test]
    fn a_lock_out_is_seen_where_it_shows_and_nowhere_else() {
        let locked = answer(423, "", None);
        let throttled = answer(429, "", Some("60"));
        for (login, came, shows) in [
            (good(), refused(), true),
            (good(), answer(401, "", None), true),
            (good(), answer(403, "<h1>Locked</h1>", None), true),
            (good(), locked, true),
            (good(), answer(400, r#"{"error":"invalid_scope"}"#, None), false),
            (good(), answer(401, r#"{"error":"invalid_client"}"#, None), false),
            (good(), answer(429, r#"{"error":"invalid_client"}"#, None), false),
            (good(), answer(500, "", None), false),
            (good(), granted(), false),
            (wrong(), refused(), false),
            (wrong(), answer(423, "", None), true),
            (wrong(), throttled, true),
        ] {
            let budget = budget();
            budget.try_login(&good(), &granted());
            budget.try_login(&wrong(), &refused());
            let lock_out = budget.try_login(&login, &came);
            assert_eq!(lock_out.is_some(), shows, "{login:?} {}", came.in_few_words());
            assert_eq!(budget.lock_outs(), Vec::from_iter(lock_out));
            let left_alone = matches!(budget.spend(&good(), 1, false, NOW), Err(Refused::LockedOut(_)));
            assert_eq!(left_alone, shows, "{login:?} {}", came.in_few_words());
            assert_eq!(budget.spend(&good(), 1, true, NOW), Ok(()), "who set out to see that looks on");
        }
    }

    #[test]
    fn what_no_failed_login_of_the_run_came_before_is_no_lock_out() {
        let fresh = budget();
        assert_eq!(fresh.try_login(&good(), &answer(429, "", None)), None, "the server is asked too often");
        let never_granted = budget();
        never_granted.try_login(&wrong(), &refused());
        assert_eq!(never_granted.try_login(&good(), &refused()), None, "the right password was never told to be right");
        let another = budget();
        another.try_login(&good(), &granted());
        another.try_login(&wrong(), &refused());
        let answer_403 = answer(403, "", None);
        let came = Came { login: &good(), as_it_is: Some(Request(2)), answer: &answer_403, rested: false };
        assert_eq!(another.note(&came, String::new), None, "another client was never granted anything");
        let rested = budget();
        let came = Came { login: &wrong(), as_it_is: Some(ONE), answer: &answer(429, "", Some("1")), rested: true };
        assert_eq!(rested.spend(&wrong(), 1, false, NOW), Ok(()));
        assert_eq!(rested.note(&came, String::new), None, "it is asked again after the rest");
    }

    #[test]
    fn a_lock_out_tells_who_since_when_and_until_when() {
        let budget = budget();
        budget.try_login(&good(), &granted());
        budget.try_login(&wrong(), &refused());
        let lock_out = budget.try_login(&wrong(), &answer(429, "", Some("60"))).expect("it shows");
        assert_eq!(
            lock_out.to_string(),
            "user `alice` is locked out since 2015-10-21T07:20:00Z: after 2 failed logins of this run, a login with another \
             password was answered with status 429, an empty body (a/b#1); the server told to come back at 2015-10-21T07:21:00Z"
        );
        let later = NOW + Duration::from_secs(60);
        assert!(budget.spend(&good(), 1, false, NOW + Duration::from_secs(59)).is_err());
        assert_eq!(budget.spend(&good(), 1, false, later), Ok(()), "it is over by then");
        assert_eq!(budget.spend(&wrong(), 1, false, later), Err(Refused::User), "a good login comes first");
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
}
