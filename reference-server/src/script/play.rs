//! What becomes of the k-th request that comes at a time, and when. No clock is read here.

use std::time::Duration;

use super::draw::Draw;
use super::{Act, Answer, Capacity, Line, Script, When};

/// A script under way.
#[derive(Debug)]
pub(super) struct Play {
    script: Script,
    asked: u64,
    /// What each line remembers, in their order.
    memories: Vec<Memory>,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub(super) fate: Fate,
    /// When, in time since the first request.
    pub(super) due: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// The server's own answer.
    Served,
    /// The script's answer.
    Answered(Answer),
    /// A cut connection.
    Reset,
}

/// What a line remembers of earlier requests.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// When the worker is done with all that he has taken on.
    free_at: Duration,
    /// The whole second that requests were last counted in, and how many there were.
    counted: (u64, u64),
}

impl Play {
    pub(super) fn of(script: Script) -> Self {
        Self { memories: vec![Memory::default(); script.lines.len()], asked: 0, script }
    }

    /// Takes the next request, which comes no earlier than the one before.
    pub(super) fn ask(&mut self, at: Duration) -> Cue {
        let request = self.asked;
        self.asked += 1;
        let mut due = at;
        for ((number, Line { when, act }), memory) in (0..).zip(&self.script.lines).zip(&mut self.memories) {
            let mut draw = Draw::of(self.script.seed, number, request);
            let Some(end) = memory.concerns(when, at, &mut draw) else { continue };
            let fate = match act {
                Act::Stall => {
                    due = due.max(end);
                    continue;
                }
                Act::Latency(latency) => {
                    due += latency.drawn(&mut draw);
                    continue;
                }
                Act::Capacity(capacity) => match memory.serve(capacity, due) {
                    Some(done) => {
                        due = done;
                        continue;
                    }
                    None => Fate::Answered(capacity.full.clone()),
                },
                Act::Reset => Fate::Reset,
                Act::Answer(answer) => Fate::Answered(answer.clone()),
            };
            return Cue { fate, due };
        }
        Cue { fate: Fate::Served, due }
    }
}

impl Memory {
    /// The end of the span, for a request that the line is about.
    fn concerns(&mut self, when: &When, at: Duration, draw: &mut Draw) -> Option<Duration> {
        let end = when.span_around(at)?;
        if when.share.is_some_and(|share| draw.even() >= share.0) {
            return None;
        }
        match when.beyond {
            Some(most) if self.count(at) <= most => None,
            Some(_) | None => Some(end),
        }
    }

    /// How many requests this second has had, this one included.
    fn count(&mut self, at: Duration) -> u64 {
        let (second, count) = self.counted;
        self.counted = (at.as_secs(), if second == at.as_secs() { count + 1 } else { 1 });
        self.counted.1
    }

