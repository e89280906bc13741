//! A value that must not be seen: it has no `Debug`, `Display` or `Serialize` that tells it.

use std::fmt;
use std::sync::Arc;

/// A password, client secret or token. Cheap to clone; only `expose` gives the text, and only the rooms that put
/// it on the wire, look for it in an answer, or turn it into facts call that.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes a text into keeping.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("⟦secret⟧")
    }
}
