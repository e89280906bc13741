//! `ropcheck doctor`: one good login, and what can be tested with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ropcheck::explain;
use ropcheck::learn::CAPABILITIES;
use ropcheck::library::Library;
use ropcheck::plan::Skip;
use ropcheck::session::Subject;
use ropcheck::suite::Suite;
use ropcheck::target;
use url::Url;

use super::outcome::say;
use super::stop::Stop;
use crate::cli::Doctor;

/// Logs in and prints what the target offers and what it lacks.
pub(crate) async fn run(args: &Doctor) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let target = target::load(&args.target, &|name| std::env::var(name).ok())?;
    let suite = Suite::of(library);
    let session = suite.open(Subject::Target(Box::new(target))).await?;
    let endpoint = session.target().endpoints.token.as_ref().map(Url::to_string).unwrap_or_default();
    let mut told = format!("The good login is granted at {endpoint}\n\nThe server offers:\n");
    for capability in CAPABILITIES {
        let offered = if session.learned().offers.contains(&capability) { "yes" } else { "no" };
        told += &format!("  {:<32}{offered}\n", explain::capability(capability));
    }
    let mut open = 0;
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for id in suite.cases() {
        match session.plan(id) {
            Ok(_) => open += 1,
            Err(Skip(because)) => missing.entry(because).or_default().push(id),
        }
    }
    told += &format!("\n{open} of {} cases can be run.\n", suite.cases().len());
    for (because, cases) in missing {
        told += &format!("\n  {because}: {} skipped\n", cases.len());
        for case in cases {
            told += &format!("    {case}\n");
        }
    }
    say(&told)?;
    Ok(0)
}
