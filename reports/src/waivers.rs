//! What became of each waiver in a run.

use crate::day::Day;
use crate::record::{Finding, Kind, Origin, RunStarted, Waiver};
use crate::run::CaseOutcome;

/// What an author must replace before a proposed waiver holds.
pub const PLACEHOLDER: &str = "TODO";

/// For how many days a proposed waiver holds, counted from the start of the run.
const PROPOSED_DAYS: u64 = 90;

/// A waiver and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The waiver.
    pub waiver: Waiver,
    /// What became of it.
    pub state: State,
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It bears a broken promise.
    Bears,
    /// Its last day was before the run: it bears nothing any more.
    Expired,
    /// Its case was judged, and the promise was kept.
    Unneeded,
    /// The run does not tell whether it is needed: its case was skipped, not chosen or not judged.
    Untried,
}

impl State {
    /// The state as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bears => "in use",
            Self::Expired => "expired",
            Self::Unneeded => "no longer needed",
            Self::Untried => "not tried",
        }
    }

    /// Whether the waiver fails the run: it has to be looked at again.
    pub fn is_outdated(self) -> bool {
        match self {
            Self::Expired | Self::Unneeded => true,
            Self::Bears | Self::Untried => false,
        }
    }
}

/// A waiver that would bear a failure of this run, but for a reason and an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed<'r> {
    /// The case.
    pub case: &'r str,
    /// The requirement.
    pub requirement: &'r str,
    /// What was asked for.
    pub expected: &'r str,
    /// What came.
    pub actual: &'r str,
    /// The last day on which it would hold.
    pub expires: Day,
}

/// Whether a waiver holds on the day that a run began: its expiry is the last day of it.
pub(crate) fn holds(waiver: &Waiver, started: &RunStarted) -> bool {
    Day::of(started.started_ms) <= waiver.expires
}

/// The last day of a waiver that is proposed on the day of a run.
pub(crate) fn proposed_expiry(started: &RunStarted) -> Day {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    Day::of(started.started_ms.saturating_add(PROPOSED_DAYS * DAY_MS))
}

/// What became of the waivers of a run. `whole` says that every case was chosen and the run came to its end: only
/// then has a check across all exchanges seen all that it can. What a load shows it shows by chance: that it did not come
/// this time proves nothing.
pub(crate) fn applied(started: &RunStarted, cases: &[CaseOutcome], whole: bool) -> Vec<Applied> {
    let states = started.waivers.iter().map(|waiver| {
        let state = if holds(waiver, started) { state(waiver, cases, started.kind, whole) } else { State::Expired };
        Applied { waiver: waiver.clone(), state }
    });
    states.collect()
}

