//! On what occasion an answer is given.

use crate::config::Grant;

/// Where an answer is given, to whom and on which grant, as far as the request got: so that an answer can be altered on
/// some occasions and not on others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion {
    pub(crate) endpoint: Endpoint,
    pub(crate) asker: Asker,
    /// The grant that was asked for.
    pub(crate) grant: Option<Grant>,
    /// How often the workspace had issued tokens before.
    pub(crate) issued_before: u64,
}

/// Everything that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Introspection,
    Jwks,
    Metadata,
    OpenidMetadata,
    Revocation,
    Token,
    Userinfo,
}

/// Which kind of client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// None that could be told: it failed to authenticate, or did not have to.
    Unknown,
    Public,
    Confidential,
}

impl Occasion {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, asker: Asker::Unknown, grant: None, issued_before: 0 }
    }
}

impl Endpoint {
    /// Every endpoint.
    pub(crate) const ALL: &[Self] = &[
        Self::Introspection,
        Self::Jwks,
        Self::Metadata,
        Self::OpenidMetadata,
        Self::Revocation,
        Self::Token,
        Self::Userinfo,
    ];
}
