//! What becomes of a finished answer.

use crate::occasion::Endpoint;
use crate::reply::Reply;

/// Which secret of a request comes back in its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Echo {
    /// None.
    Nothing,
    /// The client's secret, in a grant.
    ClientSecret,
    /// The password, in a refusal.
    Password,
}

/// A change to a finished answer.
pub(crate) type Alter = fn(&mut Reply);

/// A change to the answers of some endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alteration {
    pub(crate) at: &'static [Endpoint],
    pub(crate) how: Alter,
}
