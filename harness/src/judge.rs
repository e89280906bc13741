//! What each promise of a walk came to: a pure function of the plan, its exchanges and the facts about their tokens.

use std::slice;

use ropcheck_reports::record::{Because, Finding, Found, Origin, Share};

use crate::check::same_time::{self, Pair};
use crate::check::{Around, Check, unjudged};
use crate::exchange::{Answer, Sent};
use crate::lint::EXAMPLES;
use crate::plan::{Plan, Planned, Promise};
use crate::walk::{Reached, Walked};

/// Judges every promise of a walk and tells what it came to.
pub fn judge(plan: &Plan, walked: &Walked, tell: &mut dyn FnMut(Found)) {
    judge_together(plan, slice::from_ref(walked), tell);
}

/// Judges every promise of a plan that was walked several times and tells what it came to in all of its walks.
pub fn judge_together(plan: &Plan, walks: &[Walked], tell: &mut dyn FnMut(Found)) {
    came_to(plan, walks, &mut |promise, came| tell(found(plan, walks, promise, came)));
}

/// Settles every promise of a plan, in the order of its steps, and tells what it came to without making a finding of it:
/// under load nearly all of them are met, and nobody reads those.
pub(crate) fn came_to<'p>(plan: &'p Plan, walks: &[Walked], tell: &mut dyn FnMut(&'p Promise, CameTo)) {
    for (index, step) in plan.steps.iter().enumerate() {
        for promise in &step.expect {
            let came = match &promise.check {
                Check::SameTime(other) => same_time(other, index, plan, walks),
                _ => promised(promise, index, step, plan, walks),
            };
            tell(promise, came);
        }
    }
}

/// What a promise came to, as a finding.
pub(crate) fn found(plan: &Plan, walks: &[Walked], promise: &Promise, came: CameTo) -> Found {
    let evidence = came.shown.iter().map(|(walk, position)| walks[*walk].exchange_id(*position)).collect();
    Found {
        case: plan.case.id.clone(),
        requirement: promise.requirement.clone(),
        origin: Origin::Line,
        at: Some(promise.at.clone()),
        finding: came.finding,
        evidence,
        share: came.share,
        drawn: None,
    }
}

impl CameTo {
    /// A promise that was met, with nothing to show.
    pub(crate) fn met() -> Self {
        Self { finding: Finding::Met, shown: vec![], share: None }
    }
}

/// Whether the times of a comparison are known well enough to end it.
pub(crate) fn times_are_told(plan: &Plan, walks: &[Walked]) -> bool {
    let promises =
        plan.steps.iter().enumerate().flat_map(|(index, step)| step.expect.iter().map(move |one| (index, one)));
    let times = promises.filter_map(|(index, promise)| match &promise.check {
        Check::SameTime(other) => Some(same_time(other, index, plan, walks).finding),
        _ => None,
    });
    times.into_iter().all(|finding| !matches!(finding, Finding::Unjudged { .. }))
}

/// What a promise came to.
pub(crate) struct CameTo {
    pub(crate) finding: Finding,
    /// The exchanges that show it: the walk and the position in it.
    pub(crate) shown: Vec<(usize, usize)>,
    /// Of how many answers how many broke it, where there are several.
    share: Option<Share>,
}

/// A promise of a step that was sent more than once binds every answer: one that breaks it is enough, and one that could not
/// be judged leaves it open.
fn promised(promise: &Promise, index: usize, step: &Planned, plan: &Plan, walks: &[Walked]) -> CameTo {
    // A throttled answer says nothing of the promise, unless the promise is about throttling (RFC 6585 section 4).
    let (mut broken, mut first) = (Vec::new(), None);
    let (mut left_open, mut open) = (0, None);
    let (mut sent, mut last) = (0, None);
    for (walk, walked) in walks.iter().enumerate() {
        let positions = match walked.steps.get(index) {
            Some(Reached::Sent(positions)) => positions,
            Some(Reached::Not(because, why)) => {
                let before = if *because == Because::Setup { refused_before(plan, walked) } else { String::new() };
                let why = format!("{why}{before}");
                open.get_or_insert((unjudged(*because, why), None));
                continue;
            }
            None => {
                open.get_or_insert((unjudged(Because::Harness, "the step was not walked"), None));
                continue;
            }
        };
        for position in positions {
            let finding = match &walked.exchanges[*position].heard {
                Err(silence) => unjudged(silence.because(), silence.to_string()),
                Ok(answer) if answer.is_throttled() && !step.expects_throttling() => {
                    unjudged(Because::Throttled, answer.in_few_words())
                }
                Ok(answer) => promise.check.judge(answer, &InWalk { plan, walked, index, position: *position }),
            };
            let shown = (walk, *position);
            (sent, last) = (sent + 1, Some(shown));
            match finding {
                Finding::Met => {}
                Finding::Broken { .. } => {
                    broken.push(shown);
                    first.get_or_insert(finding);
                }
                Finding::Unjudged { .. } => {
                    left_open += 1;
                    open.get_or_insert((finding, Some(shown)));
                }
            }
        }
    }
    let share = (sent > 1).then(|| Share { broken: broken.len() as u64, of: sent - left_open, open: 0 });
    broken.truncate(EXAMPLES);
    let (finding, shown) = match (first, open) {
        (Some(finding), _) => (finding, broken),
        (None, Some((finding, shown))) => (finding, shown.into_iter().collect()),
        (None, None) => (Finding::Met, last.into_iter().collect()),
    };
    CameTo { finding, shown, share }
}

