//! The one loop that sends: a plan's steps in order, within the limits, each after its control.

mod ground;

use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::record::Because;

pub use self::ground::{Ground, Manner};
use self::ground::{Rest, Twin};
use crate::budget::{self, Came, Refused};
use crate::captures::Captures;
use crate::comparison::is_turned;
use crate::drawn::Drawn;
use crate::exchange::{Answer, Exchange, Sent, Silence, Way};
use crate::lock_out::{LockOut, time};
use crate::plan::{Control, Login, Plan, Planned};
use crate::request::{Ink, fill, spoken};
use crate::scenario::Endpoint;
use crate::seal::{seal, without_private_keys};
use crate::secret::Secret;

/// When a walk's first request is meant to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At once.
    Now,
    /// At once; what is left to be sent at that time of the run is left out.
    Until(Duration),
    /// At that time of the run; its latency is counted from there.
    At(Duration),
    /// At once, together with others: whoever starts them has waited for their turn.
    Together,
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
    walk_on(plan, drawn, start, Captures::default(), on).await.0
}

/// The same with what an earlier walk kept; what this one keeps beside it comes with it.
pub(crate) async fn walk_on(
    plan: &Plan,
    drawn: &Drawn,
    start: Start,
    captures: Captures,
    on: &Ground,
) -> (Walked, Captures) {
    let walked = Walked {
        case: plan.case.id.clone(),
        exchanges: Vec::with_capacity(plan.steps.len()),
        steps: Vec::with_capacity(plan.steps.len()),
        twins: vec![None; plan.steps.len()],
        drawn: drawn.clone(),
    };
    let provokes = plan.provokes();
    let mut walker = Walker { plan, on, start, provokes, limit: None, captures, walked };
    let none = |(because, why): NotReached| plan.steps.iter().map(|_| Reached::Not(because, why.clone())).collect();
    if let Err(why) = walker.accounts().await {
        walker.walked.steps = none(why);
        return walker.end();
    }
    if plan.compare.is_some() {
        walker.walked.steps = Box::pin(walker.pair()).await.unwrap_or_else(none);
        return walker.end();
    }
    for (index, step) in plan.steps.iter().enumerate() {
        let reached = match walker.reach(index, step).await {
            Ok(positions) => Reached::Sent(positions),
            Err((because, why)) => Reached::Not(because, why),
        };
        walker.walked.steps.push(reached);
    }
    walker.end()
}

struct Walker<'a> {
    plan: &'a Plan,
    on: &'a Ground,
    start: Start,
    /// Whether the plan sets out to be throttled: what would end another one is what it is there to see.
    provokes: bool,
    /// The limit that it provoked, once it has shown itself.
    limit: Option<Limit>,
    captures: Captures,
    walked: Walked,
}

/// A limit that has shown itself.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// The request that it was shown to.
    to: budget::Request,
    /// The position of that exchange.
    shown_by: usize,
}

type NotReached = (Because, String);

