//! The race: many uses of one refresh token at once, round after round.
//!
//! What the server does with a second use when nobody is beside it is asked first: where that ends the family (RFC 9700
//! section 4.14.2), it is right that nothing lives after a race.

mod round;
mod tally;
mod truths;

use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::record::Because;
use ropcheck_reports::record::load::{Late, Replay};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use self::round::{Came, Round, Use, refresh_token};
use self::tally::Tally;
pub(super) use self::truths::TRUTHS;
use super::Running;
use super::measure::Begun;
use super::mix::Row;
use super::tokens::issued;
use crate::captures::Captures;
use crate::exchange::Answer;
use crate::plan::{Plan, Planned};
use crate::scenario::load::Race;
use crate::secret::Secret;
use crate::walk::{Reached, Start, Walked};

/// Runs the rounds of a race, and tells what they came to.
pub(super) async fn run(running: &Arc<Running>, race: &Race) {
    let mut tally = Tally::new(running, race);
    rounds(running, race, &mut tally).await;
    tally.finish(&mut |event| running.tell(event));
}

async fn rounds(running: &Arc<Running>, race: &Race, tally: &mut Tally) {
    let halt = running.halt();
    let _woken = halt.wakes().await;
    let lane = || Lane::of(running);
    let replay = lane().alone().await;
    tally.alone(&replay);
    let mut granted_late = Vec::new();
    for _ in 0..race.rounds {
        let lane = lane();
        let round = lane.round(race.at_once, &replay).await;
        // Of a round that was cut off nothing can be said, and more are not begun.
        if halt.is_raised() {
            break;
        }
        match round {
            Ok((round, old)) => {
                tally.add(&lane.raced, &round, &mut |event| running.tell(event));
                if round.late().is_none() {
                    granted_late.push((lane, old));
                }
            }
            Err((because, why)) => tally.not_begun(because, &why),
        }
    }
    if granted_late.is_empty() {
        return;
    }
    running.ground.pass(race.grace).await;
    for (lane, old) in granted_late {
        if halt.is_raised() {
            break;
        }
        tally.late(match lane.once(old).await.came {
            Came::Won => Late::Granted,
            Came::Lost { .. } | Came::Failed => Late::Grace,
            Came::Untold(..) => Late::Unknown,
        });
    }
}

/// A journey as one user races it: the steps before the last, and the last by itself.
struct Lane<'a> {
    running: &'a Arc<Running>,
    row: &'a Row,
    setup: Plan,
    raced: Arc<Plan>,
    /// The names under which the setup keeps a refresh token.
    names: Vec<String>,
}

type NotBegun = (Because, String);

impl<'a> Lane<'a> {
    /// That of the next user.
    fn of(running: &'a Arc<Running>) -> Self {
        let row = running.mix.journeys[JOURNEY].next_row();
        let [mut setup, mut raced] = [Plan::clone(&row.plan), Plan::clone(&row.plan)];
        // What is expected of the step holds of a use that nobody is beside.
        raced.steps = setup.steps.pop().map(|last| Planned { expect: vec![], ..last }).into_iter().collect();
        let kept = setup.steps.iter().flat_map(|step| &step.keep);
        let names = kept.filter(|(_, member)| member == round::REFRESH_TOKEN).map(|(name, _)| name.clone()).collect();
        Self { running, row, setup, raced: Arc::new(raced), names }
    }

    /// What a second use of a token comes to when nobody is beside it.
    async fn alone(&self) -> Result<Replay, NotBegun> {
        let (walked, _) = self.walk(&self.row.plan).await?;
        let tokens: Vec<Secret> = walked.into_iter().flatten().collect();
        let [.., before, first] = tokens.as_slice() else { return Ok(Replay::NotReplaced) };
        if before.expose() == first.expose() {
            return Ok(Replay::NotReplaced);
        }
        let renewed = self.once(self.holding(first)).await;
        let Some(second) = renewed.token.filter(|second| second.expose() != first.expose()) else {
            return match renewed.came {
                Came::Won => Ok(Replay::NotReplaced),
                // It never was any good, and no second use is to blame.
                Came::Lost { .. } | Came::Failed => Ok(Replay::Refused),
                Came::Untold(because, why) => Err((because, why)),
            };
        };
        let (again, newest) = (self.once(self.holding(first)).await, self.once(self.holding(&second)).await);
        match (again.came, newest.came) {
            (Came::Untold(because, why), _) | (_, Came::Untold(because, why)) => Err((because, why)),
            (_, Came::Lost { .. } | Came::Failed) => Ok(Replay::EndsFamily),
            (Came::Won, Came::Won) => Ok(Replay::Granted),
            (Came::Lost { .. } | Came::Failed, Came::Won) => Ok(Replay::Refused),
        }
    }

