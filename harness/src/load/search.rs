//! The highest rate that keeps every threshold: up in doublings, then in between, then held once more.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::health::Health;
use ropcheck_reports::record::load::{CameTo, Kind, Trial};
use ropcheck_reports::record::{Event, LoadHead, Pulse};
use ropcheck_reports::steps::Steps;
use ropcheck_reports::threshold::{Outcome, Threshold};

use super::schedule::Schedule;
use super::{Running, open};
use crate::recorder::micros;
use crate::scenario::load::{Ramp, Search};

/// Tries rates one after the other, and tells each trial.
///
/// # Errors
/// The machine refuses a thread.
pub(super) async fn hunt(running: &Arc<Running>, search: &Search) -> std::io::Result<()> {
    let wanted = running.load.thresholds.iter().filter_map(|text| Threshold::parse(&text.value).ok());
    let wanted: Vec<Threshold> = wanted.collect();
    let head = running.head();
    let mut hunt = Hunt::new(search.from, search.up_to);
    let wire = running.session.wire();
    let began = running.sheet.stretch().begin(wire.now());
    while let Some((rate, kind)) = hunt.next() {
        if running.halt().is_raised() {
            return Ok(());
        }
        let lasts = if kind == Kind::Confirmation { search.confirm } else { search.hold };
        // On a whole second, so that none is shared with the trial before.
        let from = wire.now().saturating_sub(began).as_secs() + 1;
        running.begin_trial();
        let schedule =
            Schedule::new(&Ramp::flat(rate, lasts), running.load.arrivals.unwrap_or_default(), running.options.seed);
        let begins = began + Duration::from_secs(from);
        open::attack(running, schedule, begins).await?;
        let now = wire.now();
        let until = now.saturating_sub(began).as_secs() + 1;
        // The last may be answered before the time is over: only who ends it cuts it short.
        let is_cut = running.halt().is_raised();
        let asked = if is_cut { now.saturating_sub(begins).min(lasts) } else { lasts };
        let asked_us = micros(running.sheet.stretch().asked_from(begins, asked));
        let tried = running.end_trial();
        // Who is gone has missed what was promised; a trial that was interrupted shows nothing.
        let (came_to, why) = if is_cut && running.ground.breaker.gone().is_none() {
            (CameTo::Interrupted, vec![])
        } else {
            tried.judged(&head, &wanted, from..until, asked_us)
        };
        hunt.came_to(rate, kind, came_to);
        running.tell(Event::Trial(Trial { from, until, rate, asked_us: Some(asked_us), kind, came_to, why }));
    }
    Ok(())
}

/// What a trial measured, and how the generator fared meanwhile.
#[derive(Debug, Default)]
pub(super) struct Tried {
    steps: Steps,
    pulses: Vec<Pulse>,
}

impl Tried {
    /// Takes what was told of the run, where it says something of the trial.
    pub(super) fn add(&mut self, event: &Event) {
        if let Event::Window(window) = event {
            self.steps.add(window);
        } else if let Event::Pulse(pulse) = event {
            self.pulses.push(pulse.clone());
        }
    }

    /// What the trial of these seconds came to, and why; for `asked_us` microseconds of them somebody was to arrive.
    fn judged(
        mut self,
        head: &LoadHead,
        wanted: &[Threshold],
        seconds: Range<u64>,
        asked_us: u64,
    ) -> (CameTo, Vec<String>) {
        let steps = self.steps.loads(asked_us);
        self.pulses.retain(|pulse| seconds.contains(&pulse.second));
        let findings = steps.iter().filter_map(|step| step.musts).sum();
        let outcomes: Vec<Outcome> = wanted.iter().map(|one| one.held_against(&steps, findings)).collect();
        let mut health = Health::of(head, &steps, &self.pulses);
        let came_to = health.weigh(&outcomes);
        let missed = outcomes.iter().zip(came_to).filter(|(_, came_to)| *came_to == CameTo::Missed);
        let missed: Vec<String> = missed.map(|(outcome, _)| outcome.to_string()).collect();
        if !missed.is_empty() {
            (CameTo::Missed, missed)
        } else if !health.limits.is_empty() {
            (CameTo::Invalid, health.limits.iter().map(ToString::to_string).collect())
        } else {
            (CameTo::Kept, vec![])
        }
    }
}

/// How near to each other the rates have to be of which one kept the thresholds and the other did not.
const NEAR: f64 = 1.05;