/// The last refusal of a request of which something was to be kept: who asked, and what came.
fn refused_before(plan: &Plan, walked: &Walked) -> String {
    let answered = walked.exchanges.iter().filter_map(|one| Some((plan.sent(one.sent)?, one.heard.as_ref().ok()?)));
    let mut refused = answered.filter(|(step, answer)| !step.keep.is_empty() && !answer.grants());
    refused.next_back().map_or_else(String::new, |(step, answer)| {
        let by = step.client.as_ref().map_or_else(String::new, |client| format!(" by client `{client}`"));
        format!(": the request before it{by} was answered with {}", answer.in_few_words())
    })
}

/// What a comparison came to: the times of every pair that was answered as a whole, and to show it the pair in the middle.
fn same_time(other: &str, index: usize, plan: &Plan, walks: &[Walked]) -> CameTo {
    let Some(beside) = plan.steps.iter().position(|step| step.name == other) else {
        let finding = unjudged(Because::Harness, format!("no step is named {other}"));
        return CameTo { finding, shown: vec![], share: None };
    };
    let answered = |walked: &Walked, step: usize| match walked.steps.get(step)? {
        Reached::Sent(positions) => {
            let position = *positions.last()?;
            let exchange = &walked.exchanges[position];
            let told = exchange.heard.as_ref().is_ok_and(|answer| !answer.is_throttled());
            told.then_some((position, exchange.took))
        }
        Reached::Not(..) => None,
    };
    let both = |walked: &Walked| Some((answered(walked, beside)?, answered(walked, index)?));
    let whole = walks.iter().enumerate().filter_map(|(walk, walked)| Some((walk, both(walked)?)));
    let (shown, pairs): (Vec<_>, Vec<_>) =
        whole.map(|(walk, ((that, other), (one, this)))| ([(walk, that), (walk, one)], Pair { this, other })).unzip();
    let shown = same_time::typical(&pairs).map(|at| shown[at].to_vec()).unwrap_or_default();
    match (same_time::judge(&plan.steps[index].name, other, &pairs), walks.last().and_then(cut_short)) {
        (Finding::Unjudged { detail, .. }, Some((because, why))) => {
            let why = if pairs.is_empty() { why } else { format!("{why}; {detail}") };
            CameTo { finding: unjudged(because, why), shown, share: None }
        }
        (finding, _) => CameTo { finding, shown, share: None },
    }
}

/// Why a walk was the last of a comparison, where it was not for good.
fn cut_short(walked: &Walked) -> Option<(Because, String)> {
    let unreached = walked.steps.iter().find_map(|step| match step {
        Reached::Not(because, why) => Some((*because, why.clone())),
        Reached::Sent(_) => None,
    });
    let unheard = walked.exchanges.iter().find_map(|exchange| match &exchange.heard {
        Err(silence) => Some((silence.because(), silence.to_string())),
        Ok(answer) => answer.is_throttled().then(|| (Because::Throttled, answer.in_few_words())),
    });
    unreached.or(unheard)
}

/// An answer's place in its walk.
struct InWalk<'a> {
    plan: &'a Plan,
    walked: &'a Walked,
    /// The step that it answers.
    index: usize,
    /// Its exchange.
    position: usize,
}

impl Around for InWalk<'_> {
    fn earlier(&self, step: &str) -> Option<&Answer> {
        let index = self.plan.steps[..self.index].iter().position(|one| one.name == step)?;
        self.walked.answer(index)
    }

    fn others(&self) -> Vec<&Answer> {
        let all = self.walked.exchanges.iter().enumerate();
        let others = all.filter(|(position, one)| *position != self.position && matches!(one.sent, Sent::Step(_)));
        others.filter_map(|(_, one)| one.heard.as_ref().ok()).collect()
    }
}
