//! The people of a workspace, and whether they are who they say.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::config::{HashCost, LoginThrottle};
use crate::config_error::ConfigError;
use crate::hasher::{Hash, Hasher, Salt};
use crate::policy::{Crash, Nobody, PasswordReading, Policy, Throttling, UsernameReading};
use crate::random;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::throttle::Throttle;

/// Who can log in at a workspace.
pub(crate) struct Users {
    pub(crate) accounts: Arc<Accounts>,
    throttle: Throttle,
    /// What a name that nobody bears is checked against: the work is the same, and nothing hashes to it on purpose.
    nobody: Option<Stored>,
}

/// Accounts by user name, and user names by subject.
#[derive(Default)]
pub(crate) struct Accounts {
    by_name: HashMap<String, Account>,
    names: HashMap<Arc<str>, String>,
}

/// What is kept of a user: never the password.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) sub: Arc<str>,
    pub(crate) stored: Stored,
    pub(crate) standing: Standing,
}

/// Whether an account may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Disabled,
}

/// A password as it is kept, with the settings that it was hashed by.
#[derive(Clone)]
pub(crate) struct Stored {
    hasher: Arc<Hasher>,
    salt: Salt,
    hash: Hash,
}

impl Users {
    pub(crate) fn new(
        accounts: Accounts,
        throttle: LoginThrottle,
        hasher: &Arc<Hasher>,
        policy: &Policy,
    ) -> Result<Self, ConfigError> {
        let hasher = match policy.nobody {
            Nobody::AsAnybody => Some(Arc::clone(hasher)),
            Nobody::ByOldSettings => Some(Arc::new(Hasher::new(hasher.cost.before_it_was_raised())?)),
            Nobody::Nothing => None,
        };
        let nobody = hasher.map(|hasher| Stored { hasher, salt: Salt::default(), hash: Hash::default() });
        Ok(Self { accounts: Arc::new(accounts), throttle: Throttle::new(throttle), nobody })
    }

    /// The account that name and password open (RFC 6749 section 4.3.2).
    ///
    /// An unknown name, a wrong password and a disabled account cost one hash each and get the same answer, so that
    /// neither words nor delay tell which names exist.
    pub(crate) async fn login(
        &self,
        username: &str,
        password: &str,
        now: u64,
        policy: &Policy,
    ) -> Result<&Account, Refusal> {
        let widthless =
            |character: char| matches!(character, '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}');
        let username = match policy.username {
            UsernameReading::Exact | UsernameReading::CaseFolded | UsernameReading::UpToNul => username,
            UsernameReading::Trimmed => username.trim(),
            UsernameReading::WidthlessIgnored => &username.replace(widthless, ""),
        };
        let account = self.find(username, policy);
        let counted = match policy.throttling {
            Throttling::All => true,
            Throttling::KnownUsers => account.is_some(),
            Throttling::Off => false,
        };
        if counted {
            self.throttle.admit(username, now).map_err(Refusal::throttled)?;
        }
        let right = match account.map(|account| &account.stored).or(self.nobody.as_ref()) {
            Some(stored) => stored.is_of(&read(password, policy.password)).await?,
            None => false,
        };
        let right = right
            || password.is_empty() && !policy.password_needed
            || password.contains("' OR '") && !policy.queries_are_bound;
        match account {
            Some(account) if right && may_enter(account, policy) => {
                self.throttle.succeeded(username);
                Ok(account)
            }
            Some(_) | None => {
                policy.stands(Crash::WrongPassword)?;
                self.throttle.failed(username, now);
                Err(match account {
                    None if !policy.users_look_alike => Refusal::invalid_grant("there is no such user"),
                    Some(_) | None => Refusal::invalid_grant("the user name or the password is wrong"),
                })
            }
        }
    }

    fn find(&self, username: &str, policy: &Policy) -> Option<&Account> {
        match policy.username {
            UsernameReading::Exact
            | UsernameReading::Trimmed
            | UsernameReading::UpToNul
            | UsernameReading::WidthlessIgnored => self.accounts.get(username),
            UsernameReading::CaseFolded => {
                let folded = username.to_lowercase();
                self.accounts.iter().find(|(name, _)| name.to_lowercase() == folded).map(|(_, account)| account)
            }
        }
    }
}

impl Stored {
    async fn is_of(&self, password: &[u8]) -> Result<bool, Refusal> {
        let hash = self.hasher.hash(password, self.salt).await?;
        Ok(verify_slices_are_equal(&hash, &self.hash).is_ok())
    }
}

impl Accounts {
    /// Adds an account; what stood under its name before comes back.
    pub(crate) fn insert(&mut self, username: String, account: Account) -> Option<Account> {
        self.names.insert(account.sub.clone(), username.clone());
        self.by_name.insert(username, account)
    }

    pub(crate) fn get(&self, username: &str) -> Option<&Account> {
        self.by_name.get(username)
    }

    /// Every account with its user name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Account)> {
        self.by_name.iter()
    }

    /// The user name that goes with a `sub`.
    pub(crate) fn name_of(&self, sub: &str) -> Option<&str> {
        self.names.get(sub).map(String::as_str)
    }

    /// Adds the accounts of another workspace whose names are free.
    pub(crate) fn admit(&mut self, others: &Self) {
        for (username, account) in &others.by_name {
            if self.get(username).is_none() {
                self.insert(username.clone(), account.clone());
            }
        }
    }
}

