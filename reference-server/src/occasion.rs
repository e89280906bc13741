//! On what occasion an answer is given.

use crate::config::Grant;

/// Where an answer is given, to whom and on which grant, as far as the request got: so that an answer can be altered on
/// some occasions and not on others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion {
    pub(crate) endpoint: Endpoint,
    /// The grant that was asked for.
    pub(crate) grant: Option<Grant>,
    /// Whether the client is one without a secret.
    pub(crate) client_is_public: bool,
    /// Whether the user's name or password goes beyond ASCII.
    pub(crate) beyond_ascii: bool,
    /// Which granted request of its workspace it is, from one; zero for a refusal.
    pub(crate) granted: u64,
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

impl Occasion {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, grant: None, client_is_public: false, beyond_ascii: false, granted: 0 }
    }

    /// Whether this grant was asked for.
    pub(crate) fn is(&self, grant: Grant) -> bool {
        self.grant == Some(grant)
    }

    /// Whether it is granted, as every so many requests of its workspace are.
    pub(crate) fn is_every(&self, many: u64) -> bool {
        self.granted > 0 && self.granted.is_multiple_of(many)
    }
}
