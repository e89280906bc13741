//! What has to hold of a load run, and what it comes to. How it is read stands in `wrote`.
//!
//! ```text
//! p99(login) < 250 ms           p50 p90 p95 p99 p99.9 max mean   us µs ms s
//! errors(session/refresh) = 0   errors                           %
//! rate >= 400/s                 rate                             /s /min
//! findings = 0                  findings
//! ```
//!
//! A time and a share have to stay below their limit, a rate above it; `=` is for none, of `errors` and `findings` alone.
//!
//! In parentheses stands a step, or a name that steps of several journeys have: those are added together. Without it all
//! steps are. A rate is of answers, over the time in which somebody asked. A time is the response time where arrivals have a
//! schedule, else the service time. It is read from a histogram of 3 digits: a percentile is up to 0.1 % too high, and never
//! too low. Of few times a percentile is the longest, and told so.

mod wrote;

use std::fmt;

use crate::asked::a_second;
use crate::latency::Times;
use crate::steps::StepLoad;

/// What has to hold.
#[derive(Debug, Clone)]
pub struct Threshold {
    measure: &'static Measure,
    steps: Option<String>,
    comparison: &'static Comparison,
    /// In the unit of what is measured.
    limit: f64,
    /// As its author wrote it.
    wrote: String,
}

/// What a threshold came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is measured: `p99(login)`.
    pub what: String,
    /// Whether it held.
    pub kept: bool,
    /// What it asks for: `< 250 ms`.
    pub expected: String,
    /// What was measured: `312.45 ms`.
    pub actual: String,
    /// What it is of; `None` where it can't be read.
    pub unit: Option<Unit>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let Self { what, expected, actual, .. } = self;
        write!(to, "{what} {expected}: {actual}")
    }
}

/// Something that is measured.
#[derive(Debug)]
struct Measure {
    name: &'static str,
    of: Of,
    unit: Unit,
}

#[derive(Debug, PartialEq)]
enum Of {
    Quantile(f64),
    Max,
    Mean,
    /// Exchanges that are [`StepLoad::errors`].
    Errors,
    /// Answers.
    Rate,
    /// Broken promises that bind.
    Findings,
}

/// What a number is a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds.
    Time,
    /// Per cent.
    Share,
    /// A second.
    Rate,
    /// Pieces.
    Count,
}

const MEASURES: [Measure; 10] = [
    Measure { name: "p50", of: Of::Quantile(0.5), unit: Unit::Time },
    Measure { name: "p90", of: Of::Quantile(0.9), unit: Unit::Time },
    Measure { name: "p95", of: Of::Quantile(0.95), unit: Unit::Time },
    Measure { name: "p99", of: Of::Quantile(0.99), unit: Unit::Time },
    Measure { name: "p99.9", of: Of::Quantile(0.999), unit: Unit::Time },
    Measure { name: "max", of: Of::Max, unit: Unit::Time },
    Measure { name: "mean", of: Of::Mean, unit: Unit::Time },
    Measure { name: "errors", of: Of::Errors, unit: Unit::Share },
    Measure { name: "rate", of: Of::Rate, unit: Unit::Rate },
    Measure { name: "findings", of: Of::Findings, unit: Unit::Count },
];

#[derive(Debug)]
struct Comparison {
    sign: &'static str,
    holds: fn(&f64, &f64) -> bool,
}

const COMPARISONS: [Comparison; 5] = [
    Comparison { sign: "<", holds: f64::lt },
    Comparison { sign: "<=", holds: f64::le },
    Comparison { sign: ">", holds: f64::gt },
    Comparison { sign: ">=", holds: f64::ge },
    Comparison { sign: "=", holds: f64::eq },
];

impl Threshold {
    /// What stands in parentheses: a step, or a name that steps of several journeys have; `None` stands for all steps.
    pub fn steps(&self) -> Option<&str> {
        self.steps.as_deref()
    }

    /// Whether it speaks of the step of that name.
    pub fn selects(&self, step: &str) -> bool {
        let is_named = |name: &str| step == name || step.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'));
        self.steps().is_none_or(is_named)
    }