impl Walker<'_> {
    fn end(self) -> (Walked, Captures) {
        (self.walked, self.captures)
    }

    /// Waits for accounts that the plan sets out to have shut and that another one had shut before, as long as patience allows.
    async fn accounts(&self) -> Result<(), NotReached> {
        for whose in self.plan.steps.iter().filter_map(Planned::provoked) {
            let now = self.on.time.now();
            let Some(lock_out) = self.on.budget.shut(&whose, now) else { continue };
            match lock_out.until.map(|until| until.saturating_sub(now)) {
                Some(wait) if wait <= self.on.patience => self.on.rest(wait).await,
                Some(_) | None => return Err((Because::LockedOut, format!("{lock_out}; {}", whose.remedy()))),
            }
        }
        Ok(())
    }

    /// Sends one step of the plan, as often as it asks: after its wait and its control, within the budget.
    async fn reach(&mut self, index: usize, step: &Planned) -> Result<Vec<usize>, NotReached> {
        if let Some(Reached::Not(because, why)) = self.walked.steps.last() {
            return Err((*because, why.clone()));
        }
        self.granted(index, step).await?;
        if let (Manner::Load(Some(think)), 1..) = (self.on.manner(), index) {
            self.on.wire.halt().unless(self.on.wire.until(self.on.wire.now() + think.draw())).await;
        }
        if let Some(wait) = step.wait {
            self.on.pass(wait).await;
        }
        // What showed a limit is the answer to the same request behind it: asked again, the account would suffer for nothing.
        if let Some(limit) = self.limit
            && step.wait.is_none()
            && self.request(step)? == limit.to
        {
            return Ok(vec![limit.shown_by]);
        }
        let mut positions = Vec::with_capacity(1);
        for left in (1..=step.times).rev() {
            let position = self.once(index, step, if step.in_a_row { left } else { 1 }).await?;
            positions.push(position);
            // The protection shows: whoever goes on asking learns no more, and the account suffers.
            if step.in_a_row && self.answer(position).is_some_and(|answer| matches!(answer.status, 423 | 429)) {
                self.limit = Some(Limit { to: self.request(step)?, shown_by: position });
                break;
            }
        }
        Ok(positions)
    }

    /// Sends the two steps of a comparison one right after the other: what has to come before either comes before both.
    async fn pair(&mut self) -> Result<Vec<Reached>, NotReached> {
        let plan = self.plan;
        for (index, step) in plan.steps.iter().enumerate() {
            self.granted(index, step).await?;
            self.afford(index, step, 1).await?;
        }
        let mut sent: Vec<(usize, Vec<usize>)> = Vec::new();
        let turned = is_turned(self.walked.drawn.attempt());
        for at in 0..plan.steps.len() {
            let index = if turned { plan.steps.len() - 1 - at } else { at };
            let position = self.exchange(Sent::Step(index), &plan.steps[index], false).await?;
            sent.push((index, position.into_iter().collect()));
        }
        sent.sort_unstable();
        Ok(sent.into_iter().map(|(_, positions)| Reached::Sent(positions)).collect())
    }

    /// Sends a step, the first of so many that belong together; once more where the server asked for a short rest first.
    async fn once(&mut self, index: usize, step: &Planned, together: u32) -> Result<usize, NotReached> {
        for may_rest in [true, false] {
            if let Some(control) = step.control.as_ref().filter(|_| step.guesses && !self.provokes) {
                self.on.guessed(&control.key);
            }
            self.granted(index, step).await?;
            self.afford(index, step, together).await?;
            if let Some(position) = self.exchange(Sent::Step(index), step, may_rest).await? {
                return Ok(position);
            }
        }
        Err((Because::Harness, "a rest was taken twice".to_owned()))
    }

    /// Sees to it that a step's control was granted: the same request without the change.
    async fn granted(&mut self, index: usize, step: &Planned) -> Result<(), NotReached> {
        let Some(control) = &step.control else { return Ok(()) };
        // Behind a limit that has shown itself a control would be told to wait as well: the one before it stands.
        let same = |before: &Planned| before.control.as_ref().is_some_and(|one| one.key == control.key);
        let before = self.limit.and_then(|_| self.plan.steps[..index].iter().position(same));
        if let Some(twin) = before.and_then(|before| self.walked.twins[before].clone()) {
            self.walked.twins[index] = Some(twin);
            return Ok(());
        }
        let twin = self.twin(index, control).await?;
        self.walked.twins[index] = Some(twin.exchange);
        if twin.granted {
            return Ok(());
        }
        Err((Because::Control, format!("the same request without the change was answered with {}", twin.answer)))
    }

    /// The control of a step: sent once for a base, client and user, and shared by every walk on the same ground.
    async fn twin(&mut self, index: usize, control: &Arc<Control>) -> Result<Twin, NotReached> {
        let granted = self.on.control(&control.key);
        if let Some(twin) = granted.twin.get() {
            return Ok(twin.clone());
        }
        // Seldom needed, and as large as what it is a part of.
        let twin = Box::pin(self.walk_control(index, control)).await?;
        // A throttled control says nothing for good: the next case asks again (RFC 6585 section 4).
        if twin.throttled {
            return Err((Because::Throttled, format!("the control was answered with {}", twin.answer)));
        }
        Ok(granted.twin.get_or_init(|| async { twin.clone() }).await.clone())
    }

    async fn walk_control(&mut self, index: usize, control: &Control) -> Result<Twin, NotReached> {
        // A control's kept values are its own: the case logs in for itself.
        let own = std::mem::take(&mut self.captures);
        let last = self.send_control(index, control).await;
        self.captures = own;
        let position = last?;
        let exchange = self.walked.exchange_id(position);
        match &self.walked.exchanges[position].heard {
            Ok(answer) => {
                let (granted, throttled) = (answer.grants(), answer.is_throttled());
                Ok(Twin { granted, throttled, exchange, answer: answer.in_few_words() })
            }
            Err(silence) => Err((silence.because(), silence.to_string())),
        }
    }

    async fn send_control(&mut self, index: usize, control: &Control) -> Result<usize, NotReached> {
        let mut last = Err((Because::Harness, "the control has no step".to_owned()));
        for (at, step) in control.steps.iter().enumerate() {
            for may_rest in [true, false] {
                if let Some(login) = &step.login {
                    let spent = self.on.budget.spend(login, 1, self.provokes, self.on.time.now());
                    spent.map_err(|refused| not_afforded(login, 1, refused))?;
                }
                if let Some(position) = self.exchange(Sent::Control { of: index, step: at }, step, may_rest).await? {
                    last = Ok(position);
                    break;
                }
            }
        }
        last
    }

    /// Spends what a step's login costs; a good login before it gives the budget back.
    async fn afford(&mut self, index: usize, step: &Planned, together: u32) -> Result<(), NotReached> {
        let Some(login) = &step.login else { return Ok(()) };
        if self.on.is_under_load() && matches!(login, Login::Good(_)) {
            return Ok(());
        }
        let spend = |on: &Ground, provokes| on.budget.spend(login, together, provokes, on.time.now());
        let refused = match spend(self.on, self.provokes) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        // Under load nobody counts what a good login gives back.
        if let (Refused::User, Some(control), false) = (&refused, &step.control, self.on.is_under_load()) {
            self.on.forget(&control.key);
            if self.twin(index, control).await?.granted {
                return spend(self.on, self.provokes).map_err(|refused| not_afforded(login, together, refused));
            }
        }
        Err(not_afforded(login, together, refused))
    }

    /// Sends a request at its turn. `None` where the server asked for a rest and got it: then it may be sent again.
    async fn exchange(&mut self, sent: Sent, step: &Planned, may_rest: bool) -> Result<Option<usize>, NotReached> {
        if self.on.wire.halt().is_raised() {
            return Err(over());
        }
        if self.on.breaker.is_broken() {
            return Err((
                Because::NoAnswer,
                "the server has not answered for a while: nothing more was sent".to_owned(),
            ));
        }
        if let Some(rest) = self.on.resting() {
            return Err((Because::Throttled, rest.told));
        }
        let client = step.client.as_deref().filter(|_| !self.provokes);
        if let Some(shut) = client.and_then(|client| self.on.budget.shut_client(client, || self.on.time.now())) {
            return Err(left_alone(&shut));
        }
        let drawn = &self.walked.drawn;
        let request = fill(&step.template, drawn, &self.captures, Ink::Secrets).map_err(|why| (Because::Setup, why))?;
        let spoken = spoken(&step.template, drawn, &self.captures);
        if let (Start::At(at), true) = (self.start, self.walked.exchanges.is_empty())
            && self.on.wire.now() < at
        {
            self.on.wire.halt().unless(self.on.wire.until(at)).await;
        }
        let turn = match self.start {
            Start::Together => None,
            Start::At(_) | Start::Now | Start::Until(_) => {
                self.on.wire.halt().unless(self.on.pace.turn(&self.on.wire)).await
            }
        };
        let intended_at = match (self.start, self.walked.exchanges.is_empty()) {
            (Start::At(at), true) => at,
            (Start::At(_) | Start::Now | Start::Until(_) | Start::Together, _) => self.on.wire.now(),
        };
        let ends = if let Start::Until(end) = self.start { end } else { Duration::MAX };
        if intended_at >= ends || self.on.wire.halt().is_raised() {
            return Err(over());
        }
        let is_watched = !self.on.is_under_load() && is_good(step, self.provokes);
        let print = is_watched.then(|| budget::Request::of(&request));
        let heard = self.on.wire.send(request).await;
        let waited = turn.map_or(Duration::ZERO, |turn| turn.waited);
        let came = match &heard.raw {
            Ok(raw) if raw.late => Err("no whole answer in time"),
            Ok(_) => Ok(()),
            Err(silence) => Err(silence.name()),
        };
        if !matches!(heard.raw, Err(Silence::Unawaited)) {
            self.on.breaker.heard(came, heard.sent_at, heard.sent_at + heard.took);
        }
        let mut answer = heard.raw.map(|raw| seal(raw, &self.on.known, &self.on.alike, &self.captures, &spoken));
        if let Ok(answer) = &mut answer {
            answer.from = step.to;
            answer.way = Way::of(&step.template.url);
            if step.to == Endpoint::Jwks {
                answer.body = without_private_keys(&answer.body);
                answer.read = Arc::default();
            }
            answer.heard_at = self.on.time.now();
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
            waited,
            sent_at: heard.sent_at,
            took: heard.took,
            opened: heard.opened,
        });
        self.heed(self.walked.exchanges.len() - 1, step, print, may_rest).await
    }

    /// Does what an answer asks for beside its own matter: a rest, or leaving an account alone.
    async fn heed(
        &mut self,
        position: usize,
        step: &Planned,
        as_it_is: Option<budget::Request>,
        may_rest: bool,
    ) -> Result<Option<usize>, NotReached> {
        let Some(answer) = self.answer(position).filter(|_| !self.on.is_under_load()) else {
            return Ok(Some(position));
        };
        let throttled = answer.is_throttled() && !self.provokes;
        // A server that does not say how long is given a second (RFC 6585 section 4 leaves it open).
        let asked = answer.retry_after();
        let wait = asked.unwrap_or(Duration::from_secs(1));
        let rested = throttled && may_rest && wait <= self.on.patience;
        let exchange = || self.walked.exchange_id(position);
        let (login, client, guesses) = (step.login.as_ref(), step.client.as_deref(), step.guesses);
        let lock_out = self.on.budget.note(&Came { login, client, guesses, as_it_is, answer, rested }, exchange);
        if throttled || lock_out.is_some() {
            self.on.forget_all();
        }
        if rested {
            self.on.rest(wait).await;
            return Ok(None);
        }
        match (lock_out, asked) {
            (Some(lock_out), _) if !self.provokes => Err(left_alone(&lock_out)),
            (None, Some(wait)) if throttled && wait > self.on.patience => {
                let until = answer.heard_at + wait;
                let asked = format!("{} ({})", answer.in_few_words(), exchange());
                self.on.refrain(Rest { until, told: too_long(&asked, wait, self.on.patience, until) });
                Ok(Some(position))
            }
            (Some(_) | None, _) => Ok(Some(position)),
        }
    }

    /// Which request a step is.
    fn request(&self, step: &Planned) -> Result<budget::Request, NotReached> {
        let request = fill(&step.template, &self.walked.drawn, &self.captures, Ink::Secrets);
        request.map(|request| budget::Request::of(&request)).map_err(|why| (Because::Setup, why))
    }

    fn answer(&self, position: usize) -> Option<&Answer> {
        self.walked.exchanges[position].heard.as_ref().ok()
    }
}

