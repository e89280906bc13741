//! How often the comparison of times is wrong: the strict server many times over, where it may see no difference, and each
//! fault that makes one. Prints the counts. It takes minutes: `cargo run --release -p ropcheck --example same_time [RUNS]`
#![expect(clippy::print_stdout, reason = "the table is the output")]

use std::collections::BTreeMap;
use std::error::Error;

use ropcheck::check::same_time::ERROR_RATE;
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck_reference_server::{FAULTS, Policy};
use ropcheck_reports::record::Finding;
use tokio::runtime::Runtime;

const CASE: &str = "practice/enumeration/same-time";
const SENTENCE: &str = "practice/enumeration/same-time";

/// The strict server is asked so often, and each fault a quarter of it.
const RUNS: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args().nth(1).map_or(Ok(RUNS), |text| text.parse())?;
    let suite = Suite::own()?.only(CASE)?;
    println!("an interval may miss in {} % of all runs", ERROR_RATE * 100.0);
    println!("{:28} {:>5} {:>10} {:>14} {:>10}", "server", "runs", "different", "not different", "too noisy");
    count("strict", runs, &suite, Policy::strict)?;
    for fault in FAULTS.iter().filter(|fault| fault.breaks == SENTENCE) {
        count(fault.id, runs / 4, &suite, || fault.policy())?;
    }
    Ok(())
}

/// Runs the case so often, each time on a server of its own, and prints what it came to.
fn count(name: &str, runs: u32, suite: &Suite, policy: impl Fn() -> Policy) -> Result<(), Box<dyn Error>> {
    let mut verdicts: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..runs {
        let run = Runtime::new()?.block_on(suite.run(Subject::Embedded(Box::new(policy()))))?;
        let judged = run.cases.iter().filter(|case| case.case.id == CASE).flat_map(|case| &case.judged);
        for judged in judged.filter(|judged| judged.found.requirement == SENTENCE) {
            let verdict = match &judged.found.finding {
                Finding::Broken { .. } => "different",
                Finding::Met => "not different",
                Finding::Unjudged { .. } => "too noisy",
            };
            *verdicts.entry(verdict).or_default() += 1;
        }
    }
    let of = |verdict: &str| verdicts.get(verdict).copied().unwrap_or_default();
    let (different, same, noisy) = (of("different"), of("not different"), of("too noisy"));
    println!("{name:28} {runs:>5} {different:>10} {same:>14} {noisy:>10}");
    Ok(())
}
