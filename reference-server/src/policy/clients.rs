//! How a client shows who it is.

use crate::config::Grant;

/// What becomes of a request that authenticates its client in the header and in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TwoAuthentications {
    /// It is malformed.
    InvalidRequest,
    /// One of the two is not the registered one, so that authentication has failed.
    InvalidClient,
    /// The header counts.
    HeaderCounts,
}

/// The error code for Basic credentials that can't be read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UnreadableBasic {
    /// Authentication has failed.
    InvalidClient,
    /// The request is malformed.
    InvalidRequest,
}

/// How much of a client's secret is looked at, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SecretReading {
    /// Every byte, every time.
    Exact,
    /// Any secret is right.
    Ignored,
    /// Any secret is right that comes in the body.
    IgnoredInBody,
    /// Any secret is right, and so is none, for this grant.
    NotFor(Grant),
    /// None is as good as the right one.
    Optional,
    /// The beginning of the right one is right.
    PrefixIsEnough,
    /// Spaces around it do not count.
    Trimmed,
    /// Dashes in it do not count, as in a number that people type.
    DashesIgnored,
    /// It ends at its first NUL, as a string of C ends.
    UpToNul,
}

/// What `client_id` may say beside Basic credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BesideBasic {
    /// The name of the client that authenticates.
    SameClient,
    /// Nothing at all.
    Nothing,
    /// The name of any client.
    AnyClient,
}

/// How clients without a secret are treated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PublicClients {
    /// They say their name and nothing more.
    Named,
    /// They are not.
    Refused,
    /// A secret that one sends anyway does not matter.
    SecretIgnored,
}

/// The answer to a client that nobody has registered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UnknownClient {
    /// The same as for a wrong secret.
    InvalidClient,
    /// The same but for the challenge.
    Unchallenged,
    /// The code for a wrong password.
    InvalidGrant,
}

/// The answer to a client that has a secret and did not send it, or did not name itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MissingAuthentication {
    /// Authentication has failed.
    InvalidClient,
    /// A request that names no client is malformed.
    UnnamedIsInvalidRequest,
    /// As if the client could not have the grant.
    UnauthorizedClient,
}

/// The status of `invalid_client` for a client that did not use the header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InvalidClient {
    /// 401 with a challenge, as for every other client.
    Challenged,
    /// 400, as for any other error.
    BadRequest,
}
