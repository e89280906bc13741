//! Accounts that the server shut: whose they are, and what showed it.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// Whose account it is, by the name in the target file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A user's, of whom passwords are tried.
    User(String),
    /// A client's, of which secrets are tried.
    Client(String),
}

/// An account that the server shut after failed attempts of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOut {
    /// Whose it is.
    pub whose: Whose,
    /// Whether a good attempt showed it, or one more that fails.
    pub by_a_good_one: bool,
    /// Failed attempts since the last good one, the one that showed it among them.
    pub failed: u32,
    /// The exchange that shows it, by id.
    pub shown_by: String,
    /// Its answer in few words.
    pub answer: String,
    /// When that came, since the Unix epoch.
    pub since: Duration,
    /// When it is over, since the Unix epoch, where the server told.
    pub until: Option<Duration>,
}

impl Whose {
    /// What a case takes whose account is spent on another one.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::User(_) => "give it a second user with `sacrificial: true`",
            Self::Client(_) => "give it a second client with `sacrificial: true`",
        }
    }

    fn attempt(&self) -> &'static str {
        match self {
            Self::User(_) => "login",
            Self::Client(_) => "client authentication",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user `{name}`"),
            Self::Client(name) => write!(f, "client `{name}`"),
        }
    }
}

impl fmt::Display for LockOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { whose, by_a_good_one, failed, shown_by, answer, since, until } = self;
        let attempt = whose.attempt();
        write!(f, "{whose} is locked out since {}: ", time(*since))?;
        if *by_a_good_one {
            write!(f, "a good {attempt} after {failed} that failed ")?;
        } else {
            write!(f, "failed {attempt} {failed} in a row ")?;
        }
        write!(f, "was answered with {answer} ({shown_by})")?;
        until.map_or(Ok(()), |until| write!(f, "; the server told to come back at {}", time(until)))
    }
}

/// A moment since the Unix epoch as a person reads it.
pub(crate) fn time(since_epoch: Duration) -> impl fmt::Display {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch)
}
