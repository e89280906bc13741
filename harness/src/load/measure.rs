//! Exchanges of a load run measured: a window for each second and step.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use ropcheck_reports::latency;
use ropcheck_reports::record::Window;

use crate::exchange::{Exchange, Silence, shortened};
use crate::recorder::micros;
use crate::walk::Start;

/// Why a walk begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// Its user was free, and asks for nothing more at that time of the run.
    ByUser {
        /// That time.
        until: Duration,
    },
    /// Its time had come.
    ByArrival {
        /// Its time.
        due: Duration,
        /// When it had a place among those that may be under way at once: later than its time where it had to wait for one.
        place_at: Duration,
    },
}

impl Begun {
    /// When its first request is meant to start.
    pub(super) fn start(self) -> Start {
        match self {
            Self::ByUser { until } => Start::Until(until),
            Self::ByArrival { due, .. } => Start::At(due),
        }
    }
}

/// One exchange as it is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The second in which it was meant to start. A second holds all that was meant for it, so that a slow answer is not
    /// counted where it did not ask.
    pub(super) second: u64,
    /// The step, by the position of its label.
    pub(super) step: usize,
    /// What was said and heard.
    pub(super) exchange: &'a Exchange,
    /// Whether the exchange has a place in a schedule.
    pub(super) timed: Timed,
    pub(super) broken: Broken,
}

/// Findings that broke a promise.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Broken {
    /// All of them, advice not followed among them.
    pub(super) all: u64,
    /// Those of them that broke a MUST.
    pub(super) musts: u64,
}

/// Which times of an exchange say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timed {
    /// In a closed loop nobody waits for a request but its user.
    Sent,
    /// An arrival: it was meant to start when its schedule says, and could once there was a place for it.
    Arrival {
        /// When there was one.
        place_at: Duration,
    },
    /// It follows another one of its journey.
    Follows,
}

impl Timed {
    /// Whether somebody whose time had come had to wait for a place or for a turn. Users have no time of their own.
    pub(super) fn waited(self, exchange: &Exchange) -> bool {
        match self {
            Self::Sent => false,
            Self::Arrival { place_at } => place_at > exchange.intended_at || !exchange.waited.is_zero(),
            Self::Follows => !exchange.waited.is_zero(),
        }
    }
}

/// The seconds that are not over. It holds no more of them than the slowest answer takes, however long the run.
#[derive(Debug)]
pub(super) struct Windows {
    steps: Vec<String>,
    /// How long an answer is waited for.
    timeout: Duration,
    newest: u64,
    open: BTreeMap<(u64, usize), Open>,
}

/// A window that still takes readings.
#[derive(Debug, Default)]
struct Open {
    statuses: BTreeMap<u16, u64>,
    cut_off: u64,
    errors: BTreeMap<String, u64>,
    broken: Broken,
    bytes: u64,
    service: Times,
    response: Times,
    held: Times,
    lag: Times,
    connect: Times,
}

/// Durations in microseconds, once there is one.
#[derive(Debug, Default)]
struct Times(Option<Histogram<u64>>);

impl Times {
    fn add(&mut self, time: Duration) {
        // It is as large as its longest time asks for: what is as large as any would take has to be made every second.
        let made = || Histogram::new(3).expect("digits that a histogram can have");
        let times = self.0.get_or_insert_with(made);
        times.record(micros(time).min(GREATEST_US)).expect("it grows up to an hour");
    }

    fn encoded(&self) -> String {
        self.0.as_ref().map(latency::encode).unwrap_or_default()
    }
}

/// The greatest latency that is told apart from greater ones, in microseconds: an hour, far above any timeout.
const GREATEST_US: u64 = 3_600_000_000;

/// Seconds for which a window stays open behind the newest: walks that were on their way end in the next one. What comes
/// later still opens a window of its own for its second, and readers add the two.
const LINGER: u64 = 1;

impl Windows {
    /// No windows yet, for the steps of these names, whose answers are waited for so long.
    pub(super) fn new(steps: impl IntoIterator<Item = String>, timeout: Duration) -> Self {
        Self { steps: steps.into_iter().collect(), timeout, newest: 0, open: BTreeMap::new() }
    }

    /// Adds a reading, and tells the windows whose second is over by it.
    pub(super) fn add(&mut self, reading: &Reading<'_>, tell: &mut dyn FnMut(Window)) {
        if reading.second > self.newest {
            self.newest = reading.second;
            let open = self.open.split_off(&(self.newest.saturating_sub(LINGER), 0));
            let over = std::mem::replace(&mut self.open, open);
            self.close(over, tell);
        }
        self.open.entry((reading.second, reading.step)).or_default().add(reading, self.timeout);
    }

    /// Tells the windows that are left.
    pub(super) fn finish(&mut self, tell: &mut dyn FnMut(Window)) {
        let left = std::mem::take(&mut self.open);
        self.close(left, tell);
    }

