//! Load: journeys walked by many users or at a rate, every answer measured and judged.
//!
//! ```text
//!   load block   who asks, when, what has to hold         scenario/load
//!      v
//!   Mix          journeys, planned for each user          mix
//!      v
//!   closed | open | race     users that ask again | arrivals | many at once     closed (goose), open with schedule and alarm, race
//!      v
//!   Sheet        judged, measured, counted                sheet with measure and promises
//!      v
//!   Event        windows, pulses, findings                ropcheck_reports
//! ```

mod alarm;
mod closed;
mod ledger;
mod measure;
mod mix;
mod open;
mod promises;
#[cfg(test)]
mod proof;
mod pulse;
mod race;
mod refused;
mod schedule;
mod search;
mod sheet;
mod stretch;
mod tokens;
mod truth;

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ropcheck_reports::record::load::{Conditions, Mode, Threshold, Validated};
use ropcheck_reports::record::{Ended, Event, Kind, LoadHead, Pulse, RunFinished, RunStarted};
use tokio::sync::{mpsc, oneshot};

use self::measure::Begun;
use self::mix::{Mix, Row};
use self::pulse::{BEAT, Meter};
use self::schedule::Schedule;
use self::search::Tried;
use self::sheet::{Sheet, unmet};
use self::stretch::Stretch;
use self::tokens::{Came, Issued, Taken, Tokens, issued};
use crate::breaker::Gone;
use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::halt::Halt;
use crate::plan::Plan;
use crate::recorder::{self, micros};
use crate::scenario::load::{Arrivals, Connections, Load, Ramp, Validate};
use crate::session::Session;
use crate::suite::now_ms;
use crate::walk::{Ground, Manner, Start, Walked, walk, walk_on};
use crate::witness::witness;

pub use self::closed::DASHBOARD;
pub use self::refused::{NotLoaded, Peak, find, permit};
use self::refused::{Rehearsed, held_against};
pub use self::truth::{Truth, truths};

/// How long a load asks, where that is known before.
pub fn lasts(load: &Load) -> Option<Duration> {
    load.users.as_ref().map(Ramp::lasts).or(load.rate.as_ref().map(Ramp::lasts))
}

/// What whoever runs a load may choose beside its scenario.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The seed of arrivals.
    pub seed: u64,
    /// Whether goose shows its live page.
    pub dashboard: bool,
}

