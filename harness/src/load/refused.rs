//! What is looked at before a load begins, and why it does not begin.

use std::fmt;

use ropcheck_reports::threshold;

use super::mix::Mix;
use crate::complaint::did_you_mean;
use crate::forecast::{assumed, hoped_for};
use crate::library::Library;
use crate::plan::{Skip, plan};
use crate::scenario::load::{Load, Ramp, Weighted};
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
    /// More is asked than the target file allows.
    #[error("the load would reach {peak}, and the target file allows `max_rate: {allowed}`: {remedy}")]
    TooMuch {
        /// What the scenario comes to.
        peak: Peak,
        /// What is allowed.
        allowed: f64,
        /// What to ask for instead.
        remedy: String,
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
    #[error("one walk of {ids} without load did not come out well, so no load was put on the server:{wrong}{others}")]
    NotMet {
        /// The ids of the scenarios.
        ids: String,
        /// Each promise that was not met, on a line of its own.
        wrong: String,
        /// Which of the journeys came out well, and how to run them.
        others: String,
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

/// Refuses more than a target file allows; on another machine also what it does not allow at all.
///
/// # Errors
/// Nobody has authorized a load of another machine, or not so much of one.
pub fn permit(library: &Library, id: &str, load: &Load, target: &Target) -> Result<(), NotLoaded> {
    let Some(leave) = target.load.as_ref() else {
        return if target.is_loopback() {
            Ok(())
        } else {
            Err(NotLoaded::NotAuthorized { target: target.name.clone() })
        };
    };
    match Peak::of(library, id, load, target)? {
        // 1.1 requests on average, three times a second, are a little more than 3.3 to a computer.
        Some(peak) if peak.requests() > leave.max_rate * (1.0 + 1e-9) => {
            let (allowed, remedy) = (leave.max_rate, peak.within(leave.max_rate));
            Err(NotLoaded::TooMuch { peak, allowed, remedy })
        }
        Some(_) | None => Ok(()),
    }
}

/// The most that a load asks for in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Peak {
    /// Arrivals, each with so many requests on average.
    Arrivals(f64, f64),
    /// Uses of one token at once.
    AtOnce(u32),
}

impl Peak {
    /// What a load comes to on a target that offers whatever its file does not deny; `None` where users ask as fast as they are
    /// answered.
    ///
    /// # Errors
    /// The target lacks what a journey needs.
    pub fn of(library: &Library, id: &str, load: &Load, target: &Target) -> Result<Option<Self>, NotLoaded> {
        let Load { rate, search, race, .. } = load;
        let arrivals = rate.as_ref().map(Ramp::peak).or(search.as_ref().map(|search| search.up_to));
        let at_once = race.as_ref().map(|race| Self::AtOnce(race.at_once));
        arrivals.map_or(Ok(at_once), |arrivals| {
            Ok(Some(Self::Arrivals(arrivals, requests_an_arrival(library, id, load, target)?)))
        })
    }

    /// Requests in that second.
    pub fn requests(self) -> f64 {
        match self {
            Self::Arrivals(arrivals, each) => arrivals * each,
            Self::AtOnce(uses) => f64::from(uses),
        }
    }

    /// What to ask for where no more than that is allowed.
    fn within(self, allowed: f64) -> String {
        match self {
            Self::Arrivals(_, each) => {
                format!("ask for {}/s at the most", (allowed / each * 100.0 + 1e-6).floor() / 100.0)
            }
            Self::AtOnce(_) => format!("let `at_once` be {} at the most", allowed.floor()),
        }
    }
}

/// `130 requests a second (100 arrivals, each with 1.3 requests on average)`.
impl fmt::Display for Peak {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |number: f64| (number * 100.0).round() / 100.0;
        write!(to, "{} requests a second ", shown(self.requests()))?;
        match self {
            Self::Arrivals(arrivals, each) if each.fract() > 0.0 => {
                write!(to, "({arrivals} arrivals, each with {} requests on average)", shown(*each))
            }
            Self::Arrivals(arrivals, each) => write!(to, "({arrivals} arrivals of {each})"),
            Self::AtOnce(_) => write!(to, "(all of them at once)"),
        }
    }
}

/// How many requests an arrival makes on average, by the weights of its journeys. Controls are sent once, before the load.
fn requests_an_arrival(library: &Library, id: &str, load: &Load, target: &Target) -> Result<f64, NotLoaded> {
    let (target, offers) = (assumed(target), hoped_for(target));
    let own = Weighted { walk: id.to_owned(), weight: 1 };
    let journeys: Vec<&Weighted> = load.journeys.iter().map(|journey| &journey.value).collect();
    let (mut requests, mut arrivals) = (0.0, 0.0);
    for Weighted { walk, weight } in if journeys.is_empty() { vec![&own] } else { journeys } {
        let Some(scenario) = library.scenarios.get(walk) else { continue };
        let planned = plan(walk, scenario, library, &target, &offers);
        let planned = planned.map_err(|Skip(because)| NotLoaded::Skipped { id: walk.clone(), because })?;
        let each: u32 = planned.steps.iter().map(|step| step.times).sum();
        requests += f64::from(*weight) * f64::from(each);
        arrivals += f64::from(*weight);
    }
    Ok(requests / arrivals)
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

/// What became of each journey in the walk that comes before the load.
#[derive(Debug, Default)]
pub(super) struct Rehearsed {
    well: Vec<String>,
    failed: Vec<String>,
    wrong: String,
}

impl Rehearsed {
    /// Adds a journey, with each promise that it did not keep on a line of its own.
    pub(super) fn add(&mut self, case: &str, wrong: &str) {
        if wrong.is_empty() { &mut self.well } else { &mut self.failed }.push(case.to_owned());
        self.wrong += wrong;
    }

    /// Refuses the load where one of them failed: by name, and with what can be run of the others.
    pub(super) fn came_to(self, library: &Library) -> Result<(), NotLoaded> {
        let Self { well, failed, wrong } = self;
        if failed.is_empty() {
            return Ok(());
        }
        let has_load = |id: &&String| library.scenarios.get(*id).is_some_and(|scenario| scenario.wrote.load.is_some());
        let alone: Vec<String> = well.iter().filter(has_load).map(|id| format!("`ropcheck load {id}`")).collect();
        let others = match (well.is_empty(), alone.is_empty()) {
            (true, _) => String::new(),
            (false, true) => {
                format!("\n{} came out well: a `load` block of your own can do without the rest", named(&well))
            }
            (false, false) => format!("\nThe others came out well, and can be run by themselves: {}", alone.join(", ")),
        };
        Err(NotLoaded::NotMet { ids: named(&failed), wrong, others })
    }
}

fn named(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}