/// The most trials of a search.
const MOST: u32 = 12;

/// What is known so far, and what to try next. Pure.
#[derive(Debug)]
struct Hunt {
    from: f64,
    up_to: f64,
    /// The highest rate that kept the thresholds.
    kept: Option<f64>,
    /// The lowest that did not, or for which the generator was too slow.
    missed: Option<f64>,
    confirmed: bool,
    /// The last trial, where the generator was its limit: it is made once more, for a moment's delay is no limit.
    again: Option<(f64, Kind)>,
    tried: u32,
}

impl Hunt {
    fn new(from: f64, up_to: f64) -> Self {
        Self { from, up_to, kept: None, missed: None, confirmed: false, again: None, tried: 0 }
    }

    fn next(&self) -> Option<(f64, Kind)> {
        if self.confirmed || self.tried >= MOST {
            return None;
        }
        // The last trial is the one that confirms.
        let is_last = self.tried + 1 == MOST;
        let confirms = |(_, kind): (f64, Kind)| kind == Kind::Confirmation || self.kept.is_none();
        if let Some(again) = self.again.filter(|again| !is_last || confirms(*again)) {
            return Some(again);
        }
        match (self.kept, self.missed) {
            (None, None) => Some((self.from, Kind::Step)),
            // Even the first rate is too high.
            (None, Some(_)) => None,
            (Some(kept), None) if kept < self.up_to && !is_last => Some(((kept * 2.0).min(self.up_to), Kind::Step)),
            (Some(kept), Some(missed)) if missed / kept > NEAR && !is_last => {
                Some(((kept * missed).sqrt(), Kind::Bisection))
            }
            (Some(kept), _) => Some((kept, Kind::Confirmation)),
        }
    }

