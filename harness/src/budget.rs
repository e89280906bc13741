//! What a run may do to real accounts: failed logins that are counted, lock-outs that are remembered.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::exchange::Answer;
use crate::limits::Limits;
use crate::lock_out::{LockOut, Whose};
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
    users: HashMap<String, Account>,
    clients: HashMap<String, Account>,
    lock_outs: Vec<Arc<LockOut>>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    /// Failed attempts since the last good one.
    failed: u32,
    /// The good requests that were granted in this run: what one client is granted another may not be.
    granted: HashSet<Request>,
    /// That the server has shut it.
    shut: Option<Arc<LockOut>>,
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

/// An attempt that was answered.
pub(crate) struct Came<'a> {
    /// What it did to a user's account.
    pub(crate) login: Option<&'a Login>,
    /// The client that it was of.
    pub(crate) client: Option<&'a str>,
    /// Whether that client authenticated otherwise than it should.
    pub(crate) guesses: bool,
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
        let Spent { in_all, users, .. } = &mut *spent;
        let (Login::Good(user) | Login::Failing(user)) = login;
        let account = users.entry(user.clone()).or_default();
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
        // What fails by a name that nobody bears costs none of the users.
        let costs = self.many.contains_key(user);
        if costs && self.limits.failed_logins_in_all.is_some_and(|most| in_all.saturating_add(together) > most) {
            return Err(Refused::Run);
        }
        account.failed += 1;
        *in_all += u32::from(costs);
        Ok(())
    }

    /// Notes what an attempt came to: a good one gives the budget back. Tells of a lock-out that shows in it.
    pub(crate) fn note(&self, came: &Came<'_>, shown_by: impl FnOnce() -> String) -> Option<Arc<LockOut>> {
        let mut spent = self.lock();
        let Spent { users, clients, lock_outs, .. } = &mut *spent;
        let of_user = came.login.and_then(|login| {
            let (Login::Good(user) | Login::Failing(user)) = login;
            let account = users.entry(user.clone()).or_default();
            account.of_user(login, came).map(|shut| (account, Whose::User(user.clone()), shut))
        });
        let of_client = came.client.and_then(|client| {
            if !clients.contains_key(client) {
                clients.insert(client.to_owned(), Account::default());
            }
            let account = clients.get_mut(client)?;
            account.of_client(came).map(|shut| (account, Whose::Client(client.to_owned()), shut))
        });
        // Who guesses at a password with a good client is not told of the client.
        let (account, whose, Shut { by_a_good_one, failed }) = of_user.or(of_client)?;
        let lock_out = Arc::new(LockOut {
            whose,
            by_a_good_one,
            failed,
            shown_by: shown_by(),
            answer: came.answer.in_few_words(),
            since: came.answer.heard_at,
            until: came.answer.retry_after().map(|wait| came.answer.heard_at + wait),
        });
        account.shut = Some(Arc::clone(&lock_out));
        lock_outs.push(Arc::clone(&lock_out));
        Some(lock_out)
    }

    /// Notes a login that would be granted.
    pub(crate) fn granted(&self, login: &Login) {
        let (Login::Good(user) | Login::Failing(user)) = login;
        self.lock().users.entry(user.clone()).or_default().came_to(true, true);
    }

    /// The lock-out of an account that the server has shut.
    pub fn shut(&self, whose: &Whose, now: Duration) -> Option<Arc<LockOut>> {
        match whose {
            Whose::User(name) => self.lock().users.get(name)?.shut_at(now),
            Whose::Client(name) => self.shut_client(name, || now),
        }
    }

    /// The same for a client by its name.
    pub(crate) fn shut_client(&self, name: &str, now: impl FnOnce() -> Duration) -> Option<Arc<LockOut>> {
        self.lock().clients.get(name)?.shut_at(now())
    }

    /// Accounts that the server shut in this run, in the order in which that showed.
    pub fn lock_outs(&self) -> Vec<Arc<LockOut>> {
        self.lock().lock_outs.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an answer showed that an account is shut.
struct Shut {
    by_a_good_one: bool,
    /// Failed attempts until then, itself included where it is one.
    failed: u32,
}

impl Account {
    fn of_user(&mut self, login: &Login, came: &Came<'_>) -> Option<Shut> {
        // A refusal that is about the client, the scope or the request says nothing of the account.
        let tells = came.answer.grants() || !came.guesses && is_of(came.answer, "invalid_grant");
        if !tells {
            return None;
        }
        self.attempted(matches!(login, Login::Good(_)), came)
    }

    fn of_client(&mut self, came: &Came<'_>) -> Option<Shut> {
        // A refusal tells of the client where it was guessed at, or where the same request was granted before.
        let is_told = came.guesses || came.as_it_is.is_some();
        let tells = came.answer.grants() || is_told && is_of(came.answer, "invalid_client");
        if !tells {
            return None;
        }
        self.failed += u32::from(came.guesses);
        self.attempted(!came.guesses, came)
    }

    fn attempted(&mut self, good: bool, came: &Came<'_>) -> Option<Shut> {
        let Came { as_it_is, answer, rested, .. } = came;
        let failed = self.failed;
        self.came_to(good, answer.grants());
        if answer.grants() {
            self.granted.extend(as_it_is.filter(|_| good));
            return None;
        }
        let was_granted = || as_it_is.is_some_and(|request| self.granted.contains(&request));
        let is_shut = matches!(answer.status, 423 | 429) || (good && was_granted());
        (is_shut && !rested && failed > 0 && self.shut.is_none()).then_some(Shut { by_a_good_one: good, failed })
    }

    fn came_to(&mut self, good: bool, granted: bool) {
        if granted {
            *self = Self { granted: std::mem::take(&mut self.granted), ..Self::default() };
        } else {
            // A right password in a request that is refused may be counted by the server all the same.
            self.failed += u32::from(good);
        }
    }

    fn shut_at(&self, now: Duration) -> Option<Arc<LockOut>> {
        self.shut.clone().filter(|shut| shut.until.is_none_or(|until| until > now))
    }
}

/// Whether a refusal can be about an account that its server refuses by that error code: not where another one says what is
/// wrong (RFC 6749 section 5.2).
fn is_of(answer: &Answer, code: &str) -> bool {
    const CODES: [&str; 6] = [
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    (400..500).contains(&answer.status)
        && answer.error().is_none_or(|error| error == code || !CODES.contains(&error.as_str()))
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

    fn came<'a>(login: &'a Login, as_it_is: Option<Request>, answer: &'a Answer) -> Came<'a> {
        Came { login: Some(login), client: None, guesses: false, as_it_is, answer, rested: false }
    }

    fn refused() -> Answer {
        answer(400, r#"{"error":"invalid_grant"}"#, None)
    }

    impl Budget {
        /// Tries a login that is answered with this.
        fn try_login(&self, login: &Login, answer: &Answer) -> Option<Arc<LockOut>> {
            assert_eq!(self.spend(login, 1, false, NOW), Ok(()), "{login:?}");
            self.note(&came(login, Some(ONE), answer), || "a/b#1".to_owned())
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
        assert_eq!(
            another.note(&came(&good(), Some(Request(2)), &answer_403), String::new),
            None,
            "another client was never granted anything"
        );
        let rested = budget();
        let (wrong, soon) = (wrong(), answer(429, "", Some("1")));
        assert_eq!(rested.spend(&wrong, 1, false, NOW), Ok(()));
        let came = Came { rested: true, ..came(&wrong, Some(ONE), &soon) };
        assert_eq!(rested.note(&came, String::new), None, "it is asked again after the rest");
    }

    /// Each with whether the client authenticates otherwise than it should, and its answer: what came before · what shows a
    /// lock-out or not.
    #[test]
    fn a_client_whose_secret_was_guessed_at_is_locked_out_as_a_user_is() {
        let invalid = || answer(401, r#"{"error":"invalid_client"}"#, None);
        let good = || (false, granted());
        let guess = || (true, invalid());
        for (before, last, shows) in [
            (vec![good(), guess()], (false, invalid()), true),
            (vec![good(), guess()], (false, answer(429, "", Some("60"))), true),
            (vec![good(), guess()], (true, answer(429, r#"{"error":"invalid_client"}"#, None)), true),
            (vec![good(), guess()], (true, answer(423, "", None)), true),
            (vec![good(), guess()], (true, invalid()), false),
            (vec![good(), guess()], (false, refused()), false),
            (vec![good(), guess()], (false, answer(500, "", None)), false),
            (vec![good(), guess(), good()], (false, answer(429, "", None)), false),
            (vec![good()], (false, invalid()), false),
            (vec![guess()], (false, invalid()), false),
        ] {
            let budget = budget();
            let note = |(guesses, answer): &(bool, Answer)| {
                let as_it_is = (!guesses).then_some(ONE);
                let came =
                    Came { login: None, client: Some("web"), guesses: *guesses, as_it_is, answer, rested: false };
                budget.note(&came, || "a/b#1".to_owned())
            };
            for one in &before {
                assert_eq!(note(one), None);
            }
            let words = last.1.in_few_words();
            assert_eq!(note(&last).is_some(), shows, "{} before: {words}", before.len());
            assert_eq!(budget.shut_client("web", || NOW).is_some(), shows, "{words}");
            assert_eq!(
                budget.shut(&Whose::User("web".to_owned()), NOW),
                None,
                "a user of that name is another account"
            );
            assert_eq!(budget.spend(&self::good(), 1, false, NOW), Ok(()), "a client's lock-out is none of a user");
        }
    }

    #[test]
    fn what_a_guess_at_a_client_brings_is_not_held_against_its_user() {
        let login = good();
        for shut in [401, 429] {
            let budget = budget();
            let answers = [(false, granted()), (true, answer(401, "", None)), (false, answer(shut, "", None))];
            let [_, _, shown] = answers.each_ref().map(|(guesses, answer)| {
                let as_it_is = (!guesses).then_some(ONE);
                let came = Came { client: Some("web"), guesses: *guesses, ..came(&login, as_it_is, answer) };
                budget.note(&came, String::new)
            });
            let shown = shown.expect("it shows");
            assert_eq!((&shown.whose, shown.failed), (&Whose::Client("web".to_owned()), 1), "{shut}");
        }
    }

    #[test]
    fn a_lock_out_tells_who_since_when_and_until_when() {
        let budget = budget();
        budget.try_login(&good(), &granted());
        budget.try_login(&wrong(), &refused());
        let lock_out = budget.try_login(&wrong(), &answer(429, "", Some("60"))).expect("it shows");
        assert_eq!(
            lock_out.to_string(),
            "user `alice` is locked out since 2015-10-21T07:20:00Z: failed login 2 in a row was answered with status 429, an \
             empty body (a/b#1); the server told to come back at 2015-10-21T07:21:00Z"
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
