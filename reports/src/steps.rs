//! Windows of a load run added up by step.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::asked::a_second;
use crate::latency::{Times, decode, encode};
use crate::record::Window;

/// What a load run measured of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepLoad {
    /// The step, behind its journey where there are several: `session/refresh`.
    pub step: String,
    /// Exchanges.
    pub count: u64,
    /// Those of them that were under way when the run was ended, and not waited for: no answers, and no errors.
    pub cut_off: u64,
    /// The time that the figures are of, in microseconds: how long was asked, the same for all steps.
    pub asked_us: u64,
    /// Answers a second of that time.
    pub rate: f64,
    /// From sending to the last byte.
    pub service: Times,
    /// From the intended start to the last byte; none in a closed loop.
    pub response: Times,
    /// Of arrivals that found as many under way as there may be at once: from the intended start to when there was a place.
    pub held: Times,
    /// From then to sending, the generator's own fault; none in a closed loop.
    pub lag: Times,
    /// Opening of connections.
    pub connect: Times,
    /// Exchanges by status; `0` stands for those without an answer.
    pub statuses: BTreeMap<u16, u64>,
    /// Answers by error code, and exchanges without an answer by the reason.
    pub codes: BTreeMap<String, u64>,
    /// Exchanges that the server failed or turned away: no answer came, or one with a status of 500 and above, or 429.
    pub errors: u64,
    /// Findings that broke a promise, advice not followed among them.
    pub broken: u64,
    /// Those of them that broke a MUST, waived or not; `None` where the record does not tell.
    pub musts: Option<u64>,
    /// Bytes of bodies heard.
    pub bytes: u64,
    /// Histograms that could not be read: their exchanges are counted, their times are missing.
    pub unreadable: u64,
}

impl StepLoad {
    /// What a user waits for: the response time where arrivals have a schedule, else the service time.
    pub fn latency(&self) -> &Times {
        if self.response.count() > 0 { &self.response } else { &self.service }
    }

    /// Exchanges with an answer.
    pub fn answers(&self) -> u64 {
        self.settled() - self.statuses.get(&0).copied().unwrap_or_default()
    }

    /// Exchanges of which it is known whether there was an answer.
    pub fn settled(&self) -> u64 {
        self.count - self.cut_off
    }
}

/// A step second by second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverTime {
    /// The step.
    pub step: String,
    /// Each second in which it was seen, in order.
    pub seconds: Vec<Second>,
}

/// What a step came to in one second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Second {
    /// The second of the run, from 0.
    pub second: u64,
    /// Exchanges.
    pub count: u64,
    /// Those of them that are [`StepLoad::errors`].
    pub errors: u64,
    /// The median of [`StepLoad::latency`], in microseconds; 0 where nothing was answered.
    pub p50_us: u64,
    /// Its 99th percentile.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

/// Steps under way. Windows may come in any order; what is kept grows by a few numbers a second.
#[derive(Debug, Clone, Default)]
pub struct Steps(BTreeMap<String, Sum>);

impl Steps {
    /// Adds what a step measured in a second.
    pub fn add(&mut self, window: &Window) {
        match self.0.get_mut(&window.step) {
            Some(sum) => sum.add(window),
            None => self.0.entry(window.step.clone()).or_default().add(window),
        }
    }

    /// What they add up to so far, in the order of their names; in `asked_us` microseconds it was asked for.
    pub fn loads(&self, asked_us: u64) -> Vec<StepLoad> {
        self.0.iter().map(|(step, sum)| sum.load(step, asked_us)).collect()
    }

    /// The whole seconds from the first to the last in which somebody asked, in microseconds.
    pub(crate) fn covers_us(&self) -> u64 {
        let seconds = || self.0.values().flat_map(|sum| sum.seconds.keys().copied());
        let span = seconds().min().zip(seconds().max()).map(|(first, last)| (last - first).saturating_add(1));
        span.unwrap_or_default().saturating_mul(1_000_000)
    }

    /// Each of their seconds so far, in the order of their names.
    pub fn over_time(&self) -> Vec<OverTime> {
        let seconds = |sum: &Sum| sum.seconds.values().cloned().collect();
        self.0.iter().map(|(step, sum)| OverTime { step: step.clone(), seconds: seconds(sum) }).collect()
    }
}

/// A second stays open for so many younger ones: an answer that is as late as this still counts in the percentiles of the
/// second in which its request started. What is later yet counts in those of the whole run alone.
const LATEST: usize = 64;

