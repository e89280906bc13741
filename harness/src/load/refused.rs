//! What is looked at before a load begins, and why it does not begin.

use ropcheck_reports::threshold;

use super::mix::Mix;
use crate::complaint::did_you_mean;
use crate::library::Library;
use crate::scenario::load::{Load, Ramp};
use crate::target::Target;

/// Why a scenario is not put under load.
#[derive(Debug, thiserror::Error)]
pub enum NotLoaded {
    /// No scenario has that id.
    #[error("no scenario is named `{id}`{hint}")]
    Unknown {
        /// The id.
        id: String,
        /// The nearest one with a `load` block, or how to find one.
        hint: String,
    },
    /// The scenario has no `load` block.
    #[error("`{0}` has no `load` block: give it `load: {{ users: 4 for 10s }}`")]
    NoLoad(String),
    /// The target is another machine, and its file does not say that it may be put under load.
    #[error(
        "`{target}` is on another machine: who answers for it has to allow a load, in its target file, by `load: {{ authorized_by: \"name and ticket\", max_rate: 50 }}`"
    )]
    NotAuthorized {
        /// The target's name.
        target: String,
    },
    /// More is asked than the target's owner allows.
    #[error("the load would reach {peak} a second, and the target file allows `max_rate: {allowed}`")]
    TooMuch {
        /// The highest rate of the scenario.
        peak: f64,
        /// What is allowed.
        allowed: f64,
    },
    /// Wrong passwords would be tried on an account that must not be locked out.
    #[error(
        "`{id}` tries wrong passwords on user `{user}` over and over: give the target a user with `sacrificial: true`"
    )]
    NotSacrificial {
        /// The journey.
        id: String,
        /// The user.
        user: String,
    },
    /// The target lacks what the scenario needs.
    #[error("`{id}` can't be run on this target: {because}")]
    Skipped {
        /// The scenario's id.
        id: String,
        /// What is lacking.
        because: String,
    },
    /// One walk alone did not meet what the scenario expects.
    #[error("one walk of `{id}` without load did not come out well, so no load was put on the server:{wrong}")]
    NotMet {
        /// The scenario's id.
        id: String,
        /// Each promise that was not met, on a line of its own.
        wrong: String,
    },
    /// A threshold speaks of a step that nobody walks.
    #[error("{at}: the threshold `{text}` is of no step of this load: {hint}")]
    NoStep {
        /// The file and line.
        at: String,
        /// The threshold.
        text: String,
        /// The steps that there are.
        hint: String,
    },
    /// The machine refused a thread or a timer.
    #[error(
        "this machine refused a thread or a timer: {0}; let other programs end, or raise the limits of processes and open files"
    )]
    Machine(#[from] std::io::Error),
    /// goose refused.
    #[error("goose could not run the load: {0}")]
    Goose(#[from] goose::GooseError),
}

/// The `load` block of a scenario.
///
/// # Errors
/// There is none, or the id is unknown.
pub fn find<'a>(library: &'a Library, id: &str) -> Result<&'a Load, NotLoaded> {
    let Some(scenario) = library.scenarios.get(id) else {
        let loaded = library.scenarios.iter().filter(|(_, scenario)| scenario.wrote.load.is_some());
        let near = did_you_mean(id, loaded.map(|(id, _)| id.as_str()));
        let hint =
            if near.is_empty() { ": `ropcheck explain 'load/*'` lists those to begin with".to_owned() } else { near };
        return Err(NotLoaded::Unknown { id: id.to_owned(), hint });
    };
    scenario.wrote.load.as_ref().ok_or_else(|| NotLoaded::NoLoad(id.to_owned()))
}

/// Refuses what the owner of a target on another machine has not allowed.
///
/// # Errors
/// Nobody has authorized a load, or not so much of one.
pub fn permit(load: &Load, target: &Target) -> Result<(), NotLoaded> {
    if target.is_loopback() {
        return Ok(());
    }
    let leave = target.load.as_ref().ok_or_else(|| NotLoaded::NotAuthorized { target: target.name.clone() })?;
    match peak(load) {
        Some(peak) if peak > leave.max_rate => Err(NotLoaded::TooMuch { peak, allowed: leave.max_rate }),
        Some(_) | None => Ok(()),
    }
}

/// The highest rate of a load, where it has one; users ask as fast as they are answered.
pub fn peak(load: &Load) -> Option<f64> {
    let Load { rate, search, race, .. } = load;
    let searched = search.as_ref().map(|search| search.up_to);
    rate.as_ref().map(Ramp::peak).or(searched).or(race.as_ref().map(|race| f64::from(race.at_once)))
}

/// Refuses a threshold that is of no step.
pub(super) fn held_against(load: &Load, mix: &Mix, library: &Library, id: &str) -> Result<(), NotLoaded> {
    for text in &load.thresholds {
        let Ok(read) = threshold::Threshold::parse(&text.value) else { continue };
        if read.steps().is_none() || mix.labels.iter().any(|label| read.selects(label)) {
            continue;
        }
        let near = did_you_mean(read.steps().unwrap_or_default(), mix.labels.iter().map(String::as_str));
        let hint = format!("its steps are {}{near}", mix.labels.join(", "));
        let at = library.scenarios.get(id).map(|one| one.place(text.defined));
        let at = at.map_or_else(String::new, |at| format!("{}:{}", at.file, at.line));
        return Err(NotLoaded::NoStep { at, text: text.value.clone(), hint });
    }
    Ok(())
}
