//! Events of a load run folded into what it adds up to.

use crate::asked;
use crate::health::Health;
use crate::record::load::{CameTo, Mode};
use crate::record::{LoadHead, Pulse, Race, RunFinished, Trial, Window, load};
use crate::search::{self, Answer, Search};
use crate::steps::{OverTime, StepLoad, Steps};
use crate::threshold::{Outcome, Threshold};

/// What a load run adds up to; nothing of it in a check.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// What was measured, by step. In a search the figures are those of the hold that was to confirm its rate, and there are
    /// none where nothing was held.
    pub steps: Vec<StepLoad>,
    /// Each second of the whole run, by step.
    pub over_time: Vec<OverTime>,
    /// How the generator fared, second by second.
    pub pulses: Vec<Pulse>,
    /// How it fared while the figures were measured.
    pub health: Health,
    /// What each threshold came to, in the order of their author.
    pub thresholds: Vec<Held>,
    /// What races came to.
    pub races: Vec<Race>,
    /// The search, where the run is one.
    pub search: Option<Search>,
    /// Tokens whose signature was tried; not told where that is not known.
    pub validated: Option<u64>,
}

/// A threshold and what it came to.
#[derive(Debug, Clone)]
pub struct Held {
    /// As its author wrote it, and where.
    pub threshold: load::Threshold,
    /// What was measured, and whether that keeps it.
    pub outcome: Outcome,
    /// What it came to: invalid where the generator may be why.
    pub came_to: CameTo,
}

impl Load {
    /// Whether the run is INVALID: a figure that the generator was the limit of says nothing of the server, and no threshold is
    /// missed by it.
    pub fn is_invalid(&self) -> bool {
        !self.health.limits.is_empty()
    }

    /// Thresholds that were missed, by the server.
    pub fn missed(&self) -> impl Iterator<Item = &Held> {
        self.thresholds.iter().filter(|held| held.came_to == CameTo::Missed)
    }

    /// Whether something was asked, and nothing was ever answered.
    pub fn is_unanswered(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.answers() == 0)
    }

    /// Whether it was a search, and the highest rate was not found.
    pub fn is_inconclusive(&self) -> bool {
        let open = |search: &Search| matches!(search.answer(), Answer::AtLeast { .. } | Answer::None { .. });
        self.search.as_ref().is_some_and(open)
    }
}

/// A load run under way. What it keeps grows by a few numbers a second.
#[derive(Debug)]
pub(crate) struct Loading {
    whole: Steps,
    pulses: Vec<Pulse>,
    races: Vec<Race>,
    searching: Option<Searching>,
}

/// A search under way.
#[derive(Debug, Default)]
struct Searching {
    search: Search,
    /// Windows that no trial has claimed: a trial is told when it is over.
    open: Vec<Window>,
    /// What the last hold measured.
    held: Steps,
}

impl Loading {
    pub(crate) fn begin(head: Option<&LoadHead>) -> Self {
        let searching = head.filter(|head| head.mode == Mode::Search).map(|_| Searching::default());
        Self { whole: Steps::default(), pulses: vec![], races: vec![], searching }
    }

    pub(crate) fn window(&mut self, window: Window) {
        self.whole.add(&window);
        if let Some(searching) = &mut self.searching {
            searching.window(window);
        }
    }

    pub(crate) fn pulse(&mut self, pulse: Pulse) {
        self.pulses.push(pulse);
    }

    pub(crate) fn race(&mut self, race: Race) {
        self.races.push(race);
    }

    pub(crate) fn trial(&mut self, trial: Trial) {
        self.searching.get_or_insert_default().trial(trial);
    }

