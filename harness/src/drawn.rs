//! The values that a walk uses for the names of `given`.

use std::collections::BTreeMap;

use ropcheck_reports::drawn::Value;

/// The values that a walk uses for the names of `given`, and which attempt of its property it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    attempt: u32,
    values: BTreeMap<String, Value>,
}

impl Drawn {
    /// No values: a case without `given`.
    pub fn none() -> Self {
        Self::default()
    }

    /// No values, in the walk of that number of a case that is walked more than once.
    pub fn none_in(attempt: u32) -> Self {
        Self { attempt, ..Self::default() }
    }

    /// Values by name, in the attempt of that number.
    pub fn of(attempt: u32, values: BTreeMap<String, Value>) -> Self {
        Self { attempt, values }
    }

    /// Every value by its name.
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The attempt, counted from 1; 0 where nothing is drawn.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}
