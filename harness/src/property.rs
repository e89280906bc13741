//! Properties: values drawn, a failure made smaller, by way of the same walk and the same judge as everything else.

pub mod draw;
pub mod regressions;
pub mod replay;
mod ways;

use std::sync::Arc;

use draw::Source;
use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use regressions::{Regressions, Seed};
use ropcheck_reports::drawn::Value;
use ropcheck_reports::record::{self, Because, Finding, Found};

use crate::drawn::Drawn;
use crate::judge::judge;
use crate::plan::{MOVES, Plan};
use crate::scenario::given::{Repertoire, Strategy};
use crate::walk::{Ground, Start, Walked, walk};
use crate::witness::{Keys, witness};

/// How much a property asks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Sets of values tried.
    pub cases: u32,
    /// Walks spent at the most on making a failure smaller.
    pub shrinks: u32,
}

impl Effort {
    /// The usual effort.
    pub const USUAL: Self = Self { cases: 64, shrinks: 512 };

    /// The effort where each walk costs a real account failed logins.
    pub const CAREFUL: Self = Self { cases: 2, shrinks: 0 };
}

/// What the values of a run are drawn from.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// The seed of the whole run.
    pub seed: u64,
    /// Sets of values tried for each property; none: the usual number.
    pub cases: Option<u32>,
    /// Sets of values that failed before.
    pub regressions: Arc<Regressions>,
}

impl From<u64> for Drawing {
    fn from(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// One walk of a case, judged.
pub struct Attempt {
    /// What was done: the plan, with the drawn moves behind its steps.
    pub plan: Arc<Plan>,
    /// What was said and heard.
    pub walked: Walked,
    /// What each promise came to.
    pub found: Vec<Found>,
}

/// A property with all that running it takes.
pub struct Property<'a> {
    /// Its plan.
    pub plan: &'a Arc<Plan>,
    /// The seed that its values come from, together with its id.
    pub seed: u64,
    /// Seeds of sets of values that failed before: they are tried first.
    pub regressions: &'a [Seed],
    /// How much it asks.
    pub effort: Effort,
    /// Where it is walked.
    pub on: &'a Ground,
    /// What tokens are held against.
    pub keys: &'a Keys,
}

/// Who is shown every walk that is not kept.
pub type LetGo<'a> = dyn FnMut(&Attempt) + Send + 'a;

impl Property<'_> {
    /// Tries sets of values until one fails, which is then made as small as it gets. The walk that is kept is the smallest
    /// failing one, or the last.
    pub async fn run(&self, let_go: &mut LetGo<'_>) -> Attempt {
        let sources: Vec<Source> = self.names().map(|(_, source)| source).collect();
        let most = self.effort.cases.max(u32::try_from(self.regressions.len()).unwrap_or(u32::MAX));
        let mut earlier: Vec<Found> = Vec::new();
        let redraws = if self.plan.ways().is_some() { REDRAWS_OF_FEW } else { REDRAWS };
        let mut draws = Draws { property: self, sources: &sources, redraws, number: 0, seen: Vec::new() };
        let mut tried = 0;
        loop {
            let known = usize::try_from(tried).ok().and_then(|tried| self.regressions.get(tried).copied());
            tried += 1;
            let (mut tree, seed) = draws.next(known);
            let mut attempt = self.attempt(tree.current(), tried).await;
            if is_broken(&attempt.found) {
                return self.shrink(&mut tree, (tried, seed), attempt, let_go).await;
            }
            // What could not be judged once is not tried again: the control was refused, or the server is silent.
            let is_stuck = attempt.found.iter().any(|one| matches!(one.finding, Finding::Unjudged { .. }))
                && !attempt.found.iter().any(|one| one.finding == Finding::Met);
            if tried >= most || is_stuck {
                // What the last moves did not come to, earlier ones did.
                let is_new = |one: &Found| !attempt.found.iter().any(|known| is_same_promise(known, one));
                let earlier: Vec<Found> = earlier.into_iter().filter(is_new).collect();
                attempt.found.extend(earlier);
                return attempt;
            }
            if self.plan.moves.is_some() {
                for one in &attempt.found {
                    if !earlier.iter().any(|known| is_same_promise(known, one)) {
                        earlier.push(one.clone());
                    }
                }
            }
            let_go(&attempt);
        }
    }

