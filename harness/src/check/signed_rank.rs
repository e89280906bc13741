//! How far apart two things are that were measured in pairs: the signed-rank test of Wilcoxon, with its estimate and interval.
//!
//! Pairs share the machine's mood, so that their differences are what counts; and one of a pair that was held up by something
//! else for a hundred times as long shall weigh no more than any other. Nothing is supposed of how times are distributed. All
//! comes from the means of every two differences (Walsh averages): their median is the estimate of Hodges and Lehmann, how many
//! of them are above zero is Wilcoxon's statistic, and the interval begins and ends with the ones that the test would not yet
//! rule out. The chance of each value of the statistic is counted out, not approximated.
//!
//! M. Hollander, D. A. Wolfe: Nonparametric Statistical Methods, sections 3.1 to 3.3.

/// How far the second of each pair is from the first, in the unit of the differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shift {
    /// The estimate.
    pub(crate) estimate: f64,
    /// Where the interval begins.
    pub(crate) low: f64,
    /// Where it ends.
    pub(crate) high: f64,
    /// The chance of a statistic so far out, on either side, where there is no difference.
    pub(crate) p: f64,
}

/// The shift that differences show. Its interval misses the true one in at most this share of all runs, half of it on either
/// side. `None` where there are too few differences for such an interval: eight are enough for one in a hundred.
pub(crate) fn shift(differences: &[f64], error_rate: f64) -> Option<Shift> {
    let chances = chances(differences.len());
    // The most averages that may be cut off on either side.
    let cut = chances.iter().take_while(|chance| **chance <= error_rate / 2.0).count().checked_sub(1)?;
    let mut averages: Vec<f64> = Vec::with_capacity(differences.len() * (differences.len() + 1) / 2);
    for (at, one) in differences.iter().enumerate() {
        averages.extend(differences[at..].iter().map(|other| f64::midpoint(*one, *other)));
    }
    averages.sort_unstable_by(f64::total_cmp);
    let last = averages.len() - 1;
    let (below, above) =
        (averages.iter().filter(|one| **one < 0.0).count(), averages.iter().filter(|one| **one > 0.0).count());
    // Averages that are zero speak for neither side: half of them count for each, which makes nothing more significant.
    let statistic = below.min(above) + (averages.len() - below - above).div_ceil(2);
    Some(Shift {
        estimate: f64::midpoint(averages[last / 2], averages[last.div_ceil(2)]),
        low: averages[cut],
        high: averages[last - cut],
        p: chances.get(statistic).map_or(1.0, |chance| (2.0 * chance).min(1.0)),
    })
}

/// For each value up to the middle the chance of a statistic no greater, where there is no difference: every rank from 1 to
/// the number of pairs is then as likely to count as not.
fn chances(pairs: usize) -> Vec<f64> {
    let middle = pairs * (pairs + 1) / 4;
    let mut chances = vec![0.0; middle + 1];
    chances[0] = 1.0;
    for rank in 1..=pairs {
        for sum in (0..=middle).rev() {
            let without = if sum >= rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = f64::midpoint(chances[sum], without);
        }
    }
    let mut so_far = 0.0;
    for chance in &mut chances {
        so_far += *chance;
        *chance = so_far;
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table A.4 of Hollander and Wolfe, and the critical values of every textbook: the greatest statistic that is
    /// significant at 5 and at 1 in a hundred on both sides.
    #[test]
    fn the_chances_are_those_of_the_tables() {
        for (pairs, at_5, at_1) in [(8, 3, 0), (10, 8, 3), (15, 25, 15), (20, 52, 37), (25, 89, 68), (50, 434, 373)] {
            let chances = chances(pairs);
            for (critical, rate) in [(at_5, 0.05), (at_1, 0.01)] {
                assert!(2.0 * chances[critical] <= rate && 2.0 * chances[critical + 1] > rate, "{pairs} at {rate}");
            }
        }
        assert!((chances(10)[8] - 25.0 / 1024.0).abs() < 1e-12);
        assert!((chances(5)[7] - 0.5).abs() < 1e-12, "half of the chances are below the middle");
        assert!(chances(400).iter().all(|chance| chance.is_finite()));
    }

    /// Example 3.1 of Hollander and Wolfe: the depression scale of nine patients before and after.
    #[test]
    fn the_textbook_example_comes_out() {
        let before = [1830, 500, 1620, 2480, 1680, 1880, 1550, 3060, 1300];
        let after = [878, 647, 598, 2050, 1060, 1290, 1060, 3140, 1290];
        let differences: Vec<f64> =
            before.iter().zip(after).map(|(before, after)| f64::from(after - before) / 1000.0).collect();
        let Shift { estimate, low, high, p } = shift(&differences, 0.05).expect("nine pairs are enough");
        let near = |value: f64, told: f64| assert!((value - told).abs() < 5e-4, "{value} is not {told}");
        near(estimate, -0.46);
        near(low, -0.786);
        near(high, -0.010);
        near(p, 0.0391);
    }

    #[test]
    fn an_interval_needs_enough_pairs_and_bears_equal_times() {
        assert_eq!(shift(&[], 0.01), None);
        assert_eq!(shift(&[1.0; 7], 0.01), None);
        assert_eq!(shift(&[0.0; 8], 0.01), Some(Shift { estimate: 0.0, low: 0.0, high: 0.0, p: 1.0 }));
        let one_side = shift(&[2.0; 8], 0.01).expect("eight are enough");
        assert_eq!((one_side.estimate, one_side.low), (2.0, 2.0));
        assert!((one_side.p - 2.0 / 256.0).abs() < 1e-12);
    }
}