    /// Whether it is of a rate.
    pub fn is_of_rate(&self) -> bool {
        self.measure.unit == Unit::Rate
    }

    /// What it comes to with what was measured; `findings` are the broken promises that bind.
    ///
    /// Where nothing was measured it is missed: a promise about nothing is not kept.
    pub fn held_against(&self, steps: &[StepLoad], findings: u64) -> Outcome {
        let of: Vec<&StepLoad> = steps.iter().filter(|step| self.selects(&step.step)).collect();
        let measured = self.measured(&of, findings);
        // Whoever names no step knows that all are added up.
        let together = if self.steps.is_some() && of.len() > 1 {
            let names: Vec<&str> = of.iter().map(|step| step.step.as_str()).collect();
            format!(", of {} together", names.join(", "))
        } else {
            String::new()
        };
        let (kept, actual) = match measured {
            Ok((number, told)) => ((self.comparison.holds)(&number, &self.limit), told + &together),
            Err(lacking) => (false, lacking.to_owned()),
        };
        let (what, expected) = self.wrote.split_at(self.wrote.find(self.comparison.sign).unwrap_or_default());
        let unit = Some(self.measure.unit);
        Outcome { what: what.trim().to_owned(), kept, expected: expected.to_owned(), actual, unit }
    }

    /// The number in the unit of what is measured, and as it is told.
    #[expect(clippy::cast_precision_loss, reason = "a count is compared with a limit of a few digits")]
    fn measured(&self, of: &[&StepLoad], findings: u64) -> Result<(f64, String), &'static str> {
        let sum = |count: fn(&StepLoad) -> u64| of.iter().map(|step| count(step)).fold(0, u64::saturating_add);
        let count = sum(|step| step.count);
        if count == 0 && self.measure.of != Of::Findings {
            return Err("no exchange");
        }
        let number = match self.measure.of {
            Of::Quantile(at) => {
                let times = times(of)?;
                let number = times.at_us(at) as f64;
                let few = if times.reach(at) { String::new() } else { format!(", the longest of {}", times.count()) };
                return Ok((number, format!("{:.2} ms{few}", number / 1e3)));
            }
            Of::Max => times(of)?.max_us() as f64,
            Of::Mean => times(of)?.mean_us(),
            Of::Errors => {
                let (errors, count) = (sum(|step| step.errors), sum(StepLoad::settled));
                if count == 0 {
                    return Err("no exchange that came to its end");
                }
                let share = errors as f64 * 100.0 / count as f64;
                return Ok((share, format!("{share:.2} % ({errors} of {count})")));
            }
            Of::Rate => {
                let asked_us = of.first().map_or(0, |step| step.asked_us);
                let rate = a_second(sum(StepLoad::answers), asked_us);
                return Ok((rate, format!("{rate:.1} answers/s")));
            }
            Of::Findings => return Ok((findings as f64, findings.to_string())),
        };
        Ok((number, format!("{:.2} ms", number / 1e3)))
    }
}

