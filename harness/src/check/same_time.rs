//! The check that two answers take the same time, over many pairs of them.
//!
//! A pair is two requests one right after the other, each of them first in half of the pairs. What disturbs a machine for longer than
//! that disturbs both; what disturbs one of them is as likely to be either. `signed_rank` makes an interval of the
//! differences, and where it lies is the verdict: beyond what matters, they differ; within, they do not; over the edge of it, it
//! was too noisy to say. So a bias of the harness, which is far smaller than what matters, is no verdict at all.
//!
//! Where all pairs are too noisy together, the calmest third is looked at as well: those whose slower answer came soonest. That
//! rule does not ask which of the two it was, so that without a difference either is still as likely to be ahead. All pairs come
//! first, because a delay that sets in for one of the two now and then is a difference too.
//!
//! A comparison ends as soon as it can be told: each failed login less is one less on an account. Every look has its part in
//! the error rate.

use std::time::Duration;

use ropcheck_reports::record::{Because, Finding};

use super::signed_rank::{Shift, shift};
use super::unjudged;

/// The share of runs in which the verdict may be wrong.
pub const ERROR_RATE: f64 = 0.01;

/// What is said of an interval.
const SURE: &str = "99.9 % interval";

/// When it is looked whether a comparison can end: after these parts of its pairs.
const LOOKS: [u32; 4] = [8, 4, 2, 1];

/// The share of runs in which one interval may miss the true difference: two at each look.
const MISSES: f64 = 0.001;

/// What a stranger can use. Over the Internet differences of some 15 to 100 µs were told apart by a thousand requests and more
/// (Crosby, Wallach and Riedi: Opportunities and Limits of Remote Timing Attacks, 2009), which are more guesses than a server
/// should let anybody make for one name.
const MATTERS: Duration = Duration::from_micros(100);

/// The same as a share of the answer's own time: slow answers come with a jitter that hides as much.
const SHARE_THAT_MATTERS: f64 = 0.02;

/// With fewer differences there is no interval that misses so seldom.
pub const FEWEST: usize = 11;

/// How long the two answers of a pair took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The answer that is judged.
    pub(crate) this: Duration,
    /// The one that it is compared with.
    pub(crate) other: Duration,
}

/// Whether after so many pairs out of so many it is looked if there are enough.
pub(crate) fn is_look(pair: u32, pairs: u32) -> bool {
    LOOKS.iter().any(|part| pairs.div_ceil(*part) == pair)
}

/// Whether a step is answered in the time that another one takes; `step` and `other` are their names.
pub(crate) fn judge(step: &str, other: &str, pairs: &[Pair]) -> Finding {
    let told = |look: &[Pair]| told(step, other, look, pairs.len());
    match told(pairs) {
        Finding::Unjudged { .. } => told(&calmest(pairs)),
        conclusive => conclusive,
    }
}

/// What one look at so many pairs tells.
fn told(step: &str, other: &str, look: &[Pair], of: usize) -> Finding {
    let differences: Vec<f64> = look.iter().map(Pair::difference).collect();
    let Some(Shift { estimate, low, high, p }) = shift(&differences, MISSES) else {
        return unjudged(Because::Noise, format!("{of} pairs are too few to compare times"));
    };
    let matters = matters(look);
    if low >= -matters && high <= matters {
        return Finding::Met;
    }
    let over =
        if look.len() == of { format!("{of} pairs") } else { format!("the calmest {} of {of} pairs", look.len()) };
    if low <= matters && high >= -matters {
        let detail = format!(
            "{step} answered between {} and {} than {other} ({SURE}, {over}): too noisy to tell {matters:.2} ms; \
             from a machine that is nearer and quieter, or with more `pairs`, it could be told",
            when(low),
            when(high),
        );
        return unjudged(Because::Noise, detail);
    }
    let (least, most) = if low > 0.0 { (low, high) } else { (-high, -low) };
    let p = if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") };
    Finding::Broken {
        expected: format!("{step} and {other} answered within {matters:.2} ms of each other"),
        actual: format!("{step} answered {} ({SURE} {least:.2} to {most:.2} ms, {p}, {over})", when(estimate)),
    }
}

/// `0.52 ms sooner`
fn when(later: f64) -> String {
    format!("{:.2} ms {}", later.abs(), if later < 0.0 { "sooner" } else { "later" })
}

/// The third of the pairs whose slower answer came soonest, or as many as are needed to tell anything.
fn calmest(pairs: &[Pair]) -> Vec<Pair> {
    let mut all = pairs.to_vec();
    all.sort_by_key(|pair| pair.this.max(pair.other));
    all.truncate((all.len() / 3).max(FEWEST));
    all
}

/// The pair whose difference is in the middle: the one to show.
pub(crate) fn typical(pairs: &[Pair]) -> Option<usize> {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|one, other| pairs[*one].difference().total_cmp(&pairs[*other].difference()));
    order.get(order.len() / 2).copied()
}

impl Pair {
    /// How much later the judged answer came, in milliseconds.
    fn difference(&self) -> f64 {
        (self.this.as_secs_f64() - self.other.as_secs_f64()) * 1e3
    }
}

