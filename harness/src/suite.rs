//! The suite over one server: every case run, every event told as it happens.

mod hint;

use std::future::Future;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use globset::{GlobBuilder, GlobMatcher};
use ropcheck_reports::folding::fold;
use ropcheck_reports::record::{Ended, Event, Kind, RunFinished};
use ropcheck_reports::run::Run;
use tokio::task::JoinSet;

use crate::library::Library;
use crate::lint::Tally;
use crate::property::Drawing;
use crate::recorder::micros;
use crate::scenario::Scenario;
use crate::session::{NotReady, Session, Subject};

/// The cases of a run, by id.
///
/// ```no_run
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// use ropcheck::{session::Subject, suite::Suite, target};
///
/// let target = target::load("target.yaml".as_ref(), &|name| std::env::var(name).ok())?;
/// let run = Suite::own()?.run(Subject::Target(Box::new(target))).await?;
/// assert_eq!(run.tally.failed, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    library: Arc<Library>,
    cases: Vec<String>,
    pub(crate) drawing: Drawing,
}

/// Cases of the embedded server that run side by side.
const SIDE_BY_SIDE: usize = 8;

impl Suite {
    /// Every case and property of the project's own.
    pub fn own() -> Result<Self, crate::complaint::Complaint> {
        Ok(Self::of(Arc::new(Library::load(None)?)))
    }

    /// Every case and property of a library.
    pub fn of(library: Arc<Library>) -> Self {
        let cases = library.scenarios.iter().filter(|(_, scenario)| scenario.wrote.load.is_none());
        let cases = cases.map(|(id, _)| id.clone()).collect();
        Self { library, cases, drawing: Drawing::default() }
    }

    /// The cases whose id a glob matches: `rfc6749/5.2/*`, `*password*`.
    ///
    /// # Errors
    /// The glob can't be read, or nothing matches.
    pub fn only(mut self, glob: &str) -> Result<Self, String> {
        let matcher = matcher(glob)?;
        let all = self.cases.clone();
        self.cases.retain(|id| matcher.is_match(id));
        if self.cases.is_empty() {
            return Err(format!("no case matches `{glob}`: {}", hint::hint(glob, &all, &self.library)));
        }
        Ok(self)
    }

    /// The cases that a rule lets through; there may be none.
    #[must_use]
    pub(crate) fn retain(mut self, wanted: impl Fn(&Scenario) -> bool) -> Self {
        let library = Arc::clone(&self.library);
        self.cases.retain(|id| library.scenarios.get(id).is_some_and(|one| wanted(&one.wrote)));
        self
    }

    fn is(&self, id: &str, what: fn(&Scenario) -> bool) -> bool {
        self.library.scenarios.get(id).is_some_and(|one| what(&one.wrote))
    }

    /// What drawn values come from.
    #[must_use]
    pub fn drawing(self, drawing: Drawing) -> Self {
        Self { drawing, ..self }
    }

    /// The ids of its cases, in order.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Its cases in the order in which they are run. What measures times has the machine to itself, after the rest. What may
    /// lock an account out comes last: the others need it.
    pub fn in_order(&self) -> impl Iterator<Item = &String> {
        let mut cases: Vec<&String> = self.cases.iter().collect();
        cases.sort_by_key(|id| (self.is(id, Scenario::throttles), self.is(id, Scenario::measures)));
        cases.into_iter()
    }

    /// The library that its cases come from.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// Makes the server ready: finds it, learns what it offers.
    ///
    /// # Errors
    /// Nothing can be judged: the server is silent, the good login is refused, …
    pub async fn open(&self, subject: Subject) -> Result<Session, NotReady> {
        Session::open(subject, Arc::clone(&self.library), &self.cases, self.drawing.clone()).await
    }

    /// Runs every case and adds it up.
    ///
    /// # Errors
    /// Nothing can be judged: the server is silent, the good login is refused, …
    pub async fn run(&self, subject: Subject) -> Result<Run, NotReady> {
        let session = Arc::new(self.open(subject).await?);
        let mut events = Vec::new();
        self.walk(&session, std::future::pending(), &mut |event| events.push(event)).await;
        Ok(folded(events))
    }

    /// Runs every case on a server that is ready and tells each event as it happens, until `stop` comes.
    pub async fn walk(&self, session: &Arc<Session>, stop: impl Future<Output = ()>, tell: &mut dyn FnMut(Event)) {
        let began = session.wire().now();
        tell(Event::RunStarted(session.head(Kind::Check, &self.cases, now_ms())));
        session.learned().events.iter().cloned().for_each(&mut *tell);

        let mut tally = session.learned().tally.clone();
        let mut running: JoinSet<(Vec<Event>, Tally)> = JoinSet::new();
        let mut waiting = self.in_order().peekable();
        let mut measures = false;
        let side_by_side = if session.is_embedded() { SIDE_BY_SIDE } else { 1 };
        let mut stop = std::pin::pin!(stop);
        let ended = loop {
            while session.silent().is_none() {
                let beside = running.len() < side_by_side && !measures;
                let room = |id: &&String| running.is_empty() || beside && !self.is(id, Scenario::measures);
                let Some(id) = waiting.next_if(room).cloned() else { break };
                measures = self.is(&id, Scenario::measures);
                let session = Arc::clone(session);
                running.spawn(async move { session.run(&id).await });
            }
            tokio::select! {
                biased;
                () = &mut stop => break Ended::Interrupted,
                done = running.join_next() => match done {
                    None => break session.silent().map_or(Ended::Complete, Ended::Stopped),
                    Some(Ok((events, counted))) => {
                        tally.add(counted);
                        events.into_iter().for_each(&mut *tell);
                    }
                    // A case that panicked is a fault of ropcheck's own, and ends it as one.
                    Some(Err(fault)) => std::panic::resume_unwind(fault.into_panic()),
                },
            }
        };
        running.abort_all();
        tally.found().into_iter().map(Event::Found).for_each(&mut *tell);
        let took_us = micros(session.wire().now().saturating_sub(began));
        tell(Event::RunFinished(RunFinished { notices: session.notices(), ..RunFinished::after(took_us, ended) }));
    }
}

/// What a glob matches.
fn matcher(glob: &str) -> Result<GlobMatcher, String> {
    Ok(GlobBuilder::new(glob).build().map_err(|why| why.to_string())?.compile_matcher())
}

/// The time of day, as the record keeps it: milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Adds up the events of a run whose first one is its head.
///
/// # Panics
/// Where it is not, which is a fault of ropcheck's own.
pub fn folded(events: Vec<Event>) -> Run {
    let mut events = events.into_iter();
    match events.next() {
        Some(Event::RunStarted(head)) => fold(head, events),
        other => unreachable!("a run begins with its head, not with {other:?}"),
    }
}
