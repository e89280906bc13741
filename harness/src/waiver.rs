//! Waivers: broken promises that are known and borne until a day.
//!
//! Only what fails a run can be waived: a broken MUST or MUST NOT. A broken SHOULD warns and fails nothing, so that there is
//! nothing to bear, and a waiver for it would only hide the warning; the same holds for notes and for a second opinion.

use std::collections::BTreeSet;
use std::path::Path;

use ropcheck_reports::day::Day;
use ropcheck_reports::opinion;
use ropcheck_reports::record::{self, Level, Place};
use ropcheck_reports::waivers::PLACEHOLDER;
use serde::Deserialize;
use serde_yaml::Spanned;

use crate::complaint::path::told;
use crate::complaint::{Complaint, Source, did_you_mean};
use crate::library::Library;
use crate::lint::LINTS;
use crate::load::truths;

/// An entry of a waiver file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: Spanned<String>,
    requirement: Spanned<String>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    expires: Spanned<String>,
}

/// Reads a waiver file and holds every name in it against the library.
///
/// # Errors
/// A case or a requirement that there is not, one that fails no run, a reason or an owner that is still to be filled in,
/// a day that the calendar has not, an entry that comes twice.
pub fn load(path: &Path, library: &Library) -> Result<Vec<record::Waiver>, Complaint> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|why| {
        let source = Source { file: file.clone(), text: String::new(), private: false };
        let otherwise = format!("`ropcheck check --emit-waivers > {file}` writes them for what fails");
        source.complain_whole(format!("could not read the waivers: {}", told(path, &why, &otherwise)))
    })?;
    read(&Source { file, text, private: false }, library)
}

/// The same of a text that is read already.
///
/// # Errors
/// As for [`load`].
pub fn read(source: &Source, library: &Library) -> Result<Vec<record::Waiver>, Complaint> {
    let mut waivers: Vec<record::Waiver> = Vec::new();
    for entry in source.parse::<Vec<Entry>>()? {
        let at = entry.case.defined;
        let waiver = entry.resolve(source, library)?;
        let same = |other: &&record::Waiver| other.case == waiver.case && other.requirement == waiver.requirement;
        if let Some(first) = waivers.iter().find(same) {
            let line = first.at.line;
            return Err(source.complain(at, format!("the same case and requirement stand at line {line} already")));
        }
        waivers.push(waiver);
    }
    Ok(waivers)
}

impl Entry {
    fn resolve(self, source: &Source, library: &Library) -> Result<record::Waiver, Complaint> {
        let asked = asked_of(&self.case, source, library)?;
        check_requirement(&self.requirement, &self.case.value, &asked, source, library)?;
        let line = u32::try_from(self.case.defined.line()).unwrap_or(u32::MAX);
        let text = source.line(self.case.defined.line()).trim().to_owned();
        Ok(record::Waiver {
            reason: filled_in(&self.reason, "a reason", source)?,
            owner: filled_in(&self.owner, "an owner", source)?,
            expires: self
                .expires
                .value
                .parse::<Day>()
                .map_err(|why| source.complain(self.expires.defined, format!("`{}`: {why}", self.expires.value)))?,
            at: Place { file: source.file.clone(), line, text },
            case: self.case.value,
            requirement: self.requirement.value,
        })
    }
}

/// The requirements that a case, a lint or a truth across answers asks for. One file may serve `check` and `load`.
fn asked_of<'a>(case: &Spanned<String>, source: &Source, library: &'a Library) -> Result<BTreeSet<&'a str>, Complaint> {
    let id = case.value.as_str();
    if let Some(lint) = LINTS.iter().find(|lint| id.strip_prefix("lint/") == Some(lint.name)) {
        return Ok([lint.requirement].into());
    }
    if let Some(truth) = truths().find(|truth| id.strip_prefix("across/") == Some(truth.name)) {
        return Ok([truth.requirement].into());
    }
    if let Some(scenario) = library.scenarios.get(id) {
        let expected = scenario.wrote.all_steps().flat_map(|step| &step.value.expect.0);
        return Ok(expected.map(|(requirement, _)| requirement.value.as_str()).collect());
    }
    let lints = LINTS.iter().map(|lint| format!("lint/{}", lint.name));
    let named: Vec<String> = lints.chain(truths().map(|truth| format!("across/{}", truth.name))).collect();
    let hint = did_you_mean(id, library.scenarios.keys().chain(&named).map(String::as_str));
    Err(source.complain(case.defined, format!("no case is named `{id}`{hint}")))
}

fn check_requirement(
    requirement: &Spanned<String>,
    case: &str,
    asked: &BTreeSet<&str>,
    source: &Source,
    library: &Library,
) -> Result<(), Complaint> {
    let id = requirement.value.as_str();
    let Some(known) = library.catalogue.get(id) else {
        let hint = did_you_mean(id, library.catalogue.ids());
        return Err(source.complain(requirement.defined, format!("no requirement is named `{id}`{hint}")));
    };
    if !asked.contains(id) {
        let hint = did_you_mean(id, asked.iter().copied());
        return Err(source.complain(requirement.defined, format!("`{case}` does not ask for `{id}`{hint}")));
    }
    match known.sentence.level {
        Level::Must | Level::MustNot if !opinion::is_second(id) => Ok(()),
        level @ (Level::Must | Level::MustNot | Level::Should | Level::ShouldNot | Level::May | Level::Practice) => {
            let name =
                opinion::document(id).map_or_else(|| level.name().to_owned(), |of| format!("{} of {of}", level.name()));
            Err(source.complain(
                requirement.defined,
                format!("`{id}` is a {name}: a server that breaks it fails no run, and there is nothing to waive"),
            ))
        }
    }
}

/// A text that its author really wrote.
fn filled_in(text: &Spanned<String>, what: &str, source: &Source) -> Result<String, Complaint> {
    let wrote = text.value.trim();
    let first_word = wrote.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    if wrote.is_empty() || first_word.eq_ignore_ascii_case(PLACEHOLDER) {
        return Err(source.complain(text.defined, format!("a waiver needs {what}: say it in place of `{wrote}`")));
    }
    Ok(wrote.to_owned())
}