    fn close(&self, windows: BTreeMap<(u64, usize), Open>, tell: &mut dyn FnMut(Window)) {
        for ((second, step), open) in windows {
            let step = self.steps.get(step).cloned().unwrap_or_else(|| step.to_string());
            tell(Window {
                second,
                step,
                latency_us: open.service.encoded(),
                response_us: open.response.encoded(),
                held_us: open.held.encoded(),
                lag_us: open.lag.encoded(),
                connect_us: open.connect.encoded(),
                statuses: open.statuses,
                cut_off: open.cut_off,
                errors: open.errors,
                broken: open.broken.all,
                musts: Some(open.broken.musts),
                bytes: open.bytes,
            });
        }
    }
}

impl Open {
    fn add(&mut self, Reading { exchange, timed, broken, .. }: &Reading<'_>, timeout: Duration) {
        self.broken.all += broken.all;
        self.broken.musts += broken.musts;
        let Exchange { heard, intended_at, waited, sent_at, took, opened, .. } = exchange;
        let opened = opened.unwrap_or_default();
        if !opened.is_zero() {
            self.connect.add(opened);
        }
        match heard {
            Ok(answer) => {
                *self.statuses.entry(answer.status).or_default() += 1;
                self.bytes += answer.body.len() as u64;
                if answer.status >= 400
                    && let Some(code) = answer.error()
                {
                    // A server that makes up a code for each answer does not fill the record with them.
                    let code = shortened(&code);
                    let known = self.errors.len() < MOST_CODES || self.errors.contains_key(&code);
                    let code = if known { code } else { "other codes".to_owned() };
                    *self.errors.entry(code).or_default() += 1;
                }
            }
            Err(Silence::Unawaited) => self.cut_off += 1,
            Err(silence) => {
                *self.statuses.entry(0).or_default() += 1;
                *self.errors.entry(silence.name().to_owned()).or_default() += 1;
            }
        }
        let opening = if heard.is_ok() { opened } else { Duration::ZERO };
        let took = match heard {
            // Of whoever was not waited for nothing is known but how long that was already.
            Ok(_) | Err(Silence::Unawaited) => *took,
            // Who waited in vain has waited all the same, and longer than anybody who was answered: a server that fails at once is
            // not fast by it.
            Err(_) => timeout.max(*took),
        };
        self.service.add(took.saturating_sub(opening));
        let ended = *sent_at + took;
        match timed {
            Timed::Sent => {}
            Timed::Arrival { place_at } => {
                // Its turn is what the target's owner allows: no delay of the server's, and none of the generator's.
                let due = *intended_at + *waited;
                self.response.add(ended.saturating_sub(due));
                // To have as many under way as there may be is no delay of the generator's own.
                let held = place_at.saturating_sub(*intended_at);
                if !held.is_zero() {
                    self.held.add(held);
                }
                self.lag.add(sent_at.saturating_sub(due + held));
            }
            Timed::Follows => self.response.add(took),
        }
    }
}

