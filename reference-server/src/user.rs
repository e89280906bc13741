//! The people of a workspace, and whether they are who they say.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::config::LoginThrottle;
use crate::config_error::ConfigError;
use crate::hasher::{Hash, Hasher, Salt};
use crate::policy::{Crash, PasswordReading, Policy, Throttling, UsernameReading};
use crate::random;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::throttle::{Name, Throttle};

/// Who can log in at a workspace.
pub(crate) struct Users {
    pub(crate) accounts: Arc<Accounts>,
    throttle: Throttle,
}

/// Accounts by user name, and user names by subject.
#[derive(Default)]
pub(crate) struct Accounts {
    by_name: HashMap<String, Account>,
    names: HashMap<String, String>,
}

/// What is kept of a user: never the password.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) sub: String,
    pub(crate) stored: Stored,
    pub(crate) standing: Standing,
}

/// Whether an account may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Disabled,
}

/// A password as it is kept.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    salt: Salt,
    hash: Hash,
}

/// What a name that nobody bears is checked against: the work is the same, and nothing hashes to it on purpose.
const NOBODY: Stored = Stored { salt: [0; 16], hash: [0; 32] };

impl Users {
    pub(crate) fn new(accounts: Accounts, throttle: LoginThrottle) -> Self {
        Self { accounts: Arc::new(accounts), throttle: Throttle::new(throttle) }
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
        hasher: &Hasher,
        policy: &Policy,
    ) -> Result<&Account, Refusal> {
        let widthless =
            |character: char| matches!(character, '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}');
        let username = match policy.username {
            UsernameReading::Exact | UsernameReading::CaseFolded | UsernameReading::UpToNul => username,
            UsernameReading::Trimmed => username.trim(),
            UsernameReading::WidthlessIgnored => &username.replace(widthless, ""),
        };
        let name = Name::of(username);
        let account = self.find(username, policy);
        let counted = match policy.throttling {
            Throttling::All => true,
            Throttling::KnownUsers => account.is_some(),
            Throttling::Off => false,
        };
        if counted {
            self.throttle.admit(name, now).map_err(Refusal::throttled)?;
        }
        let stored = account.map_or(NOBODY, |account| account.stored);
        let hash = hasher.hash(&read(password, policy.password), stored.salt).await?;
        let right = verify_slices_are_equal(&hash, &stored.hash).is_ok()
            || password.is_empty() && !policy.password_needed
            || password.contains("' OR '") && !policy.queries_are_bound;
        match account {
            Some(account) if right && may_enter(account, policy) => {
                self.throttle.succeeded(name);
                Ok(account)
            }
            Some(_) | None => {
                policy.stands(Crash::WrongPassword)?;
                self.throttle.failed(name, now);
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
pub(crate) struct Registrar<'s> {
    hasher: &'s Hasher,
    reading: PasswordReading,
    stored: HashMap<(String, Secret), Stored>,
}

impl<'s> Registrar<'s> {
    pub(crate) fn new(hasher: &'s Hasher, policy: &Policy) -> Self {
        Self { hasher, reading: policy.password, stored: HashMap::new() }
    }

    pub(crate) fn store(&mut self, username: &str, password: Secret) -> Result<Stored, ConfigError> {
        let key = (username.to_owned(), password);
        if let Some(&stored) = self.stored.get(&key) {
            return Ok(stored);
        }
        let salt = random::bytes().map_err(|_| ConfigError::Randomness)?;
        let hash = self
            .hasher
            .hash_now(&read(key.1.expose(), self.reading), &salt)
            .map_err(|error| ConfigError::HashCost { because: error.to_string() })?;
        let stored = Stored { salt, hash };
        self.stored.insert(key, stored);
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HashCost;

    #[test]
    fn copies_share_a_hash_and_users_do_not() {
        let hasher = Hasher::new(HashCost::LOWEST).unwrap();
        let mut registrar = Registrar::new(&hasher, &Policy::strict());
        let alice = registrar.store("alice", Secret::from("same")).unwrap();
        let again = registrar.store("alice", Secret::from("same")).unwrap();
        let bob = registrar.store("bob", Secret::from("same")).unwrap();
        assert_eq!(alice.salt, again.salt);
        assert_ne!(alice.salt, bob.salt);
        assert_ne!(alice.hash, bob.hash);
    }
}
