//! What each promise of a walk came to: a pure function of the plan, its exchanges and the facts about their tokens.

use ropcheck_reports::record::{Because, Finding, Found, Origin, Share};

use crate::check::{Around, unjudged};
use crate::exchange::{Answer, Sent};
use crate::lint::EXAMPLES;
use crate::plan::{Plan, Planned, Promise};
use crate::walk::{Reached, Walked};

/// Judges every promise of a walk and tells what it came to.
pub fn judge(plan: &Plan, walked: &Walked, tell: &mut dyn FnMut(Found)) {
    for (index, step) in plan.steps.iter().enumerate() {
        for promise in &step.expect {
            let (finding, evidence, share) = promised(promise, index, step, plan, walked);
            tell(Found {
                case: plan.case.id.clone(),
                requirement: promise.requirement.clone(),
                origin: Origin::Line,
                at: Some(promise.at.clone()),
                finding,
                evidence,
                share,
                drawn: None,
            });
        }
    }
}

/// What a promise came to, the exchanges that show it, and of how many answers how many broke it where there are several.
type CameTo = (Finding, Vec<String>, Option<Share>);

/// A promise of a step that was sent more than once binds every answer: one that breaks it is enough, and one that could not
/// be judged leaves it open.
fn promised(promise: &Promise, index: usize, step: &Planned, plan: &Plan, walked: &Walked) -> CameTo {
    let positions = match walked.steps.get(index) {
        Some(Reached::Sent(positions)) => positions,
        Some(Reached::Not(because, why)) => return (unjudged(*because, why), vec![], None),
        None => return (unjudged(Because::Harness, "the step was not walked"), vec![], None),
    };
    // A throttled answer says nothing of the promise, unless the promise is about throttling (RFC 6585 section 4).
    let (mut broken, mut first) = (Vec::new(), None);
    let (mut left_open, mut open) = (0, None);
    for position in positions {
        let finding = match &walked.exchanges[*position].heard {
            Err(silence) => unjudged(Because::NoAnswer, silence.to_string()),
            Ok(answer) if answer.is_throttled() && !step.expects_throttling() => {
                unjudged(Because::Throttled, answer.in_few_words())
            }
            Ok(answer) => promise.check.judge(answer, &InWalk { plan, walked, index, position: *position }),
        };
        match finding {
            Finding::Met => {}
            Finding::Broken { .. } => {
                broken.push(*position);
                first.get_or_insert(finding);
            }
            Finding::Unjudged { .. } => {
                left_open += 1;
                open.get_or_insert((finding, *position));
            }
        }
    }
    let share =
        (positions.len() > 1).then(|| Share { broken: broken.len() as u64, of: (positions.len() - left_open) as u64 });
    let (finding, shown) = match (first, open) {
        (Some(finding), _) => (finding, &broken[..broken.len().min(EXAMPLES)]),
        (None, Some((finding, position))) => (finding, &[position][..]),
        (None, None) => (Finding::Met, &positions[positions.len().saturating_sub(1)..]),
    };
    (finding, shown.iter().map(|position| walked.exchange_id(*position)).collect(), share)
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
