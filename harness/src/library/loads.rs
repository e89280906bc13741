//! A `load` block held against what can be put under load.

use ropcheck_reports::threshold::Threshold;
use serde_yaml::{Location, Spanned};

use super::Library;
use crate::complaint::{Complaint, Source, did_you_mean};
use crate::scenario::load::{Load, MOST_WEIGHT, RACERS, Race, Weighted};
use crate::scenario::send::Send;
use crate::scenario::{Scenario, Step, Times};
use crate::words::{Name, Words};

/// The member of an answer that a race is about.
const REFRESH_TOKEN: &str = "refresh_token";

impl Library {
    /// Holds the `load` block of a scenario against its steps, and against the journeys that it names.
    pub(super) fn check_load(&self, source: &Source, wrote: &Scenario) -> Result<(), Complaint> {
        let at = wrote.id.defined;
        let Some(load) = &wrote.load else {
            let told = || source.complain(at, "a scenario needs one step at least");
            return if wrote.steps.is_empty() { Err(told()) } else { Ok(()) };
        };
        let at_load = source.find_key("load", at);
        // The last of some keys of the block: what was there before it was right without it.
        let at_last = |keys: &[&str]| {
            let places = keys.iter().map(|key| source.find_key(key, at_load));
            places.max_by_key(|at| (at.line, at.column)).unwrap_or(at_load)
        };
        let said = [
            ("users", load.users.is_some()),
            ("rate", load.rate.is_some()),
            ("search", load.search.is_some()),
            ("race", load.race.is_some()),
        ];
        let said: Vec<&str> = said.into_iter().filter_map(|(key, said)| said.then_some(key)).collect();
        if said.len() != 1 {
            let remedy = "say one of `users: 20 in 10s, hold 60s`, `rate: 100/s for 60s`, `search` and `race`";
            let told = format!("a load is of users, at a rate, a search or a race: {remedy}");
            return Err(source.complain(at_last(&said), told));
        }
        if !wrote.given.is_empty() || wrote.moves.is_some() {
            let key = if wrote.given.is_empty() { "moves" } else { "given" };
            let told = "a load draws no values: spell them out instead of `given` and `moves`";
            return Err(source.complain(source.find_key(key, at), told));
        }
        if wrote.steps.is_empty() == load.journeys.is_empty() {
            let remedy = "give it `steps`, or `journeys: [{ walk: load/steady/logins, weight: 3 }]`, and not both";
            return Err(source.complain(at_last(&["journeys"]), format!("what is walked is not clear: {remedy}")));
        }
        if load.at_once == Some(0) {
            let told = "with nothing under way at once nothing could be sent: give 1 or more";
            return Err(source.complain(at_last(&["at_once"]), told));
        }
        let of_arrivals = [("at_once", load.at_once.is_some()), ("arrivals", load.arrivals.is_some())];
        if let (Some(_), Some((key, _))) = (&load.users, of_arrivals.iter().find(|(_, said)| *said)) {
            let told = "is about arrivals, and a user begins when it was answered: leave it out, or ask at a `rate`";
            return Err(source.complain(at_last(&[key]), format!("`{key}` {told}")));
        }
        for text in &load.thresholds {
            let threshold = Threshold::parse(&text.value).map_err(|why| source.complain(text.defined, why))?;
            if load.search.is_some() && threshold.is_of_rate() {
                let told =
                    "a search begins below the rate that it looks for, and would miss this at once: leave it out";
                return Err(source.complain(text.defined, told));
            }
        }
        if let Some(rate) = load.rate.as_ref().filter(|rate| rate.arrivals() < 1.0) {
            let told = format!("in `{}` comes less than one arrival: ask for more, or for longer", rate.text);
            return Err(source.complain(at_last(&["rate"]), told));
        }
        for (position, journey) in load.journeys.iter().enumerate() {
            self.check_journey(source, journey.defined, &journey.value)?;
            if load.journeys[..position].iter().any(|before| before.value.walk == journey.value.walk) {
                let told = format!("`{}` stands here twice: name it once, with a `weight`", journey.value.walk);
                return Err(source.complain(journey.defined, told));
            }
        }
        if let Some(race) = &load.race {
            self.check_race(source, wrote, load, race)?;
        }
        if let Some(search) = &load.search {
            let at_search = at_last(&["search"]);
            let complain = |key: &str, told: &str| Err(source.complain(source.find_key(key, at_search), told));
            if search.from >= search.up_to {
                return complain("from", "a search goes up: let `from` be below `up_to`");
            }
            if let Some((key, _)) =
                [("hold", search.hold), ("confirm", search.confirm)].iter().find(|(_, time)| time.is_zero())
            {
                return complain(key, "a rate that is held for no time tells nothing: write `5s`");
            }
            if search.from * search.hold.as_secs_f64() < 1.0 {
                return complain(
                    "hold",
                    "at the rate of `from` comes less than one arrival in that time: hold it longer",
                );
            }
            if load.thresholds.is_empty() {
                let told =
                    "a search needs to know what has to hold: `thresholds: [\"p99 < 250 ms\", \"errors < 0.1 %\"]`";
                return Err(source.complain(at_search, told));
            }
        }
        if let Some(step) = twin(wrote) {
            return Err(source.complain(step.defined, TWIN));
        }
        match wrote.steps.first() {
            Some(step) if !expects(wrote) => Err(source.complain(step.defined, format!("no step {EXPECTS_NOTHING}"))),
            Some(_) | None => Ok(()),
        }
    }

