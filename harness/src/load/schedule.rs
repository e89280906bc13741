//! When who asks: a ramp's level over time, and the arrivals that it makes. Pure.

use std::time::Duration;

use crate::scenario::load::{Arrivals, Ramp, Rate, Stage, Users};

impl<U> Ramp<U> {
    /// How long it is.
    pub(super) fn lasts(&self) -> Duration {
        self.stages.iter().map(|stage| stage.lasts).sum()
    }

    /// Its highest level.
    pub(super) fn peak(&self) -> f64 {
        self.stages.iter().map(|stage| stage.from.max(stage.to)).fold(0.0, f64::max)
    }
}

impl Ramp<Users> {
    /// When the user of that number, from 0, is asked for next: at that time or later; never again where it is `None`.
    pub(super) fn turn(&self, user: u32, at: Duration) -> Option<Duration> {
        let user = f64::from(user);
        let mut began = Duration::ZERO;
        for stage in &self.stages {
            let ends = began + stage.lasts;
            if at < ends {
                let since = at.saturating_sub(began);
                if stage.level(since) > user {
                    return Some(at.max(began));
                }
                // A level that rises reaches the user within the stage.
                if stage.to > user {
                    return Some(began + stage.lasts.mul_f64(((user - stage.from) / (stage.to - stage.from)).max(0.0)));
                }
            }
            began = ends;
        }
        None
    }
}

impl Stage {
    fn level(&self, since: Duration) -> f64 {
        self.from + (self.to - self.from) * since.as_secs_f64() / self.lasts.as_secs_f64()
    }

    /// How many arrivals it has.
    /// How long after its beginning so many have come.
    fn after(&self, arrivals: f64) -> Duration {
        let slope = (self.to - self.from) / self.lasts.as_secs_f64();
        let seconds = if slope.abs() < f64::EPSILON {
            arrivals / self.from
        } else {
            ((self.from * self.from + 2.0 * slope * arrivals).max(0.0).sqrt() - self.from) / slope
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(self.lasts).min(self.lasts)
    }
}

/// The times at which somebody arrives, from the beginning of a ramp to its end.
///
/// Arrivals are counted by how many a ramp has up to a time: an even one comes whenever that count reaches a whole number, and
/// one of a Poisson process when it has grown by an exponentially distributed number of mean 1.
#[derive(Debug)]
pub(super) struct Schedule {
    stages: std::vec::IntoIter<Stage>,
    stage: Option<Stage>,
    /// When the present stage began.
    began: Duration,
    /// Arrivals up to its beginning.
    before: f64,
    /// The count at which the next one comes.
    next: f64,
    gaps: Gaps,
}

#[derive(Debug)]
enum Gaps {
    Even,
    Poisson(fastrand::Rng),
}

impl Schedule {
    /// The arrivals of a ramp; the same for the same seed.
    pub(super) fn new(ramp: &Ramp<Rate>, arrivals: Arrivals, seed: u64) -> Self {
        let mut gaps = match arrivals {
            Arrivals::Even => Gaps::Even,
            Arrivals::Poisson => Gaps::Poisson(fastrand::Rng::with_seed(seed)),
        };
        // An even schedule begins with an arrival; the first of a Poisson process is waited for like any other.
        let next = if matches!(gaps, Gaps::Even) { 0.0 } else { gaps.draw() };
        let mut stages = ramp.stages.clone().into_iter();
        Self { stage: stages.next(), stages, began: Duration::ZERO, before: 0.0, next, gaps }
    }
}

impl Gaps {
    fn draw(&mut self) -> f64 {
        match self {
            Self::Even => 1.0,
            // 1 − u is never 0, whose logarithm is none.
            Self::Poisson(rng) => -(1.0 - rng.f64()).ln(),
        }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        loop {
            let stage = self.stage?;
            let within = self.next - self.before;
            if within < stage.arrivals() {
                self.next += self.gaps.draw();
                return Some(self.began + stage.after(within));
            }
            self.before += stage.arrivals();
            self.began += stage.lasts;
            self.stage = self.stages.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str, arrivals: Arrivals) -> Vec<u128> {
        let ramp = Ramp::parse(text).unwrap_or_else(|why| panic!("{why}"));
        Schedule::new(&ramp, arrivals, 1).map(|at| at.as_millis()).collect()
    }

    #[test]
    fn even_arrivals_come_at_equal_distances_and_closer_as_the_rate_rises() {
        assert_eq!(ms("4/s for 1s", Arrivals::Even), [0, 250, 500, 750]);
        assert_eq!(ms("2/s for 1s, 4/s for 1s", Arrivals::Even), [0, 500, 1000, 1250, 1500, 1750]);
        // Up to t there are 2t² of them.
        assert_eq!(ms("8/s in 2s", Arrivals::Even), [0, 707, 1000, 1224, 1414, 1581, 1732, 1870]);
        assert_eq!(ms("0/s for 1s, 2/s for 1s", Arrivals::Even), [1000, 1500], "nobody comes at first");
    }

    #[test]
    fn arrivals_of_a_poisson_process_are_as_many_as_asked_and_vary_as_they_should() {
        let gaps = |seed| {
            let ramp = Ramp::parse("1000/s for 100s").expect("a ramp");
            let times: Vec<f64> = Schedule::new(&ramp, Arrivals::Poisson, seed).map(|at| at.as_secs_f64()).collect();
            (times.len(), times.windows(2).map(|two| two[1] - two[0]).collect::<Vec<_>>())
        };
        let (count, all) = gaps(7);
        assert!((99_000..101_000).contains(&count), "{count} of 100000, three standard deviations are 950");
        // A share of 1/e is longer than the mean.
        let long = 1000 * all.iter().filter(|gap| **gap > 0.001).count() / all.len();
        assert!((358..378).contains(&long), "{long} of 1000 gaps are longer than the mean");
        assert_eq!(gaps(7), (count, all), "the same seed, the same arrivals");
    }

    /// The user · the time · when it is asked for.
    #[test]
    fn a_user_comes_when_the_ramp_reaches_it_and_again_when_it_comes_back() {
        let ramp = Ramp::<Users>::parse("10 in 10s, hold 5s, 0 in 10s, 3 for 5s").expect("a ramp");
        let at = |user, seconds| ramp.turn(user, Duration::from_secs(seconds)).map(|turn| turn.as_secs());
        for (user, seconds, turn) in [
            (0, 0, Some(0)),
            (4, 0, Some(4)),
            (4, 12, Some(12)),
            (4, 20, Some(20)),
            (4, 21, None),
            (2, 24, Some(25)),
            (10, 0, None),
            (2, 30, None),
        ] {
            assert_eq!(at(user, seconds), turn, "user {user} at {seconds} s");
        }
        assert_eq!((ramp.lasts(), ramp.peak()), (Duration::from_secs(30), 10.0));
    }
}
