//! The embedded server as it is asked for: strict, with a fault, or with a liberty that the RFCs grant.

use ropcheck::complaint::did_you_mean;
use ropcheck::session::{Subject, as_recorded};
use ropcheck_reference_server::{FAULTS, FAULTS_IN_A_RACE, Fault, Policy, VARIANTS, every_fault};
use ropcheck_reports::record;

use super::stop::Stop;
use crate::cli::Seeded;

/// What the server is called in a record.
pub(super) const EMBEDDED: &str = "embedded reference server";

/// Where faults show that may be seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// In an answer that is looked at alone.
    InAnAnswer,
    /// Under load, where many answers are held against each other, as well.
    UnderLoad,
}

/// What a subject is called in a record before anything was asked of it.
pub(super) fn named(subject: &Subject) -> record::Target {
    match subject {
        Subject::Target(target) => as_recorded(target),
        Subject::Embedded(_) => record::Target { name: EMBEDDED.to_owned(), token_endpoint: String::new() },
    }
}

/// What is said behind the name of the server, where it has a fault or takes a liberty.
pub(super) fn altered(seeded: &Seeded) -> String {
    match (&seeded.fault, &seeded.variant) {
        (Some(id), _) => format!(" with the fault {id}"),
        (None, Some(id)) => format!(" with the variant {id}"),
        (None, None) => String::new(),
    }
}

/// The server.
pub(super) fn subject(seeded: &Seeded, shown: Shown) -> Result<Subject, Stop> {
    let policy = match (&seeded.fault, &seeded.variant) {
        (Some(id), _) => fault(id, shown)?.policy(),
        (None, Some(id)) => {
            let known = VARIANTS.iter().find(|variant| variant.id == id);
            known.ok_or_else(|| unknown("variant", id, VARIANTS.iter().map(|variant| variant.id)))?.policy()
        }
        (None, None) => Policy::strict(),
    };
    Ok(Subject::Embedded(Box::new(policy)))
}

fn fault(id: &str, shown: Shown) -> Result<&'static Fault, Stop> {
    let Some(fault) = every_fault().find(|fault| fault.id == id) else {
        return Err(unknown("fault", id, every_fault().map(|fault| fault.id)));
    };
    if shown == Shown::UnderLoad || shows_in_an_answer(fault) {
        return Ok(fault);
    }
    Err(Stop::bad_input(format!("no single answer shows `{id}`: try `{}`", under_load(id))))
}

/// Whether a fault shows in an answer that is looked at alone.
pub(super) fn shows_in_an_answer(fault: &Fault) -> bool {
    FAULTS.iter().any(|one| one.id == fault.id)
}

/// The command that shows a fault which no single answer shows.
pub(super) fn under_load(id: &str) -> String {
    let is_of_a_race = FAULTS_IN_A_RACE.iter().any(|fault| fault.id == id);
    let scenario = if is_of_a_race { "load/race/refresh" } else { "load/steady/sessions" };
    format!("ropcheck load {scenario} --fault {id}")
}

fn unknown(what: &str, id: &str, ids: impl Iterator<Item = &'static str>) -> Stop {
    let near = did_you_mean(id, ids);
    let remedy =
        if near.is_empty() { ": `ropcheck explain '*password*'` lists those that a glob matches" } else { &near };
    Stop::bad_input(format!("no {what} is named `{id}`{remedy}"))
}