    /// One round, and what holds its token.
    async fn round(&self, at_once: u32, replay: &Result<Replay, NotBegun>) -> Result<(Round, Captures), NotBegun> {
        let (tokens, old) = self.walk(&self.setup).await?;
        let token = tokens.into_iter().flatten().next_back();
        let token = token.ok_or_else(|| (Because::Setup, "the setup brought no refresh token".to_owned()))?;
        let uses = self.race(at_once, &old).await;
        let mut round = Round::new(token, uses, replay.clone());
        // Where a second use ends the family, what was won is tried before it; elsewhere grace may end with the first use of
        // what was won.
        let ends = matches!(replay, Ok(Replay::EndsFamily) | Err(_));
        if !ends {
            round.old = Some(self.once(old.clone()).await);
        }
        for won in round.won() {
            let after = self.once(self.holding(&won)).await;
            round.after.push(after);
        }
        if ends {
            round.old = Some(self.once(old.clone()).await);
        }
        Ok((round, old))
    }

    /// So many uses at once of a token that was kept.
    async fn race(&self, at_once: u32, old: &Captures) -> Vec<Use> {
        let Some(step) = self.raced.steps.first() else { return vec![] };
        self.running.halt().unless(self.running.ground.together(at_once, &step.template.url)).await;
        let barrier = Arc::new(Barrier::new(at_once as usize));
        let mut racers = JoinSet::new();
        for _ in 0..at_once {
            let (running, raced, old) = (Arc::clone(self.running), Arc::clone(&self.raced), old.clone());
            let (barrier, number) = (Arc::clone(&barrier), running.number());
            racers.spawn(async move {
                let _woken = running.halt().wakes().await;
                barrier.wait().await;
                running.walk(&raced, number, Start::Together, old).await.0
            });
        }
        let mut uses = Vec::with_capacity(at_once as usize);
        for mut walked in racers.join_all().await {
            let tokens = walked.exchanges.iter().map(refresh_token).collect::<Vec<_>>();
            self.settle(&self.raced, &mut walked).await;
            uses.push(Use::of(walked, tokens.into_iter().flatten().next_back()));
        }
        uses
    }

    /// One use of a token that was kept, with nobody beside it.
    async fn once(&self, captures: Captures) -> Use {
        let (mut walked, _) = self.running.walk(&self.raced, self.running.number(), Start::Now, captures).await;
        let token = walked.exchanges.last().and_then(refresh_token);
        self.settle(&self.raced, &mut walked).await;
        Use::of(walked, token)
    }

    /// Walks a plan from its beginning: the refresh token of each answer, and what was kept.
    async fn walk(&self, plan: &Plan) -> Result<(Vec<Option<Secret>>, Captures), NotBegun> {
        let number = self.running.number();
        let (mut walked, captures) = self.running.walk(plan, number, Start::Now, Captures::default()).await;
        let tokens = walked.exchanges.iter().map(refresh_token).collect();
        self.settle(plan, &mut walked).await;
        let unsent = walked.steps.iter().find_map(|step| match step {
            Reached::Not(because, why) => Some((*because, why.clone())),
            Reached::Sent(_) => None,
        });
        let unheard = walked.exchanges.iter().find_map(|exchange| exchange.heard.as_ref().err());
        match unsent.or(unheard.map(|silence| (silence.because(), silence.to_string()))) {
            Some(not_begun) => Err(not_begun),
            None => Ok((tokens, captures)),
        }
    }

    /// Judges a walk and hands its tokens over. The facts about them stay with it: a round is told by them.
    async fn settle(&self, plan: &Plan, walked: &mut Walked) {
        let (_, tokens) = self.running.judge(JOURNEY, plan, walked, Begun::ByUser { until: Duration::MAX });
        let facts: Vec<_> = answers(walked).map(|answer| answer.tokens.clone()).collect();
        self.running.hand(issued(plan, walked, tokens, JOURNEY, self.row)).await;
        answers(walked).zip(facts).for_each(|(answer, facts)| answer.tokens = facts);
    }

    /// What holds that token, and nothing else.
    fn holding(&self, token: &Secret) -> Captures {
        let mut captures = Captures::default();
        self.names.iter().for_each(|name| captures.keep(name, token.clone()));
        captures
    }
}

fn answers(walked: &mut Walked) -> impl Iterator<Item = &mut Answer> {
    walked.exchanges.iter_mut().filter_map(|exchange| exchange.heard.as_mut().ok())
}

/// A race has one journey: its own steps.
const JOURNEY: usize = 0;
