//! The proof that the clock is right: what is reported of scripted servers, held against what can be reckoned.
//!
//! No socket and no waiting: a schedule or users ask, a script tells when each is answered, and what was measured goes the way
//! of every run, through windows into the figures of a report.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use ropcheck_reference_server::Script;
use ropcheck_reports::latency::QUANTILES;
use ropcheck_reports::record::Window;
use ropcheck_reports::steps::{StepLoad, Steps};

use super::measure::{Broken, Reading, Timed, Windows};
use super::schedule::Schedule;
use crate::exchange::{Answer, Exchange, Sent};
use crate::scenario::load::{Arrivals, Ramp};

const BY_SCHEDULE: Timed = Timed::Arrival { place_at: Duration::ZERO };

fn script(lines: &str) -> impl FnMut(Duration) -> Option<Duration> {
    serde_yaml::from_str::<Script>(&format!("seed: 7\nscript: [{lines}]")).expect("it can be read").rehearsed()
}

/// What is reported of requests that were sent and answered at these times.
fn reported(exchanges: impl IntoIterator<Item = (Duration, Duration)>, timed: Timed) -> StepLoad {
    let mut windows = Windows::new(["login".to_owned()], Duration::from_secs(10));
    let mut steps = Steps::default();
    let mut tell = |window: Window| steps.add(&window);
    for (sent_at, answered_at) in exchanges {
        let exchange = Exchange {
            sent: Sent::Step(0),
            heard: Ok(Answer::new(200, HeaderMap::new(), Bytes::new(), None)),
            intended_at: sent_at,
            waited: Duration::ZERO,
            sent_at,
            took: answered_at.checked_sub(sent_at).expect("no answer comes before it was asked for"),
            opened: None,
        };
        let reading =
            Reading { second: sent_at.as_secs(), step: 0, exchange: &exchange, timed, broken: Broken::default() };
        windows.add(&reading, &mut tell);
    }
    windows.finish(&mut tell);
    steps.loads(1_000_000).pop().expect("one step")
}

/// Arrivals at a rate, each with its answer.
fn arrivals(rate: &str, lines: &str) -> Vec<(Duration, Duration)> {
    let mut due = script(lines);
    let ramp = Ramp::parse(rate).unwrap_or_else(|why| panic!("{why}"));
    Schedule::new(&ramp, Arrivals::Even, 0).map(|at| (at, due(at).expect("an answer"))).collect()
}

/// Users each of which asks as soon as it was answered, for so long.
fn users(count: usize, lasts: Duration, lines: &str) -> Vec<(Duration, Duration)> {
    let mut due = script(lines);
    let mut free: BinaryHeap<_> = vec![Reverse(Duration::ZERO); count].into();
    let mut all = Vec::new();
    while let Some(Reverse(at)) = free.pop().filter(|Reverse(at)| *at < lasts) {
        let answered = due(at).expect("an answer");
        all.push((at, answered));
        free.push(Reverse(answered));
    }
    all
}

/// A histogram of three digits tells a value up to one in 1024 too great, in whole microseconds.
#[track_caller]
fn is(what: &str, reported_us: u64, reckoned: f64, slack: f64) {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
    let reported = reported_us as f64 / 1e6;
    let most = (reckoned + slack) * (1.0 + 1.0 / 1024.0) + 1e-6;
    let told = format!("{what}: {reported} s is reported, and {reckoned} s is right");
    assert!((reckoned - slack - 1e-6..=most).contains(&reported), "{told}");
}

/// Of even arrivals over `t` seconds one that comes `x` into a stall of `s` waits `s - x`: the slowest share `1 - q` came in the
/// first `(1 - q) t` of it, so the quantile `q` is `s - (1 - q) t`, or nothing. The slack is the distance of two arrivals.
#[test]
fn an_open_loop_tells_all_that_a_stall_delays() {
    for (rate, t, s) in
        [(100.0, 10.0, 1.0), (1000.0, 5.0, 1.0), (1000.0, 60.0, 1.0), (400.0, 3.0, 2.0), (50.0, 2.0, 1.0)]
    {
        let (base, ramp) = (0.002, format!("{rate}/s for {t}s"));
        let lines = format!("{{ from: 500ms, for: {s}s, do: stall }}, {{ do: {{ latency: {{ constant: 2ms }} }} }}");
        let step = reported(arrivals(&ramp, &lines), BY_SCHEDULE);
        for quantile in QUANTILES {
            let waits = f64::max(0.0, s - (1.0 - quantile) * t);
            is(&format!("{ramp}, q {quantile}"), step.response.at_us(quantile), base + waits, 1.0 / rate);
        }
        is(&ramp, step.response.max_us(), base + s, 0.0);
        assert_eq!((step.lag.max_us(), step.held.count()), (0, 0), "the generator was never late");
    }
}

/// A user that waits does not ask: a stall is one slow answer for each of them, however many would have come meanwhile.
#[test]
fn a_closed_loop_tells_one_slow_answer_a_user() {
    let lines = "{ from: 2s, for: 1s, do: stall }, { do: { latency: { constant: 2ms } } }";
    for count in [1, 4, 20] {
        let step = reported(users(count, Duration::from_secs(10), lines), Timed::Sent);
        for quantile in QUANTILES.into_iter().filter(|quantile| *quantile <= 0.99) {
            is("a closed loop", step.latency().at_us(quantile), 0.002, 0.0);
        }
        is("the longest", step.latency().max_us(), 1.002, 0.002);
    }
}

/// A distribution as a line of a script · its quantile · its density there.
type Known = (&'static str, fn(f64) -> f64, fn(f64) -> f64);

/// The slack is four standard errors of a quantile of so many draws.
#[test]
fn percentiles_are_those_of_the_distribution_that_was_scripted() {
    let known: [Known; 3] = [
        ("constant: 7ms", |_| 0.007, |_| f64::INFINITY),
        ("uniform: [2ms, 6ms]", |q| 0.002 + 0.004 * q, |_| 1.0 / 0.004),
        ("exponential: 5ms", |q| -0.005 * (1.0 - q).ln(), |q| (1.0 - q) / 0.005),
    ];
    for (latency, quantile_of, density_at) in known {
        let all = arrivals("1000/s for 20s", &format!("{{ do: {{ latency: {{ {latency} }} }} }}"));
        let step = reported(all.iter().copied(), BY_SCHEDULE);
        for q in QUANTILES {
            let error = (q * (1.0 - q) / 20_000.0).sqrt() / density_at(q);
            is(&format!("{latency}, q {q}"), step.response.at_us(q), quantile_of(q), 4.0 * error);
        }
        let mut took: Vec<f64> = all.iter().map(|(at, answered)| answered.abs_diff(*at).as_secs_f64()).collect();
        took.sort_by(f64::total_cmp);
        is(latency, step.response.max_us(), took[19_999], 0.0);
        is(latency, step.response.at_us(0.99), took[19_799], 0.0);
        assert_eq!(step.service, step.response, "nobody waited for the generator");
    }
}
