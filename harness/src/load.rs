//! Load: one scenario walked by many users for a time, every answer measured and judged.

mod closed;
mod measure;
mod promises;
#[expect(dead_code, reason = "the loops do not hand over tokens yet")]
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ropcheck_reports::record::{Event, Finding, Found, Kind, RunFinished};
use tokio::sync::mpsc;

use self::measure::{Reading, Stretch, Windows};
use self::promises::Promises;
use crate::complaint::did_you_mean;
use crate::drawn::Drawn;
use crate::exchange::Sent;
use crate::judge::judge;
use crate::library::Library;
use crate::lint::Tally;
use crate::plan::{Plan, Skip};
use crate::recorder::{self, micros};
use crate::scenario::Load;
use crate::session::Session;
use crate::suite::now_ms;
use crate::target::Target;
use crate::walk::{Ground, Reached, Start, Walked, walk};
use crate::witness::witness;

pub use self::tokens::{TRUTHS, Truth};

/// Why a scenario is not put under load.
#[derive(Debug, thiserror::Error)]
pub enum NotLoaded {
    /// No scenario has that id.
    #[error("no scenario is named `{id}`{hint}")]
    Unknown {
        /// The id.
        id: String,
        /// The nearest one with a `load` block.
        hint: String,
    },
    /// The scenario has no `load` block, or one without users or time.
    #[error("`{0}` has no `load` block with users and a time: give it `load: {{ users: 4, for: 10s }}`")]
    NoLoad(String),
    /// The scenario draws values.
    #[error("`{0}` draws values, which a load run does not do in this version: spell them out instead of `given`")]
    Draws(String),
    /// The target is another machine.
    #[error("load runs go to loopback only in this version, and `{0}` is on another machine")]
    Remote(String),
    /// The target lacks what the scenario needs.
    #[error("`{id}` can't be run on this target: {because}")]
    Skipped {
        /// The scenario's id.
        id: String,
        /// What is lacking.
        because: String,
    },
    /// One walk alone did not meet what the scenario expects.
    #[error("one walk of `{id}` without load did not come out well, so no load was put on the server:{wrong}")]
    NotMet {
        /// The scenario's id.
        id: String,
        /// Each promise that was not met, on a line of its own.
        wrong: String,
    },
    /// goose refused.
    #[error("goose could not run the load: {0}")]
    Goose(#[from] goose::GooseError),
}

/// The `load` block of a scenario that can be put under load.
///
/// # Errors
/// There is none: the id is unknown, the scenario has no such block, it draws values.
pub fn find<'a>(library: &'a Library, id: &str) -> Result<&'a Load, NotLoaded> {
    let Some(scenario) = library.scenarios.get(id) else {
        let loaded = library.scenarios.iter().filter(|(_, scenario)| scenario.wrote.load.is_some());
        let hint = did_you_mean(id, loaded.map(|(id, _)| id.as_str()));
        return Err(NotLoaded::Unknown { id: id.to_owned(), hint });
    };
    if !scenario.wrote.given.is_empty() || scenario.wrote.moves.is_some() {
        return Err(NotLoaded::Draws(id.to_owned()));
    }
    let load = scenario.wrote.load.as_ref().filter(|load| load.users > 0 && !load.lasts.is_zero());
    load.ok_or_else(|| NotLoaded::NoLoad(id.to_owned()))
}

/// Refuses a target that is another machine: what a load does to a server, its owner has to have allowed.
///
/// # Errors
/// One of its endpoints is not on loopback.
pub fn permit(target: &Target) -> Result<(), NotLoaded> {
    if target.is_loopback() { Ok(()) } else { Err(NotLoaded::Remote(target.name.clone())) }
}

/// Walks that wait to be counted. A user whose walk finds no room waits with it, so that memory is bounded.
const ROOM: usize = 1024;

/// Puts a server that is ready under the load of a scenario, and tells each event as it happens.
///
/// # Errors
/// No load was put on it, or goose could not be started.
pub async fn run(session: &Arc<Session>, id: &str, tell: &mut dyn FnMut(Event)) -> Result<(), NotLoaded> {
    let journey = Arc::new(Journey::ready(session, id)?);
    let rehearsed = journey.rehearse().await?;
    let began = session.wire().now();
    tell(Event::RunStarted(session.head(Kind::Load, &[id.to_owned()], now_ms())));
    // The controls of every later walk were sent in the first one.
    recorder::exchanges(&journey.plan, &rehearsed, &mut |exchange| {
        if rehearsed.twins.iter().flatten().any(|twin| *twin == exchange.id) {
            tell(Event::Exchange(exchange));
        }
    });

    let (samples, mut handed) = mpsc::channel(ROOM);
    let mut sheet = Sheet::new(&journey);
    let count = async {
        while let Some(sample) = handed.recv().await {
            sheet.add(sample, tell);
        }
    };
    let (ended, ()) = tokio::join!(closed::attack(&journey, samples), count);
    sheet.finish(tell);
    let took_us = micros(session.wire().now().saturating_sub(began));
    tell(Event::RunFinished(RunFinished { ended: ended?, took_us, notices: journey.ground.notices() }));
    Ok(())
}

/// A scenario made ready to be walked by many.
struct Journey {
    session: Arc<Session>,
    plan: Plan,
    load: Load,
    ground: Arc<Ground>,
    stretch: Stretch,
    walks: AtomicU32,
}

