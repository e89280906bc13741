//! What kind of token a client says it sends.

use crate::form::{Form, Parameter};
use crate::policy::Hints;
use crate::refusal::Refusal;

/// The kinds of tokens that a token may be one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) access: bool,
    pub(crate) refresh: bool,
}

impl Kinds {
    const ALL: Self = Self { access: true, refresh: true };

    /// The kinds to look among. RFC 7009 section 2.1 and RFC 7662 section 2.1: all of them, whatever the hint, since a
    /// look costs little; and a hint that nobody defined is no error (RFC 7009 section 2.2).
    pub(crate) fn hinted_at(form: &Form, hints: Hints) -> Result<Self, Refusal> {
        match (form.get(Parameter::TokenTypeHint), hints) {
            (Some("access_token"), Hints::Believed) => Ok(Self { refresh: false, ..Self::ALL }),
            (Some("refresh_token"), Hints::Believed) => Ok(Self { access: false, ..Self::ALL }),
            (Some(hint), Hints::UnknownRefused) if !["access_token", "refresh_token"].contains(&hint) => {
                Err(Refusal::unsupported_token_type("the hint is none that this server knows"))
            }
            (_, Hints::Ignored | Hints::Believed | Hints::UnknownRefused) => Ok(Self::ALL),
        }
    }
}