    /// What it adds up to; `findings` are the broken promises that bind.
    pub(crate) fn finish(self, head: Option<&LoadHead>, finished: Option<&RunFinished>, findings: u64) -> Load {
        let Self { whole, mut pulses, races, searching } = self;
        pulses.sort_by_key(|pulse| pulse.second);
        let steps = match &searching {
            Some(searching) => searching.loads(),
            None => whole.loads(asked::of_run(head, finished, &whole)),
        };
        let steps = in_order(head, steps, |step| &step.step);
        let search = searching.map(|searching| searching.search);
        let held = search.as_ref().and_then(Search::held).map(search::seconds);
        let measured: Vec<Pulse> = pulses
            .iter()
            .filter(|pulse| held.as_ref().is_none_or(|held| held.contains(&pulse.second)))
            .cloned()
            .collect();
        // A search that held no rate has nothing to hold its thresholds against, and no figures to spoil.
        let has_figures = search.is_none() || held.is_some();
        let thresholds = head.filter(|_| has_figures);
        let thresholds: Vec<&load::Threshold> = thresholds.into_iter().flat_map(|head| &head.thresholds).collect();
        let outcomes: Vec<Outcome> = thresholds.iter().map(|one| outcome(&one.text, &steps, findings)).collect();
        let mut health = head.map(|head| Health::of(head, &steps, &measured)).unwrap_or_default();
        // Requests that nobody answers pile up, and take connections, files and time: where the server was gone, that was no limit
        // of the generator's own.
        if finished.is_some_and(|last| last.gone_us.is_some()) || !has_figures {
            health.limits.clear();
        }
        let came_to = health.weigh(&outcomes);
        let held = thresholds.into_iter().zip(outcomes).zip(came_to);
        let thresholds =
            held.map(|((threshold, outcome), came_to)| Held { threshold: threshold.clone(), outcome, came_to });
        Load {
            health,
            thresholds: thresholds.collect(),
            over_time: in_order(head, whole.over_time(), |step| &step.step),
            steps,
            pulses,
            races,
            search,
            validated: finished.and_then(|last| last.validated),
        }
    }
}

/// Steps as they are walked, those that the head does not name behind them.
fn in_order<S>(head: Option<&LoadHead>, mut steps: Vec<S>, name: fn(&S) -> &String) -> Vec<S> {
    let walked: Vec<&String> =
        head.into_iter().flat_map(|head| &head.journeys).flat_map(|journey| &journey.steps).collect();
    steps.sort_by_key(|step| walked.iter().position(|walked| *walked == name(step)).unwrap_or(usize::MAX));
    steps
}

/// One that can't be read, in a record that was made elsewhere, is no promise kept.
fn outcome(wrote: &str, steps: &[StepLoad], findings: u64) -> Outcome {
    match Threshold::parse(wrote) {
        Ok(threshold) => threshold.held_against(steps, findings),
        Err(actual) => Outcome { what: wrote.to_owned(), kept: false, expected: String::new(), actual, unit: None },
    }
}

impl Searching {
    /// What the last hold measured.
    fn loads(&self) -> Vec<StepLoad> {
        let loads = |held| self.held.loads(asked::of_trial(held, &self.held));
        self.search.held().map(loads).unwrap_or_default()
    }

    fn window(&mut self, window: Window) {
        match self.search.trials.last() {
            Some(last) if window.second >= last.until => self.open.push(window),
            None => self.open.push(window),
            // It comes late: of the trials that are over, only the last hold is measured.
            Some(_) => {
                if self.search.held().is_some_and(|held| search::seconds(held).contains(&window.second)) {
                    self.held.add(&window);
                }
            }
        }
    }