    /// When a request that comes to the worker at a time is done, unless the queue is full.
    fn serve(&mut self, capacity: &Capacity, at: Duration) -> Option<Duration> {
        let each = capacity.rate.interval();
        let ahead = self.free_at.saturating_sub(at).as_nanos().div_ceil(each.as_nanos());
        if capacity.queue.is_some_and(|queue| ahead > u128::from(queue)) {
            return None;
        }
        self.free_at = self.free_at.max(at) + each;
        Some(self.free_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn play(lines: &[&str]) -> Play {
        let lines: String = lines.iter().map(|line| format!("{{ {line} }},")).collect();
        Play::of(serde_yaml::from_str(&format!("script: [{lines}]")).unwrap())
    }

    /// What becomes of requests at these milliseconds: `served`, a status or `reset`, and at which millisecond.
    fn cues(lines: &[&str], at: &[u64]) -> Vec<(String, u128)> {
        let mut play = play(lines);
        let told = |fate| match fate {
            Fate::Served => "served".to_owned(),
            Fate::Answered(answer) => answer.status.as_str().to_owned(),
            Fate::Reset => "reset".to_owned(),
        };
        at.iter().map(|at| play.ask(ms(*at))).map(|cue| (told(cue.fate), cue.due.as_millis())).collect()
    }

    /// The milliseconds at which answers are due, each of the server's own.
    fn due(lines: &[&str], at: &[u64]) -> Vec<u128> {
        let cues = cues(lines, at).into_iter();
        cues.map(|(fate, due)| if fate == "served" { due } else { panic!("{fate} at {due}") }).collect()
    }

    fn fates(lines: &[&str], at: &[u64]) -> Vec<String> {
        cues(lines, at).into_iter().map(|(fate, _)| fate).collect()
    }

    #[test]
    fn without_a_line_everything_is_served_at_once() {
        assert_eq!(due(&[], &[0, 5, 5]), [0, 5, 5]);
    }

    #[test]
    fn a_stall_holds_what_is_asked_for_in_it_until_its_end() {
        let stall = ["from: 2s, for: 1s, do: stall"];
        assert_eq!(due(&stall, &[0, 1999, 2000, 2500, 2999, 3000]), [0, 1999, 3000, 3000, 3000, 3000]);
    }

    #[test]
    fn a_span_with_every_comes_again() {
        let stall = ["from: 1s, for: 100ms, every: 500ms, do: stall"];
        assert_eq!(due(&stall, &[500, 1050, 1100, 1499, 1500, 2099, 2100]), [500, 1100, 1100, 1499, 1600, 2100, 2100]);
    }

    #[test]
    fn a_constant_latency_is_added_to_each() {
        assert_eq!(due(&["do: { latency: { constant: 7ms } }"], &[0, 0, 3]), [7, 7, 10]);
    }

    #[test]
    fn lines_apply_in_order() {
        let (latency, stall) = ("do: { latency: { constant: 30ms } }", "for: 100ms, do: stall");
        assert_eq!(due(&[latency, stall], &[0, 90]), [100, 120]);
        assert_eq!(due(&[stall, latency], &[0, 90]), [130, 130]);
    }

    #[test]
    fn a_capacity_serves_one_after_the_other() {
        let capacity = ["do: { capacity: { rate: 100/s } }"];
        assert_eq!(due(&capacity, &[0, 0, 0, 15, 100]), [10, 20, 30, 40, 110]);
    }

    #[test]
    fn a_capacity_goes_on_at_its_rate_after_a_stall() {
        let lines = ["from: 10ms, for: 90ms, do: stall", "do: { capacity: { rate: 100/s } }"];
        assert_eq!(due(&lines, &[20, 30, 40, 105, 200]), [110, 120, 130, 140, 210]);
    }

    #[test]
    fn beyond_the_queue_there_is_a_503_at_once() {
        let served = |due| ("served".to_owned(), due);
        let full = |due| ("503".to_owned(), due);
        let lines = ["do: { capacity: { rate: 100/s, queue: 2 } }"];
        let all = cues(&lines, &[0, 0, 0, 0, 9, 10, 20, 20, 100]);
        let wanted = [10, 20, 30].map(served).into_iter().chain([0, 9].map(full));
        let wanted = wanted.chain([served(40), served(50), full(20), served(110)]).collect::<Vec<_>>();
        assert_eq!(all, wanted);
        let lines = ["do: { capacity: { rate: 100/s, queue: 0, full: { status: 429 } } }"];
        assert_eq!(fates(&lines, &[0, 9, 10, 11]), ["served", "429", "served", "429"]);
    }

    #[test]
    fn the_first_line_that_decides_ends_the_way() {
        let lines = [
            "for: 10ms, do: reset",
            "for: 20ms, do: { answer: { status: 502, body: html } }",
            "do: { capacity: { rate: 100/s } }",
        ];
        assert_eq!(cues(&lines, &[9, 19, 20]), [("reset".into(), 9), ("502".into(), 19), ("served".into(), 30)]);
    }

    #[test]
    fn beyond_a_rate_is_counted_in_whole_seconds() {
        let lines = ["beyond: 2/s, do: { answer: { status: 429 } }"];
        let wanted = ["served", "served", "429", "served", "served", "429"];
        assert_eq!(fates(&lines, &[0, 400, 999, 1000, 1999, 1999]), wanted);
    }

    #[test]
    fn a_share_is_drawn_by_seed() {
        let lines = ["share: 25 %, do: reset"];
        let resets = |fates: &[String]| fates.iter().filter(|fate| *fate == "reset").count();
        let first = fates(&lines, &vec![0; 4000]);
        assert!((900..1100).contains(&resets(&first)), "{}", resets(&first));
        assert_eq!(first, fates(&lines, &vec![0; 4000]));
        assert_eq!(resets(&fates(&["share: 0 %, do: reset"], &[0; 100])), 0);
        assert_eq!(resets(&fates(&["share: 100%, do: reset"], &[0; 100])), 100);
    }

    /// At the quantile, in microseconds.
    fn quantile(line: &str, at: f64) -> f64 {
        let mut play = play(&[line]);
        let mut all: Vec<_> = (0..20_000).map(|_| play.ask(Duration::ZERO).due).collect();
        all.sort_unstable();
        let index = (at * 20_000.0).floor();
        all.iter().map(Duration::as_secs_f64).zip(0..).find(|(_, place)| f64::from(*place) >= index).unwrap().0 * 1e6
    }

    #[test]
    fn latencies_have_the_quantiles_of_their_distributions() {
        for (line, at, wanted) in [
            ("do: { latency: { uniform: [2ms, 6ms] } }", 0.25, 3_000.0),
            ("do: { latency: { uniform: [2ms, 6ms] } }", 0.99, 5_960.0),
            ("do: { latency: { exponential: 5ms } }", 0.5, 3_466.0),
            ("do: { latency: { exponential: 5ms } }", 0.99, 23_026.0),
            ("do: { latency: { normal: { mean: 50ms, deviation: 10ms } } }", 0.5, 50_000.0),
            ("do: { latency: { normal: { mean: 50ms, deviation: 10ms } } }", 0.95, 66_449.0),
            ("do: { latency: { log_normal: { median: 5ms, sigma: 0.5 } } }", 0.5, 5_000.0),
            ("do: { latency: { log_normal: { median: 5ms, sigma: 0.5 } } }", 0.95, 11_380.0),
        ] {
            let drawn = quantile(line, at);
            assert!((drawn / wanted - 1.0).abs() < 0.04, "{line} at {at}: {drawn}, not {wanted}");
        }
    }
}
