//! A `load` block held against what can be put under load.

use ropcheck_reports::threshold::Threshold;
use serde_yaml::Location;

use super::Library;
use crate::complaint::{Complaint, Source, did_you_mean};
use crate::scenario::Scenario;
use crate::scenario::load::Weighted;

impl Library {
    /// Holds the `load` block of a scenario against its steps, and against the journeys that it names.
    pub(super) fn check_load(&self, source: &Source, wrote: &Scenario) -> Result<(), Complaint> {
        let at = wrote.id.defined;
        let Some(load) = &wrote.load else {
            let told = || source.complain(at, "a scenario needs one step at least");
            return if wrote.steps.is_empty() { Err(told()) } else { Ok(()) };
        };
        let complain = |at: Location, told: &str| Err(source.complain(at, told));
        let said = [load.users.is_some(), load.rate.is_some(), load.search.is_some()];
        if said.iter().filter(|said| **said).count() != 1 {
            let remedy = "say one of `users: 20 in 10s, hold 60s`, `rate: 100/s for 60s` and `search`";
            return complain(at, &format!("a load is of users, at a rate or a search: {remedy}"));
        }
        if !wrote.given.is_empty() || wrote.moves.is_some() {
            return complain(at, "a load draws no values: spell them out instead of `given` and `moves`");
        }
        if wrote.steps.is_empty() == load.journeys.is_empty() {
            let remedy = "give it `steps`, or `journeys: [{ walk: load/journeys/login, weight: 3 }]`, and not both";
            return complain(at, &format!("what is walked is not clear: {remedy}"));
        }
        if load.at_once == Some(0) {
            let at = source.find("at_once", at);
            return Err(source.complain(at, "with nothing under way at once nothing could be sent: give 1 or more"));
        }
        for text in &load.thresholds {
            Threshold::parse(&text.value).map_err(|why| source.complain(text.defined, why))?;
        }
        for journey in &load.journeys {
            self.check_journey(source, journey.defined, &journey.value)?;
        }
        if let Some(search) = &load.search {
            if search.from >= search.up_to {
                let at = source.find("from", at);
                return Err(source.complain(at, "a search goes up: let `from` be below `up_to`"));
            }
            if load.thresholds.is_empty() {
                return complain(
                    at,
                    "a search needs to know what has to hold: `thresholds: [\"p99 < 250 ms\", \"errors < 0.1 %\"]`",
                );
            }
        }
        Ok(())
    }

    /// Holds a journey against the scenario that it names.
    fn check_journey(
        &self,
        source: &Source,
        at: Location,
        Weighted { walk, weight }: &Weighted,
    ) -> Result<(), Complaint> {
        let Some(scenario) = self.scenarios.get(walk) else {
            let hint = did_you_mean(walk, self.scenarios.keys().map(String::as_str));
            return Err(source.complain(at, format!("no scenario is named `{walk}`{hint}")));
        };
        let wrote = &scenario.wrote;
        let told = if *weight == 0 {
            "a journey that weighs nothing is never walked: give it a weight of 1 or more, or leave it out"
        } else if !wrote.given.is_empty() || wrote.moves.is_some() || wrote.compare.is_some() {
            "a journey draws nothing and compares nothing: name a scenario of steps alone"
        } else if wrote.steps.is_empty() {
            "a journey has steps of its own: name one of the journeys that this one is made of"
        } else {
            return Ok(());
        };
        Err(source.complain(at, told))
    }
}