/// The least difference that matters, in milliseconds: a share of what the slower of the two usually takes, but no less than
/// anybody can use.
fn matters(pairs: &[Pair]) -> f64 {
    let usual = |of: fn(&Pair) -> Duration| {
        let mut all: Vec<Duration> = pairs.iter().map(of).collect();
        all.sort_unstable();
        all[all.len() / 2].as_secs_f64() * 1e3
    };
    let slower = usual(|pair| pair.this).max(usual(|pair| pair.other));
    (slower * SHARE_THAT_MATTERS).max(MATTERS.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of answers after `other` milliseconds, and after as many and one of these more.
    fn pairs(other: f64, later: impl IntoIterator<Item = f64>) -> Vec<Pair> {
        let at = |ms: f64| Duration::from_secs_f64(ms / 1e3);
        later.into_iter().map(|later| Pair { this: at(other + later), other: at(other) }).collect()
    }

    /// So many differences, evenly from one value to another.
    fn between(low: f64, high: f64, count: u32) -> impl Iterator<Item = f64> {
        (0..count).map(move |at| low + (high - low) * f64::from(at) / f64::from(count - 1))
    }

    #[test]
    fn a_difference_that_matters_is_told_with_its_size() {
        let judged = |later| judge("unknown user", "wrong password", &pairs(5.0, later));
        let expected = "unknown user and wrong password answered within 0.10 ms of each other".to_owned();
        let actual = "unknown user answered 4.10 ms sooner (99.9 % interval 3.97 to 4.23 ms, p < 0.0001, 150 pairs)";
        assert_eq!(
            judged(between(-4.9, -3.3, 150).collect()),
            Finding::Broken { expected: expected.clone(), actual: actual.to_owned() }
        );
        let expected = expected.replace("0.10", "0.14");
        let actual = "unknown user answered 2.00 ms later (99.9 % interval 2.00 to 2.00 ms, p = 0.0010, 11 pairs)";
        assert_eq!(judged(vec![2.0; FEWEST]), Finding::Broken { expected, actual: actual.to_owned() });
    }

    #[test]
    fn a_difference_that_nobody_can_use_is_none() {
        assert_eq!(judge("a", "b", &pairs(1.5, between(-0.2, 0.2, 150))), Finding::Met);
        assert_eq!(judge("a", "b", &pairs(1.5, [0.05; 150])), Finding::Met, "the test sees it, and it does not matter");
        assert_eq!(judge("a", "b", &pairs(300.0, [5.0; 150])), Finding::Met, "2 in 100 is less than slow answers vary");
        assert!(matches!(judge("a", "b", &pairs(300.0, [7.0; 150])), Finding::Broken { .. }));
    }

    /// Pairs of which the second answer is ahead, then the first, by differences that grow.
    fn disturbed(step: f64) -> Vec<Pair> {
        let at = |number: u32| 2.0 + step * f64::from(number);
        let ms = |ms: f64| Duration::from_secs_f64(ms / 1e3);
        (0..150)
            .map(|number| match number % 2 {
                0 => Pair { this: ms(at(number)), other: ms(2.0) },
                _ => Pair { this: ms(2.0), other: ms(at(number)) },
            })
            .collect()
    }

    #[test]
    fn an_interval_over_the_edge_is_too_noisy_to_say() {
        let Finding::Unjudged { because: Because::Noise, detail } = judge("a", "b", &disturbed(0.1)) else {
            panic!("it can't be told")
        };
        assert!(detail.starts_with("a answered between ") && detail.contains("ms sooner and "), "{detail}");
        assert!(detail.contains("(99.9 % interval, the calmest 50 of 150 pairs): too noisy to tell 0."), "{detail}");
        let few = unjudged(Because::Noise, "10 pairs are too few to compare times");
        assert_eq!(judge("a", "b", &pairs(5.0, [4.0; FEWEST - 1])), few);
    }

    #[test]
    fn calm_pairs_tell_what_all_of_them_do_not() {
        let restless = disturbed(0.006);
        assert!(matches!(told("a", "b", &restless, 150), Finding::Unjudged { .. }));
        assert_eq!(judge("a", "b", &restless), Finding::Met);
    }

    #[test]
    fn a_delay_that_sets_in_later_is_a_difference_though_the_calm_pairs_have_none() {
        let growing = pairs(2.0, (0..150).map(|failures| if failures < 60 { 0.0 } else { 50.0 }));
        assert_eq!(told("a", "b", &calmest(&growing), 150), Finding::Met);
        assert!(matches!(judge("a", "b", &growing), Finding::Broken { .. }));
    }

    #[test]
    fn one_answer_that_hangs_changes_nothing() {
        let hangs = between(-0.2, 0.2, 149).chain([900.0]);
        assert_eq!(judge("a", "b", &pairs(1.5, hangs)), Finding::Met);
    }

    #[test]
    fn it_is_looked_four_times_and_each_has_its_part_in_the_error_rate() {
        let looks = |pairs| (1..=pairs).filter(|pair| is_look(*pair, pairs)).collect::<Vec<_>>();
        assert_eq!(looks(400), [50, 100, 200, 400]);
        assert_eq!(looks(150), [19, 38, 75, 150]);
        let intervals = 2.0 * f64::from(u32::try_from(LOOKS.len()).expect("a few"));
        assert!(MISSES * intervals <= ERROR_RATE);
        assert_eq!(format!("{} % interval", (1.0 - MISSES) * 100.0), SURE);
    }

    #[test]
    fn the_pair_in_the_middle_is_shown() {
        assert_eq!(typical(&pairs(5.0, [3.0, 1.0, 2.0])), Some(2));
        assert_eq!(typical(&[]), None);
    }
}
