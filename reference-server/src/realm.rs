//! Workspaces as they serve.

mod opening;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use http::HeaderValue;

use crate::clock::Clock;
use crate::config::Grant;
use crate::issued::Issued;
use crate::keys::Keys;
use crate::policy::Policy;
use crate::registered::Registered;
use crate::store::Families;
use crate::throttle::Throttle;
use crate::user::Users;

/// Everything that answers requests.
pub(crate) struct Server {
    pub(crate) policy: Policy,
    /// How the endpoints beside the token endpoint read their requests: what breaks there stays there.
    pub(crate) strict: Policy,
    pub(crate) body_limit: usize,
    /// By label.
    realms: HashMap<String, Realm>,
    default_realm: Option<String>,
}

/// One workspace, ready to serve.
pub(crate) struct Realm {
    /// `tenant/name`, as it stands in its paths; challenges call the realm so, too.
    pub(crate) label: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) challenge: HeaderValue,
    pub(crate) grants: Vec<Grant>,
    pub(crate) clients: HashMap<String, Arc<Registered>>,
    pub(crate) client_throttle: Throttle,
    pub(crate) users: Users,
    pub(crate) families: Arc<Families>,
    pub(crate) issued: Issued,
    /// How many requests were granted.
    pub(crate) grants_made: AtomicU64,
    /// The keys that sign access tokens.
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Clock,
    pub(crate) access_token_lifetime_s: u64,
    pub(crate) refresh_token_lifetime_s: u64,
}

impl Server {
    pub(crate) fn realm(&self, label: &str) -> Option<&Realm> {
        self.realms.get(label)
    }

    /// The workspace behind `/oauth/token`.
    pub(crate) fn default_realm(&self) -> Option<&Realm> {
        self.default_realm.as_ref().and_then(|label| self.realm(label))
    }
}

impl Realm {
    /// Every key that signs something, each once and always in the same order: first the one of access tokens.
    pub(crate) fn every_key(&self) -> Vec<&Arc<Keys>> {
        let mut every = vec![&self.keys];
        for client in self.clients.values() {
            if !every.iter().any(|keys| Arc::ptr_eq(keys, &client.id_token_keys)) {
                every.push(&client.id_token_keys);
            }
        }
        every[1..].sort_by_key(|keys| keys.signing().as_str());
        every
    }
}