/// Whether a step is a good request as it is, by which an account is known: no change was made to it, and nobody expects a
/// refusal but who provokes it.
fn is_good(step: &Planned, provokes: bool) -> bool {
    let by_whom = match &step.login {
        Some(login) => matches!(login, Login::Good(_)),
        None => step.client.is_some() && step.template.is_settled(),
    };
    let refused = || step.expect.iter().any(|promise| promise.check.expects_refusal());
    by_whom && step.control.is_none() && (provokes || !refused())
}

/// A login that was not tried: the reason in words.
fn not_afforded(login: &Login, together: u32, refused: Refused) -> NotReached {
    let (Login::Good(user) | Login::Failing(user)) = login;
    let (what, key) = match refused {
        Refused::User => (format!("failed-login budget spent for user `{user}`"), "failed_logins"),
        Refused::Run => ("failed-login budget of the whole run spent".to_owned(), "failed_logins_in_all"),
        Refused::LockedOut(lock_out) => return left_alone(&lock_out),
    };
    let remedy = format!("raise `limits.{key}` in the target file if the accounts can bear it");
    (Because::Budget, format!("{what}, with {together} more to come: {remedy}"))
}

/// What the run does not send any more.
fn over() -> NotReached {
    (Because::Ended, "the run was over before it was sent".to_owned())
}

fn left_alone(lock_out: &LockOut) -> NotReached {
    (Because::LockedOut, format!("{lock_out}; the account is left alone"))
}

fn too_long(asked: &str, wait: Duration, patience: Duration, until: Duration) -> String {
    let [wait, patience] = [wait, patience].map(humantime::format_duration);
    let until = time(until);
    format!(
        "the server asked for a rest of {wait}, until {until}, by {asked}: `patience` is {patience}, so nothing more was sent"
    )
}

/// The value of a member: a token as it was sent, anything else where it is a text.
fn value(answer: &Answer, member: &str) -> Option<Secret> {
    match answer.unwitnessed.iter().find(|(name, _)| name == member) {
        Some((_, token)) => Some(token.clone()),
        None => answer.members().ok()?.text(member).map(Secret::new),
    }
}
