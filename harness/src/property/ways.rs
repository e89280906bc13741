//! How many different values there are to draw, where they are few: none is tried twice.

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::scenario::given::{Bounds, Choice, Strategy};

impl Plan {
    /// How many sets of values there are; none where nobody can count them.
    pub fn ways(&self) -> Option<u32> {
        let product = || self.given.values().map(count).try_fold(1_u32, |all, of| all.checked_mul(of?));
        if self.moves.is_some() { None } else { product() }
    }
}

fn count(strategy: &Strategy) -> Option<u32> {
    match strategy {
        Strategy::OneOf(all) => {
            let texts: BTreeSet<&String> = all.iter().filter_map(text_of).collect();
            let others = all.iter().filter_map(drawn_of).map(count).sum::<Option<u32>>()?;
            u32::try_from(texts.len()).ok()?.checked_add(others)
        }
        Strategy::Integer(Bounds(least, most)) => u32::try_from(most.checked_sub(*least)?.checked_add(1)?).ok(),
        Strategy::Text { .. }
        | Strategy::Long(_)
        | Strategy::Bytes(_)
        | Strategy::ListOf { .. }
        | Strategy::Encoded { .. }
        | Strategy::Scope(_)
        | Strategy::MediaType(_)
        | Strategy::Parameters { .. }
        | Strategy::Damage(_)
        | Strategy::Basic(_)
        | Strategy::Spelling(_) => None,
    }
}

fn text_of(choice: &Choice) -> Option<&String> {
    match choice {
        Choice::Just(text) => Some(text),
        Choice::Drawn(_) => None,
    }
}

fn drawn_of(choice: &Choice) -> Option<&Strategy> {
    match choice {
        Choice::Just(_) => None,
        Choice::Drawn(strategy) => Some(strategy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_can_be_counted_are() {
        for (strategy, counted) in [
            ("one_of: [a, b, a]", Some(2)),
            ("one_of: [a, { integer: [0, 9] }, { one_of: [b, c] }]", Some(13)),
            ("one_of: [a, { text: { from: name, length: [1, 2] } }]", None),
            ("integer: [-9223372036854775808, 9223372036854775807]", None),
            ("long: [1, 2]", None),
        ] {
            let strategy: Strategy = serde_yaml::from_str(strategy).expect("a strategy");
            assert_eq!(count(&strategy), counted, "{strategy:?}");
        }
    }
}
