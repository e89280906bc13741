//! Where a load adds up: every walk judged, measured, and counted.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use ropcheck_reports::record::{Event, Finding, Found};

use super::measure::{Begun, Broken, Reading, Timed, Windows};
use super::mix::{Journey, Mix};
use super::promises::Promises;
use super::stretch::Stretch;
use crate::exchange::Sent;
use crate::judge::{came_to, found};
use crate::lint::Tally;
use crate::plan::Plan;
use crate::recorder;
use crate::requirement::Catalogue;
use crate::walk::{Reached, Walked};

/// What a load came to so far, shared by all who walk.
#[derive(Debug)]
pub(super) struct Sheet {
    stretch: Stretch,
    /// The sentences that fail whoever breaks them.
    musts: HashSet<String>,
    sums: Mutex<Sums>,
}

#[derive(Debug)]
struct Sums {
    windows: Windows,
    /// Of each journey.
    promises: Vec<Promises>,
    lints: Tally,
}

/// A walk that was judged.
struct Settled<'p> {
    /// What was found of each promise in its turn, but for those that were met.
    found: Vec<Option<Found>>,
    /// The sentences that each exchange broke.
    broken: Vec<Vec<&'p str>>,
}

impl Sheet {
    pub(super) fn new(mix: &Mix, catalogue: &Catalogue, stretch: Stretch, timeout: Duration) -> Self {
        let promises = mix.journeys.iter().map(|journey| Promises::of(&journey.rows[0].plan)).collect();
        let windows = Windows::new(mix.labels.iter().cloned(), timeout);
        let musts = catalogue.musts().map(str::to_owned).collect();
        Self { stretch, musts, sums: Mutex::new(Sums { windows, promises, lints: Tally::default() }) }
    }

    /// The time that is measured.
    pub(super) fn stretch(&self) -> &Stretch {
        &self.stretch
    }

    /// Judges and adds a walk: tells the windows that are over, and its exchanges where a finding will name them. Returns which
    /// exchanges broke a promise.
    pub(super) fn add(
        &self,
        (position, journey): (usize, &Journey),
        plan: &Plan,
        walked: &Walked,
        begun: Begun,
        tell: &mut dyn FnMut(Event),
    ) -> Vec<bool> {
        let Settled { found, mut broken } = Settled::of(plan, walked);
        let is_clean = found.iter().all(Option::is_none);
        let mut sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Sums { windows, promises, lints } = &mut *sums;
        for (at, exchange) in walked.exchanges.iter().enumerate() {
            if let (Some(step), Ok(answer)) = (plan.sent(exchange.sent), &exchange.heard) {
                broken[at].extend(lints.look((step.to, &step.template.method), answer, || walked.exchange_id(at)));
            }
            let Sent::Step(step) = exchange.sent else { continue };
            let Some(second) = self.stretch.second(exchange.intended_at) else { continue };
            let timed = match (begun, at) {
                (Begun::ByUser { .. }, _) => Timed::Sent,
                (Begun::ByArrival { place_at, .. }, 0) => Timed::Arrival { place_at },
                (Begun::ByArrival { .. }, _) => Timed::Follows,
            };
            if timed.waited(exchange) {
                self.stretch.held(exchange.sent_at);
            }
            let step = journey.first_label + step;
            let musts = broken[at].iter().filter(|sentence| self.musts.contains(**sentence)).count();
            let broken = Broken { all: broken[at].len() as u64, musts: musts as u64 };
            let reading = Reading { second, step, exchange, timed, broken };
            windows.add(&reading, &mut |window| tell(Event::Window(window)));
        }
        promises[position].add(found);
        let broken: Vec<bool> = broken.iter().map(|sentences| !sentences.is_empty()).collect();
        if !is_clean || broken.contains(&true) {
            let examples: Vec<&str> = promises[position].examples().chain(lints.examples()).collect();
            let named = |at: usize| examples.contains(&walked.exchange_id(at).as_str());
            recorder::wanted(plan, walked, |at, _| named(at), &mut |exchange| tell(Event::Exchange(exchange)));
        }
        broken
    }

    /// Begins a trial of a search. That the one before left promises open is what it was for.
    pub(super) fn begin_trial(&self) {
        let mut sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.promises.iter_mut().for_each(Promises::begin_trial);
    }

    /// Tells the windows that are under way.
    pub(super) fn flush(&self, tell: &mut dyn FnMut(Event)) {
        let mut sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.windows.finish(&mut |window| tell(Event::Window(window)));
    }

    /// Tells what is left: windows, and what each promise and lint came to.
    pub(super) fn finish(&self, tell: &mut dyn FnMut(Event)) {
        let mut sums = self.sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sums.windows.finish(&mut |window| tell(Event::Window(window)));
        let promises = std::mem::take(&mut sums.promises).into_iter().flat_map(Promises::found);
        let lints = std::mem::take(&mut sums.lints).found();
        promises.chain(lints).map(Event::Found).for_each(tell);
    }
}

impl<'p> Settled<'p> {
    fn of(plan: &'p Plan, walked: &Walked) -> Self {
        let mut all = Vec::new();
        let mut broken = vec![vec![]; walked.exchanges.len()];
        came_to(plan, std::slice::from_ref(walked), &mut |promise, came| {
            if came.finding == Finding::Met {
                all.push(None);
                return;
            }
            if let Finding::Broken { .. } = came.finding {
                came.shown.iter().for_each(|(_, position)| broken[*position].push(promise.requirement.as_str()));
            }
            all.push(Some(found(plan, std::slice::from_ref(walked), promise, came)));
        });
        Self { found: all, broken }
    }
}

/// A promise of a walk that was not met, as a line of an error.
pub(super) fn unmet(plan: &Plan, walked: &Walked) -> Vec<String> {
    let line = |found: Found| {
        let what = match &found.finding {
            Finding::Met => return None,
            Finding::Broken { expected, actual } => format!("expected {expected}; actual: {actual}"),
            Finding::Unjudged { because, detail } => format!("{}: {detail}", because.name()),
        };
        let at = found.at.as_ref().map_or_else(String::new, |at| format!("{}:{} ", at.file, at.line));
        Some(format!("\n  {at}{}: {what}", found.requirement))
    };
    let unsent = walked.steps.iter().zip(&plan.steps).filter_map(|(reached, step)| match reached {
        Reached::Not(because, why) if step.expect.is_empty() => {
            Some(format!("\n  step {}: {}: {why}", step.name, because.name()))
        }
        Reached::Not(..) | Reached::Sent(_) => None,
    });
    Settled::of(plan, walked).found.into_iter().flatten().filter_map(line).chain(unsent).collect()
}
