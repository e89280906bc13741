//! What holds of every round of a race, a line each.

use ropcheck_reports::record::Finding;
use ropcheck_reports::record::load::{Lives, Replay};

use super::round::{Came, Round, Use};
use crate::check::{pair, unjudged};

/// Something that holds of every round.
pub(in crate::load) struct Truth {
    /// Its name: `across/name` is its case.
    pub(in crate::load) name: &'static str,
    /// The sentence that it holds rounds against.
    pub(in crate::load) requirement: &'static str,
    /// `None` where the sentence does not speak of such a round.
    pub(super) look: fn(&Round) -> Option<Told<'_>>,
}

/// A finding with the uses that show it.
type Told<'a> = (Finding, Vec<&'a Use>);

/// The roll call, by name. That several win is no fault in itself: a token that no use replaces, and a time of grace for one
/// that was replaced, are the server's own affair (RFC 6749 section 6).
#[rustfmt::skip]
pub(in crate::load) const TRUTHS: [Truth; 6] = [
    Truth { name: "race-forks-nothing",       requirement: "rfc9700/4.14.2/replay-revokes-active", look: forks_nothing },
    Truth { name: "race-loser-invalid-grant", requirement: "rfc6749/5.2/invalid-grant",            look: invalid_grant },
    Truth { name: "race-loser-refused",       requirement: "rfc6749/6/refused",                    look: refused },
    Truth { name: "race-old-refused",         requirement: "rfc6749/6/revoke-old",                 look: old_refused },
    Truth { name: ONE_WINS,                   requirement: "rfc6749/6/granted",                    look: one_wins },
    Truth { name: "race-won-token-works",     requirement: "rfc6749/5.1/refresh-token-works",      look: works },
];

/// The truth that is left open where a round did not begin.
pub(super) const ONE_WINS: &str = "race-one-wins";

/// How many uses of a round show what it came to.
const SHOWN: usize = 2;

fn one_wins(round: &Round) -> Option<Told<'_>> {
    if round.winners().next().is_some() {
        return Some((Finding::Met, vec![]));
    }
    if let Some((because, why)) = round.untold() {
        return Some((unjudged(because, why), vec![]));
    }
    let first = round.uses.first()?;
    let expected = format!("one of {} uses at once is granted", round.uses.len());
    let finding = pair(false, || expected, || format!("none is; the first of them: {}", first.in_few_words()));
    Some((finding, round.uses.iter().take(SHOWN).collect()))
}

fn refused(round: &Round) -> Option<Told<'_>> {
    round.losers().next()?;
    let is_no_refusal = |one: &&Use| matches!(one.came, Came::Failed | Came::Lost { error: None });
    match (round.losers().find(is_no_refusal), round.untold()) {
        (Some(failed), _) => {
            let expected = "a use that does not win is refused with an error of section 5.2";
            let finding = pair(false, || expected, || failed.in_few_words());
            Some((finding, [failed].into_iter().chain(round.winners().take(1)).collect()))
        }
        (None, Some((because, why))) => Some((unjudged(because, why), vec![])),
        (None, None) => Some((Finding::Met, vec![])),
    }
}

fn invalid_grant(round: &Round) -> Option<Told<'_>> {
    let error = |one: &Use| match &one.came {
        Came::Lost { error } => error.clone(),
        Came::Won | Came::Failed | Came::Untold(..) => None,
    };
    round.losers().find_map(error)?;
    let other = round.losers().find(|one| error(one).is_some_and(|error| error != "invalid_grant"));
    let finding = pair(
        other.is_none(),
        || "a use that does not win is refused with `invalid_grant`",
        || other.map(Use::in_few_words).unwrap_or_default(),
    );
    Some((finding, other.into_iter().collect()))
}

/// That the old token is refused once it was replaced, which a server may do and need not.
fn old_refused(round: &Round) -> Option<Told<'_>> {
    round.winners().next()?;
    matches!(round.old.as_ref()?.came, Came::Lost { .. }).then_some((Finding::Met, vec![]))
}

