//! Comparisons: two steps walked in turns, pair after pair, until their times can be told apart or not.

use crate::check::same_time::is_look;
use crate::exchange::Answer;
use crate::judge::times_are_told;
use crate::plan::Plan;
use crate::property::drawn;
use crate::scenario::Compare;
use crate::walk::{Ground, Reached, Start, Walked, walk};

/// Walks a comparison, a pair each time, until it can be told, its pairs are spent, or one of them could not be made whole.
pub async fn pairs(plan: &Plan, compare: Compare, seed: u64, on: &Ground) -> Vec<Walked> {
    let mut all = Vec::new();
    for pair in 1..=compare.pairs {
        let walked = walk(plan, &drawn(plan, seed, pair), Start::Now, on).await;
        // Who was told to wait is not asked again (RFC 6585 section 4): what there is has to do.
        let ended = walked.steps.iter().any(|step| matches!(step, Reached::Not(..)))
            || walked.exchanges.iter().any(|one| one.heard.as_ref().is_ok_and(Answer::is_throttled));
        all.push(walked);
        if ended || is_look(pair, compare.pairs) && times_are_told(plan, &all) {
            break;
        }
    }
    all
}

/// Whether the pair of that number takes the steps the other way round: the toss of a coin that falls alike in every run (the
/// last mixing of `MurmurHash3`). No period falls together with it, neither the server's own nor that of good logins in between.
pub(crate) fn is_turned(pair: u32) -> bool {
    let mut mixed = pair;
    mixed = (mixed ^ mixed >> 16).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    (mixed ^ mixed >> 16) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_first_in_half_of_the_pairs_and_of_those_after_a_good_login() {
        for period in 1..=10 {
            let of = (1..=400).step_by(period);
            let (all, turned) = (of.clone().count(), of.filter(|pair| is_turned(*pair)).count());
            assert!((2 * turned).abs_diff(all) <= 2 * all.isqrt(), "every {period}: {turned} of {all}");
        }
    }
}