    /// Holds a race against its steps: the last of them has to use a refresh token that one before it kept.
    fn check_race(&self, source: &Source, wrote: &Scenario, load: &Load, race: &Race) -> Result<(), Complaint> {
        let at = wrote.id.defined;
        let Load { think, at_once, arrivals, thresholds, journeys, .. } = load;
        let beside = [
            ("arrivals", arrivals.is_some()),
            ("think", think.is_some()),
            ("at_once", at_once.is_some()),
            ("thresholds", !thresholds.is_empty()),
            ("journeys", !journeys.is_empty()),
        ];
        if let Some((key, _)) = beside.into_iter().find(|(_, said)| *said) {
            let told = format!("a race has steps of its own, and verdicts in place of figures: leave out `{key}`");
            return Err(source.complain(source.find_key(key, source.find_key("load", at)), told));
        }
        let at_race = source.find_key("race", at);
        if !RACERS.contains(&race.at_once) || race.rounds == 0 {
            let told = "a race is of 2 to 1000 uses at once in one round at least: say `at_once: 8, rounds: 25`";
            return Err(source.complain(at_race, told));
        }
        let Some((raced, before)) = wrote.steps.split_last() else { return Ok(()) };
        if !self.uses_refresh_token(&raced.value.send, before) {
            let told = "the last step is raced, and uses no refresh token that a step before it kept";
            let remedy = "let it be `send: { like: good-refresh }`";
            return Err(source.complain(raced.defined, format!("{told}: {remedy}")));
        }
        if raced.value.wait.is_some() || raced.value.times != Times::default() {
            return Err(source.complain(raced.defined, "the last step is raced: leave out its `wait` and `times`"));
        }
        Ok(())
    }

    /// Whether a request uses a refresh token that steps before it kept, those that its base brings along among them.
    fn uses_refresh_token(&self, send: &Send, before: &[Spanned<Step>]) -> bool {
        let kept = before.iter().flat_map(|step| &step.value.keep);
        let tokens: Vec<&str> = kept.filter(|(_, member)| *member == REFRESH_TOKEN).map(|(name, _)| &**name).collect();
        let uses = |name: &Name| matches!(name, Name::Kept(name) if tokens.contains(&name.as_str()));
        let base = send.like.as_ref().and_then(|like| self.bases.get(&like.value)?.wrote.steps.split_last());
        send.words().flat_map(Words::names).any(uses)
            || base.is_some_and(|(request, brought)| {
                self.uses_refresh_token(&request.value.send, before)
                    || self.uses_refresh_token(&request.value.send, brought)
            })
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
        } else if *weight > MOST_WEIGHT {
            "a weight is 10000 at the most: divide those of all journeys by the same number"
        } else if twin(wrote).is_some() {
            TWIN
        } else if !wrote.given.is_empty() || wrote.moves.is_some() || wrote.compare.is_some() {
            "a journey draws nothing and compares nothing: name a scenario of steps alone"
        } else if wrote.steps.is_empty() {
            "a journey has steps of its own: name one of the journeys that this one is made of"
        } else if !expects(wrote) {
            return Err(source.complain(at, format!("no step of `{walk}` {EXPECTS_NOTHING}")));
        } else {
            return Ok(());
        };
        Err(source.complain(at, told))
    }
}

/// A step that has the name of one before it.
fn twin(wrote: &Scenario) -> Option<&Spanned<Step>> {
    let names = || wrote.steps.iter().map(|step| step.value.name.as_ref());
    let twins = wrote.steps.iter().zip(names()).enumerate();
    let mut twins = twins.filter(|(at, (_, name))| name.is_some() && names().take(*at).any(|before| before == *name));
    twins.next().map(|(_, (step, _))| step)
}

/// Why two steps of one name are refused under load.
const TWIN: &str = "two steps have this name, and figures could not tell them apart: give each its own";

/// Whether a scenario promises anything.
fn expects(wrote: &Scenario) -> bool {
    wrote.steps.iter().any(|step| !step.value.expect.0.is_empty())
}

/// Why steps under load that promise nothing are refused: the run could tell nothing of them when it is over.
const EXPECTS_NOTHING: &str = "expects anything, and a refusal would be measured as a grant is: give one \
                               `expect: { rfc6749/4.3.3/granted: [granted] }`";
