//! What a walk stands on: the limits of a run, its controls, and its rests.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OnceCell;
use url::Url;

use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::pace::Pace;
use crate::scenario::load::Think;
use crate::seal::{Alike, Known};
use crate::target::Target;
use crate::wire::{Time, Wire};

/// What a walk stands on: the wire, the limits of the run, the controls that were sent already, and the time.
#[derive(Debug)]
pub struct Ground {
    /// The client.
    pub wire: Wire,
    /// The target's secrets, to be made into marks.
    pub known: Known,
    /// Answers that held none of them.
    pub(super) alike: Alike,
    /// What may be done to real accounts.
    pub budget: Budget,
    /// When the server has been silent for too long.
    pub breaker: Breaker,
    /// How time passes.
    pub time: Time,
    /// When the next request may be sent.
    pub(super) pace: Arc<Pace>,
    /// The longest rest that is taken where the server asks for one.
    pub(super) patience: Duration,
    /// A longer one that it asked for.
    rest: Mutex<Option<Rest>>,
    controls: Mutex<HashMap<String, Arc<Granted>>>,
    /// Guesses at a client's secret that a control bears before it is sent again.
    guesses: u32,
    manner: Manner,
    is_loopback: bool,
}

/// How whoever walks there treats the server.
#[derive(Debug, Clone)]
pub enum Manner {
    /// It takes the rest that the server asks for, and leaves alone an account that is shut.
    Careful,
    /// It is there to see what the server does under load: an answer of 429 is one like any other. A user pauses between two
    /// requests.
    Load(Option<Think>),
}

/// A control's twin, once it was sent.
#[derive(Debug, Default)]
pub(super) struct Granted {
    pub(super) twin: OnceCell<Twin>,
    /// Requests made from it since, in which the client authenticated otherwise.
    guesses: AtomicU32,
}

/// How long a server under load may answer nobody before it is taken for gone: on this machine, and on any other, where asking on
/// may hinder who brings it back.
const STUMBLE: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(5)];

/// A rest that the server asked for and nobody waits for.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    /// When it is over, since the Unix epoch.
    pub(super) until: Duration,
    pub(super) told: String,
}

/// What a control came to.
#[derive(Debug, Clone)]
pub(super) struct Twin {
    pub(super) granted: bool,
    pub(super) throttled: bool,
    /// The exchange that shows it, by id.
    pub(super) exchange: String,
    /// Its answer in few words.
    pub(super) answer: String,
}

impl Ground {
    /// Ground to walk on: a target's, at a pace that others may keep too.
    pub fn new(wire: Wire, target: &Target, pace: Arc<Pace>, time: Time) -> Self {
        let (known, budget) = (Known::of(target), Budget::of(target));
        let (rest, controls, guesses) = (Mutex::default(), Mutex::default(), target.limits().failed_logins);
        Self {
            wire,
            known,
            alike: Alike::default(),
            budget,
            breaker: Breaker::default(),
            time,
            pace,
            patience: target.patience,
            rest,
            controls,
            guesses,
            manner: Manner::Careful,
            is_loopback: target.is_loopback(),
        }
    }

    /// The same, to be walked in another manner.
    #[must_use]
    pub fn in_manner(self, manner: Manner) -> Self {
        let breaker = match manner {
            Manner::Careful => Breaker::default(),
            Manner::Load(_) => Breaker::bearing(STUMBLE[usize::from(!self.is_loopback)]),
        };
        Self { breaker, manner, ..self }
    }

    /// How it is walked.
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    pub(super) fn is_under_load(&self) -> bool {
        matches!(self.manner, Manner::Load(_))
    }

    /// What whoever runs it has to know beside the findings: accounts that are locked out.
    pub fn notices(&self) -> Vec<String> {
        self.budget.lock_outs().iter().map(ToString::to_string).collect()
    }

    /// The target with its sacrificial accounts that are locked out behind the others, so that a case finds another one.
    pub fn spared<'a>(&self, target: &'a Target) -> Cow<'a, Target> {
        let now = self.time.now();
        target.sparing(|whose| self.budget.shut(whose, now).is_some())
    }

    pub(super) fn control(&self, key: &str) -> Arc<Granted> {
        let mut controls = self.controls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(controls.entry(key.to_owned()).or_default())
    }

    /// Notes that a client authenticates otherwise than in a control, which is forgotten when that was often enough: a good
    /// authentication in between sets back what a server counts.
    pub(super) fn guessed(&self, key: &str) {
        if self.control(key).guesses.fetch_add(1, Ordering::Relaxed) >= self.guesses {
            self.forget(key);
            self.control(key).guesses.store(1, Ordering::Relaxed);
        }
    }

    /// Forgets a control, so that it is sent again.
    pub(crate) fn forget(&self, key: &str) {
        self.controls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }

    /// Forgets every control: what was granted before a throttling or a lock-out says nothing of what is refused after it.
    pub(super) fn forget_all(&self) {
        self.controls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    /// A rest that is not over, longer than the target's patience.
    pub(super) fn resting(&self) -> Option<Rest> {
        let mut rest = self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nearly always there is none, and no need to know the time.
        rest.take_if(|rest| rest.until <= self.time.now());
        rest.clone()
    }

    /// Waits until so many requests may be sent at once ([`Start::Together`](super::Start::Together)), with a connection for each of them open.
    pub(crate) async fn together(&self, many: u32, to: &Url) {
        self.pace.together(many, &self.wire).await;
        self.open_ahead(many, to).await;
    }

    /// Opens connections for so many requests, where connections are kept.
    pub(crate) async fn open_ahead(&self, many: u32, to: &Url) {
        if self.wire.keeps() {
            self.wire.prepare(many, to).await;
        }
    }

    /// Takes a rest, and everybody else on this ground with it.
    pub(super) async fn rest(&self, wait: Duration) {
        self.pace.hold(self.wire.now() + if matches!(self.time, Time::Real) { wait } else { Duration::ZERO });
        self.pass(wait).await;
    }

    /// Sends nothing more for a time.
    pub(super) fn refrain(&self, rest: Rest) {
        *self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(rest);
    }

    /// Lets time pass, no longer than the run goes on.
    pub(crate) async fn pass(&self, wait: Duration) {
        match &self.time {
            Time::Moved(clock) => clock.advance(wait),
            Time::Real => {
                self.wire.halt().unless(self.wire.until(self.wire.now() + wait)).await;
            }
        }
    }
}
