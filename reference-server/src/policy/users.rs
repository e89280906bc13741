//! How a login is checked.

/// How a user name is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UsernameReading {
    /// As it is.
    Exact,
    /// Without the spaces around it.
    Trimmed,
    /// Upper and lower case are one.
    CaseFolded,
    /// Up to its first NUL, as a string of C ends.
    UpToNul,
    /// Without what has no width.
    WidthlessIgnored,
}

/// How much of a password is looked at, when it is stored as when it is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PasswordReading {
    /// Every byte.
    Exact,
    /// The first 8 characters, as the crypt of old did it.
    First8Characters,
    /// The first 72 bytes, as bcrypt does it.
    First72Bytes,
    /// What is ASCII of it.
    AsciiOnly,
    /// Upper and lower case are one.
    CaseFolded,
    /// Only how long it is.
    LengthOnly,
    /// Without the spaces around it.
    Trimmed,
    /// Which characters there are, in whatever order.
    AnyOrder,
}

/// What it costs to check the password of a name that nobody bears.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nobody {
    /// One hash, as with any other name.
    AsAnybody,
    /// A hash by settings that were raised since for everybody else.
    ByOldSettings,
    /// No hash.
    Nothing,
}

/// Whose failed logins are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Throttling {
    /// Everybody's.
    All,
    /// Those of names that somebody bears.
    KnownUsers,
    /// Nobody's.
    Off,
}