    /// Walks once with values that were drawn earlier.
    pub async fn again(&self, values: Drawn) -> Attempt {
        let plan = self.plan.with_moves(&values).with_names(&values);
        let mut walked = walk(&plan, &values, Start::Now, self.on).await;
        witness(&plan, &mut walked, self.keys);
        let mut found = Vec::new();
        judge(&plan, &walked, &mut |one| found.push(one));
        if plan.moves.is_some() {
            found = once_each(found);
        }
        Attempt { plan, walked, found }
    }

    /// Makes the values of a failure smaller while it still fails, and then looks whether it fails again.
    async fn shrink(
        &self,
        tree: &mut impl ValueTree<Value = Vec<Value>>,
        (tried, seed): (u32, Seed),
        first: Attempt,
        let_go: &mut LetGo<'_>,
    ) -> Attempt {
        let mut smallest = first;
        let mut shrinks = 0;
        let mut minimal = true;
        let mut smaller = tree.simplify();
        while smaller {
            if shrinks == self.effort.shrinks {
                minimal = false;
                break;
            }
            shrinks += 1;
            let attempt = self.attempt(tree.current(), tried + shrinks).await;
            if fails_alike(&smallest.found, &attempt.found) {
                let_go(&std::mem::replace(&mut smallest, attempt));
                smaller = tree.simplify();
            } else {
                let_go(&attempt);
                if has_no_more(&attempt.found) {
                    minimal = false;
                    break;
                }
                smaller = tree.complicate();
            }
        }
        if minimal {
            self.plain(&mut smallest, tried, &mut shrinks, let_go).await;
        }
        let again = self.once_more(&smallest, tried + shrinks + 1, let_go).await;
        let values = smallest.walked.drawn.values().clone();
        for one in &mut smallest.found {
            let (values, seed) = (values.clone(), seed.to_string());
            one.drawn = Some(record::Drawn { values, tried, shrinks, minimal, again, seed, asked: String::new() });
        }
        smallest
    }

    /// Writes each text of a failure in one and the same letter, where it fails alike: a character that is the simplest of its
    /// own kind may be no simpler to a reader.
    async fn plain(&self, smallest: &mut Attempt, tried: u32, shrinks: &mut u32, let_go: &mut LetGo<'_>) {
        for name in self.plan.given.iter().filter(|(_, strategy)| has_letters(strategy)).map(|(name, _)| name) {
            let mut values = smallest.walked.drawn.values().clone();
            let Some(Value::Text(text)) = values.get_mut(name) else { continue };
            let plain = "a".repeat(text.chars().count());
            if *text == plain || *shrinks >= self.effort.shrinks {
                continue;
            }
            *text = plain;
            *shrinks += 1;
            let attempt = self.again(Drawn::of(tried + *shrinks, values)).await;
            if fails_alike(&smallest.found, &attempt.found) {
                let_go(&std::mem::replace(smallest, attempt));
            } else {
                let_go(&attempt);
            }
        }
    }

    /// Whether a failure comes again with its control sent anew; none where nothing more could be sent.
    async fn once_more(&self, failed: &Attempt, number: u32, let_go: &mut LetGo<'_>) -> Option<bool> {
        for control in failed.plan.steps.iter().filter_map(|step| step.control.as_ref()) {
            self.on.forget(&control.key);
        }
        let attempt = self.again(Drawn::of(number, failed.walked.drawn.values().clone())).await;
        let_go(&attempt);
        let alike = fails_alike(&failed.found, &attempt.found);
        let is_open = attempt.found.iter().any(|one| matches!(one.finding, Finding::Unjudged { .. }));
        (alike || !is_open).then_some(alike)
    }

    async fn attempt(&self, values: Vec<Value>, number: u32) -> Attempt {
        let values = self.names().map(|(name, _)| name).zip(values).collect();
        self.again(Drawn::of(number, values)).await
    }

    /// What is drawn, by name.
    fn names(&self) -> impl Iterator<Item = (String, Source)> {
        let given = self.plan.given.iter().map(|(name, strategy)| (name.clone(), Source::of(strategy)));
        let moves = self.plan.moves.as_ref().map(|moves| (MOVES.to_owned(), Source::of_moves(moves)));
        given.chain(moves)
    }
}

