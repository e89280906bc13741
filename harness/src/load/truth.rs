//! What holds across the answers of a load run, as it is named elsewhere.

use super::{race, tokens};

/// Something that holds of every token, or of every round of a race.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Its name: `across/name` is its case.
    pub name: &'static str,
    /// The sentence that it holds answers against.
    pub requirement: &'static str,
    /// What it looks at: `each access_token that was issued`.
    pub at: String,
}

/// Every one of them, by name within what they look at.
pub fn truths() -> impl Iterator<Item = Truth> {
    let of_tokens = tokens::TRUTHS.iter().map(|truth| {
        let members: Vec<&str> = truth.members().collect();
        let at = format!("each {} that was issued", members.join(" and "));
        Truth { name: truth.name, requirement: truth.requirement, at }
    });
    let of_rounds = race::TRUTHS.iter().map(|truth| {
        let at = "each round of a race".to_owned();
        Truth { name: truth.name, requirement: truth.requirement, at }
    });
    of_tokens.chain(of_rounds)
}