/// That a token which was won can be used. Where a second use ends the family, the other uses did so.
fn works(round: &Round) -> Option<Told<'_>> {
    let winner = round.winners().next()?;
    let replay = match &round.replay {
        Ok(replay) => replay,
        Err((because, why)) => return Some((unjudged(*because, why), vec![])),
    };
    match (round.lives()?, replay) {
        (Lives::Nothing, Replay::EndsFamily) => None,
        (Lives::Nothing, Replay::NotReplaced | Replay::Granted | Replay::Refused) => {
            let tried = round.after.first().or(round.old.as_ref())?;
            let finding = pair(
                false,
                || "the refresh token that a winner is left with can be used, for a second use of the old one does not end it here",
                || tried.in_few_words(),
            );
            Some((finding, vec![winner, tried]))
        }
        (Lives::Winner | Lives::OneOfThem | Lives::Several | Lives::Old, _) => Some((Finding::Met, vec![])),
    }
}

/// That no two tokens live where one was. A server that grants a second use for a time, or for good, does so by intent.
fn forks_nothing(round: &Round) -> Option<Told<'_>> {
    round.winners().next()?;
    match &round.replay {
        Ok(Replay::NotReplaced | Replay::Granted) => return None,
        Ok(Replay::Refused | Replay::EndsFamily) => {}
        Err((because, why)) => return Some((unjudged(*because, why), vec![])),
    }
    let living: Vec<&Use> = round.after.iter().filter(|one| one.came == Came::Won).collect();
    // To refuse the second use alone is not to end what the first one got: that nothing forks proves nothing then.
    if living.len() < 2 && matches!(round.replay, Ok(Replay::Refused)) {
        return None;
    }
    let finding = pair(
        living.len() < 2,
        || "one new token at most lives on, for a second use of the old one is refused here",
        || format!("{} new tokens of {} winners live on", living.len(), round.winners().count()),
    );
    let shown = if living.len() < 2 { vec![] } else { living.into_iter().take(SHOWN).collect() };
    round.lives()?;
    Some((finding, shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;

    #[test]
    fn names_are_sorted_and_sentences_are_in_the_catalogue() {
        assert!(TRUTHS.is_sorted_by_key(|truth| truth.name));
        let library = Library::load(None).unwrap_or_else(|complaint| panic!("{complaint}"));
        for truth in &TRUTHS {
            assert!(library.catalogue.get(truth.requirement).is_some(), "{}", truth.requirement);
        }
    }

    /// What a second use comes to when nobody is beside it · the tokens that live on · whether the advice to end them is kept.
    #[test]
    fn that_one_token_lives_on_is_advised_only_where_a_second_use_would_end_it() {
        let one = |came| {
            let (case, drawn) = ("race".to_owned(), crate::drawn::Drawn::none());
            let walked = crate::walk::Walked { case, exchanges: vec![], steps: vec![], twins: vec![], drawn };
            Use { came, ..Use::of(walked, None) }
        };
        let lost = || Came::Lost { error: Some("invalid_grant".to_owned()) };
        for (replay, living, kept) in [
            (Replay::EndsFamily, 0, Some(true)),
            (Replay::EndsFamily, 1, Some(true)),
            (Replay::EndsFamily, 2, Some(false)),
            (Replay::Refused, 1, None),
            (Replay::Refused, 2, Some(false)),
            (Replay::Granted, 2, None),
            (Replay::NotReplaced, 1, None),
        ] {
            let told = format!("{replay:?}, {living} living");
            let uses = vec![one(Came::Won), one(Came::Won), one(lost())];
            let mut round = Round::new(crate::secret::Secret::new("raced"), uses, Ok(replay));
            round.after = (0..2).map(|at| one(if at < living { Came::Won } else { lost() })).collect();
            round.old = Some(one(lost()));
            assert_eq!(forks_nothing(&round).map(|(finding, _)| finding == Finding::Met), kept, "{told}");
        }
    }
}