/// The sets of values of a run, one after the other.
struct Draws<'a> {
    property: &'a Property<'a>,
    sources: &'a Vec<Source>,
    /// How often one is drawn anew that was given out before.
    redraws: u32,
    /// How many were drawn.
    number: u32,
    /// Those that were given out.
    seen: Vec<Vec<Value>>,
}

/// How often a set is drawn anew for one that was not given out before. Of those that can be counted, drawn so often, hardly
/// one is missed.
const REDRAWS_OF_FEW: u32 = 1024;

/// The same where nobody can count them: mostly the next one is another, and where it is not, looking on takes longer than
/// trying one twice.
const REDRAWS: u32 = 16;

impl Draws<'_> {
    /// The next set: of that seed where one is known, else one that was not given out before, where one is found.
    fn next(&mut self, known: Option<Seed>) -> (<Vec<Source> as proptest::strategy::Strategy>::Tree, Seed) {
        let last = self.number.saturating_add(self.redraws);
        loop {
            let seed = known.unwrap_or_else(|| {
                self.number += 1;
                Seed::of(&self.property.plan.case.id, self.property.seed, self.number)
            });
            // A strategy without filters never refuses to draw.
            let Ok(tree) = self.sources.new_tree(&mut runner(&seed)) else { unreachable!("no filter, no rejection") };
            let values = tree.current();
            let is_new = !self.seen.contains(&values);
            if is_new || known.is_some() || self.number >= last {
                self.seen.extend(is_new.then_some(values));
                return (tree, seed);
            }
        }
    }
}

/// Whether a text of letters alone may be drawn.
fn has_letters(strategy: &Strategy) -> bool {
    use Repertoire::{Any, Ascii, Name, Token, Unicode};
    matches!(strategy, Strategy::Text { from: Any | Ascii | Name | Token | Unicode, .. })
}

fn is_broken(found: &[Found]) -> bool {
    found.iter().any(|one| matches!(one.finding, Finding::Broken { .. }))
}

/// Whether a sentence that was broken before is broken again: a smaller failure of another kind is another failure.
fn fails_alike(before: &[Found], now: &[Found]) -> bool {
    let broken = |found: &&Found| matches!(found.finding, Finding::Broken { .. });
    now.iter().filter(broken).any(|now| before.iter().filter(broken).any(|one| one.requirement == now.requirement))
}

/// Whether nothing more can be sent: the budget is spent, the server is silent or has had enough.
fn has_no_more(found: &[Found]) -> bool {
    let ends = |because| matches!(because, Because::Budget | Because::NoAnswer | Because::Throttled);
    found.iter().any(|one| matches!(one.finding, Finding::Unjudged { because, .. } if ends(because)))
}

/// Whether two findings are of the same line under the same sentence.
fn is_same_promise(one: &Found, other: &Found) -> bool {
    one.requirement == other.requirement && one.at == other.at
}

/// Of the findings of a move that comes more than once, the one that weighs most.
fn once_each(found: Vec<Found>) -> Vec<Found> {
    let weight = |one: &Found| match one.finding {
        Finding::Met => 0,
        Finding::Unjudged { .. } => 1,
        Finding::Broken { .. } => 2,
    };
    let mut each: Vec<Found> = Vec::new();
    for one in found {
        match each.iter_mut().find(|known| is_same_promise(known, &one)) {
            Some(known) if weight(known) < weight(&one) => *known = one,
            Some(_) => {}
            None => each.push(one),
        }
    }
    each
}

/// The values of one walk by themselves: its number and the seed tell all of them.
pub(crate) fn drawn(plan: &Plan, seed: u64, attempt: u32) -> Drawn {
    let sources: Vec<Source> = plan.given.values().map(Source::of).collect();
    // A strategy without filters never refuses to draw.
    let tree = sources.new_tree(&mut runner(&Seed::of(&plan.case.id, seed, attempt)));
    let Ok(tree) = tree else { unreachable!("no filter, no rejection") };
    Drawn::of(attempt, plan.given.keys().cloned().zip(tree.current()).collect())
}

/// What draws the values of one attempt: its seed alone decides, so that a failure can be drawn again.
fn runner(seed: &Seed) -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed.0))
}