impl Journey {
    fn ready(session: &Arc<Session>, id: &str) -> Result<Self, NotLoaded> {
        permit(session.target())?;
        let planned = session.plan(id);
        let (plan, ground) = planned.map_err(|Skip(because)| NotLoaded::Skipped { id: id.to_owned(), because })?;
        let load = plan.load.clone().ok_or_else(|| NotLoaded::NoLoad(id.to_owned()))?;
        let (session, stretch) = (Arc::clone(session), Stretch::new(load.lasts));
        Ok(Self { session, plan, load, ground, stretch, walks: AtomicU32::new(0) })
    }

    /// Walks it once: a server that does not bear one user is not asked to bear many. The controls are sent here, too.
    async fn rehearse(&self) -> Result<Walked, NotLoaded> {
        let Sample { walked, found, .. } = self.walk().await;
        let wrong: String = found.iter().filter_map(wrong).collect();
        if wrong.is_empty() { Ok(walked) } else { Err(NotLoaded::NotMet { id: self.plan.case.id.clone(), wrong }) }
    }

    /// Whether no further walk begins.
    fn is_over(&self) -> bool {
        self.stretch.is_over(self.session.wire().now())
    }

    async fn walk(&self) -> Sample {
        let number = self.walks.fetch_add(1, Ordering::Relaxed);
        let mut walked = walk(&self.plan, &Drawn::none_in(number), Start::Now, &self.ground).await;
        witness(&self.plan, &mut walked, self.session.keys());
        Sample::of(&self.plan, walked)
    }
}

/// A promise that was not met, as a line of an error.
fn wrong(found: &Found) -> Option<String> {
    let what = match &found.finding {
        Finding::Met => return None,
        Finding::Broken { expected, actual } => format!("expected {expected}; actual: {actual}"),
        Finding::Unjudged { because, detail } => format!("{}: {detail}", because.name()),
    };
    let at = found.at.as_ref().map_or_else(String::new, |at| format!("{}:{} ", at.file, at.line));
    Some(format!("\n  {at}{}: {what}", found.requirement))
}

/// A walk and what was found in it, as its user hands it on.
struct Sample {
    walked: Walked,
    found: Vec<Found>,
    lints: Tally,
    /// Promises and lints that each of its exchanges broke.
    broken: Vec<u64>,
}

impl Sample {
    fn of(plan: &Plan, walked: Walked) -> Self {
        let mut found = Vec::new();
        judge(plan, &walked, &mut |one| found.push(one));
        let mut broken = vec![0; walked.exchanges.len()];
        let promises =
            plan.steps.iter().zip(&walked.steps).flat_map(|(step, reached)| step.expect.iter().map(move |_| reached));
        for (reached, one) in promises.zip(&found) {
            if let (Reached::Sent(positions), Finding::Broken { .. }) = (reached, &one.finding) {
                let shown = positions.iter().filter(|position| one.evidence.contains(&walked.exchange_id(**position)));
                shown.for_each(|position| broken[*position] += 1);
            }
        }
        let mut lints = Tally::default();
        for (position, exchange) in walked.exchanges.iter().enumerate() {
            if let (Some(step), Ok(answer)) = (plan.sent(exchange.sent), &exchange.heard) {
                broken[position] +=
                    lints.look((step.to, &step.template.method), answer, || walked.exchange_id(position));
            }
        }
        Self { walked, found, lints, broken }
    }

    /// Whether all went well, so that nothing of it need be shown.
    fn is_clean(&self) -> bool {
        self.broken.iter().all(|broken| *broken == 0) && self.found.iter().all(|one| one.finding == Finding::Met)
    }
}

/// Where samples are added up.
struct Sheet<'a> {
    journey: &'a Journey,
    windows: Windows,
    promises: Promises,
    lints: Tally,
}

impl<'a> Sheet<'a> {
    fn new(journey: &'a Journey) -> Self {
        let windows = Windows::new(journey.plan.steps.iter().map(|step| step.name.clone()));
        Self { journey, windows, promises: Promises::default(), lints: Tally::default() }
    }

    /// Adds a sample: tells the windows that are over, and its exchanges where a finding will name them.
    fn add(&mut self, sample: Sample, tell: &mut dyn FnMut(Event)) {
        for (exchange, broken) in sample.walked.exchanges.iter().zip(&sample.broken) {
            let Sent::Step(step) = exchange.sent else { continue };
            let Some(second) = self.journey.stretch.second(exchange.sent_at) else { continue };
            let status = exchange.heard.as_ref().ok().map(|answer| answer.status);
            let reading = Reading { second, step, status, took: exchange.took, broken: *broken };
            self.windows.add(reading, &mut |window| tell(Event::Window(window)));
        }
        let is_clean = sample.is_clean();
        self.promises.add(sample.found);
        self.lints.add(sample.lints);
        if !is_clean {
            self.show(&sample.walked, tell);
        }
    }

    fn show(&self, walked: &Walked, tell: &mut dyn FnMut(Event)) {
        let examples: Vec<&str> = self.promises.examples().chain(self.lints.examples()).collect();
        let named = |id: &str| examples.contains(&id);
        if (0..walked.exchanges.len()).any(|position| named(&walked.exchange_id(position))) {
            recorder::exchanges(&self.journey.plan, walked, &mut |exchange| {
                if named(&exchange.id) {
                    tell(Event::Exchange(exchange));
                }
            });
        }
    }

    fn finish(self, tell: &mut dyn FnMut(Event)) {
        self.windows.finish(&mut |window| tell(Event::Window(window)));
        self.promises.found().into_iter().chain(self.lints.found()).map(Event::Found).for_each(tell);
    }
}