    fn came_to(&mut self, rate: f64, kind: Kind, came_to: CameTo) {
        self.tried += 1;
        if came_to == CameTo::Invalid && self.again.is_none() {
            self.again = Some((rate, kind));
            return;
        }
        self.again = None;
        match (came_to, kind) {
            (CameTo::Kept, Kind::Confirmation) => self.confirmed = true,
            (CameTo::Kept, Kind::Step | Kind::Bisection) => self.kept = Some(rate),
            // What holds for a moment does not hold: a little less may.
            (CameTo::Interrupted, _) => {}
            (CameTo::Missed | CameTo::Invalid, Kind::Confirmation) => {
                (self.kept, self.missed) = (Some(rate / NEAR), Some(rate));
            }
            (CameTo::Missed | CameTo::Invalid, Kind::Step | Kind::Bisection) => self.missed = Some(rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use ropcheck_reports::record::Window;
    use ropcheck_reports::record::load::{Conditions, Mode, Validated};

    use super::*;

    /// What a server of that capacity is found to bear, in how many trials.
    fn found(from: f64, up_to: f64, capacity: f64) -> (Option<f64>, u32) {
        let mut hunt = Hunt::new(from, up_to);
        while let Some((rate, kind)) = hunt.next() {
            hunt.came_to(rate, kind, if rate <= capacity { CameTo::Kept } else { CameTo::Missed });
        }
        (hunt.kept.filter(|_| hunt.confirmed), hunt.tried)
    }

    #[test]
    fn a_capacity_is_found_within_five_percent_in_at_most_twelve_trials() {
        for capacity in (50..=3200).map(f64::from) {
            let (rate, tried) = found(50.0, 3200.0, capacity);
            let rate = rate.unwrap_or_else(|| panic!("nothing found for {capacity}"));
            assert!(rate <= capacity && rate >= capacity / 1.05, "{rate} for {capacity}");
            assert!(tried <= MOST, "{tried} trials for {capacity}");
        }
    }

    fn head() -> LoadHead {
        LoadHead {
            mode: Mode::Search,
            shape: String::new(),
            lasts_us: 0,
            journeys: vec![],
            thresholds: vec![],
            think: None,
            evenly: false,
            at_once: None,
            max_rate: None,
            validated: Validated::All,
            conditions: Conditions { cores: 1, ..Conditions::default() },
        }
    }

    /// A trial of the seconds 2 and 3 with an answer that took a millisecond and broke a SHOULD, in which the generator was that
    /// busy; before and after it was idle.
    fn tried(cpu_us: u64) -> Tried {
        let mut times = hdrhistogram::Histogram::new_with_bounds(1, 1_000_000, 3).expect("bounds of a histogram");
        times.record(1000).expect("within the bounds");
        let (latency_us, statuses) = (ropcheck_reports::latency::encode(&times), [(200, 1)].into());
        let mut tried = Tried::default();
        let (broken, musts) = (1, Some(0));
        tried.add(&Event::Window(Window { second: 2, statuses, latency_us, broken, musts, ..Window::default() }));
        for second in 0..6 {
            let cpu_us = if (2..4).contains(&second) { cpu_us } else { 10_000 };
            tried.add(&Event::Pulse(Pulse { second, cpu_us, ..Pulse::default() }));
        }
        tried
    }

    #[test]
    fn a_trial_in_whose_own_seconds_the_generator_was_the_limit_is_invalid_where_that_may_be_why_it_missed() {
        for (wanted, idle, busy) in [
            ("errors = 0", CameTo::Kept, CameTo::Kept),
            ("findings = 0", CameTo::Kept, CameTo::Kept),
            ("rate > 9/s", CameTo::Missed, CameTo::Invalid),
            ("p99 < 1 us", CameTo::Missed, CameTo::Invalid),
            ("p99 < 1 s", CameTo::Kept, CameTo::Kept),
        ] {
            let wanted = [Threshold::parse(wanted).expect("a threshold")];
            for (cpu_us, came_to) in [(10_000, idle), (950_000, busy)] {
                let (came, why) = tried(cpu_us).judged(&head(), &wanted, 2..4, 2_000_000);
                assert_eq!(came, came_to, "{why:?}");
            }
        }
    }

    #[test]
    fn above_a_generator_that_was_the_limit_nothing_is_tried() {
        let mut hunt = Hunt::new(100.0, 1000.0);
        hunt.came_to(100.0, Kind::Step, CameTo::Kept);
        for _ in 0..2 {
            assert_eq!(hunt.next(), Some((200.0, Kind::Step)));
            hunt.came_to(200.0, Kind::Step, CameTo::Invalid);
        }
        while let Some((rate, kind)) = hunt.next() {
            assert!(rate < 200.0, "{rate}");
            hunt.came_to(rate, kind, CameTo::Kept);
        }
        assert!(hunt.confirmed);
    }

    #[test]
    fn the_last_trial_confirms_what_was_kept_however_often_the_generator_was_the_limit() {
        let mut hunt = Hunt::new(25.0, 3200.0);
        let mut last = None;
        while let Some((rate, kind)) = hunt.next() {
            hunt.came_to(rate, kind, if rate <= 600.0 { CameTo::Kept } else { CameTo::Invalid });
            last = Some(kind);
        }
        assert_eq!((last, hunt.confirmed, hunt.tried), (Some(Kind::Confirmation), true, MOST));
    }

    #[test]
    fn a_trial_that_the_generator_spoilt_is_made_once_more() {
        let mut hunt = Hunt::new(100.0, 200.0);
        hunt.came_to(100.0, Kind::Step, CameTo::Invalid);
        assert_eq!(hunt.next(), Some((100.0, Kind::Step)));
        hunt.came_to(100.0, Kind::Step, CameTo::Kept);
        assert_eq!(hunt.next(), Some((200.0, Kind::Step)));
        hunt.came_to(200.0, Kind::Step, CameTo::Kept);
        for came_to in [CameTo::Invalid, CameTo::Kept] {
            assert_eq!(hunt.next(), Some((200.0, Kind::Confirmation)));
            hunt.came_to(200.0, Kind::Confirmation, came_to);
        }
        assert!(hunt.confirmed);
    }

    #[test]
    fn what_bears_nothing_or_everything_is_told_so() {
        assert_eq!(found(50.0, 400.0, 10.0), (None, 1));
        assert_eq!(found(50.0, 400.0, 1e6), (Some(400.0), 5));
    }

    #[test]
    fn what_does_not_hold_when_it_is_held_longer_is_tried_a_little_lower() {
        let mut hunt = Hunt::new(100.0, 100.0);
        hunt.came_to(100.0, Kind::Step, CameTo::Kept);
        assert_eq!(hunt.next(), Some((100.0, Kind::Confirmation)));
        hunt.came_to(100.0, Kind::Confirmation, CameTo::Missed);
        assert_eq!(hunt.next(), Some((100.0 / NEAR, Kind::Confirmation)));
        hunt.came_to(100.0 / NEAR, Kind::Confirmation, CameTo::Kept);
        assert_eq!(hunt.next(), None);
    }
}
