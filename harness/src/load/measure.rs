//! Exchanges of a load run measured: a window for each second and step.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use hdrhistogram::Histogram;
use ropcheck_reports::latency;
use ropcheck_reports::record::Window;

use crate::recorder::micros;

/// The time that is measured. It begins with the first walk: what comes before is the generator making its users.
#[derive(Debug)]
pub(super) struct Stretch {
    began: OnceLock<Duration>,
    lasts: Duration,
}

impl Stretch {
    /// A stretch of that length, not begun.
    pub(super) fn new(lasts: Duration) -> Self {
        Self { began: OnceLock::new(), lasts }
    }

    /// Whether it is over at a time of the run; the first who asks begins it.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let began = *self.began.get_or_init(|| now);
        now.saturating_sub(began) >= self.lasts
    }

    /// The second in which a request was sent, from 0; `None` where it was sent after the end, by a walk that was on its way.
    pub(super) fn second(&self, sent_at: Duration) -> Option<u64> {
        let since = sent_at.saturating_sub(*self.began.get()?);
        (since < self.lasts).then_some(since.as_secs())
    }
}

/// One exchange as it is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The second in which it was sent. A second holds all that was sent in it, so that a slow answer is not counted where
    /// it did not ask.
    pub(super) second: u64,
    /// The step, by position.
    pub(super) step: usize,
    /// The status; `None` where no answer came.
    pub(super) status: Option<u16>,
    /// From sending to the last byte.
    pub(super) took: Duration,
    /// Findings that broke a promise.
    pub(super) broken: u64,
}

/// The seconds that are not over. It holds no more of them than the slowest answer takes, however long the run.
#[derive(Debug)]
pub(super) struct Windows {
    steps: Vec<String>,
    newest: u64,
    open: BTreeMap<(u64, usize), Open>,
}

/// A window that still takes readings.
#[derive(Debug)]
struct Open {
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    latency: Histogram<u64>,
}

/// The greatest latency that is told apart from greater ones, in microseconds: an hour, far above any timeout.
const GREATEST_US: u64 = 3_600_000_000;

/// Seconds for which a window stays open behind the newest: walks that were on their way end in the next one. What comes
/// later still opens a window of its own for its second, and readers add the two.
const LINGER: u64 = 1;

impl Windows {
    /// No windows yet, for the steps of these names.
    pub(super) fn new(steps: impl IntoIterator<Item = String>) -> Self {
        Self { steps: steps.into_iter().collect(), newest: 0, open: BTreeMap::new() }
    }

    /// Adds a reading, and tells the windows whose second is over by it.
    pub(super) fn add(&mut self, reading: Reading, tell: &mut dyn FnMut(Window)) {
        if reading.second > self.newest {
            self.newest = reading.second;
            let open = self.open.split_off(&(self.newest.saturating_sub(LINGER), 0));
            let over = std::mem::replace(&mut self.open, open);
            self.close(over, tell);
        }
        self.open.entry((reading.second, reading.step)).or_insert_with(Open::new).add(reading);
    }

    /// Tells the windows that are left.
    pub(super) fn finish(mut self, tell: &mut dyn FnMut(Window)) {
        let left = std::mem::take(&mut self.open);
        self.close(left, tell);
    }

    fn close(&self, windows: BTreeMap<(u64, usize), Open>, tell: &mut dyn FnMut(Window)) {
        for ((second, step), Open { statuses, broken, latency }) in windows {
            let step = self.steps.get(step).cloned().unwrap_or_else(|| step.to_string());
            let latency_us = latency::encode(&latency);
            tell(Window { second, step, statuses, broken, latency_us, ..Window::default() });
        }
    }
}

impl Open {
    fn new() -> Self {
        let latency =
            Histogram::new_with_bounds(1, GREATEST_US, 3).expect("bounds and digits that a histogram can have");
        Self { statuses: BTreeMap::new(), broken: 0, latency }
    }