#[derive(Debug, Clone, Default)]
struct Sum {
    statuses: BTreeMap<u16, u64>,
    cut_off: u64,
    codes: BTreeMap<String, u64>,
    service: Times,
    response: Times,
    held: Times,
    lag: Times,
    connect: Times,
    broken: u64,
    musts: u64,
    /// Of those that were broken, how many a record does not tell the level of.
    unweighed: u64,
    bytes: u64,
    unreadable: u64,
    seconds: BTreeMap<u64, Second>,
    /// The histograms of the latest seconds, written as the record has them: they are small so.
    open: BTreeMap<u64, String>,
}

impl Sum {
    fn add(&mut self, window: &Window) {
        let (mut count, mut errors) = (window.cut_off, 0_u64);
        more(&mut self.cut_off, window.cut_off);
        for (status, times) in &window.statuses {
            more(self.statuses.entry(*status).or_default(), *times);
            more(&mut count, *times);
            if is_error(*status) {
                more(&mut errors, *times);
            }
        }
        for (code, times) in &window.errors {
            more(self.codes.entry(code.clone()).or_default(), *times);
        }
        more(&mut self.broken, window.broken);
        match window.musts {
            Some(musts) => more(&mut self.musts, musts),
            None => more(&mut self.unweighed, window.broken),
        }
        more(&mut self.bytes, window.bytes);

        let is_answered = window.statuses.iter().any(|(status, times)| *status != 0 && *times > 0);
        if window.latency_us.is_empty() && is_answered {
            self.unreadable += 1;
        }
        for (text, times) in [
            (&window.latency_us, &mut self.service),
            (&window.response_us, &mut self.response),
            (&window.held_us, &mut self.held),
            (&window.lag_us, &mut self.lag),
            (&window.connect_us, &mut self.connect),
        ] {
            if !text.is_empty() && read(text).is_none_or(|one| times.add(&one).is_err()) {
                self.unreadable += 1;
            }
        }

        let second = self.seconds.entry(window.second).or_default();
        second.second = window.second;
        more(&mut second.count, count);
        more(&mut second.errors, errors);
        let shown = if window.response_us.is_empty() { &window.latency_us } else { &window.response_us };
        if let Some(mut all) = read(shown) {
            all.auto(true);
            let before = self.open.get(&window.second).and_then(|text| read(text));
            // What can't be added up is missing here, and told by `unreadable`.
            let joined = before.is_some_and(|before| all.add(&before).is_ok());
            second.max_us = second.max_us.max(all.max());
            // A second that was closed keeps the percentiles that it had.
            if joined || second.p99_us == 0 {
                (second.p50_us, second.p99_us) = (all.value_at_quantile(0.5), all.value_at_quantile(0.99));
            }
            self.open.insert(window.second, encode(&all));
        }
        while self.open.len() > LATEST {
            self.open.pop_first();
        }
    }

    fn load(&self, step: &str, asked_us: u64) -> StepLoad {
        let total = |wanted: fn(u16) -> bool| {
            let wanted = self.statuses.iter().filter(|(status, _)| wanted(**status)).map(|(_, count)| *count);
            wanted.fold(0, u64::saturating_add)
        };
        let answers = total(|status| status != 0);
        StepLoad {
            step: step.to_owned(),
            count: total(|_| true).saturating_add(self.cut_off),
            cut_off: self.cut_off,
            asked_us,
            rate: a_second(answers, asked_us),
            service: self.service.clone(),
            response: self.response.clone(),
            held: self.held.clone(),
            lag: self.lag.clone(),
            connect: self.connect.clone(),
            statuses: self.statuses.clone(),
            codes: self.codes.clone(),
            errors: total(is_error),
            broken: self.broken,
            musts: (self.unweighed == 0).then_some(self.musts),
            bytes: self.bytes,
            unreadable: self.unreadable,
        }
    }
}

/// Whether the server failed an exchange or turned it away; a refusal is an answer as good as any.
fn is_error(status: u16) -> bool {
    status == 0 || status >= 500 || status == 429
}

fn read(text: &str) -> Option<Histogram<u64>> {
    decode(text).ok()
}