    fn trial(&mut self, trial: Trial) {
        if trial.kind == load::Kind::Confirmation {
            self.held = Steps::default();
            for window in self.open.iter().filter(|window| search::seconds(&trial).contains(&window.second)) {
                self.held.add(window);
            }
        }
        self.open.retain(|window| window.second >= trial.until);
        self.search.trials.push(trial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Ended;
    use crate::record::load::{Conditions, Kind, Validated};
    use crate::steps::tests::{times, window};

    fn head(mode: Mode, thresholds: &[&str]) -> LoadHead {
        let at = crate::record::Place { file: "load.yaml".into(), line: 1, text: String::new() };
        LoadHead {
            mode,
            shape: String::new(),
            lasts_us: 0,
            journeys: vec![],
            thresholds: thresholds
                .iter()
                .map(|text| load::Threshold { text: (*text).to_owned(), at: at.clone() })
                .collect(),
            think: None,
            evenly: false,
            at_once: None,
            max_rate: None,
            validated: Validated::All,
            conditions: Conditions { cores: 1, ..Conditions::default() },
        }
    }

    fn trial(from: u64, until: u64, kind: Kind, came_to: CameTo) -> Trial {
        Trial { from, until, rate: 1.0, asked_us: None, kind, came_to, why: vec![] }
    }

    #[test]
    fn steps_stand_as_they_are_walked_and_others_behind_them() {
        let mut head = head(Mode::Users, &[]);
        let steps = ["login", "again", "bye"].map(str::to_owned).to_vec();
        head.journeys = vec![load::Journey { name: "a".into(), case: "b/a".into(), weight: 1, users: 1, steps }];
        let mut loading = Loading::begin(Some(&head));
        for step in ["bye", "again", "elsewhere", "login"] {
            loading.window(Window { step: step.to_owned(), ..window(0, 200, &[1000]) });
        }
        let load = loading.finish(Some(&head), None, 0);
        let named: Vec<&str> = load.steps.iter().map(|step| step.step.as_str()).collect();
        assert_eq!(named, ["login", "again", "bye", "elsewhere"]);
        assert_eq!(load.over_time.iter().map(|step| step.step.as_str()).collect::<Vec<_>>(), named);
    }

    #[test]
    fn the_figures_of_a_search_are_those_of_its_last_hold_in_whatever_order_windows_come() {
        let head = head(Mode::Search, &["rate >= 2/s", "p99 < 10 ms"]);
        let mut loading = Loading::begin(Some(&head));
        loading.window(window(0, 503, &[9000; 9]));
        loading.window(window(1, 200, &[2000]));
        loading.trial(trial(0, 1, Kind::Step, CameTo::Missed));
        loading.window(window(0, 503, &[9000]));
        loading.window(window(2, 200, &[2000]));
        loading.window(window(3, 503, &[9000]));
        loading.trial(trial(1, 3, Kind::Confirmation, CameTo::Kept));
        loading.window(window(2, 200, &[2000; 2]));
        for second in 0..4 {
            // A busy second outside of the hold is no limit of it.
            let cpu_us = if second == 0 || second == 3 { 1_000_000 } else { 10_000 };
            loading.pulse(Pulse { second, cpu_us, ..Pulse::default() });
        }
        let load = loading.finish(Some(&head), None, 0);
        let [login] = load.steps.as_slice() else { panic!("one step, not {:?}", load.steps) };
        assert_eq!((login.count, login.errors, login.asked_us), (4, 0, 2_000_000));
        assert_eq!(load.over_time[0].seconds.iter().map(|second| second.count).collect::<Vec<_>>(), [10, 1, 3, 1]);
        assert!(load.missed().next().is_none() && load.thresholds.len() == 2, "{:?}", load.thresholds);
        assert!(!load.is_invalid() && load.health.cpu.is_some_and(|share| share < 0.02), "{:?}", load.health);
        assert!(!load.is_inconclusive());
    }

    #[test]
    fn a_search_that_held_nothing_has_no_figures_and_misses_nothing() {
        let head = head(Mode::Search, &["p99 < 1 ms"]);
        let mut loading = Loading::begin(Some(&head));
        loading.window(window(0, 503, &[9000; 9]));
        loading.trial(trial(0, 1, Kind::Step, CameTo::Missed));
        let load = loading.finish(Some(&head), None, 0);
        assert!(load.steps.is_empty() && load.thresholds.is_empty() && load.is_inconclusive());
        assert_eq!(load.over_time.len(), 1);
    }

    /// A server that answers nobody piles up requests, and the generator is late by them; one that is there does not.
    #[test]
    fn where_the_server_was_gone_it_is_the_server_that_misses_the_thresholds() {
        let head = head(Mode::Rate, &["errors < 5 %"]);
        let late = |status| Window {
            lag_us: times(&[2_000_000]),
            response_us: times(&[3_000_000]),
            ..window(0, status, &[3_000_000])
        };
        for (status, gone_us, invalid, unanswered) in
            [(0, Some(1), false, true), (0, None, true, true), (200, None, true, false)]
        {
            let mut loading = Loading::begin(Some(&head));
            loading.window(late(status));
            let finished = RunFinished { gone_us, ..RunFinished::after(9, Ended::Complete) };
            let load = loading.finish(Some(&head), Some(&finished), 0);
            assert_eq!((load.is_invalid(), load.is_unanswered()), (invalid, unanswered), "{status} {gone_us:?}");
        }
    }

    #[test]
    fn what_was_cut_off_is_counted_and_neither_answered_nor_failed() {
        let head = head(Mode::Rate, &["errors < 60 %"]);
        let mut loading = Loading::begin(Some(&head));
        loading.window(window(0, 200, &[1000; 2]));
        loading.window(window(0, 503, &[1000; 2]));
        loading.window(Window {
            cut_off: 6,
            statuses: [].into(),
            latency_us: times(&[7_000_000; 6]),
            ..window(0, 0, &[])
        });
        let load = loading.finish(Some(&head), None, 0);
        let login = &load.steps[0];
        assert_eq!((login.count, login.cut_off, login.settled(), login.answers(), login.errors), (10, 6, 4, 4, 2));
        assert_eq!((login.service.count(), login.service.at_us(0.5) / 10_000), (10, 700));
        assert_eq!(load.over_time[0].seconds[0].count, 10);
        assert_eq!(load.thresholds[0].outcome.actual, "50.00 % (2 of 4)");
    }

    /// What was asked for · how long that was told to be · what of it is told.
    #[test]
    fn a_rate_is_the_same_wherever_it_is_told_and_over_the_time_in_which_somebody_asked() {
        let ended = |ended, asked_us| RunFinished { asked_us: Some(asked_us), ..RunFinished::after(4_000_000, ended) };
        let asks = |second, step: &str, count| Window { step: step.into(), ..window(second, 200, &vec![1000; count]) };
        for (lasts_us, finished, told) in [
            (1_400_000, ended(Ended::Complete, 1_400_000), "10.0 answers/s"),
            (9_000_000, ended(Ended::Interrupted, 1_250_000), "11.2 answers/s"),
        ] {
            let head = LoadHead { lasts_us, ..head(Mode::Users, &["rate > 1/s", "rate(login) > 1/s"]) };
            let mut loading = Loading::begin(Some(&head));
            // The last step begins late, which makes its rate no higher.
            for (second, step, count) in [(0, "login", 5), (1, "login", 2), (1, "refresh", 7)] {
                loading.window(asks(second, step, count));
            }
            let load = loading.finish(Some(&head), Some(&finished), 0);
            let actual: Vec<&str> = load.thresholds.iter().map(|held| held.outcome.actual.as_str()).collect();
            let rates: Vec<f64> = load.steps.iter().map(|step| step.rate).collect();
            assert_eq!(actual[0], told);
            assert_eq!(actual[1], format!("{:.1} answers/s", rates[0]));
            assert!((rates[0] - rates[1]).abs() < f64::EPSILON, "seven of each: {rates:?}");
        }
    }

    #[test]
    fn the_rate_of_a_search_is_over_the_time_of_its_hold_and_not_over_that_of_stragglers() {
        let head = head(Mode::Search, &["rate >= 4/s"]);
        let mut loading = Loading::begin(Some(&head));
        // A later step of a journey that began within the hold begins when the server has answered.
        for (second, count) in [(1, 4), (2, 1), (9, 1)] {
            loading.window(window(second, 200, &vec![1000; count]));
        }
        let asked_us = Some(1_500_000);
        loading.trial(Trial { asked_us, ..trial(1, 12, Kind::Confirmation, CameTo::Kept) });
        let load = loading.finish(Some(&head), None, 0);
        assert_eq!((load.steps[0].rate.to_bits(), load.missed().count()), (4.0_f64.to_bits(), 0));
    }

    #[test]
    fn a_threshold_is_held_against_all_seconds_and_one_that_cannot_be_read_is_missed() {
        let head = head(Mode::Users, &["rate >= 1/s", "errors = 0", "p98 < 1 s", "findings = 0"]);
        let mut loading = Loading::begin(Some(&head));
        loading.window(window(0, 200, &[1000]));
        loading.window(window(3, 503, &[1000; 3]));
        let load = loading.finish(Some(&head), None, 0);
        let kept: Vec<bool> = load.thresholds.iter().map(|held| held.outcome.kept).collect();
        assert_eq!(kept, [true, false, false, true]);
        let told: Vec<String> = load.missed().map(|held| held.outcome.to_string()).collect();
        assert_eq!(told[0], "errors = 0: 75.00 % (3 of 4)");
        assert!(told[1].contains("did you mean `p99`"), "{told:?}");
    }
}
