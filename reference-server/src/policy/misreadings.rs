//! What becomes of a request before it is read.

use http::HeaderMap;

use crate::form::{pairs, text};
use crate::occasion::Endpoint;
use crate::refusal::Refusal;

/// A request as it came in, for an endpoint that is about to read it.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Whether a parameter is there whose value passes a test.
    pub(crate) fn has(&self, parameter: &str, test: impl Fn(&str) -> bool) -> bool {
        pairs(&self.body).any(|(name, value)| text(name) == parameter && test(&text(value)))
    }
}

/// How a request is misread.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Misread {
    /// As another.
    As(fn(&mut Received)),
    /// As one to be refused out of hand, if it is.
    Refused(fn(&Received) -> Option<Refusal>),
}

/// How the requests to one endpoint are misread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Misreading {
    pub(crate) at: Endpoint,
    pub(crate) how: Misread,
}
