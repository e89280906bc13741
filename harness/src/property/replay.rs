//! A recorded failure tried again: what it comes to now, beside what it came to then.

use std::collections::BTreeMap;

use ropcheck_reports::drawn::Value;
use ropcheck_reports::record::{Finding, Found};

use crate::complaint::did_you_mean;
use crate::plan::MOVES;
use crate::scenario::Scenario;
use crate::scenario::given::Kind;

/// What a recorded failure comes to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// What was broken is met.
    Fixed,
    /// It is broken as it was.
    StillFails,
    /// It is broken in another way, or another sentence is.
    Changed,
    /// It can't be told.
    Unjudged,
}

impl Replayed {
    /// Holds what is found now against what was.
    pub fn of(before: &[Found], now: &[Found]) -> Self {
        let is_broken = |one: &&Found| matches!(one.finding, Finding::Broken { .. });
        let is_met = |one: &Found| one.finding == Finding::Met;
        let broken: Vec<&Found> = now.iter().filter(is_broken).collect();
        let was =
            |now: &Found| before.iter().any(|one| one.requirement == now.requirement && one.finding == now.finding);
        let again = |one: &Found| now.iter().any(|now| now.requirement == one.requirement && is_met(now));
        if !broken.is_empty() {
            if broken.iter().all(|one| was(one)) { Self::StillFails } else { Self::Changed }
        } else if before.iter().filter(is_broken).all(again) {
            Self::Fixed
        } else {
            Self::Unjudged
        }
    }

    /// It in the words that are printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::StillFails => "STILL FAILS",
            Self::Changed => "CHANGED",
            Self::Unjudged => "NOT JUDGED",
        }
    }

    /// Its exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Fixed => 0,
            Self::StillFails | Self::Changed => 1,
            Self::Unjudged => 3,
        }
    }
}

/// Why recorded values can't be tried with a scenario as it stands now; none where they can.
pub fn unfit(values: &BTreeMap<String, Value>, scenario: &Scenario) -> Option<String> {
    let moves = scenario.moves.as_ref();
    let drawn: Vec<&str> = scenario.given.keys().map(String::as_str).chain(moves.map(|_| MOVES)).collect();
    let recorded = values.keys().map(String::as_str);
    let gone: Vec<&str> = recorded.filter(|name| !drawn.contains(name)).collect();
    let new: Vec<&str> = drawn.iter().copied().filter(|name| !values.contains_key(*name)).collect();
    match (gone.is_empty(), new.is_empty()) {
        (true, true) => {}
        (false, false) => {
            return Some(format!(
                "the record has a value of {}, and the scenario draws {} now",
                named(&gone),
                named(&new)
            ));
        }
        (false, true) => {
            return Some(format!("the record has a value of {}, which the scenario draws no more", named(&gone)));
        }
        (true, false) => return Some(format!("the scenario draws {}, of which the record has no value", named(&new))),
    }
    let other = scenario.given.iter().find_map(|(name, strategy)| {
        let was = kind(values.get(name)?)?;
        (was != strategy.kind()).then(|| {
            let is = strategy.kind().name();
            format!("the record has {} for `{name}`, and the scenario draws {is} now", was.name())
        })
    });
    let known = || moves.into_iter().flat_map(|moves| &moves.each).map(|one| one.value.name.value.as_str());
    let move_gone = values.values().find_map(|value| match value {
        Value::Moves(names) => names.iter().find(|name| known().all(|one| one != *name)),
        _ => None,
    });
    other.or_else(|| {
        let name = move_gone?;
        Some(format!(
            "the record has the move `{name}`, and the scenario has none of that name{}",
            did_you_mean(name, known())
        ))
    })
}

fn named(all: &[&str]) -> String {
    all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What a recorded value was drawn as; moves are no value of `given`.
fn kind(value: &Value) -> Option<Kind> {
    match value {
        Value::Text(_) | Value::Bytes(_) | Value::Wire(_) => Some(Kind::Text),
        Value::Parameters(_) => Some(Kind::Parameters),
        Value::Damage(_) => Some(Kind::Damage),
        Value::Writing(_) => Some(Kind::Writing),
        Value::Spelling(_) => Some(Kind::Spelling),
        Value::Moves(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use ropcheck_reports::record::{Because, Origin};

    use super::*;

    #[test]
    fn what_is_drawn_has_the_name_and_the_kind_that_were_recorded() {
        let scenario = |given: &str, moves: &str| -> Scenario {
            let text = format!("id: a\ntitle: T\nsteps: []\ngiven: {{ {given} }}\n{moves}");
            serde_yaml::from_str(&text).expect("a scenario")
        };
        let values = |all: &[(&str, Value)]| -> BTreeMap<String, Value> {
            all.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let text = || Value::Text("a".to_owned());
        let moves = "moves: { start: s, length: [1, 2], each: [{ move: login, from: [s], steps: [] }] }";
        let did = |name: &str| Value::Moves(vec![name.to_owned()]);
        for (given, moves, recorded, told) in [
            ("a: { long: [1, 2] }", "", vec![("a", text())], None),
            (
                "b: { long: [1, 2] }",
                "",
                vec![("a", text())],
                Some("has a value of `a`, and the scenario draws `b` now"),
            ),
            ("", "", vec![("a", text())], Some("has a value of `a`, which the scenario draws no more")),
            ("a: { long: [1, 2] }, b: { long: [1, 2] }", "", vec![("a", text())], Some("draws `b`, of which")),
            (
                "a: { damage: [drop] }",
                "",
                vec![("a", text())],
                Some("has a text for `a`, and the scenario draws a damage now"),
            ),
            ("", moves, vec![("moves", did("login"))], None),
            (
                "",
                moves,
                vec![("moves", did("logon"))],
                Some("the move `logon`, and the scenario has none of that name; did you mean `login`?"),
            ),
        ] {
            let unfit = unfit(&values(&recorded), &scenario(given, moves));
            let fits = told.map_or(unfit.is_none(), |told| unfit.as_ref().is_some_and(|unfit| unfit.contains(told)));
            assert!(fits, "{unfit:?} is not {told:?}");
        }
    }

    fn found(requirement: &str, finding: Finding) -> Found {
        let (case, requirement) = ("properties/a/b".to_owned(), requirement.to_owned());
        Found { case, requirement, origin: Origin::Line, at: None, finding, evidence: vec![], share: None, drawn: None }
    }

    fn broken(actual: &str) -> Finding {
        Finding::Broken { expected: "status 400".to_owned(), actual: actual.to_owned() }
    }

    #[test]
    fn then_and_now() {
        let before = [found("a", broken("status 500")), found("b", Finding::Met)];
        let open = || Finding::Unjudged { because: Because::Control, detail: "refused".to_owned() };
        for (now, comes_to) in [
            (vec![("a", Finding::Met), ("b", Finding::Met)], Replayed::Fixed),
            (vec![("a", broken("status 500")), ("b", Finding::Met)], Replayed::StillFails),
            (vec![("a", broken("status 200")), ("b", Finding::Met)], Replayed::Changed),
            (vec![("a", Finding::Met), ("b", broken("status 500"))], Replayed::Changed),
            (vec![("a", open()), ("b", Finding::Met)], Replayed::Unjudged),
            (vec![], Replayed::Unjudged),
        ] {
            let now: Vec<Found> = now.into_iter().map(|(requirement, finding)| found(requirement, finding)).collect();
            assert_eq!(Replayed::of(&before, &now), comes_to, "{now:?}");
        }
    }
}
