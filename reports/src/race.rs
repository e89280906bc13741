//! What the many uses of one token at once came to, in a word.

use crate::record::Race;
use crate::record::load::{Late, Lives, Replay};

/// How many uses won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Won {
    /// None, in any round.
    None,
    /// One at most, and in some rounds none.
    OneAtMost,
    /// One, in every round.
    One,
    /// Several in a round, of which one lived at most.
    Several,
    /// Several in a round, of a token that no use replaces.
    NotReplaced,
    /// Several in a round, in a window of grace that closes.
    SeveralInGrace,
    /// Several in a round, and several live on, or the old token does.
    SeveralForGood,
}

impl Won {
    /// What a race came to.
    pub fn of(race: &Race) -> Self {
        let most = race.winners.iter().filter(|(_, rounds)| **rounds > 0).map(|(winners, _)| *winners).max();
        let late = |late| race.late.get(&late).is_some_and(|rounds| *rounds > 0);
        let several_live = race.lives.get(&Lives::Several).is_some_and(|rounds| *rounds > 0);
        match most.unwrap_or(0) {
            0 => Self::None,
            1 if race.winners.get(&0).is_some_and(|rounds| *rounds > 0) => Self::OneAtMost,
            1 => Self::One,
            _ if race.replay == Some(Replay::NotReplaced) => Self::NotReplaced,
            _ if late(Late::Granted) => Self::SeveralForGood,
            _ if late(Late::Grace) => Self::SeveralInGrace,
            _ if several_live => Self::SeveralForGood,
            _ => Self::Several,
        }
    }

    /// The verdict as reports print it, behind "of … uses at once".
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none won",
            Self::OneAtMost => "one won at most, and in some rounds none",
            Self::One => "exactly one won",
            Self::NotReplaced => "several won, for no use replaces the token",
            Self::Several => "several won, of which one lived at most",
            Self::SeveralInGrace => "several won within a window of grace",
            Self::SeveralForGood => "several won for good",
        }
    }
}

/// Rounds of a race.
pub fn rounds(race: &Race) -> u64 {
    race.winners.values().copied().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn won(winners: &[(u32, u64)], late: Late, lives: Lives) -> Won {
        Won::of(&Race {
            winners: winners.iter().copied().collect(),
            late: [(late, 1)].into(),
            lives: [(lives, 1)].into(),
            ..Race::default()
        })
    }

    #[test]
    fn a_race_comes_to_one_word() {
        for (winners, late, lives, word) in [
            (&[(0, 5)][..], Late::Refused, Lives::Nothing, Won::None),
            (&[], Late::Unknown, Lives::Nothing, Won::None),
            (&[(1, 5), (2, 0)], Late::Refused, Lives::Winner, Won::One),
            (&[(0, 1), (1, 5)], Late::Grace, Lives::Winner, Won::OneAtMost),
            (&[(1, 5), (3, 1)], Late::Refused, Lives::OneOfThem, Won::Several),
            (&[(1, 5), (3, 1)], Late::Refused, Lives::Several, Won::SeveralForGood),
            (&[(8, 5)], Late::Grace, Lives::Several, Won::SeveralInGrace),
            (&[(8, 5)], Late::Granted, Lives::Old, Won::SeveralForGood),
        ] {
            assert_eq!(won(winners, late, lives), word, "{winners:?} {late:?} {lives:?}");
        }
    }

    #[test]
    fn a_token_that_is_not_replaced_may_be_used_by_many() {
        let mut race = Race { replay: Some(Replay::NotReplaced), winners: [(8, 5)].into(), ..Race::default() };
        assert_eq!(Won::of(&race), Won::NotReplaced);
        race.winners = [(1, 5)].into();
        assert_eq!(Won::of(&race), Won::One);
    }
}
