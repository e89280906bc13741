//! Values heard earlier in a walk, kept for later requests.

use std::collections::HashMap;

use crate::secret::Secret;

/// What earlier answers brought, by the name under which a step kept it. Every value is treated as a secret.
#[derive(Debug, Clone, Default)]
pub struct Captures(HashMap<String, Secret>);

impl Captures {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Keeps a value; a later one takes the place of an earlier one.
    pub fn keep(&mut self, name: &str, value: Secret) {
        self.0.insert(name.to_owned(), value);
    }

    /// Every value with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, secret)| (name.as_str(), secret))
    }
}
