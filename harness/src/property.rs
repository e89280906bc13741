//! Properties: values drawn, a failure made smaller, by way of the same walk and the same judge as everything else.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use proptest::char::{CharStrategy, CharValueTree};
use proptest::collection::{VecStrategy, VecValueTree, vec};
use proptest::sample::{Select, select};
use proptest::strategy::{NewTree, Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ropcheck_reports::record::{self, Finding, Found};

use crate::judge::judge;
use crate::plan::Plan;
use crate::scenario::{Repertoire, Strategy};
use crate::walk::{Ground, Start, Walked, walk};
use crate::witness::{Keys, witness};

/// The values that a walk uses for the names of `given`, and which attempt of its property it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    attempt: u32,
    values: BTreeMap<String, String>,
}

impl Drawn {
    /// No values: a case without `given`.
    pub fn none() -> Self {
        Self::default()
    }

    /// No values, in the walk of that number of a case that is walked more than once.
    pub fn none_in(attempt: u32) -> Self {
        Self { attempt, ..Self::default() }
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The attempt, counted from 1; 0 where nothing is drawn.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// Sets of values that a property tries.
pub const CASES: u32 = 64;

/// Walks spent at the most on making a failure smaller.
const SHRINKS: u32 = 256;

/// What a property came to: its last walk, and what was found in it.
pub struct Outcome {
    /// The walk that is kept: the smallest failing one, or the last.
    pub walked: Walked,
    /// What each promise came to in it.
    pub found: Vec<Found>,
    /// Every other walk's answers, for the lints.
    pub others: Vec<Walked>,
}

/// Runs a property: `cases` sets of values, the first failing one made as small as it gets.
pub async fn run(plan: &Plan, seed: u64, cases: u32, on: &Ground, keys: &Keys) -> Outcome {
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(&plan.case.id, seed));
    let sources: Vec<Source> = plan.given.values().map(Source::of).collect();
    let mut others = Vec::new();
    let mut tried = 0;
    loop {
        tried += 1;
        // A strategy without filters never refuses to draw.
        let Ok(mut tree) = sources.new_tree(&mut runner) else { unreachable!("no filter, no rejection") };
        let (walked, found) = attempt(plan, named(&plan.given, tree.current(), tried), on, keys).await;
        if broken(&found) {
            return shrink(plan, &mut tree, (walked, found), tried, others, on, keys).await;
        }
        // What could not be judged once is not tried again: the control was refused, or the server is silent.
        let judged = found.iter().any(|one| one.finding == Finding::Met);
        if tried >= cases || !judged {
            return Outcome { walked, found, others };
        }
        others.push(walked);
    }
}

async fn shrink(
    plan: &Plan,
    tree: &mut impl ValueTree<Value = Vec<String>>,
    first: (Walked, Vec<Found>),
    tried: u32,
    mut others: Vec<Walked>,
    on: &Ground,
    keys: &Keys,
) -> Outcome {
    let (mut walked, mut found) = first;
    let mut shrinks = 0;
    let mut minimal = true;
    let mut smaller = tree.simplify();
    while smaller {
        if shrinks == SHRINKS {
            minimal = false;
            break;
        }
        shrinks += 1;
        let (this, in_this) = attempt(plan, named(&plan.given, tree.current(), tried + shrinks), on, keys).await;
        if broken(&in_this) {
            others.push(std::mem::replace(&mut walked, this));
            found = in_this;
            smaller = tree.simplify();
        } else {
            others.push(this);
            smaller = tree.complicate();
        }
    }
    for one in &mut found {
        one.drawn = Some(record::Drawn { values: walked.drawn.values.clone(), tried, shrinks, minimal });
    }
    Outcome { walked, found, others }
}

async fn attempt(plan: &Plan, drawn: Drawn, on: &Ground, keys: &Keys) -> (Walked, Vec<Found>) {
    let mut walked = walk(plan, &drawn, Start::Now, on).await;
    witness(&mut walked, keys);
    let mut found = Vec::new();
    judge(plan, &walked, &mut |one| found.push(one));
    (walked, found)
}

fn broken(found: &[Found]) -> bool {
    found.iter().any(|one| matches!(one.finding, Finding::Broken { .. }))
}

/// A generator of its own for each property, so that none depends on which others run.
fn rng(case: &str, seed: u64) -> TestRng {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{seed}/{case}").as_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, digest.as_ref())
}

fn named(given: &IndexMap<String, Strategy>, values: Vec<String>, attempt: u32) -> Drawn {
    Drawn { attempt, values: given.keys().cloned().zip(values).collect() }
}

/// How one value is drawn. Spelt out rather than boxed, so that a property can move between threads.
#[derive(Debug)]
enum Source {
    Text(VecStrategy<CharStrategy<'static>>),
    OneOf(Select<String>),
}

/// A drawn value that can be made smaller.
enum Drawing {
    Text(VecValueTree<CharValueTree>),
    OneOf(<Select<String> as proptest::strategy::Strategy>::Tree),
}

impl Source {
    fn of(strategy: &Strategy) -> Self {
        match strategy {
            Strategy::OneOf(values) => Self::OneOf(select(values.clone())),
            Strategy::Text { from, length: (least, most) } => Self::Text(vec(chars(*from), *least..=*most)),
        }
    }
}

impl proptest::strategy::Strategy for Source {
    type Tree = Drawing;
    type Value = String;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(match self {
            Self::Text(chars) => Drawing::Text(chars.new_tree(runner)?),
            Self::OneOf(values) => Drawing::OneOf(values.new_tree(runner)?),
        })
    }
}

impl ValueTree for Drawing {
    type Value = String;

    fn current(&self) -> String {
        match self {
            Self::Text(tree) => tree.current().into_iter().collect(),
            Self::OneOf(tree) => tree.current(),
        }
    }

    fn simplify(&mut self) -> bool {
        match self {
            Self::Text(tree) => tree.simplify(),
            Self::OneOf(tree) => tree.simplify(),
        }
    }

    fn complicate(&mut self) -> bool {
        match self {
            Self::Text(tree) => tree.complicate(),
            Self::OneOf(tree) => tree.complicate(),
        }
    }
}

/// Characters that software trips over: emoji, a combining mark, right-to-left text, an NFC and NFD pair, wide spaces.
const AWKWARD: [char; 9] = ['😀', '\u{301}', '\u{5d0}', '\u{e9}', '\u{2003}', '\u{200d}', '+', '%', '&'];

/// Control characters that end, cut or split text.
const CONTROLS: [char; 6] = ['\0', '\n', '\r', '\t', '\u{7f}', '\u{85}'];

fn chars(from: Repertoire) -> CharStrategy<'static> {
    let ascii = || vec![' '..='~'];
    match from {
        Repertoire::Ascii => {
            CharStrategy::new(vec![' ', '+', '%', '&', '=', '"', '\\'].into(), ascii().into(), ascii().into())
        }
        Repertoire::Unicode => {
            let all = vec![' '..='~', '\u{80}'..='\u{d7ff}', '\u{e000}'..='\u{fffd}', '\u{10000}'..='\u{10ffff}'];
            CharStrategy::new(AWKWARD.to_vec().into(), ascii().into(), all.into())
        }
        Repertoire::Any => {
            let special = [AWKWARD.as_slice(), &CONTROLS].concat();
            CharStrategy::new(special.into(), ascii().into(), vec!['\0'..=char::MAX].into())
        }
    }
}
