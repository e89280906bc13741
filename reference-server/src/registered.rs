//! The clients of a workspace, as they are registered.

use std::sync::Arc;

use crate::config::Grant;
use crate::keys::Keys;
use crate::scope::Allowed;
use crate::secret::Secret;

/// A client as its workspace knows it.
pub(crate) struct Registered {
    pub(crate) id: Arc<str>,
    pub(crate) proof: Proof,
    pub(crate) grants: Vec<Grant>,
    pub(crate) scopes: Allowed,
    /// The keys that sign this client's ID tokens.
    pub(crate) id_token_keys: Arc<Keys>,
}

impl Registered {
    /// RFC 6749 section 2.1: whether this client can't keep a secret, and has none.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.proof, Proof::None)
    }
}

/// How a client proves itself: a confidential one always has a secret, a public one never.
pub(crate) enum Proof {
    None,
    Basic(Secret),
    Post(Secret),
}
