//! `ropcheck replay`: a property's recorded failure, tried again with the very values that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use ropcheck::complaint::did_you_mean;
use ropcheck::library::Library;
use ropcheck::plan::Skip;
use ropcheck::property::replay::{Replayed, unfit};
use ropcheck::session::{Session, Subject, as_recorded};
use ropcheck::target;
use ropcheck_reports::format::visible_lines;
use ropcheck_reports::read;
use ropcheck_reports::record::{self, Drawn, Event, Finding, Found, Place};

use super::embedded::{self, EMBEDDED, Shown};
use super::outcome;
use super::stop::Stop;
use crate::cli::Replay;

/// Tries the failure again and gives its exit code.
pub(crate) async fn run(args: &Replay) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let recorded = recorded(&args.record, &args.case)?;
    let Some(scenario) = library.scenarios.get(&args.case) else {
        return Err(Stop::bad_input(recorded.of_elsewhere(&args.case, &library)));
    };
    if let Some(why) = unfit(&recorded.drawn.values, &scenario.wrote) {
        let remedy = "let the names be what they were, or check again and replay what fails then";
        return Err(Stop::bad_input(format!("{why}: {remedy}")));
    }
    if args.target.is_none() && !recorded.target.name.starts_with(EMBEDDED) {
        let record::Target { name, token_endpoint } = &recorded.target;
        let remedy = "add `--target FILE` with its target file";
        return Err(Stop::bad_input(format!("the record was made at {name} ({token_endpoint}): {remedy}")));
    }
    let asked = library.fingerprint(&args.case).unwrap_or_default();
    let subject = match &args.target {
        Some(path) => Subject::Target(Box::new(target::load(path, &|name| std::env::var(name).ok())?)),
        None => embedded::subject(&args.seeded, Shown::InAnAnswer)?,
    };
    let session = Session::open(subject, library, std::slice::from_ref(&args.case), 0).await?;
    let mut tried_at = as_recorded(session.target());
    tried_at.name += &embedded::altered(&args.seeded);
    let attempt = session.replay(&args.case, recorded.drawn.values.clone()).await;
    let now =
        attempt.map_err(|Skip(because)| Stop::nothing_judged(format!("{} can't be tried: {because}", args.case)))?;
    let came_to = Replayed::of(&recorded.found, &now.found);
    // What another server does tells nothing of what became of the one that failed.
    let is_mended = came_to == Replayed::Fixed && recorded.is_of(&tried_at, session.is_embedded());
    let replayed = if came_to == Replayed::Fixed && !is_mended { Replayed::Changed } else { came_to };
    let otherwise = recorded.otherwise(&asked, &tried_at, session.is_embedded());
    let mut text = told(replayed, &args.case, &recorded, &now.found, &otherwise);
    match came_to {
        Replayed::Fixed if is_mended => text.push_str("  now   every promise of the case is kept\n"),
        Replayed::Fixed => {
            text.push_str("  now   every promise of the case is kept, by another server than the one that failed\n");
        }
        Replayed::StillFails | Replayed::Changed | Replayed::Unjudged => {}
    }
    outcome::say(&visible_lines(&text))?;
    Ok(replayed.exit_code())
}

/// A failure as a record has it.
struct Recorded {
    /// What was drawn.
    drawn: Drawn,
    /// What was found with it.
    found: Vec<Found>,
    /// Where.
    target: record::Target,
    /// Where its author wrote the case.
    at: Option<Place>,
}

impl Recorded {
    /// Whether it was recorded at that server. Each run of the embedded one has a port of its own, and its name tells its fault.
    fn is_of(&self, tried_at: &record::Target, is_embedded: bool) -> bool {
        if is_embedded {
            self.target.name == tried_at.name
        } else {
            self.target.token_endpoint == tried_at.token_endpoint
        }
    }

    /// What is another thing than it was, and may have changed the verdict.
    fn otherwise(&self, asked: &str, tried_at: &record::Target, is_embedded: bool) -> Vec<String> {
        let mut told = Vec::new();
        if !self.drawn.asked.is_empty() && self.drawn.asked != asked {
            told.push("the scenario draws, sends or expects something else than when it was recorded".to_owned());
        }
        // Each run of the embedded server has a port of its own.
        let at = |target: &record::Target| {
            if is_embedded { target.name.clone() } else { format!("{} ({})", target.name, target.token_endpoint) }
        };
        if at(&self.target) != at(tried_at) {
            told.push(format!("it was recorded at {}, and is tried at {}", at(&self.target), at(tried_at)));
        }
        told
    }

    /// Why there is no such case among the scenarios, with the folder that has it.
    fn of_elsewhere(&self, case: &str, library: &Library) -> String {
        let hint = did_you_mean(case, library.scenarios.keys().map(String::as_str));
        let Some(at) = &self.at else { return format!("no scenario is named `{case}`{hint}") };
        // The file's own name and the folders that are part of the id stand behind the folder that was given.
        let within = case.rsplit_once('/').map_or(0, |(prefix, _)| prefix.matches('/').count());
        let folder = Path::new(&at.file).ancestors().nth(within + 1).filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).display();
        format!(
            "no scenario is named `{case}`; the record has it from {}:{}: add `--scenarios {folder}`{hint}",
            at.file, at.line
        )
    }
}

/// The failure of a case in a record.
fn recorded(path: &Path, case: &str) -> Result<Recorded, Stop> {
    let shown = path.display();
    let file = outcome::open_record(path)?;
    let events = read::events(BufReader::new(file)).map_err(|why| Stop::bad_input(format!("{shown}: {why}")))?;
    let mut target = record::Target { name: String::new(), token_endpoint: String::new() };
    let mut found = Vec::new();
    let (mut cases, mut failed) = (BTreeMap::new(), BTreeSet::new());
    for event in events {
        match event {
            Event::RunStarted(head) => {
                target = head.target;
                cases.extend(head.cases.into_iter().map(|case| (case.id, case.at)));
            }
            Event::Found(one) => {
                if one.drawn.is_some() {
                    failed.insert(one.case.clone());
                }
                if one.case == case {
                    found.push(one);
                }
            }
            _ => {}
        }
    }
    if let Some(drawn) = found.iter().find_map(|one| one.drawn.clone()) {
        return Ok(Recorded { drawn, found, target, at: cases.remove(case) });
    }
    let there = match failed.len() {
        0 => "; no property failed in it".to_owned(),
        _ => format!("; these can be: {}", failed.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    Err(Stop::bad_input(if cases.contains_key(case) {
        format!("{shown} has no drawn values of `{case}`: only the failure of a property can be replayed{there}")
    } else {
        format!("{shown} has no case `{case}`{}{there}", did_you_mean(case, cases.keys().map(String::as_str)))
    }))
}

/// The verdict, with what was asked for and what came, then and now.
fn told(replayed: Replayed, case: &str, recorded: &Recorded, now: &[Found], otherwise: &[String]) -> String {
    let mut text = format!("{}  {case}\n", replayed.name());
    for what in otherwise {
        text.push_str(&format!("  but {what}\n"));
    }
    for (name, value) in &recorded.drawn.values {
        text.push_str(&format!("  with {name} = {value}\n"));
    }
    for (when, found) in [("then", recorded.found.as_slice()), ("now", now)] {
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
    text
}