    fn add(&mut self, reading: Reading) {
        *self.statuses.entry(reading.status.unwrap_or(0)).or_default() += 1;
        self.broken += reading.broken;
        if reading.status.is_some() {
            self.latency.saturating_record(micros(reading.took));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(second: u64, step: usize, status: Option<u16>, millis: u64) -> Reading {
        Reading { second, step, status, took: Duration::from_millis(millis), broken: u64::from(status == Some(500)) }
    }

    /// What is told at once, and what is told at the end.
    fn told(readings: &[Reading]) -> (Vec<Window>, Vec<Window>) {
        let mut windows = Windows::new(["login".to_owned(), "refresh".to_owned()]);
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for reading in readings {
            windows.add(*reading, &mut |window| early.push(window));
        }
        windows.finish(&mut |window| late.push(window));
        (early, late)
    }

    #[test]
    fn a_window_holds_what_one_step_got_in_one_second() {
        let (early, late) = told(&[
            reading(0, 0, Some(200), 1),
            reading(0, 0, Some(200), 3),
            reading(0, 0, Some(500), 7),
            reading(0, 0, None, 10_000),
            reading(0, 1, Some(200), 2),
        ]);
        assert!(early.is_empty(), "the second is not over: {early:?}");
        let [login, refresh] = late.as_slice() else { panic!("two steps, not {late:?}") };
        assert_eq!((login.step.as_str(), login.second, login.broken), ("login", 0, 1));
        assert_eq!(login.statuses, BTreeMap::from([(0, 1), (200, 2), (500, 1)]));
        let latency = latency::decode(&login.latency_us).expect("reports read what is written here");
        assert_eq!((latency.len(), latency.value_at_quantile(0.5)), (3, 3001), "silence has no latency");
        assert_eq!((refresh.step.as_str(), refresh.statuses.clone()), ("refresh", BTreeMap::from([(200, 1)])));
    }

    #[test]
    fn a_second_is_told_once_it_is_over_and_what_comes_late_keeps_its_second() {
        let sent = [0, 1, 0, 2, 3, 0].map(|second| reading(second, 0, Some(200), 1));
        let (early, late) = told(&sent);
        let seconds = |windows: &[Window]| -> Vec<(u64, u64)> {
            windows.iter().map(|window| (window.second, window.statuses[&200])).collect()
        };
        assert_eq!(seconds(&early), [(0, 2), (1, 1)]);
        assert_eq!(seconds(&late), [(0, 1), (2, 1), (3, 1)]);
    }

    #[test]
    fn however_long_the_run_few_windows_are_open() {
        let mut windows = Windows::new(["login".to_owned()]);
        let mut told = 0;
        for second in 0..1000 {
            windows.add(reading(second, 0, Some(200), 1), &mut |_| told += 1);
            assert!(windows.open.len() <= 2);
        }
        assert_eq!(told, 998);
    }

    #[test]
    fn any_latency_is_written_so_that_reports_read_it() {
        for took in [Duration::ZERO, Duration::from_secs(3600), Duration::MAX] {
            let (_, late) = told(&[Reading { took, ..reading(0, 0, Some(200), 0) }]);
            let latency = latency::decode(&late[0].latency_us).expect("reports read what is written here");
            assert_eq!(latency.len(), 1, "{took:?}");
        }
    }

    #[test]
    fn the_stretch_begins_with_the_first_walk_and_leaves_out_what_is_sent_after_it() {
        let (stretch, at) = (Stretch::new(Duration::from_secs(2)), Duration::from_millis);
        assert_eq!(stretch.second(at(10)), None, "it has not begun");
        assert!(!stretch.is_over(at(500)) && !stretch.is_over(at(2499)) && stretch.is_over(at(2500)));
        assert_eq!(
            [500, 1499, 1500, 2499, 2500].map(|sent| stretch.second(at(sent))),
            [Some(0), Some(0), Some(1), Some(1), None]
        );
        assert_eq!(stretch.second(at(499)), Some(0), "a user that was a moment quicker than the first to ask");
    }
}