/// Puts a server that is ready under the load of a scenario, and tells each event as it happens, until `stop` comes.
///
/// # Errors
/// No load was put on it, or goose could not be started.
pub async fn run(
    session: &Arc<Session>,
    id: &str,
    options: Options,
    stop: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event),
) -> Result<(), NotLoaded> {
    let (events, mut told) = mpsc::unbounded_channel();
    let running = Arc::new(Running::ready(session, id, options, events)?);
    let mut stop = std::pin::pin!(stop);
    let rehearsed = tokio::select! {
        biased;
        () = &mut stop => None,
        rehearsed = running.rehearse() => Some(rehearsed),
    };
    let head = session.head(Kind::Load, &running.mix.cases(), now_ms());
    tell(Event::RunStarted(RunStarted { load: Some(running.head()), ..head }));
    let mut end = |why| tell(Event::RunFinished(RunFinished::after(0, why)));
    let rehearsed = match rehearsed {
        Some(Ok(rehearsed)) => rehearsed,
        Some(Err(why)) => {
            // A reason is one line.
            end(Ended::Stopped(why.to_string().replace("\n  ", " ")));
            return Err(why);
        }
        None => {
            end(Ended::Interrupted);
            return Ok(());
        }
    };
    // The controls of every later walk were sent in the first ones.
    for (row, walked) in &rehearsed {
        recorder::exchanges(&row.plan, walked, &mut |exchange| {
            if walked.twins.iter().flatten().any(|twin| *twin == exchange.id) {
                tell(Event::Exchange(exchange));
            }
        });
    }
    let began = session.wire().now();
    let mut attack = std::pin::pin!(running.attack());
    let mut cut_off = None;
    let done = loop {
        let why = tokio::select! {
            biased;
            Some(event) = told.recv() => {
                tell(event);
                continue;
            }
            done = &mut attack => break done,
            () = &mut stop, if cut_off.is_none() => Ended::Interrupted,
            gone = running.gone(), if cut_off.is_none() => Ended::Stopped(running.told(gone)),
        };
        cut_off = Some(why);
        running.halt().raise();
        running.sheet.stretch().end(session.wire().now());
    };
    done?;
    while let Ok(event) = told.try_recv() {
        tell(event);
    }
    running.sheet.finish(tell);
    let came = running.tokens.clone().finish().await;
    let compared = compared(&came);
    came.found.iter().cloned().map(Event::Found).for_each(&mut *tell);
    let took_us = micros(session.wire().now().saturating_sub(began));
    let asked_us = lasts(&running.load).and_then(|_| running.sheet.stretch().asked()).map(micros);
    let gone = running.ground.breaker.gone();
    let gone_us = gone.map(|gone| micros(running.sheet.stretch().since(gone.since)));
    let is_told = matches!(cut_off, Some(Ended::Stopped(_)));
    let notices = gone.filter(|_| !is_told).map(|gone| running.told(gone)).into_iter();
    let absent = running.load.users.as_ref().filter(|_| cut_off.is_none());
    let absent = absent.and_then(|users| closed::absent(users, running.users.load(Ordering::Relaxed)));
    let notices =
        notices.chain(absent).chain(running.ground.notices()).chain(running.slowed()).chain(compared).collect();
    let (ended, validated) = (cut_off.unwrap_or(Ended::Complete), Some(came.validated));
    tell(Event::RunFinished(RunFinished { ended, took_us, asked_us, gone_us, validated, notices }));
    Ok(())
}

/// What comparing tokens by fingerprints is worth.
fn compared(came: &Came) -> Option<String> {
    let Came { seen, validated, odds, .. } = came;
    (*seen > 0).then(|| {
        format!(
            "{seen} tokens were compared by 8-byte fingerprints, {validated} of them validated; two of them look the same by \
             chance with a likelihood of {odds:.0e}"
        )
    })
}

fn validated(load: &Load) -> Validated {
    match load.validate {
        Validate::All => Validated::All,
        Validate::OneOf(many) => Validated::OneOf(many.get()),
        Validate::None => Validated::None,
    }
}

/// A load made ready to be walked by many.
struct Running {
    id: String,
    session: Arc<Session>,
    load: Load,
    options: Options,
    mix: Mix,
    ground: Ground,
    sheet: Sheet,
    tokens: Tokens,
    /// Arrivals that may be under way at once.
    at_once: u32,
    open_files: u64,
    walks: AtomicU32,
    /// Users of a closed loop that have asked.
    users: AtomicUsize,
    under_way: AtomicU64,
    /// The most of them at once since the last pulse.
    most_under_way: AtomicU64,
    /// Arrivals that are due and not begun.
    waiting: AtomicU64,
    /// Requests that waited for their turn at the rate that is allowed, and how long the longest did.
    waited: AtomicU64,
    longest_us: AtomicU64,
    /// What a search measures at the rate that it tries.
    trial: Mutex<Option<Tried>>,
    events: mpsc::UnboundedSender<Event>,
}

/// Arrivals that may be under way at once where nobody says otherwise and files do not run out.
const MOST_AT_ONCE: u64 = 20_000;

/// For how long arrivals find a connection open that nobody has used yet.
const MOMENT: Duration = Duration::from_millis(20);

/// Files that are open beside connections: the record, reports, the server's own where it is embedded.
const SPARE_FILES: u64 = 100;

