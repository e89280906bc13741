//! What becomes of a token that comes back.

/// Who may introspect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IntrospectionFor {
    /// Clients that have shown who they are.
    ConfidentialClients,
    /// Whoever says that it is a client.
    Clients,
    /// Everybody.
    Everybody,
}

/// What a `token_type_hint` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hints {
    /// Nothing.
    Ignored,
    /// A token is looked for where it says and nowhere else.
    Believed,
    /// One that nobody defined is refused.
    UnknownRefused,
}

/// What is checked of a token that comes back.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each check is left out apart from the others")]
pub(crate) struct Minds {
    pub(crate) signature: bool,
    /// Which workspace issued it.
    pub(crate) issuer: bool,
    pub(crate) expiry: bool,
    pub(crate) revocation: bool,
}

impl Minds {
    /// RFC 9068 section 4, RFC 7662 section 4.
    pub(crate) const EVERYTHING: Self = Self { signature: true, issuer: true, expiry: true, revocation: true };
}

/// What becomes of a token of a kind that its client wants to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revoking {
    /// It is over.
    Done,
    /// It is said to be over.
    Pretended,
    /// It is said to be over, and is if it came of a login and not of a refresh.
    PretendedOnceRenewed,
    /// Such tokens can't be revoked.
    Unsupported,
}
