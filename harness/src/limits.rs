//! What a run may do to a server and to the accounts on it.

use std::time::Duration;

use crate::breaker::SILENCES;

/// What a target file says. What it leaves out depends on where the server is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Told {
    /// Failed logins that one user may see between good ones.
    pub failed_logins: Option<u32>,
    /// Failed logins of all users in one run.
    pub failed_logins_in_all: Option<u32>,
    /// Requests that are begun in a second.
    pub requests_per_second: Option<f64>,
    /// Requests that are under way at once.
    pub concurrency: Option<u32>,
}

/// The limits that a run keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Failed logins that one user may see between good ones.
    pub failed_logins: u32,
    /// Failed logins of all users in one run.
    pub failed_logins_in_all: Option<u32>,
    /// Requests that are begun in a second.
    pub requests_per_second: Option<f64>,
    /// Requests that are under way at once.
    pub concurrency: Option<u32>,
}

/// The least and the greatest rate that a target file may name.
pub const RATES: (f64, f64) = (0.01, 10_000.0);

impl Told {
    /// The limits on this machine, or the careful ones on any other. A server in CI locks accounts too.
    pub fn on_loopback(self, loopback: bool) -> Limits {
        let (rate, concurrency) = if loopback { (None, None) } else { (Some(5.0), Some(1)) };
        Limits {
            failed_logins: self.failed_logins.unwrap_or(2),
            failed_logins_in_all: self.failed_logins_in_all,
            requests_per_second: self.requests_per_second.or(rate),
            concurrency: self.concurrency.or(concurrency),
        }
    }
}

impl Limits {
    /// The time from the beginning of one request to that of the next.
    pub fn interval(&self) -> Duration {
        self.requests_per_second
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate.clamp(RATES.0, RATES.1)))
    }

    /// Each limit by name, with what it allows; on another machine also what is less careful than it is without a word.
    pub fn told(&self, loopback: bool) -> Vec<(&'static str, String)> {
        let in_all = self.failed_logins_in_all.map_or("any number".to_owned(), |most| most.to_string());
        let rate =
            self.requests_per_second.map_or("as fast as it answers".to_owned(), |rate| format!("{rate} a second"));
        let at_once = self.concurrency.map_or("any number".to_owned(), |most| most.to_string());
        let mut told = vec![
            ("failed logins", format!("{} of a user between good ones, {in_all} in all", self.failed_logins)),
            ("requests", format!("{rate}, {at_once} at once")),
            ("no answer", format!("the run ends after {SILENCES} in a row")),
        ];
        if !loopback {
            told.extend(self.less_careful().map(|beyond| ("less careful", beyond)));
        }
        told
    }

    /// What a target file allows on another machine beyond what is allowed there without a word.
    fn less_careful(&self) -> impl Iterator<Item = String> {
        let careful = Told::default().on_loopback(false);
        let pairs = [
            ("failed_logins", Some(f64::from(self.failed_logins)), Some(f64::from(careful.failed_logins))),
            ("requests_per_second", self.requests_per_second, careful.requests_per_second),
            ("concurrency", self.concurrency.map(f64::from), careful.concurrency.map(f64::from)),
        ];
        let beyond = pairs.into_iter().filter_map(|(name, this, careful)| Some((name, this?, careful?)));
        let beyond = beyond.filter(|(_, this, careful)| this > careful);
        beyond.map(|(name, this, careful)| format!("{name} {this} (careful: {careful})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_treated_with_care_unless_its_file_says_otherwise() {
        let told = |limits: Limits| limits.told(true).into_iter().map(|(_, told)| told).collect::<Vec<_>>();
        assert_eq!(
            told(Told::default().on_loopback(false)),
            [
                "2 of a user between good ones, any number in all",
                "5 a second, 1 at once",
                "the run ends after 5 in a row"
            ]
        );
        assert_eq!(
            told(Told::default().on_loopback(true))[..2],
            ["2 of a user between good ones, any number in all", "as fast as it answers, any number at once"]
        );
        let all = Told {
            failed_logins: Some(1),
            failed_logins_in_all: Some(40),
            requests_per_second: Some(0.5),
            concurrency: Some(3),
        };
        for loopback in [true, false] {
            let limits = all.on_loopback(loopback);
            assert_eq!(told(limits)[..2], ["1 of a user between good ones, 40 in all", "0.5 a second, 3 at once"]);
            assert_eq!(limits.interval(), Duration::from_secs(2));
        }
    }

    #[test]
    fn what_is_less_careful_on_another_machine_is_called_so() {
        let less = |told: Told, loopback: bool| {
            let told = told.on_loopback(loopback).told(loopback);
            let told = told.into_iter().filter(|(name, _)| *name == "less careful");
            told.map(|(_, told)| told).collect::<Vec<_>>()
        };
        let failed = Told { failed_logins: Some(100_000), ..Told::default() };
        assert_eq!(less(failed, false), ["failed_logins 100000 (careful: 2)"]);
        assert_eq!(less(failed, true), [""; 0], "nobody else's accounts are on this machine");
        let fast = Told { requests_per_second: Some(7.5), concurrency: Some(2), ..Told::default() };
        assert_eq!(less(fast, false), ["requests_per_second 7.5 (careful: 5)", "concurrency 2 (careful: 1)"]);
        let careful = Told { failed_logins: Some(1), requests_per_second: Some(5.0), ..Told::default() };
        assert_eq!([less(careful, false), less(Told::default(), false)].concat(), [""; 0]);
    }
}