impl Running {
    fn ready(
        session: &Arc<Session>,
        id: &str,
        options: Options,
        events: mpsc::UnboundedSender<Event>,
    ) -> Result<Self, NotLoaded> {
        let load = find(session.library(), id)?.clone();
        permit(session.library(), id, &load, session.target())?;
        let manner = Manner::Load(load.think.clone());
        let (target, ground) = session
            .under_load(id, manner, load.connections == Connections::Kept)
            .ok_or_else(|| NotLoaded::NoLoad(id.to_owned()))?;
        let mix = Mix::of(session, id, &load, &target)?;
        held_against(&load, &mix, session.library(), id)?;
        let stretch = Stretch::new(lasts(&load).unwrap_or(Duration::MAX));
        let sheet = Sheet::new(&mix, &session.library().catalogue, stretch, session.target().timeout);
        let tokens = Tokens::start(session, &mix.cases(), validated(&load))?;
        pulse::ask_for_small_pages();
        let open_files = pulse::raise_open_files();
        // A server in this process opens a file for each connection, too.
        let ends = if session.is_embedded() { 2 } else { 1 };
        let fit = if open_files == 0 { MOST_AT_ONCE } else { open_files.saturating_sub(SPARE_FILES) / ends };
        let most = u32::try_from(fit.clamp(1, MOST_AT_ONCE)).unwrap_or(1);
        Ok(Self {
            id: id.to_owned(),
            session: Arc::clone(session),
            at_once: load.at_once.map_or(most, |asked| asked.clamp(1, most)),
            load,
            options,
            mix,
            ground,
            sheet,
            tokens,
            open_files,
            walks: AtomicU32::new(0),
            users: AtomicUsize::new(0),
            under_way: AtomicU64::new(0),
            most_under_way: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            longest_us: AtomicU64::new(0),
            trial: Mutex::default(),
            events,
        })
    }

    /// Walks each journey once: a server that does not bear one user is not asked to bear many. The controls are sent here,
    /// too, those of every user.
    async fn rehearse(&self) -> Result<Vec<(&Row, Walked)>, NotLoaded> {
        let mut rehearsed = Vec::new();
        let mut failed = Rehearsed::default();
        for journey in &self.mix.journeys {
            let mut wrong = Vec::new();
            for (at, row) in journey.rows.iter().enumerate() {
                if at > 0 && row.plan.steps.iter().all(|step| step.control.is_none()) || !wrong.is_empty() {
                    break;
                }
                let mut walked = walk(&row.plan, &Drawn::none_in(self.number()), Start::Now, &self.ground).await;
                witness(&row.plan, &mut walked, self.session.keys());
                wrong = unmet(&row.plan, &walked);
                rehearsed.push((row, walked));
            }
            failed.add(&journey.case, &wrong.concat());
            // Who is silent is not asked on.
            if rehearsed.last().is_some_and(|(_, walked)| walked.exchanges.iter().any(|one| one.heard.is_err())) {
                break;
            }
        }
        failed.came_to(self.session.library()).map(|()| rehearsed)
    }