fn state(waiver: &Waiver, cases: &[CaseOutcome], kind: Kind, whole: bool) -> State {
    let of_case = cases.iter().filter(|case| case.case.id == waiver.case).flat_map(|case| &case.judged);
    let found: Vec<_> = of_case.map(|one| &one.found).filter(|one| one.requirement == waiver.requirement).collect();
    let tells_all = |origin: Origin| match (kind, origin) {
        (Kind::Load, Origin::Line | Origin::Lint | Origin::Across) => false,
        (Kind::Check, Origin::Line) => true,
        (Kind::Check, Origin::Lint | Origin::Across) => whole,
    };
    if found.iter().any(|one| matches!(one.finding, Finding::Broken { .. })) {
        State::Bears
    } else if !found.is_empty() && found.iter().all(|one| one.finding == Finding::Met && tells_all(one.origin)) {
        State::Unneeded
    } else {
        State::Untried
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding::fold;
    use crate::record::{
        Because, Case, Ended, Event, Found, Level, Place, RunFinished, Sentence, Skipped, Target, VERSION,
    };
    use crate::run::{Run, Standing, Tally};

    /// The day of the run: 2025-10-09.
    const STARTED_MS: u64 = 1_760_000_000_000;

    fn place(line: u32) -> Place {
        Place { file: "w.yaml".into(), line, text: String::new() }
    }

    fn waiver(case: &str, requirement: &str, expires: &str) -> Waiver {
        Waiver {
            case: case.into(),
            requirement: requirement.into(),
            reason: "R".into(),
            owner: "O".into(),
            expires: expires.parse().expect("a day"),
            at: place(1),
        }
    }

    fn head(waivers: Vec<Waiver>) -> RunStarted {
        let sentence = |level| Sentence { section: "1".into(), level, says: "S".into(), beside: None };
        RunStarted {
            version: VERSION,
            ropcheck: "0.0.0".into(),
            kind: Kind::Check,
            started_ms: STARTED_MS,
            target: Target { name: "t".into(), token_endpoint: String::new() },
            seed: 0,
            cases: vec![Case { id: "a".into(), title: "A".into(), at: place(1) }],
            sentences: [
                ("r/1/must".to_owned(), sentence(Level::Must)),
                ("r/1/not".to_owned(), sentence(Level::MustNot)),
                ("r/1/should".to_owned(), sentence(Level::Should)),
                ("rfc9700/1/must".to_owned(), sentence(Level::Must)),
            ]
            .into(),
            only: None,
            waivers,
            load: None,
        }
    }

    fn found(case: &str, requirement: &str, finding: Finding) -> Event {
        let origin = if case.starts_with("lint/") { Origin::Lint } else { Origin::Line };
        Event::Found(Found {
            case: case.into(),
            requirement: requirement.into(),
            origin,
            at: None,
            finding,
            evidence: vec![],
            share: None,
            drawn: None,
        })
    }

    fn broken() -> Finding {
        Finding::Broken { expected: "e".into(), actual: "a".into() }
    }

    fn done() -> Event {
        Event::RunFinished(RunFinished::after(1, Ended::Complete))
    }

    fn states(run: &Run) -> Vec<State> {
        run.waivers.iter().map(|applied| applied.state).collect()
    }

    #[test]
    fn a_waived_promise_fails_nothing_and_is_never_counted_as_met() {
        let started = head(vec![waiver("a", "r/1/must", "2025-10-09")]);
        let run = fold(started.clone(), [found("a", "r/1/must", broken()), done()]);
        assert_eq!(run.tally, Tally { waived: 1, ..Tally::default() });
        assert_eq!((run.standing(), run.exit_code(true), states(&run)), (Standing::Passed, 0, vec![State::Bears]));
        assert_eq!((run.coverage[0].counts.waived, run.coverage[0].counts.met), (1, 0));
        assert!(run.proposed_waivers().is_empty(), "it is borne already");

        // It bears that promise of that case, and nothing else.
        for event in [found("b", "r/1/must", broken()), found("a", "r/1/not", broken())] {
            let run = fold(started.clone(), [found("a", "r/1/must", broken()), event, done()]);
            assert_eq!((run.tally.failed, run.exit_code(false)), (1, 1));
            assert_eq!(run.proposed_waivers()[0].expires.to_string(), "2026-01-07");
        }
    }

    #[test]
    fn a_warning_is_not_waived_and_a_second_opinion_neither_fails_nor_is_waived() {
        let started = head(vec![waiver("a", "r/1/should", "2025-12-31"), waiver("a", "rfc9700/1/must", "2025-12-31")]);
        let run = fold(started, [found("a", "r/1/should", broken()), found("a", "rfc9700/1/must", broken()), done()]);
        assert_eq!(run.tally, Tally { warned: 1, ..Tally::default() });
        let run = fold(head(vec![]), [found("a", "rfc9700/1/must", broken()), done()]);
        assert_eq!((run.tally, run.exit_code(true)), (Tally { advised: 1, ..Tally::default() }, 0));
        let documents: Vec<&str> = run.coverage.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(documents, ["r"], "a second opinion has a table of its own");
    }

    #[test]
    fn an_expired_waiver_bears_nothing_and_fails_the_run() {
        let started = head(vec![waiver("a", "r/1/must", "2025-10-08")]);
        let run = fold(started.clone(), [found("a", "r/1/must", broken()), done()]);
        assert_eq!((states(&run), run.tally.failed), (vec![State::Expired], 1));
        for finding in [Finding::Met, Finding::Unjudged { because: Because::Control, detail: "d".into() }] {
            let run = fold(started.clone(), [found("a", "r/1/must", finding), done()]);
            assert_eq!((states(&run), run.exit_code(false)), (vec![State::Expired], 1));
            assert_eq!(run.standing(), Standing::Outdated);
        }
    }

    #[test]
    fn a_waiver_is_no_longer_needed_only_where_its_case_was_judged() {
        let started = head(vec![waiver("a", "r/1/must", "2026-01-01")]);
        let unjudged = || Finding::Unjudged { because: Because::Setup, detail: "d".into() };
        let skip = Event::Skipped(Skipped { case: "a".into(), because: "no public client".into() });
        for (events, state) in [
            (vec![found("a", "r/1/must", Finding::Met), done()], State::Unneeded),
            (vec![found("a", "r/1/must", Finding::Met), found("a", "r/1/must", unjudged()), done()], State::Untried),
            (vec![found("a", "r/1/must", unjudged()), done()], State::Untried),
            (vec![found("a", "r/1/not", Finding::Met), done()], State::Untried),
            (vec![found("b", "r/1/must", Finding::Met), done()], State::Untried),
            (vec![skip, done()], State::Untried),
        ] {
            let run = fold(started.clone(), events);
            assert_eq!(states(&run), [state]);
            assert_eq!(run.standing() == Standing::Outdated, state == State::Unneeded);
        }
    }

    #[test]
    fn a_load_that_shows_nothing_does_not_tell_that_a_waiver_is_not_needed() {
        let load = RunStarted { kind: Kind::Load, ..head(vec![waiver("a", "r/1/must", "2026-01-01")]) };
        assert_eq!(states(&fold(load.clone(), [found("a", "r/1/must", Finding::Met), done()])), [State::Untried]);
        let broken = Finding::Broken { expected: "e".into(), actual: "a".into() };
        assert_eq!(states(&fold(load, [found("a", "r/1/must", broken), done()])), [State::Bears]);
    }

    #[test]
    fn a_check_across_exchanges_tells_only_in_a_whole_run_that_its_waiver_is_not_needed() {
        let whole = head(vec![waiver("lint/x", "r/1/must", "2026-01-01")]);
        let part = RunStarted { only: Some("a".into()), ..whole.clone() };
        let met = || found("lint/x", "r/1/must", Finding::Met);
        assert_eq!(states(&fold(whole.clone(), [met(), done()])), [State::Unneeded]);
        assert_eq!(states(&fold(whole, [met()])), [State::Untried], "it was interrupted");
        assert_eq!(states(&fold(part, [met(), done()])), [State::Untried], "some cases were left out");
    }
}
