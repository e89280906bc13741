//! The tokens of a load run, looked at once their answer was measured: all held against each other at once, and their
//! signatures tried on a thread beside it, a batch together.

#[cfg(test)]
mod cost;
mod jwt;
mod look;
mod seen;
mod signatures;
mod subjects;
#[cfg(test)]
mod tests;
mod truths;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ropcheck_reports::record::load::Validated;
use ropcheck_reports::record::{Found, TokenFacts};
use tokio::sync::{mpsc, oneshot};

use self::look::{Against, Look};
use self::signatures::{Signatures, ToTry, Tried};
pub(super) use self::truths::TRUTHS;
use super::mix::Row;
use crate::plan::Plan;
use crate::secret::Secret;
use crate::session::Session;
use crate::walk::Walked;

/// What one answer issued, as the walk heard it.
#[derive(Debug, Clone, Default)]
pub(super) struct Issued {
    /// The number of the walk.
    pub(super) walk: u32,
    /// The position of the exchange in it.
    pub(super) position: usize,
    /// The position of the journey that was walked.
    pub(super) journey: usize,
    /// The user's name in the target file; `None` where a client asked for itself.
    pub(super) user: Option<Arc<str>>,
    /// The client's identifier.
    pub(super) client: Arc<str>,
    /// Its tokens, with what is known of them.
    pub(super) tokens: Vec<(TokenFacts, Secret)>,
    /// The scope of the answer; where it tells none, what was asked for.
    pub(super) scope: Option<String>,
    /// The lifetime that the answer tells, in seconds.
    pub(super) expires_in: Option<u64>,
    /// When it was heard, since the Unix epoch, by the clock that the server goes by.
    pub(super) heard_at: Duration,
}

/// The tokens of each answer that brought some, by its position.
pub(super) type Taken = Vec<(usize, Vec<Secret>)>;

/// What the answers of a walk issued: its tokens with the facts about them, which nobody needs any more.
pub(super) fn issued(plan: &Plan, walked: &mut Walked, taken: Taken, journey: usize, row: &Row) -> Vec<Issued> {
    let walk = walked.drawn.attempt();
    let answers = taken.into_iter().filter_map(|(position, tokens)| {
        let exchange = &mut walked.exchanges[position];
        let answer = exchange.heard.as_mut().ok()?;
        let step = plan.sent(exchange.sent)?;
        let facts = std::mem::take(&mut answer.tokens);
        let told = |member: &str| answer.members().ok()?.raw(member);
        Some(Issued {
            walk,
            position,
            journey,
            user: row.user.clone(),
            client: Arc::clone(&row.client),
            tokens: facts.into_iter().zip(tokens).collect(),
            scope: answer.members().ok().and_then(|members| members.text("scope")).or_else(|| step.template.scope()),
            expires_in: told("expires_in").and_then(|seconds| seconds.parse().ok()),
            heard_at: answer.heard_at,
        })
    });
    answers.collect()
}

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Access,
    Refresh,
    Id,
}

impl Kind {
    fn of(member: &str) -> Option<Self> {
        [Self::Access, Self::Refresh, Self::Id].into_iter().find(|kind| kind.member() == member)
    }

    fn member(self) -> &'static str {
        match self {
            Self::Access => "access_token",
            Self::Refresh => "refresh_token",
            Self::Id => "id_token",
        }
    }
}

/// What all tokens of a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Came {
    /// One finding a truth that a token spoke of.
    pub(super) found: Vec<Found>,
    /// Tokens that were looked at.
    pub(super) seen: u64,
    /// Tokens whose signature was tried.
    pub(super) validated: u64,
    /// How likely it is that two fingerprints are the same by chance.
    pub(super) odds: f64,
}

/// Batches that wait for the thread that tries signatures. What finds no room waits with its walk, so that memory is bounded.
const ROOM: usize = 16;

/// How many answers are a batch: many signatures cost half as much together, and to wake the thread costs something.
const BATCH: usize = 64;

/// What looks at tokens. Clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    look: Arc<Mutex<Look>>,
    /// The way to the thread that tries signatures.
    queue: mpsc::Sender<Handed>,
    /// The batch that is not full.
    gathered: Arc<Mutex<Vec<ToTry>>>,
}

#[derive(Debug)]
enum Handed {
    ToTry(Vec<ToTry>),
    /// Nothing more comes: what did it come to?
    End(oneshot::Sender<Tried>),
}

impl Tokens {
    /// Starts the thread. `cases` are the journeys, in their order.
    ///
    /// # Errors
    /// The machine refuses a thread.
    pub(super) fn start(session: &Session, cases: &[String], validated: Validated) -> io::Result<Self> {
        let against = Arc::new(Against::of(session, cases, validated));
        let (tokens, handed) = Self::queue(&against, ROOM);
        thread::Builder::new().name("signatures".to_owned()).spawn(move || attend(Signatures::new(against), handed))?;
        Ok(tokens)
    }

    fn queue(against: &Arc<Against>, room: usize) -> (Self, mpsc::Receiver<Handed>) {
        let (queue, handed) = mpsc::channel(room);
        let look = Arc::new(Mutex::new(Look::new(Arc::clone(against))));
        (Self { look, queue, gathered: Arc::default() }, handed)
    }

    /// Looks at what an answer issued, once it was measured. Waits where signatures are to be tried and there is no room.
    pub(super) async fn hand(&self, issued: Issued) {
        let Some(to_try) = self.look().look(issued) else { return };
        let full = {
            let mut gathered = self.gathered();
            gathered.push(to_try);
            (gathered.len() >= BATCH).then(|| std::mem::replace(&mut *gathered, Vec::with_capacity(BATCH)))
        };
        if let Some(batch) = full {
            // Nobody takes them any more only where the thread panicked, which `finish` tells.
            let _gone = self.queue.send(Handed::ToTry(batch)).await;
        }
    }

    /// How many answers wait, to within a batch.
    pub(super) fn waiting(&self) -> usize {
        (self.queue.max_capacity() - self.queue.capacity()) * BATCH
    }

    fn look(&self) -> MutexGuard<'_, Look> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<ToTry>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all signatures that were handed over were tried, and tells what all came to.
    ///
    /// # Panics
    /// The thread panicked.
    pub(super) async fn finish(self) -> Came {
        let (end, came) = oneshot::channel();
        let rest = std::mem::take(&mut *self.gathered());
        let _gone = self.queue.send(Handed::ToTry(rest)).await;
        let _gone = self.queue.send(Handed::End(end)).await;
        let tried = came.await.expect("the thread that tries signatures ends by telling what they came to");
        self.look().came(tried)
    }
}

/// Tries the signatures that are handed over until the end.
fn attend(mut signatures: Signatures, mut handed: mpsc::Receiver<Handed>) {
    while let Some(one) = handed.blocking_recv() {
        match one {
            Handed::ToTry(batch) => {
                signatures.hold(&batch);
                // Whoever asks goes first: where both have one core, a row of batches would keep arrivals waiting.
                thread::yield_now();
            }
            Handed::End(end) => {
                // Nobody waits for it only where the run was given up.
                let _given_up = end.send(signatures.came());
                return;
            }
        }
    }
}