    /// What the record says of it before it begins.
    fn head(&self) -> LoadHead {
        let load = &self.load;
        let (mode, shape) = match (&load.rate, &load.search, &load.race) {
            (Some(rate), ..) => (Mode::Rate, rate.text.clone()),
            (None, Some(search), _) => (Mode::Search, format!("{}/s to {}/s", search.from, search.up_to)),
            (None, None, Some(race)) => (Mode::Race, format!("{} rounds of {} uses", race.rounds, race.at_once)),
            (None, None, None) => {
                (Mode::Users, load.users.as_ref().map(|users| users.text.clone()).unwrap_or_default())
            }
        };
        let scenario = self.session.library().scenarios.get(&self.id);
        let thresholds = load.thresholds.iter().filter_map(|threshold| {
            Some(Threshold { text: threshold.value.clone(), at: scenario?.place(threshold.defined) })
        });
        LoadHead {
            mode,
            shape,
            lasts_us: lasts(load).map_or(0, micros),
            journeys: self.mix.as_recorded(),
            thresholds: thresholds.collect(),
            think: load.think.as_ref().map(|think| think.text.clone()),
            evenly: load.arrivals == Some(Arrivals::Even),
            at_once: matches!(mode, Mode::Rate | Mode::Search).then_some(self.at_once),
            max_rate: self.session.max_rate(),
            validated: validated(load),
            conditions: Conditions {
                http: "HTTP/1.1".to_owned(),
                keep_alive: self.ground.wire.keeps(),
                tls: self.ground.wire.tls().map(str::to_owned),
                token_alg: self.session.learned().token_alg(),
                server_in_process: self.session.is_embedded(),
                machine: pulse::machine(),
                cores: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1)),
                open_files: self.open_files,
            },
        }
    }

    /// Puts the load on, until its end or its halt.
    async fn attack(self: &Arc<Self>) -> Result<(), NotLoaded> {
        let (over, is_over) = oneshot::channel();
        let pulse = tokio::spawn(Arc::clone(self).feel_the_pulse(is_over));
        self.open_ahead().await;
        if let Some(users) = &self.load.users {
            closed::attack(self, users, self.options.dashboard).await?;
        } else if let Some(rate) = &self.load.rate {
            let began = self.sheet.stretch().begin(self.session.wire().now());
            let schedule = Schedule::new(rate, self.load.arrivals.unwrap_or_default(), self.options.seed);
            open::attack(self, schedule, began).await?;
            // That nobody came in the rest of it is a part of it.
            self.halt().unless(self.session.wire().until(began + rate.lasts())).await;
        } else if let Some(search) = &self.load.search {
            search::hunt(self, search).await?;
        } else if let Some(race) = &self.load.race {
            // It is several walks big, and most runs are none.
            Box::pin(race::run(self, race)).await;
        }
        drop(over);
        pulse.await.expect("a pulse is told without a panic");
        Ok(())
    }

    /// Opens connections for those who arrive within a moment. Else all who come while the server, or this machine, does
    /// something else for that long would open one each, and be later for that. Users
    /// open their own: none of them finds what the rehearsal left.
    async fn open_ahead(&self) {
        let peak = self.load.rate.as_ref().map(Ramp::peak).or(self.load.search.as_ref().map(|search| search.up_to));
        let Some(first) = self.mix.first_step() else { return };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate has limits, and none is below 0"
        )]
        let many = peak.map_or(0, |peak| (peak * MOMENT.as_secs_f64()).ceil() as u32);
        tokio::select! {
            () = self.ground.open_ahead(many.min(self.at_once), &first.template.url) => {}
            () = self.halt().comes() => {}
        }
    }

    /// Tells each second how the generator fared in it, the last one as far as it came.
    async fn feel_the_pulse(self: Arc<Self>, mut over: oneshot::Receiver<()>) {
        let wire = self.session.wire();
        let mut meter = Meter::start(wire.now());
        let mut beat = tokio::time::interval(BEAT);
        beat.tick().await;
        for second in 0.. {
            let is_cut = tokio::select! {
                _ = beat.tick() => false,
                _dropped = &mut over => true,
            };
            let under_way = self.most_under_way.swap(self.under_way.load(Ordering::Relaxed), Ordering::Relaxed);
            let (waiting, unvalidated) = (self.waiting.load(Ordering::Relaxed), self.tokens.waiting() as u64);
            let pulse = meter.pulse(second, wire.now(), is_cut);
            self.tell(Event::Pulse(Pulse { under_way, waiting, unvalidated, ..pulse }));
            if is_cut {
                break;
            }
        }
    }

    /// The number of the next walk.
    fn number(&self) -> u32 {
        self.walks.fetch_add(1, Ordering::Relaxed)
    }

    /// Walks a journey, measures and judges it. Tells which exchanges broke a promise.
    async fn turn(&self, journey: usize, row: &Row, number: u32, begun: Begun) -> (Walked, Vec<bool>) {
        let (mut walked, _) = self.walk(&row.plan, number, begun.start(), Captures::default()).await;
        let (broken, tokens) = self.judge(journey, &row.plan, &mut walked, begun);
        self.hand(issued(&row.plan, &mut walked, tokens, journey, row)).await;
        (walked, broken)
    }

    /// Walks a journey's plan, or a part of it from what the part before it kept.
    async fn walk(&self, plan: &Plan, number: u32, start: Start, captures: Captures) -> (Walked, Captures) {
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        self.most_under_way.fetch_max(others + 1, Ordering::Relaxed);
        let walked = walk_on(plan, &Drawn::none_in(number), start, captures, &self.ground).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        walked
    }

    /// Measures and judges a walk. Tells which exchanges broke a promise, and the tokens that it brought.
    fn judge(&self, journey: usize, plan: &Plan, walked: &mut Walked, begun: Begun) -> (Vec<bool>, Taken) {
        let tokens = witness(plan, walked, self.session.keys());
        for exchange in walked.exchanges.iter().filter(|exchange| !exchange.waited.is_zero()) {
            self.waited.fetch_add(1, Ordering::Relaxed);
            self.longest_us.fetch_max(micros(exchange.waited), Ordering::Relaxed);
        }
        let position = (journey, &self.mix.journeys[journey]);
        let broken = self.sheet.add(position, plan, walked, begun, &mut |event| self.tell(event));
        (broken, tokens)
    }

    /// What the rate that the target's owner allows did to what was asked for.
    fn slowed(&self) -> Option<String> {
        let (waited, longest) = (self.waited.load(Ordering::Relaxed), self.longest_us.load(Ordering::Relaxed));
        let most = self.session.max_rate().filter(|_| waited > 0)?;
        let longest = Duration::from_micros(longest).as_secs_f64() * 1e3;
        Some(format!(
            "to keep to `max_rate: {most}` {waited} requests waited for their turn, {longest:.1} ms at the longest: the server \
             saw no greater burst, and that wait is in no time"
        ))
    }

    /// Hands over what was issued, to be validated and held against all other tokens.
    async fn hand(&self, issued: Vec<Issued>) {
        for one in issued {
            self.tokens.hand(one).await;
        }
    }

    fn tell(&self, event: Event) {
        if let Event::Window(_) | Event::Pulse(_) = &event {
            self.trial().iter_mut().for_each(|tried| tried.add(&event));
        }
        // Who listens no more has ended the run.
        let _listens = self.events.send(event);
    }

    /// Begins to add up what is measured.
    fn begin_trial(&self) {
        self.sheet.begin_trial();
        *self.trial() = Some(Tried::default());
    }

    /// What was measured since.
    fn end_trial(&self) -> Tried {
        self.sheet.flush(&mut |event| self.tell(event));
        self.trial().take().unwrap_or_default()
    }

    fn trial(&self) -> MutexGuard<'_, Option<Tried>> {
        self.trial.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cuts it off before its end.
    fn halt(&self) -> &Halt {
        self.ground.wire.halt()
    }

    /// Comes when the server has answered nobody for too long.
    async fn gone(&self) -> Gone {
        let mut look = tokio::time::interval(BEAT / 4);
        loop {
            look.tick().await;
            if self.ground.breaker.is_broken()
                && let Some(gone) = self.ground.breaker.gone()
            {
                return gone;
            }
        }
    }

    /// That the server is gone, in words.
    fn told(&self, Gone { since, how }: Gone) -> String {
        let since = self.sheet.stretch().since(since).as_secs_f64();
        format!("the server was gone: from {since:.1} s on it answered nothing any more ({how})")
    }
}
