//! The one loop that sends: a plan's steps in order, within the budget, each after its control.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ropcheck_reports::record::Because;
use tokio::sync::OnceCell;

use crate::budget::Budget;
use crate::captures::Captures;
use crate::drawn::Drawn;
use crate::exchange::{Answer, Exchange, Sent};
use crate::plan::{Control, Login, Plan, Planned};
use crate::request::{Ink, fill, spoken};
use crate::scenario::Endpoint;
use crate::seal::{Known, seal, without_private_keys};
use crate::secret::Secret;
use crate::wire::{Time, Wire};

/// What a walk stands on: the wire, the budget, the controls that were sent already, and the time.
#[derive(Debug)]
pub struct Ground {
    /// The client.
    pub wire: Wire,
    /// The target's secrets, to be made into marks.
    pub known: Known,
    /// What may be done to real accounts.
    pub budget: Budget,
    /// How time passes.
    pub time: Time,
    controls: Mutex<HashMap<String, Arc<OnceCell<Twin>>>>,
}

/// What a control came to.
#[derive(Debug, Clone)]
struct Twin {
    granted: bool,
    throttled: bool,
    /// The exchange that shows it, by id.
    exchange: String,
    /// Its answer in few words.
    answer: String,
}

/// When a walk's first request is meant to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At once.
    Now,
    /// At that time of the run; its latency is counted from there.
    At(Duration),
}

/// What a walk did.
#[derive(Debug)]
pub struct Walked {
    /// The case, for the ids of its exchanges.
    pub case: String,
    /// Every exchange in order, controls among them.
    pub exchanges: Vec<Exchange>,
    /// What became of each step of the plan.
    pub steps: Vec<Reached>,
    /// The control twin of each step that has one, by the id of its exchange.
    pub twins: Vec<Option<String>>,
    /// The drawn values.
    pub drawn: Drawn,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// It was sent, as often as it asks: the positions of its exchanges, one at least.
    Sent(Vec<usize>),
    /// It was not, and why.
    Not(Because, String),
}

impl Ground {
    /// Ground to walk on.
    pub fn new(wire: Wire, known: Known, budget: Budget, time: Time) -> Self {
        Self { wire, known, budget, time, controls: Mutex::default() }
    }

    fn control(&self, key: &str) -> Arc<OnceCell<Twin>> {
        let mut controls = self.controls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(controls.entry(key.to_owned()).or_default())
    }

    /// Forgets a control, so that it is sent again.
    fn forget(&self, key: &str) {
        self.controls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}

impl Walked {
    /// The id of an exchange by its position.
    pub fn exchange_id(&self, position: usize) -> String {
        match self.drawn.attempt() {
            0 => format!("{}#{}", self.case, position + 1),
            attempt => format!("{}~{attempt}#{}", self.case, position + 1),
        }
    }

    /// The last answer to a step by the step's position in the plan.
    pub fn answer(&self, step: usize) -> Option<&Answer> {
        match self.steps.get(step)? {
            Reached::Sent(positions) => self.exchanges.get(*positions.last()?)?.heard.as_ref().ok(),
            Reached::Not(..) => None,
        }
    }
}

/// Walks a plan: sends its steps in order until one can't be sent.
pub async fn walk(plan: &Plan, drawn: &Drawn, start: Start, on: &Ground) -> Walked {
    let walked = Walked {
        case: plan.case.id.clone(),
        exchanges: vec![],
        steps: vec![],
        twins: vec![None; plan.steps.len()],
        drawn: drawn.clone(),
    };
    let mut walker = Walker { on, start, about_many: plan.is_about_many(), captures: Captures::default(), walked };
    for (index, step) in plan.steps.iter().enumerate() {
        let reached = match walker.reach(index, step).await {
            Ok(positions) => Reached::Sent(positions),
            Err((because, why)) => Reached::Not(because, why),
        };
        walker.walked.steps.push(reached);
    }
    walker.walked
}

struct Walker<'a> {
    on: &'a Ground,
    start: Start,
    /// Whether the plan is about many failed logins.
    about_many: bool,
    captures: Captures,
    walked: Walked,
}

type NotReached = (Because, String);

