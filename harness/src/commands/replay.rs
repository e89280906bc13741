//! `ropcheck replay`: a property's recorded failure, tried again with the very values that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use ropcheck::complaint::did_you_mean;
use ropcheck::library::Library;
use ropcheck::plan::Skip;
use ropcheck::property::replay::Replayed;
use ropcheck::session::{Session, Subject};
use ropcheck::target;
use ropcheck_reports::drawn::Value;
use ropcheck_reports::read;
use ropcheck_reports::record::{Event, Finding, Found};

use super::check::policy;
use super::outcome;
use super::stop::Stop;
use crate::cli::Replay;

/// Tries the failure again and gives its exit code.
pub(crate) async fn run(args: &Replay) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let (values, before) = recorded(&args.record, &args.case)?;
    if !library.scenarios.contains_key(&args.case) {
        let hint = did_you_mean(&args.case, library.scenarios.keys().map(String::as_str));
        return Err(Stop::bad_input(format!("no scenario is named `{}`{hint}", args.case)));
    }
    let subject = match &args.target {
        Some(path) => Subject::Target(Box::new(target::load(path, &|name| std::env::var(name).ok())?)),
        None => Subject::Embedded(Box::new(policy(args.fault.as_deref(), args.variant.as_deref())?)),
    };
    let session = Session::open(subject, library, std::slice::from_ref(&args.case), 0).await?;
    let attempt = session.replay(&args.case, values.clone()).await;
    let now =
        attempt.map_err(|Skip(because)| Stop::nothing_judged(format!("{} can't be tried: {because}", args.case)))?;
    let replayed = Replayed::of(&before, &now.found);
    outcome::say(&told(replayed, &args.case, &values, &before, &now.found))?;
    Ok(replayed.exit_code())
}

/// The values of a failure in a record, and what was found with them.
fn recorded(path: &Path, case: &str) -> Result<(BTreeMap<String, Value>, Vec<Found>), Stop> {
    let shown = path.display();
    let file = File::open(path).map_err(|why| Stop::bad_input(format!("could not open {shown}: {why}")))?;
    let events = read::events(BufReader::new(file)).map_err(|why| Stop::bad_input(format!("{shown}: {why}")))?;
    let mut of_case = Vec::new();
    let (mut cases, mut drawn) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match event {
            Event::RunStarted(head) => cases.extend(head.cases.into_iter().map(|case| case.id)),
            Event::Found(found) => {
                if found.drawn.is_some() {
                    drawn.insert(found.case.clone());
                }
                if found.case == case {
                    of_case.push(found);
                }
            }
            _ => {}
        }
    }
    if let Some(known) = of_case.iter().find_map(|found| found.drawn.as_ref()) {
        return Ok((known.values.clone(), of_case));
    }
    let there = match drawn.len() {
        0 => "; no property failed in it".to_owned(),
        _ => format!("; these can be: {}", drawn.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    Err(Stop::bad_input(if cases.contains(case) {
        format!("{shown} has no drawn values of `{case}`: only the failure of a property can be replayed{there}")
    } else {
        format!("{shown} has no case `{case}`{}{there}", did_you_mean(case, cases.iter().map(String::as_str)))
    }))
}

/// The verdict, with what was asked for and what came, then and now.
fn told(replayed: Replayed, case: &str, values: &BTreeMap<String, Value>, before: &[Found], now: &[Found]) -> String {
    let mut text = format!("{}  {case}\n", replayed.name());
    for (name, value) in values {
        text.push_str(&format!("  with {name} = {value}\n"));
    }
    for (when, found) in [("then", before), ("now", now)] {
        for one in found {
            match &one.finding {
                Finding::Met => {}
                Finding::Broken { expected, actual } => {
                    text.push_str(&format!(
                        "  {when:<5} {}\n        expected: {expected}\n        actual:   {actual}\n",
                        one.requirement
                    ));
                }
                Finding::Unjudged { because, detail } => {
                    text.push_str(&format!("  {when:<5} {}\n        {}: {detail}\n", one.requirement, because.name()));
                }
            }
        }
    }
    if replayed == Replayed::Fixed {
        text.push_str("  now   every promise of the case is kept\n");
    }
    text
}
