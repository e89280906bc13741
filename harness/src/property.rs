//! Properties: values drawn, a failure made smaller, by way of the same walk and the same judge as everything else.

pub mod draw;

use draw::Source;
use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ropcheck_reports::drawn::Value;
use ropcheck_reports::record::{self, Finding, Found};

use crate::drawn::Drawn;
use crate::judge::judge;
use crate::plan::Plan;
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
    pub const USUAL: Self = Self { cases: 64, shrinks: 256 };

    /// The effort where each walk costs a real account failed logins.
    pub const CAREFUL: Self = Self { cases: 2, shrinks: 0 };
}

/// What a property came to: its last walk, and what was found in it.
pub struct Outcome {
    /// The walk that is kept: the smallest failing one, or the last.
    pub walked: Walked,
    /// What each promise came to in it.
    pub found: Vec<Found>,
    /// Every other walk's answers, for the lints.
    pub others: Vec<Walked>,
}

/// A property with all that running it takes.
pub struct Property<'a> {
    /// Its plan.
    pub plan: &'a Plan,
    /// The seed that its values come from, together with its id.
    pub seed: u64,
    /// How much it asks.
    pub effort: Effort,
    /// Where it is walked.
    pub on: &'a Ground,
    /// What tokens are held against.
    pub keys: &'a Keys,
}

impl Property<'_> {
    /// Tries sets of values until one fails, which is then made as small as it gets.
    pub async fn run(&self) -> Outcome {
        let mut runner = TestRunner::new_with_rng(Config::default(), rng(&self.plan.case.id, self.seed, 1));
        let sources: Vec<Source> = self.plan.given.values().map(Source::of).collect();
        let mut others = Vec::new();
        let mut tried = 0;
        loop {
            tried += 1;
            // A strategy without filters never refuses to draw.
            let Ok(mut tree) = sources.new_tree(&mut runner) else { unreachable!("no filter, no rejection") };
            let (walked, found) = self.attempt(tree.current(), tried).await;
            if broken(&found) {
                return self.shrink(&mut tree, tried, Outcome { walked, found, others }).await;
            }
            // What could not be judged once is not tried again: the control was refused, or the server is silent.
            let judged = found.iter().any(|one| one.finding == Finding::Met);
            if tried >= self.effort.cases || !judged {
                return Outcome { walked, found, others };
            }
            others.push(walked);
        }
    }

    /// Makes the values of a failure smaller while it still fails.
    async fn shrink(&self, tree: &mut impl ValueTree<Value = Vec<Value>>, tried: u32, first: Outcome) -> Outcome {
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
            let (walked, found) = self.attempt(tree.current(), tried + shrinks).await;
            if broken(&found) {
                smallest.others.push(std::mem::replace(&mut smallest.walked, walked));
                smallest.found = found;
                smaller = tree.simplify();
            } else {
                smallest.others.push(walked);
                smaller = tree.complicate();
            }
        }
        let values = smallest.walked.drawn.values();
        for one in &mut smallest.found {
            one.drawn = Some(record::Drawn { values: values.clone(), tried, shrinks, minimal });
        }
        smallest
    }

    async fn attempt(&self, values: Vec<Value>, number: u32) -> (Walked, Vec<Found>) {
        let values = self.plan.given.keys().cloned().zip(values).collect();
        let drawn = Drawn::of(number, values);
        let mut walked = walk(self.plan, &drawn, Start::Now, self.on).await;
        witness(self.plan, &mut walked, self.keys);
        let mut found = Vec::new();
        judge(self.plan, &walked, &mut |one| found.push(one));
        (walked, found)
    }
}

fn broken(found: &[Found]) -> bool {
    found.iter().any(|one| matches!(one.finding, Finding::Broken { .. }))
}

/// A generator of its own for each attempt of each property, so that none depends on which others run.
fn rng(case: &str, seed: u64, attempt: u32) -> TestRng {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{seed}/{case}/{attempt}").as_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, digest.as_ref())
}
