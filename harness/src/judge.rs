//! What each promise of a walk came to: a pure function of the plan, its exchanges and the facts about their tokens.

use ropcheck_reports::record::{Because, Finding, Found, Origin};

use crate::check::{Earlier, unjudged};
use crate::exchange::Answer;
use crate::plan::{Plan, Planned, Promise};
use crate::walk::{Reached, Walked};

/// Judges every promise of a walk and tells what it came to.
pub fn judge(plan: &Plan, walked: &Walked, tell: &mut dyn FnMut(Found)) {
    for (index, step) in plan.steps.iter().enumerate() {
        for promise in &step.expect {
            let (finding, evidence) = promised(promise, index, step, plan, walked);
            tell(Found {
                case: plan.case.id.clone(),
                requirement: promise.requirement.clone(),
                origin: Origin::Line,
                at: Some(promise.at.clone()),
                finding,
                evidence,
                share: None,
                drawn: None,
            });
        }
    }
}

fn promised(promise: &Promise, index: usize, step: &Planned, plan: &Plan, walked: &Walked) -> (Finding, Vec<String>) {
    let position = match walked.steps.get(index) {
        Some(Reached::Sent(position)) => *position,
        Some(Reached::Not(because, why)) => return (unjudged(*because, why), vec![]),
        None => return (unjudged(Because::Harness, "the step was not walked"), vec![]),
    };
    let evidence = vec![walked.exchange_id(position)];
    let finding = match &walked.exchanges[position].heard {
        Err(silence) => unjudged(Because::NoAnswer, silence.to_string()),
        // A throttled answer says nothing of the promise, unless the promise is about throttling (RFC 6585 section 4).
        Ok(answer) if answer.status == 429 && !step.expect.iter().any(|promise| promise.check.expects_throttling()) => {
            unjudged(Because::Throttled, answer.in_few_words())
        }
        Ok(answer) => promise.check.judge(answer, &Before { plan, walked, index }),
    };
    (finding, evidence)
}

/// The steps before one.
struct Before<'a> {
    plan: &'a Plan,
    walked: &'a Walked,
    index: usize,
}

impl Earlier for Before<'_> {
    fn answer(&self, step: &str) -> Option<&Answer> {
        let index = self.plan.steps[..self.index].iter().position(|one| one.name == step)?;
        self.walked.answer(index)
    }
}