fn may_enter(account: &Account, policy: &Policy) -> bool {
    account.standing == Standing::Active || !policy.disabled_users_refused
}

/// The part of a password that counts: all of it, unless the policy says otherwise.
fn read(password: &str, reading: PasswordReading) -> Cow<'_, [u8]> {
    let bytes = password.as_bytes();
    match reading {
        PasswordReading::Exact => Cow::Borrowed(bytes),
        PasswordReading::First8Characters => Cow::Owned(password.chars().take(8).collect::<String>().into_bytes()),
        PasswordReading::First72Bytes => Cow::Borrowed(&bytes[..bytes.len().min(72)]),
        PasswordReading::AsciiOnly => Cow::Owned(password.bytes().filter(u8::is_ascii).collect()),
        PasswordReading::CaseFolded => Cow::Owned(password.to_lowercase().into_bytes()),
        PasswordReading::LengthOnly => Cow::Owned(password.chars().count().to_string().into_bytes()),
        PasswordReading::Trimmed => Cow::Borrowed(password.trim().as_bytes()),
        PasswordReading::AnyOrder => {
            let mut characters: Vec<char> = password.chars().collect();
            characters.sort_unstable();
            Cow::Owned(characters.into_iter().collect::<String>().into_bytes())
        }
    }
}

/// Hashes passwords at the start, one pair of user name and password once: a workspace and its copies share the work.
///
/// The pair is the key, rather than the password alone, so that no two users ever share a salt.
pub(crate) struct Registrar {
    /// The hasher of the whole server.
    usual: Arc<Hasher>,
    reading: PasswordReading,
    stored: HashMap<(String, Secret, HashCost), Stored>,
}

impl Registrar {
    pub(crate) fn new(usual: HashCost, policy: &Policy) -> Result<Self, ConfigError> {
        Ok(Self { usual: Arc::new(Hasher::new(usual)?), reading: policy.password, stored: HashMap::new() })
    }

    /// The hasher of a workspace: the whole server's, unless it has a cost of its own.
    pub(crate) fn hasher(&self, own: Option<HashCost>) -> Result<Arc<Hasher>, ConfigError> {
        own.map_or_else(|| Ok(Arc::clone(&self.usual)), |cost| Hasher::new(cost).map(Arc::new))
    }

    pub(crate) fn store(
        &mut self,
        username: &str,
        password: Secret,
        hasher: &Arc<Hasher>,
    ) -> Result<Stored, ConfigError> {
        let key = (username.to_owned(), password, hasher.cost);
        if let Some(stored) = self.stored.get(&key) {
            return Ok(stored.clone());
        }
        let salt = random::bytes().map_err(|_| ConfigError::Randomness)?;
        let hash = hasher
            .hash_now(&read(key.1.expose(), self.reading), &salt)
            .map_err(|error| ConfigError::HashCost { because: error.to_string() })?;
        let stored = Stored { hasher: Arc::clone(hasher), salt, hash };
        self.stored.insert(key, stored.clone());
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_a_hash_and_users_do_not() {
        let mut registrar = Registrar::new(HashCost::LOWEST, &Policy::strict()).unwrap();
        let usual = registrar.hasher(None).unwrap();
        let dear = registrar.hasher(Some(HashCost { passes: 2, ..HashCost::LOWEST })).unwrap();
        let mut store = |name: &str, hasher| registrar.store(name, Secret::from("same"), hasher).unwrap();
        let (alice, again, bob) = (store("alice", &usual), store("alice", &usual), store("bob", &usual));
        assert_eq!(alice.salt, again.salt);
        assert_ne!(alice.salt, bob.salt);
        assert_ne!(alice.hash, bob.hash);
        assert_ne!(store("alice", &dear).salt, alice.salt, "a hash of another cost is another one");
    }

    #[test]
    fn a_name_that_nobody_bears_costs_what_any_other_does() {
        let hasher = Arc::new(Hasher::new(HashCost::OWASP).unwrap());
        let cost = |nobody| {
            let policy = Policy { nobody, ..Policy::strict() };
            let users = Users::new(Accounts::default(), LoginThrottle::default(), &hasher, &policy).unwrap();
            users.nobody.map(|stored| stored.hasher.cost)
        };
        assert_eq!(cost(Policy::strict().nobody), Some(HashCost::OWASP));
        assert!(cost(Nobody::ByOldSettings).is_some_and(|cost| cost.memory_kib < HashCost::OWASP.memory_kib));
        assert_eq!(cost(Nobody::Nothing), None);
    }

    #[tokio::test]
    async fn a_password_is_checked_by_the_settings_that_it_was_hashed_by() {
        let mut registrar = Registrar::new(HashCost::LOWEST, &Policy::strict()).unwrap();
        let dear = registrar.hasher(Some(HashCost { passes: 2, ..HashCost::LOWEST })).unwrap();
        let stored = registrar.store("alice", Secret::from("right"), &dear).unwrap();
        assert!(stored.is_of(b"right").await.unwrap() && !stored.is_of(b"wrong").await.unwrap());
    }
}
