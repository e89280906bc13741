//! How the token endpoint behaves over time: what an author writes, line by line.
//!
//! ```text
//!   Script              lines: when, and what then
//!      v
//!   play                the k-th request comes at t: what becomes of it, and when     pure
//!      v
//!   stage               asks the play, waits for the moment, answers or cuts off
//! ```
//!
//! Times are counted from the first request. A request goes through the lines from the top: each lets it pass at once, lets
//! it pass later, or decides what becomes of it, and the time at which one line lets it go is the time at which it comes to
//! the next. What passes every line is answered by the server, and the answer held until then.

mod alarm;
mod connection;
mod draw;
mod play;
mod stage;
mod units;

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use draw::Draw;
use play::{Cue, Fate, Play};
use units::{Rate, Share, some_span, span};

pub use stage::serve_scripted;

/// What becomes of requests to the token endpoint, and when: delays, stalls, a capacity, cut connections and answers that
/// the server would not give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Draws the same delays and shares again.
    #[serde(default)]
    seed: u64,
    #[serde(rename = "script")]
    lines: Vec<Line>,
}

impl Script {
    /// Leaves everything as it is.
    pub fn empty() -> Self {
        Self { seed: 0, lines: Vec::new() }
    }

    /// The script without a server: told when the next request comes, in time since the first one and no earlier than the one
    /// before, it tells when its answer is due; `None` where the connection is cut.
    pub fn rehearsed(self) -> impl FnMut(Duration) -> Option<Duration> {
        let mut play = Play::of(self);
        move |at| {
            let Cue { fate, due } = play.ask(at);
            match fate {
                Fate::Served | Fate::Answered(_) => Some(due),
                Fate::Reset => None,
            }
        }
    }
}

/// One line: what is done with which requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
struct Line {
    when: When,
    act: Act,
}

/// Which requests a line is about: those that all of this holds for.
#[derive(Clone, Debug)]
struct When {
    /// The span begins so long after the first request.
    from: Duration,
    /// It lasts so long; without, to the end.
    lasts: Option<Duration>,
    /// It begins again so long after its beginning, and again after that.
    every: Option<Duration>,
    /// The part of the requests in the span, drawn.
    share: Option<Share>,
    /// How many of these a second are let pass untouched, counted in whole seconds.
    beyond: Option<u64>,
}

/// What a line does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    /// Nothing until the end of the span.
    Stall,
    /// A delay of each request's own, as if there were a worker for each.
    Latency(Latency),
    /// One worker, who takes the same time for each request, in the order in which they were asked.
    Capacity(Capacity),
    /// The connection is reset, and there is no answer.
    Reset,
    /// An answer in place of the server's own.
    Answer(Answer),
}

/// How long an answer takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Latency {
    /// Always as long.
    #[serde(deserialize_with = "span")]
    Constant(Duration),
    /// Anything between the two, each as likely.
    Uniform(units::Span, units::Span),
    /// The mean of the exponential distribution.
    #[serde(deserialize_with = "span")]
    Exponential(Duration),
    /// The normal distribution, cut off at zero.
    Normal {
        /// Its mean.
        #[serde(deserialize_with = "span")]
        mean: Duration,
        /// Its standard deviation.
        #[serde(deserialize_with = "span")]
        deviation: Duration,
    },
    /// The log-normal distribution.
    LogNormal {
        /// Its median.
        #[serde(deserialize_with = "span")]
        median: Duration,
        /// The standard deviation of its logarithm.
        sigma: units::Sigma,
    },
}

/// A worker with a queue before it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacity {
    /// How many requests he is done with in a second.
    rate: Rate,
    /// How many may wait, beside the one that is served; without, any number.
    queue: Option<u64>,
    /// What the others get.
    #[serde(default = "Answer::overloaded")]
    full: Answer,
}

/// An answer that the script gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(deserialize_with = "units::status")]
    status: StatusCode,
    /// Told in `Retry-After`, in whole seconds.
    #[serde(default, deserialize_with = "some_span")]
    retry_after: Option<Duration>,
    #[serde(default)]
    body: Body,
    #[serde(default)]
    caching: Caching,
}

/// What the script's answer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    /// An error object, as of RFC 6749 section 5.2.
    #[default]
    Json,
    /// A page for people.
    Html,
}

/// Whether the script's answer may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Caching {
    /// `no-store`, as on every answer of the server's own.
    #[default]
    Forbidden,
    /// Nothing is said about it.
    Allowed,
}

impl Answer {
    /// RFC 9110 section 15.6.4.
    fn overloaded() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after: Some(Duration::from_secs(1)),
            body: Body::Json,
            caching: Caching::Forbidden,
        }
    }
}

/// A line as it is written: what it is about, and what it does, side by side.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "span")]
    from: Duration,
    #[serde(default, rename = "for", deserialize_with = "some_span")]
    lasts: Option<Duration>,
    #[serde(default, deserialize_with = "some_span")]
    every: Option<Duration>,
    share: Option<Share>,
    beyond: Option<Rate>,
    #[serde(rename = "do")]
    act: Act,
}

impl TryFrom<Written> for Line {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { from, lasts, every, share, beyond, act } = written;
        if lasts == Some(Duration::ZERO) {
            return Err("a span of no length holds no request; write a longer `for`");
        }
        match (lasts, every) {
            (None, Some(_)) => return Err("`every` repeats a span; say in `for` how long it is"),
            (Some(lasts), Some(every)) if every <= lasts => {
                return Err("the span would begin again before it ends; write an `every` longer than `for`");
            }
            (_, None) | (Some(_), Some(_)) => {}
        }
        if matches!(act, Act::Stall) && lasts.is_none() {
            return Err("a stall without an end answers nothing any more; say in `for` how long it is");
        }
        if let Act::Latency(Latency::Uniform(least, most)) = &act
            && least.0 > most.0
        {
            return Err("the first of the two is the shorter one; change places");
        }
        let beyond =
            beyond.map(|rate| rate.whole().ok_or("requests are counted whole; write 1/s, 2/s, …")).transpose()?;
        Ok(Self { when: When { from, lasts, every, share, beyond }, act })
    }
}

impl When {
    /// The end of the span that holds this moment, if one does.
    fn span_around(&self, at: Duration) -> Option<Duration> {
        let since = at.checked_sub(self.from)?;
        let Some(lasts) = self.lasts else { return Some(Duration::MAX) };
        let into = match self.every {
            None => since,
            Some(every) => remainder(since, every),
        };
        lasts.checked_sub(into).filter(|rest| !rest.is_zero()).map(|rest| at.saturating_add(rest))
    }
}

fn remainder(of: Duration, by: Duration) -> Duration {
    Duration::from_nanos(u64::try_from(of.as_nanos() % by.as_nanos()).unwrap_or(u64::MAX))
}

impl Latency {
    fn drawn(&self, draw: &mut Draw) -> Duration {
        let seconds = match self {
            Self::Constant(always) => return *always,
            Self::Uniform(least, most) => {
                let part = draw.even();
                least.0.as_secs_f64() * (1.0 - part) + most.0.as_secs_f64() * part
            }
            Self::Exponential(mean) => mean.as_secs_f64() * draw.exponential(),
            Self::Normal { mean, deviation } => mean.as_secs_f64() + deviation.as_secs_f64() * draw.normal(),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma.0 * draw.normal()).exp(),
        };
        Duration::from_secs_f64(seconds.clamp(0.0, units::LONGEST.as_secs_f64()))
    }
}
