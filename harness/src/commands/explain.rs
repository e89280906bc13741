//! `ropcheck explain`: what a requirement, a scenario or a fault is about.

use std::fmt::Write;

use ropcheck::complaint::did_you_mean;
use ropcheck::library::{Authored, Library};
use ropcheck::lint::LINTS;
use ropcheck::requirement::Requirement;
use ropcheck::scenario::Scenario;
use ropcheck_reference_server::{FAULTS, Fault};

use super::outcome::say;
use super::stop::Stop;
use crate::cli::Explain;

/// Prints what is known under an id.
pub(crate) fn run(args: &Explain) -> Result<u8, Stop> {
    let library = Library::load(args.scenarios.scenarios.as_deref())?;
    let id = args.id.as_str();
    let mut told = String::new();
    if let Some(requirement) = library.catalogue.get(id) {
        told += &explain_requirement(id, requirement, &library);
    }
    if let Some(scenario) = library.scenarios.get(id) {
        told += &explain_scenario(id, scenario);
    }
    if let Some(fault) = FAULTS.iter().find(|fault| fault.id == id) {
        told += &explain_fault(fault);
    }
    for lint in LINTS.iter().filter(|lint| id.strip_prefix("lint/") == Some(lint.name)) {
        told += &format!(
            "{id} (a check of every answer of the token endpoint)\n\n  It holds answers against {}\n",
            lint.requirement
        );
    }
    if told.is_empty() {
        let ids = library
            .catalogue
            .ids()
            .chain(library.scenarios.keys().map(String::as_str))
            .chain(FAULTS.iter().map(|fault| fault.id));
        return Err(Stop::bad_input(format!("nothing is named `{id}`{}", did_you_mean(id, ids))));
    }
    say(&told)?;
    Ok(0)
}

fn explain_requirement(id: &str, requirement: &Requirement, library: &Library) -> String {
    let sentence = &requirement.sentence;
    let mut told = format!(
        "{id} (section {}, {})\n\n  {}\n\n  Why: {}\n",
        sentence.section,
        sentence.level.name(),
        sentence.says,
        requirement.why
    );
    if let Some(why) = &requirement.untestable {
        let _ = writeln!(told, "\n  Not testable from outside: {why}");
    }
    let probes = library.scenarios.iter().filter(|(_, scenario)| cites(scenario).contains(&id));
    for (case, scenario) in probes {
        let _ = writeln!(told, "\n  Probed by {case}: {}", scenario.wrote.title);
    }
    for lint in LINTS.iter().filter(|lint| lint.requirement == id) {
        let _ = writeln!(told, "\n  Probed on every answer by lint/{}", lint.name);
    }
    for fault in FAULTS.iter().filter(|fault| fault.breaks == id) {
        let _ = writeln!(told, "\n  Broken by the seeded fault {}: {}", fault.id, fault.says);
    }
    told
}

fn explain_scenario(id: &str, scenario: &Authored<Scenario>) -> String {
    let at = scenario.place(scenario.wrote.id.defined);
    let mut told = format!("{id} ({}:{})\n\n  {}\n\n  It proves:\n", at.file, at.line, scenario.wrote.title);
    for requirement in cites(scenario) {
        let _ = writeln!(told, "  - {requirement}");
    }
    told
}

fn explain_fault(fault: &Fault) -> String {
    format!(
        "{} (a seeded fault)\n\n  {}\n\n  It breaks {}; see it with: ropcheck check --fault {}\n",
        fault.id, fault.says, fault.breaks, fault.id
    )
}

fn cites(scenario: &Authored<Scenario>) -> Vec<&str> {
    let mut all: Vec<&str> =
        scenario.wrote.steps.iter().flat_map(|step| &step.value.expect.0).map(|(id, _)| id.value.as_str()).collect();
    all.dedup();
    all
}