impl Walker<'_> {
    /// Sends one step of the plan, as often as it asks: after its control, after its wait, within the budget.
    async fn reach(&mut self, index: usize, step: &Planned) -> Result<Vec<usize>, NotReached> {
        if let Some(Reached::Not(because, why)) = self.walked.steps.last() {
            return Err((*because, why.clone()));
        }
        if let Some(control) = &step.control {
            let twin = self.twin(index, control).await?;
            self.walked.twins[index] = Some(twin.exchange.clone());
            if !twin.granted {
                return Err((
                    Because::Control,
                    format!("the same request without the change was answered with {}", twin.answer),
                ));
            }
        }
        self.wait(step.wait).await;
        let mut positions = Vec::with_capacity(1);
        for left in (1..=step.times).rev() {
            if let Some(login) = &step.login {
                self.afford(index, step, login, if step.in_a_row { left } else { 1 }).await?;
            }
            positions.push(self.send(Sent::Step(index), step).await?);
        }
        Ok(positions)
    }

    /// The control of a step: sent once for a base, client and user, and shared by every walk on the same ground.
    async fn twin(&mut self, index: usize, control: &Arc<Control>) -> Result<Twin, NotReached> {
        let cell = self.on.control(&control.key);
        if let Some(twin) = cell.get() {
            return Ok(twin.clone());
        }
        let twin = self.walk_control(index, control).await?;
        // A throttled control says nothing for good: the next case asks again (RFC 6585 section 4).
        if twin.throttled {
            return Err((Because::Throttled, format!("the control was answered with {}", twin.answer)));
        }
        Ok(cell.get_or_init(|| async { twin.clone() }).await.clone())
    }

    async fn walk_control(&mut self, index: usize, control: &Control) -> Result<Twin, NotReached> {
        // A control's kept values are its own: the case logs in for itself.
        let own = std::mem::take(&mut self.captures);
        let mut last = Err((Because::Harness, "the control has no step".to_owned()));
        for (at, step) in control.steps.iter().enumerate() {
            last = self.send(Sent::Control { of: index, step: at }, step).await;
            if last.is_err() {
                break;
            }
        }
        self.captures = own;
        let position = last?;
        let exchange = self.walked.exchange_id(position);
        match &self.walked.exchanges[position].heard {
            Ok(answer) => {
                let (granted, throttled) = (answer.grants(), answer.status == 429);
                Ok(Twin { granted, throttled, exchange, answer: answer.in_few_words() })
            }
            Err(silence) => Err((Because::NoAnswer, silence.to_string())),
        }
    }

    /// Sees to it that so many failing logins are within the budget: a good login before them gives it back.
    async fn afford(&mut self, index: usize, step: &Planned, login: &Login, times: u32) -> Result<(), NotReached> {
        let about_many = self.about_many;
        if self.on.budget.allows(login, times, about_many) {
            return Ok(());
        }
        if let Some(control) = &step.control {
            self.on.forget(&control.key);
            let twin = self.walk_control(index, control).await?;
            if twin.granted && self.on.budget.allows(login, times, about_many) {
                return Ok(());
            }
        }
        let (Login::Good(user) | Login::Failing(user)) = login;
        Err((
            Because::Budget,
            format!(
                "failed-login budget of {user} spent, with {times} more to come: raise `limits.failed_logins` in the target file if the account can bear it"
            ),
        ))
    }

    async fn wait(&self, wait: Option<Duration>) {
        match (wait, &self.on.time) {
            (None, _) => {}
            (Some(wait), Time::Moved(clock)) => clock.advance(wait),
            (Some(wait), Time::Real) => self.on.wire.until(self.on.wire.now() + wait).await,
        }
    }

    async fn send(&mut self, sent: Sent, step: &Planned) -> Result<usize, NotReached> {
        if self.on.budget.is_broken() {
            return Err((
                Because::NoAnswer,
                "the server has not answered for a while: nothing more was sent".to_owned(),
            ));
        }
        let drawn = &self.walked.drawn;
        let request = fill(&step.template, drawn, &self.captures, Ink::Secrets).map_err(|why| (Because::Setup, why))?;
        let spoken = spoken(&step.template, drawn, &self.captures);
        let intended_at = match (self.start, self.walked.exchanges.is_empty()) {
            (Start::At(at), true) => {
                self.on.wire.until(at).await;
                at
            }
            (Start::At(_) | Start::Now, _) => self.on.wire.now(),
        };
        let heard = self.on.wire.send(request).await;
        self.on.budget.heard(heard.raw.as_ref().is_ok_and(|raw| !raw.late));
        let mut answer = heard.raw.map(|raw| seal(raw, &self.on.known, &self.captures, &spoken));
        if let Ok(answer) = &mut answer {
            answer.from = step.to;
            if step.to == Endpoint::Jwks {
                answer.body = without_private_keys(&answer.body);
            }
            answer.heard_at = self.on.time.now();
            if let Some(login) = &step.login {
                self.on.budget.note(login, answer.grants());
            }
            for (name, member) in &step.keep {
                if let Some(value) = value(answer, member) {
                    self.captures.keep(name, value);
                }
            }
        }
        self.walked.exchanges.push(Exchange {
            sent,
            heard: answer,
            intended_at,
            sent_at: heard.sent_at,
            took: heard.took,
        });
        Ok(self.walked.exchanges.len() - 1)
    }
}

/// The value of a member: a token as it was sent, anything else where it is a text.
fn value(answer: &Answer, member: &str) -> Option<Secret> {
    match answer.unwitnessed.iter().find(|(name, _)| name == member) {
        Some((_, token)) => Some(token.clone()),
        None => answer.members().ok()?.text(member).map(Secret::new),
    }
}