/// Error codes that a window tells apart.
const MOST_CODES: usize = 20;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;
    use crate::exchange::{Answer, Sent, Silence};

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The second that it was sent in, its step, its status or none, and how long it took.
    type Told = (u64, usize, Option<u16>, Duration);

    fn reading(second: u64, step: usize, status: Option<u16>, millis: u64) -> Told {
        (second, step, status, Duration::from_millis(millis))
    }

    fn exchange((second, _, status, took): Told) -> Exchange {
        let body = Bytes::from_static(br#"{"error":"invalid_grant"}"#);
        let answer = |status| Answer::new(status, HeaderMap::new(), body, None);
        let sent_at = Duration::from_secs(second);
        Exchange {
            sent: Sent::Step(0),
            heard: status.map(answer).ok_or(Silence::TimedOut(took)),
            intended_at: sent_at,
            waited: Duration::ZERO,
            sent_at,
            took,
            opened: None,
        }
    }

    fn add(windows: &mut Windows, told: Told, timed: Timed, tell: &mut dyn FnMut(Window)) {
        let (second, step, status, _) = told;
        let failed = u64::from(status == Some(500));
        let broken = Broken { all: 2 * failed, musts: failed };
        windows.add(&Reading { second, step, exchange: &exchange(told), timed, broken }, tell);
    }

    /// What is told at once, and what is told at the end.
    fn told(readings: &[Told]) -> (Vec<Window>, Vec<Window>) {
        let mut windows = Windows::new(["login".to_owned(), "refresh".to_owned()], TIMEOUT);
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for reading in readings {
            add(&mut windows, *reading, Timed::Sent, &mut |window| early.push(window));
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
            reading(0, 0, None, 1),
            reading(0, 1, Some(200), 2),
        ]);
        assert!(early.is_empty(), "the second is not over: {early:?}");
        let [login, refresh] = late.as_slice() else { panic!("two steps, not {late:?}") };
        assert_eq!((login.step.as_str(), login.second, login.broken, login.musts), ("login", 0, 2, Some(1)));
        assert_eq!(login.statuses, BTreeMap::from([(0, 2), (200, 2), (500, 1)]));
        let errors = [("invalid_grant", 1), ("no answer in time", 2)].map(|(code, count)| (code.to_owned(), count));
        assert_eq!((&login.errors, login.bytes), (&BTreeMap::from(errors), 75));
        assert_eq!((login.response_us.as_str(), login.lag_us.as_str()), ("", ""), "a user has no schedule");
        let latency = latency::decode(&login.latency_us).expect("reports read what is written here");
        assert_eq!((latency.len(), latency.value_at_quantile(0.5)), (5, 7003), "two are silent, the longest of all");
        assert_eq!(
            [0.7, 1.0].map(|quantile| latency.value_at_quantile(quantile) / 10_000),
            [1000; 2],
            "one fails at once"
        );
        assert_eq!((refresh.step.as_str(), refresh.statuses.clone()), ("refresh", BTreeMap::from([(200, 1)])));
    }

    #[test]
    fn whoever_is_due_waits_for_a_place_or_for_a_turn() {
        let at_once = exchange(reading(1, 0, Some(200), 1));
        let later = Exchange { waited: Duration::from_millis(5), ..exchange(reading(1, 0, Some(200), 1)) };
        let place_at = |millis| Timed::Arrival { place_at: Duration::from_millis(millis) };
        let waited = |timed: Timed| [timed.waited(&at_once), timed.waited(&later)];
        assert_eq!(
            [waited(place_at(0)), waited(Timed::Follows), waited(Timed::Sent)],
            [[false, true], [false, true], [false; 2]]
        );
        assert_eq!(waited(place_at(60_000)), [true; 2]);
    }

    /// An arrival at 1 s that was sent at once and had no answer when the run was ended, 3 s later.
    #[test]
    fn who_was_not_waited_for_is_counted_apart_and_with_the_time_that_it_had_waited() {
        let mut windows = Windows::new(["login".to_owned()], TIMEOUT);
        let answered = exchange(reading(1, 0, Some(200), 3000));
        let cut_off = Exchange { heard: Err(Silence::Unawaited), ..answered };
        let timed = Timed::Arrival { place_at: Duration::ZERO };
        windows.add(&Reading { second: 1, step: 0, exchange: &cut_off, timed, broken: Broken::default() }, &mut |_| {});
        let mut all = Vec::new();
        windows.finish(&mut |window| all.push(window));
        let Window { cut_off, statuses, errors, latency_us, response_us, .. } = &all[0];
        assert_eq!((*cut_off, statuses.len(), errors.len()), (1, 0, 0));
        let max = |text: &String| latency::decode(text).map_or(0, |times| times.max() / 1000);
        assert_eq!([latency_us, response_us].map(max), [3000; 2], "and not the timeout");
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
        let mut windows = Windows::new(["login".to_owned()], TIMEOUT);
        let mut told = 0;
        for second in 0..1000 {
            add(&mut windows, reading(second, 0, Some(200), 1), Timed::Sent, &mut |_| told += 1);
            assert!(windows.open.len() <= 2);
        }
        assert_eq!(told, 998);
    }

    /// An arrival at 1 s is sent 40 ms late, opens a connection for 3 ms and has its answer 10 ms after it was sent.
    #[test]
    fn an_arrival_is_timed_from_its_intended_start_and_a_connection_apart() {
        let ms = Duration::from_millis;
        let (sent_at, opened) = (ms(1040), Some(ms(3)));
        // When there was a place for it · its wait for its turn · its response time · its wait for a place · the generator's own delay.
        for (place_at, turn, response, held, lag) in
            [(0, 0, 50, 0, 40), (1000, 0, 50, 0, 40), (1035, 0, 50, 35, 5), (0, 30, 20, 0, 10), (1020, 15, 35, 20, 5)]
        {
            let answered = exchange(reading(0, 0, Some(200), 10));
            let late = Exchange { intended_at: ms(1000), waited: ms(turn), sent_at, opened, ..answered };
            let mut windows = Windows::new(["login".to_owned()], TIMEOUT);
            let timed = Timed::Arrival { place_at: ms(place_at) };
            let reading = Reading { second: 1, step: 0, exchange: &late, timed, broken: Broken::default() };
            windows.add(&reading, &mut |_| {});
            let mut all = Vec::new();
            windows.finish(&mut |window| all.push(window));
            let Window { latency_us, response_us, held_us, lag_us, connect_us, .. } = &all[0];
            let max = |text: &String| latency::decode(text).map_or(0, |times| times.max() / 1000);
            assert_eq!([latency_us, response_us, held_us, lag_us, connect_us].map(max), [7, response, held, lag, 3]);
        }
    }

    #[test]
    fn any_latency_is_written_so_that_reports_read_it() {
        for took in [Duration::ZERO, Duration::from_secs(3600), Duration::MAX] {
            let (_, late) = told(&[(0, 0, Some(200), took)]);
            let latency = latency::decode(&late[0].latency_us).expect("reports read what is written here");
            assert_eq!(latency.len(), 1, "{took:?}");
        }
    }
}
