//! What a scope comes to.

/// How the text of a scope is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScopeReading {
    /// As tokens with a space between them, in any order.
    Tokens,
    /// As one token.
    Whole,
    /// As tokens in alphabetical order.
    Sorted,
    /// In lower case.
    CaseFolded,
    /// With commas between the tokens too.
    Commas,
    /// With white space of any kind between the tokens, and as much as one likes.
    AnySpaces,
}

/// What a request without a scope is granted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AbsentScope {
    /// The client's default, or nothing if it has none.
    Default,
    /// The client's default, without a word about it.
    DefaultUntold,
    /// All that the client is registered for.
    Everything,
}

/// What becomes of a scope that the client may not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ForeignScope {
    /// The request is refused.
    Refused,
    /// It is left out, and the rest granted.
    LeftOut,
    /// It is left out without a word about it.
    LeftOutUntold,
    /// It is granted.
    Granted,
    /// Whatever is asked for, the client's default is granted.
    DefaultInstead,
    /// The same, without a word about it.
    DefaultInsteadUntold,
    /// All is refused but what the client would have got without asking.
    AllButDefaultRefused,
}

/// The scope that comes of a refresh.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RefreshScope {
    /// What the login had, or less for the asking.
    OfLogin,
    /// More for the asking, if the client may have it.
    Widened,
    /// The same, but not for the token of the login.
    WidenedLater,
    /// The client's default where none is asked for.
    Default,
    /// Any that is asked for is refused.
    AskedRefused,
    /// Asking for less leaves no more for the next time.
    NarrowedForGood,
    /// What the login had, whatever is asked for, without a word about it.
    AskedIgnoredUntold,
    /// What the login had, whatever is asked for.
    AskedIgnored,
    /// What is beyond the login is left out.
    LeftOut,
}

/// When an answer says what scope was granted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScopeTold {
    /// When it is not what was asked for.
    WhenDifferent,
    /// Every time.
    Always,
    /// Not at all.
    Never,
}
