//! Numbers drawn by seed: each request has its own, whatever becomes of the others.

/// What is drawn for one request at one line of a script.
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn of(seed: u64, line: u64, request: u64) -> Self {
        Self([line, request].into_iter().fold(seed, |state, more| mixed(state.wrapping_add(STEP)) ^ more))
    }

    /// From 0 inclusive to 1 exclusive, each as likely.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds exactly")]
    pub(super) fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        (mixed(self.0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -(1.0 - self.even()).ln()
    }

    /// Of mean 0 and deviation 1, after Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
    }
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of Steele, Lea and Flood's `SplitMix64`.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u64 = 100_000;

    /// Mean and variance of what is drawn for many requests.
    fn moments(how: fn(&mut Draw) -> f64) -> (f64, f64) {
        let drawn: Vec<f64> = (0..MANY).map(|request| how(&mut Draw::of(7, 1, request))).collect();
        let count = f64::from(u32::try_from(MANY).unwrap());
        let mean = drawn.iter().sum::<f64>() / count;
        (mean, drawn.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / count)
    }

    #[test]
    fn the_moments_are_those_of_the_distributions() {
        for (how, mean, variance) in [
            (Draw::even as fn(&mut Draw) -> f64, 0.5, 1.0 / 12.0),
            (Draw::exponential, 1.0, 1.0),
            (Draw::normal, 0.0, 1.0),
        ] {
            let drawn = moments(how);
            assert!((drawn.0 - mean).abs() < 0.02 && (drawn.1 - variance).abs() < 0.03, "{drawn:?}");
        }
    }

    #[test]
    fn every_seed_line_and_request_draws_its_own() {
        let mut first: Vec<u64> = Vec::new();
        for (seed, line, request) in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)] {
            first.push(Draw::of(seed, line, request).even().to_bits());
            assert_eq!(first.last(), Some(&Draw::of(seed, line, request).even().to_bits()));
        }
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 5);
    }
}