/// The latency of steps together.
fn times(of: &[&StepLoad]) -> Result<Times, &'static str> {
    let mut all = Times::default();
    for step in of {
        all.join(step.latency()).map_err(|_| "more than can be counted")?;
    }
    if all.count() == 0 { Err("no answer") } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Window;
    use crate::steps::tests::{loads, times, window};

    fn outcome(wrote: &str, windows: &[Window], findings: u64) -> (bool, String) {
        let threshold = Threshold::parse(wrote).expect("it is a threshold");
        let Outcome { kept, actual, .. } = threshold.held_against(&loads(windows), findings);
        (kept, actual)
    }

    fn named(step: &str, window: Window) -> Window {
        Window { step: step.to_owned(), ..window }
    }

    /// A hundred answers of 1 to 100 ms in each of two seconds, one of them a 503.
    fn two_seconds() -> Vec<Window> {
        let all: Vec<u64> = (1..=100).map(|ms| ms * 1000).collect();
        let mut second = window(1, 200, &all);
        second.statuses = [(200, 99), (503, 1)].into();
        vec![window(0, 200, &all), second]
    }

    #[test]
    fn what_is_measured_is_compared_in_the_unit_of_its_author() {
        for (wrote, kept, actual) in [
            ("p50(login) < 50.1 ms", true, "50.02 ms"),
            ("p50 < 50 ms", false, "50.02 ms"),
            ("p90(login)<=0.0902s", true, "90.05 ms"),
            ("p95 < 95200us", true, "95.04 ms"),
            ("p99 < 99 ms", false, "99.01 ms"),
            ("p99.9 < 101000 \u{b5}s", true, "100.03 ms, the longest of 200"),
            ("p99.9 < 101000 \u{3bc}s", true, "100.03 ms, the longest of 200"),
            ("max < 100 ms", false, "100.03 ms"),
            ("mean( login ) < 51 ms", true, "50.50 ms"),
            ("errors <= 0.5 %", true, "0.50 % (1 of 200)"),
            ("errors < 0.5%", false, "0.50 % (1 of 200)"),
            ("errors(login) = 0", false, "0.50 % (1 of 200)"),
            ("rate >= 100/s", true, "100.0 answers/s"),
            ("rate(login) > 6000 /min", false, "100.0 answers/s"),
            ("findings = 0", false, "3"),
        ] {
            assert_eq!(outcome(wrote, &two_seconds(), 3), (kept, actual.to_owned()), "{wrote}");
        }
    }

    #[test]
    fn a_name_that_several_journeys_have_adds_their_steps_together() {
        let all = [
            named("session/login", window(0, 200, &[1000])),
            named("mix/login", window(3, 200, &[9000])),
            named("mix/relogin", window(0, 503, &[70_000])),
        ];
        assert_eq!(
            outcome("max(login) < 10 ms", &all, 0),
            (true, "9.01 ms, of mix/login, session/login together".to_owned())
        );
        assert_eq!(outcome("max(session/login) < 5 ms", &all, 0), (true, "1.00 ms".to_owned()));
        let rate = "0.5 answers/s, of mix/login, session/login together".to_owned();
        assert_eq!(outcome("rate(login) >= 0.5/s", &all, 0), (true, rate), "over seconds 0 to 3");
        assert_eq!(outcome("errors < 50 %", &all, 0), (true, "33.33 % (1 of 3)".to_owned()));
        let threshold = Threshold::parse("p99(login) < 250 ms").expect("it is one");
        assert_eq!(
            (threshold.steps(), threshold.selects("login"), threshold.selects("relogin")),
            (Some("login"), true, false)
        );
    }

    #[test]
    fn what_was_not_measured_is_missed() {
        assert_eq!(outcome("p99(refresh) < 1 s", &two_seconds(), 0), (false, "no exchange".to_owned()));
        assert_eq!(outcome("errors = 0", &[], 0), (false, "no exchange".to_owned()));
        let silence = Window { latency_us: String::new(), ..window(0, 0, &[1]) };
        assert_eq!(outcome("p99 < 1 s", &[silence], 0), (false, "no answer".to_owned()));
        assert_eq!(outcome("findings = 0", &[], 0), (true, "0".to_owned()), "nothing was found");
    }

    #[test]
    fn a_time_is_the_response_time_where_arrivals_have_a_schedule() {
        let open = Window { response_us: times(&[70_000]), ..window(0, 200, &[2000]) };
        assert_eq!(outcome("max < 10 ms", &[open], 0), (false, "70.02 ms".to_owned()));
    }

    #[test]
    fn an_outcome_is_told_in_one_line() {
        let missed = Threshold::parse(" p50(login)<50 ms ").expect("it is one").held_against(&loads(&two_seconds()), 0);
        assert_eq!((missed.what.as_str(), missed.expected.as_str()), ("p50(login)", "<50 ms"));
        assert_eq!(missed.to_string(), "p50(login) <50 ms: 50.02 ms");
    }

    #[test]
    fn an_error_says_what_is_wrong_and_what_to_write() {
        for (wrote, told) in [
            ("p98(login) < 250 ms", "nothing measured is named `p98`; did you mean `p99`? There are p50, p90, p95, "),
            ("eror < 1 %", "nothing measured is named `eror`; did you mean `errors`? "),
            ("latency < 1 s", "nothing measured is named `latency`; "),
            ("< 250 ms", "it does not say what is measured: begin with one of p50, "),
            ("p99 250 ms", "`p99 250 ms` compares nothing: write it like `p99(login) < 250 ms`"),
            ("", "`` compares nothing: "),
            ("p99 == 250 ms", "`==` compares nothing: write one of <, <=, >, >=, ="),
            ("p99 ≤ 250 ms", "`≤` compares nothing: write one of <, <=, >, >=, ="),
            ("p99(login) > 250 ms", "`p99(login) > 250 ms` would ask for a slow server: write `p99(login) < 250 ms`"),
            ("max = 1 s", "`max = 1 s` would ask for a slow server: "),
            ("errors >= 1 %", "`errors >= 1 %` would ask for a server that fails: write `errors < 0.1 %`"),
            ("findings > 0", "`findings > 0` would ask for a server that breaks promises: write `findings = 0`"),
            ("findings < 3", "`findings < 3` would ask for a server that breaks promises: write `findings = 0`"),
            (
                "findings = 3",
                "`findings = 3` tells nothing, for one that breaks a MUST fails the run: write `findings = 0`",
            ),
            (
                "p99(login) < 0 ms",
                "`p99(login) < 0 ms` tells nothing, for no answer takes no time: write `p99(login) < 250 ms`",
            ),
            ("max <= 0", "`max <= 0` tells nothing, for no answer takes no time: write `max < 250 ms`"),
            ("errors < 0 %", "`errors < 0 %` tells nothing, for there are never fewer than none: write `errors = 0`"),
            (
                "errors = 5 %",
                "`errors = 5 %` tells nothing, for a server that fails less would miss it: write `errors <= 5 %`",
            ),
            (
                "errors < 200 %",
                "`errors < 200 %` tells nothing, for there are never more than 100 %: write `errors < 1 %`",
            ),
            (
                "errors <= 100 %",
                "`errors <= 100 %` tells nothing, for there are never more than 100 %: write `errors < 1 %`",
            ),
            (
                "rate >= 0/s",
                "`rate >= 0/s` tells nothing, for a server that answers nothing keeps it: write `rate >= 400/s`",
            ),
            ("rate < 400/s", "`rate < 400/s` would ask for a server that answers little: write `rate >= 400/s`"),
            ("rate = 400/s", "`rate = 400/s` would ask for a server that answers little: "),
            ("p99(login < 250 ms", "`p99(login` has no `)` at its end: write `p99(login)`"),
            ("p99(a) b < 1 s", "`p99(a) b` has no `)` at its end: "),
            ("p99() < 250 ms", "`p99()` names no step: write `p99` for all steps, or one of them, `p99(login)`"),
            ("p99 < 250", "the limit of `p99` has no unit: write it like 250 ms"),
            ("p99 < 250 msec", "the limit of `p99` has the unit `msec`; did you mean `ms`? write it like 250 ms"),
            ("errors < 1", "the limit of `errors` has no unit: write it like 0.1 %"),
            ("rate > 400 ms", "the limit of `rate` has the unit `ms`; did you mean `/s`? write it like 400/s"),
            ("rate > 400", "the limit of `rate` has no unit: write it like 400/s"),
            ("findings = 0 %", "`findings` is counted and has no unit: write 0 in place of `0 %`"),
            (
                "findings(login) = 0",
                "`findings` counts those of the whole run: write it without a step, `findings = 0`",
            ),
            ("p99 < fast", "`fast` is no limit of `p99`: write a number, like 250 ms"),
            ("p99 < -1 ms", "`-1 ms` is no limit of `p99`: write a number, like 250 ms"),
            ("p99 < 1.2.3 ms", "`1.2.3 ms` is no limit of `p99`: "),
            ("p99 <", "`` is no limit of `p99`: write a number, like 250 ms"),
        ] {
            let error = Threshold::parse(wrote).expect_err("it is none");
            assert!(error.starts_with(told), "{wrote}: {error}");
        }
    }
}