fn more(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn times(values: &[u64]) -> String {
        let mut histogram = Histogram::<u64>::new(3).expect("3 digits are allowed");
        for value in values {
            histogram.record(*value).expect("an auto-resizing histogram takes any value");
        }
        encode(&histogram)
    }

    pub(crate) fn window(second: u64, status: u16, values: &[u64]) -> Window {
        Window {
            second,
            step: "login".into(),
            statuses: BTreeMap::from([(status, values.len() as u64)]),
            broken: 1,
            latency_us: times(values),
            ..Window::default()
        }
    }

    pub(crate) fn loads(windows: &[Window]) -> Vec<StepLoad> {
        let mut steps = Steps::default();
        for window in windows {
            steps.add(window);
        }
        steps.loads(steps.covers_us())
    }

    fn login(windows: &[Window]) -> StepLoad {
        let mut all = loads(windows);
        assert_eq!(all.len(), 1, "one step");
        all.remove(0)
    }

    fn seconds(windows: &[Window]) -> Vec<Second> {
        let mut steps = Steps::default();
        for window in windows {
            steps.add(window);
        }
        steps.over_time().remove(0).seconds
    }

    #[test]
    fn seconds_add_up_and_a_stall_lowers_the_rate() {
        let silence = Window { latency_us: String::new(), ..window(6, 0, &[1]) };
        let windows = [window(3, 200, &[1000, 2000]), window(6, 503, &[9000]), window(6, 429, &[30_000]), silence];
        let login = login(&windows);
        assert_eq!((login.count, login.answers(), login.errors), (5, 4, 3));
        assert_eq!((login.broken, login.musts), (4, None), "the record does not tell their levels");
        assert_eq!((login.asked_us, login.unreadable), (4_000_000, 0));
        assert!((login.rate - 1.0).abs() < f64::EPSILON, "4 answers in seconds 3 to 6, not {}", login.rate);
        assert_eq!((login.service.at_us(0.5), login.service.max_us()), (2000, 30_015), "within 3 digits");
        let seconds: Vec<_> =
            seconds(&windows).iter().map(|one| (one.second, one.count, one.errors, one.max_us)).collect();
        assert_eq!(seconds, [(3, 2, 0, 2000), (6, 3, 3, 30_015)]);
    }

    #[test]
    fn a_late_answer_counts_in_the_second_in_which_it_was_asked_for() {
        let early = window(1, 200, &[1000; 9]);
        let later: Vec<Window> = (2..9).map(|second| window(second, 200, &[1000])).collect();
        let late = window(1, 200, &[5_000_000]);
        let whole: Vec<Window> = [early.clone()].into_iter().chain(later).chain([late.clone()]).collect();
        let second = &seconds(&whole)[0];
        assert_eq!((second.count, second.p50_us, second.p99_us), (10, 1000, 5_001_215));

        let over: Vec<Window> = (2..200).map(|second| window(second, 200, &[1000])).collect();
        let whole: Vec<Window> = [early].into_iter().chain(over).chain([late]).collect();
        let second = &seconds(&whole)[0];
        assert_eq!((second.count, second.p99_us, second.max_us), (10, 1000, 5_001_215), "its percentiles are closed");
    }

    #[test]
    fn response_time_is_what_a_user_waits_for_where_there_is_any() {
        let open = Window { response_us: times(&[70_000]), lag_us: times(&[5]), ..window(0, 200, &[2000]) };
        assert_eq!(seconds(std::slice::from_ref(&open))[0].max_us, 70_015);
        let login = login(&[open]);
        assert_eq!((login.latency().max_us(), login.service.max_us(), login.lag.max_us()), (70_015, 2000, 5));
        assert_eq!(super::tests::login(&[window(0, 200, &[2000])]).latency().max_us(), 2000);
    }

    #[test]
    fn a_broken_histogram_is_counted_and_its_exchanges_stay() {
        for text in [String::new(), "not base64".into(), times(&[1000])[..12].into()] {
            let bad = Window { latency_us: text.clone(), ..window(0, 200, &[1000]) };
            let login = login(&[bad, window(1, 200, &[5000])]);
            assert_eq!((login.count, login.unreadable, login.service.at_us(0.5)), (2, 1, 5003), "{text}");
        }
    }

    #[test]
    fn numbers_too_great_to_add_stay_numbers() {
        let mut greatest = window(u64::MAX, 0, &[1]);
        greatest.statuses.insert(200, u64::MAX);
        (greatest.broken, greatest.bytes) = (u64::MAX, u64::MAX);
        let login = login(&[window(0, 200, &[1]), greatest]);
        assert_eq!((login.count, login.broken), (u64::MAX, u64::MAX));
        assert!(login.answers() > 0 && login.rate.is_finite());
    }
}
