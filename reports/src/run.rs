//! What a run adds up to; [`crate::folding`] adds it up.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Document;
use crate::load::Load;
use crate::opinion::Opinions;
use crate::record::{Because, Case, Ended, Exchange, Finding, Found, Kind, RunFinished, RunStarted};
pub use crate::verdict::{Judged, Tally, Verdict, Weight};
use crate::waivers::{self, Applied, Proposed};

/// What a run adds up to.
#[derive(Debug, Clone)]
pub struct Run {
    /// The record's first line.
    pub started: RunStarted,
    /// Its last line; `None` where the run did not finish.
    pub finished: Option<RunFinished>,
    /// Every case in the order of its id, lints after them.
    pub cases: Vec<CaseOutcome>,
    /// Cases by verdict.
    pub tally: Tally,
    /// How many of the cases are checks that look at every answer.
    pub checks: usize,
    /// Exchanges by id.
    pub exchanges: BTreeMap<String, Exchange>,
    /// What a load run adds up to.
    pub load: Load,
    /// What each sentence that binds came to, by document and section.
    pub coverage: Vec<Document>,
    /// Today's advice beside the sentences that bind.
    pub opinions: Opinions,
    /// What became of each waiver, in the order of their file.
    pub waivers: Vec<Applied>,
}

/// What a case came to.
#[derive(Debug, Clone)]
pub struct CaseOutcome {
    /// The case.
    pub case: Case,
    /// Its verdict.
    pub verdict: Verdict,
    /// Each of its findings, weighed.
    pub judged: Vec<Judged>,
    /// Why it was skipped, where it was.
    pub skipped: Option<String>,
    /// The time its exchanges took together, in microseconds.
    pub took_us: u64,
}

impl CaseOutcome {
    /// Its findings that broke a promise that binds, in the order of the record.
    pub fn broken(&self) -> impl Iterator<Item = &Judged> {
        self.judged.iter().filter(|one| one.weight.is_broken())
    }

    /// The one time that it was walked, and how many of that came to no verdict.
    fn once(&self) -> (u64, u64) {
        (1, u64::from(self.verdict == Verdict::Unjudged))
    }

    /// How often it was walked under load, and how many of these walks came to no verdict about one of its promises.
    fn walks(&self) -> (u64, u64) {
        let shares = || self.judged.iter().filter_map(|one| one.found.share);
        match shares().map(|share| share.of.saturating_add(share.open)).max() {
            None | Some(0) => self.once(),
            Some(all) => (all, shares().map(|share| share.open).max().unwrap_or_default()),
        }
    }

    /// The gravest weight of a promise that it broke; `None` where it broke none.
    pub fn gravest(&self) -> Option<Weight> {
        self.broken().map(|one| one.weight).min()
    }
}

/// What a run came to, the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A MUST was broken.
    Failed,
    /// A waiver has expired or is no longer needed.
    Outdated,
    /// It was interrupted, or its record just ends.
    Interrupted,
    /// A threshold was missed.
    Missed,
    /// A load run in which the generator was the limit: INVALID.
    Invalid,
    /// Less than half could be judged, the run could not go on, or a search found no rate.
    Inconclusive,
    /// No MUST was broken, and something was not judged.
    Partial,
    /// All that was run was judged, and no MUST was broken.
    Passed,
}

impl Run {
    /// The run's exit code: 1 a MUST broken, a waiver out of date or a threshold missed; 3 less than half could be judged, the
    /// generator was the limit or, when `strict`, anything was left unjudged; 130 interrupted; 0 otherwise.
    pub fn exit_code(&self, strict: bool) -> u8 {
        match self.standing() {
            Standing::Failed | Standing::Outdated | Standing::Missed => 1,
            Standing::Interrupted => 130,
            Standing::Invalid | Standing::Inconclusive => 3,
            Standing::Partial if strict => 3,
            Standing::Partial | Standing::Passed => 0,
        }
    }

    /// What the run came to as a whole.
    ///
    /// A broken MUST stays one however hard it was asked for. A threshold is missed by the server alone: not in a run that was
    /// cut short, and not where the generator may be why.
    pub fn standing(&self) -> Standing {
        if self.tally.failed > 0 {
            Standing::Failed
        } else if self.outdated().next().is_some() {
            Standing::Outdated
        } else if self.interrupted() {
            Standing::Interrupted
        } else if self.load.missed().next().is_some() && !self.load.is_inconclusive() && !self.load.is_unanswered() {
            Standing::Missed
        } else if self.load.is_invalid() {
            Standing::Invalid
        } else if self.load.is_inconclusive()
            || self.load.is_unanswered()
            || self.judged_too_little()
            || self.stopped().is_some()
        {
            Standing::Inconclusive
        } else if self.tally.unjudged > 0 {
            Standing::Partial
        } else {
            Standing::Passed
        }
    }

    /// Whether of the cases that were asked for and not skipped less than half was judged, or none: what the checks of every
    /// answer say is beside that. A case of a load is walked many times, and each time counts.
    fn judged_too_little(&self) -> bool {
        let run = self.scenarios().iter().filter(|case| case.verdict != Verdict::Skipped);
        let walks = run.map(|case| if self.is_load() { case.walks() } else { case.once() });
        let (all, open) = walks.fold((0, 0), |(all, open), (more, left)| (all + more, open + left));
        all == 0 || 2 * open > all
    }

    /// Whether the run was interrupted, or its record just ends.
    pub fn interrupted(&self) -> bool {
        self.finished.as_ref().is_none_or(|last| last.ended == Ended::Interrupted)
    }

    /// Why the run could not go on, where it could not.
    pub fn stopped(&self) -> Option<&str> {
        match self.finished.as_ref().map(|last| &last.ended) {
            Some(Ended::Stopped(why)) => Some(why),
            Some(Ended::Complete | Ended::Interrupted) | None => None,
        }
    }

    /// What whoever ran it has to know beside the findings.
    pub fn notices(&self) -> &[String] {
        self.finished.as_ref().map_or(&[], |last| &last.notices)
    }

    /// Whether the run could not go on before its first case: its exchanges are all that tells why.
    pub fn is_unbegun(&self) -> bool {
        self.stopped().is_some() && self.cases.iter().all(|case| case.judged.is_empty() && case.skipped.is_none())
    }

    /// The time from start to end in microseconds; of an unfinished run, to the end of its last exchange.
    pub fn took_us(&self) -> u64 {
        self.finished.as_ref().map_or_else(
            || self.exchanges.values().map(|one| one.sent_us.saturating_add(one.took_us)).max().unwrap_or_default(),
            |last| last.took_us,
        )
    }

    /// Cases with a finding that was not judged, by the reason: its kind, and it in words. A case comes once for each reason
    /// that it has.
    pub fn unjudged(&self) -> BTreeMap<(Because, &str), Vec<&CaseOutcome>> {
        let mut groups: BTreeMap<(Because, &str), Vec<&CaseOutcome>> = BTreeMap::new();
        for case in &self.cases {
            let mut told = BTreeSet::new();
            for judged in &case.judged {
                if let Finding::Unjudged { because, detail } = &judged.found.finding
                    && told.insert((*because, detail))
                {
                    groups.entry((*because, detail)).or_default().push(case);
                }
            }
        }
        groups
    }

    /// The one throttling for which most cases were left out, with how many; none where it was no more than one case. What was
    /// asked and not granted was not left out.
    pub fn cut_short(&self) -> Option<(usize, &str)> {
        let is_left_out =
            |found: &Found| matches!(found.finding, Finding::Unjudged { .. }) && found.evidence.is_empty();
        let is_left_out = |case: &&CaseOutcome| case.judged.iter().any(|one| is_left_out(&one.found));
        let groups = self.unjudged().into_iter().filter(|((because, _), _)| *because == Because::Throttled);
        let groups = groups.filter(|(_, cases)| cases.iter().any(is_left_out));
        let most = groups.map(|((_, told), cases)| (cases.len(), told)).max_by_key(|(cases, _)| *cases);
        most.filter(|(cases, _)| *cases > 1)
    }

    /// Cases that the run did not reach: neither skipped nor with any finding.
    pub fn unreached(&self) -> Vec<&CaseOutcome> {
        self.cases.iter().filter(|case| case.verdict == Verdict::Unjudged && case.judged.is_empty()).collect()
    }

    /// Skipped cases by reason.
    pub fn skipped(&self) -> BTreeMap<&str, Vec<&CaseOutcome>> {
        let mut groups: BTreeMap<&str, Vec<&CaseOutcome>> = BTreeMap::new();
        for case in &self.cases {
            if let Some(why) = &case.skipped {
                groups.entry(why).or_default().push(case);
            }
        }
        groups
    }

    /// Findings that were not judged, counted by the kind of reason.
    pub fn unjudged_by_reason(&self) -> BTreeMap<Because, usize> {
        let mut counts = BTreeMap::new();
        for judged in self.cases.iter().flat_map(|case| &case.judged) {
            if let Finding::Unjudged { because, .. } = &judged.found.finding {
                *counts.entry(*because).or_default() += 1;
            }
        }
        counts
    }

    /// Waivers that fail the run: expired, or no longer needed.
    pub fn outdated(&self) -> impl Iterator<Item = &Applied> {
        self.waivers.iter().filter(|applied| applied.state.is_outdated())
    }

    /// How many waivers fail the run.
    pub fn outdated_waivers(&self) -> usize {
        self.outdated().count()
    }

    /// The cases of its head, without the checks that look at every answer.
    pub fn scenarios(&self) -> &[CaseOutcome] {
        &self.cases[..self.cases.len() - self.checks]
    }

    /// What went against a piece of advice: the case and its finding.
    pub fn against(&self, advice: &str) -> Vec<(&CaseOutcome, &Judged)> {
        let findings = self.cases.iter().flat_map(|case| case.judged.iter().map(move |one| (case, one)));
        findings.filter(|(_, one)| one.found.requirement == advice && one.weight == Weight::Advises).collect()
    }

    /// A waiver for each promise that fails the run, once each.
    pub fn proposed_waivers(&self) -> Vec<Proposed<'_>> {
        let mut proposed: Vec<Proposed> = Vec::new();
        for judged in self.cases.iter().flat_map(|case| &case.judged).filter(|one| one.weight == Weight::Fails) {
            let Found { case, requirement, finding: Finding::Broken { expected, actual }, .. } = &judged.found else {
                continue;
            };
            if !proposed.iter().any(|one| one.case == case && one.requirement == requirement) {
                let expires = waivers::proposed_expiry(&self.started);
                proposed.push(Proposed { case, requirement, expected, actual, expires });
            }
        }
        proposed
    }

    /// Whether a waiver bears a broken promise of this run.
    pub fn bears(&self) -> bool {
        self.cases.iter().flat_map(|case| &case.judged).any(|one| one.weight == Weight::Waived)
    }

    /// Whether this was a load run.
    pub fn is_load(&self) -> bool {
        self.started.kind == Kind::Load
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding::fold;
    use crate::record::load::{Conditions, Threshold};
    use crate::record::{Event, Level, LoadHead, Origin, Place, Sentence, Share, Skipped, Target};

    fn head(levels: &[(&str, Level)]) -> RunStarted {
        RunStarted {
            version: crate::record::VERSION,
            ropcheck: "0.0.0".into(),
            kind: Kind::Check,
            started_ms: 0,
            target: Target { name: "t".into(), token_endpoint: "http://127.0.0.1/".into() },
            seed: 0,
            cases: vec![Case {
                id: "a".into(),
                title: "A".into(),
                at: Place { file: "a.yaml".into(), line: 1, text: String::new() },
            }],
            sentences: levels
                .iter()
                .map(|(id, level)| {
                    ((*id).to_owned(), Sentence { section: "1".into(), level: *level, says: "S".into(), beside: None })
                })
                .collect(),
            only: None,
            waivers: vec![],
            load: None,
        }
    }

    fn found(requirement: &str, finding: Finding) -> Event {
        Event::Found(Found {
            case: "a".into(),
            requirement: requirement.into(),
            origin: Origin::Line,
            at: None,
            finding,
            evidence: vec![],
            share: None,
            drawn: None,
        })
    }

    fn broken() -> Finding {
        Finding::Broken { expected: "e".into(), actual: "x".into() }
    }

    fn unjudged() -> Finding {
        Finding::Unjudged { because: Because::Control, detail: "d".into() }
    }

    fn done() -> Event {
        Event::RunFinished(RunFinished::after(5, Ended::Complete))
    }

    #[test]
    fn the_level_decides_what_a_broken_promise_weighs() {
        let levels =
            [("must", Level::Must), ("should", Level::ShouldNot), ("may", Level::May), ("good", Level::Practice)];
        for (requirement, verdict, code) in [
            ("must", Verdict::Failed, 1),
            ("should", Verdict::Warned, 0),
            ("may", Verdict::Noted, 0),
            ("good", Verdict::Noted, 0),
            ("unknown", Verdict::Failed, 1),
        ] {
            let run = fold(head(&levels), [found(requirement, broken()), done()]);
            assert_eq!(run.cases[0].verdict, verdict, "{requirement}");
            assert_eq!(run.exit_code(false), code, "{requirement}");
        }
    }

    #[test]
    fn what_was_not_judged_is_never_counted_as_passed() {
        let levels = [("must", Level::Must), ("should", Level::Should)];
        for events in [
            vec![done()],
            vec![found("must", unjudged()), done()],
            vec![found("must", Finding::Met), found("must", unjudged()), done()],
            vec![found("should", broken()), found("must", unjudged()), done()],
        ] {
            let run = fold(head(&levels), events);
            assert_eq!(run.tally, Tally { unjudged: 1, ..Tally::default() });
            assert_eq!(run.exit_code(false), 3, "nothing could be judged");
        }
        let run = fold(head(&levels), [found("must", unjudged()), found("must", broken()), done()]);
        assert_eq!(run.tally.failed, 1, "a broken MUST outweighs what was not judged");
    }

    #[test]
    fn checks_of_every_answer_are_no_case_that_was_asked_for() {
        let levels = [("must", Level::Must)];
        let lint = |finding| match found("must", finding) {
            Event::Found(one) => Event::Found(Found { case: "lint/one".into(), ..one }),
            other => other,
        };
        let skip = || Event::Skipped(Skipped { case: "a".into(), because: "no public client".into() });
        for (events, code) in [
            (vec![found("must", unjudged()), lint(Finding::Met), done()], 3),
            (vec![lint(Finding::Met), done()], 3),
            (vec![skip(), lint(Finding::Met), done()], 3),
            (vec![found("must", unjudged()), lint(broken()), done()], 1),
            (vec![found("must", Finding::Met), lint(unjudged()), done()], 0),
        ] {
            assert_eq!(fold(head(&levels), events).exit_code(false), code);
        }
    }

    #[test]
    fn strict_asks_for_everything_to_be_judged() {
        let mut started = head(&[("must", Level::Must)]);
        started.cases.push(Case { id: "b".into(), ..started.cases[0].clone() });
        let run = fold(started, [found("must", Finding::Met), done()]);
        assert_eq!((run.tally.passed, run.tally.unjudged), (1, 1));
        assert_eq!((run.exit_code(false), run.exit_code(true)), (0, 3));
    }

    #[test]
    fn a_run_of_which_less_than_half_was_judged_concludes_nothing() {
        let mut started = head(&[("must", Level::Must)]);
        let more = ["b", "c"].map(|id| Case { id: id.into(), ..started.cases[0].clone() });
        started.cases.extend(more);
        let of = |case: &str, event| match event {
            Event::Found(one) => Event::Found(Found { case: case.into(), ..one }),
            other => other,
        };
        let rest = || {
            let detail = "a rest of 70s".to_owned();
            found("must", Finding::Unjudged { because: Because::Throttled, detail })
        };
        let met = || found("must", Finding::Met);
        let one = fold(started.clone(), [met(), of("b", met()), of("c", rest()), done()]);
        assert_eq!((one.exit_code(false), one.cut_short()), (0, None));
        let two = fold(started.clone(), [met(), of("b", rest()), of("c", rest()), done()]);
        assert_eq!((two.exit_code(false), two.cut_short()), (3, Some((2, "a rest of 70s"))));
        let skip = |case: &str| Event::Skipped(Skipped { case: case.into(), because: "no public client".into() });
        assert_eq!(fold(started, [met(), skip("b"), skip("c"), done()]).exit_code(false), 0, "skipped does not count");
    }

    /// Walks that came to a verdict, and that did not · what the run exits with, and strictly.
    #[test]
    fn of_a_load_more_than_half_of_the_walks_have_to_come_to_a_verdict() {
        let started = RunStarted { kind: Kind::Load, ..head(&[("must", Level::Must)]) };
        for (of, open, code, strict) in [(635, 8, 0, 3), (8, 8, 0, 3), (8, 9, 3, 3), (0, 9, 3, 3), (9, 0, 0, 0)] {
            let finding = if open > 0 { unjudged() } else { Finding::Met };
            let shared = |finding, share| match found("must", finding) {
                Event::Found(one) => Event::Found(Found { share: Some(share), ..one }),
                other => other,
            };
            let first = shared(Finding::Met, Share { broken: 0, of: of + open, open: 0 });
            let run = fold(started.clone(), [first, shared(finding, Share { broken: 0, of, open }), done()]);
            assert_eq!((run.exit_code(false), run.exit_code(true)), (code, strict), "{of} and {open}");
            assert_eq!(run.tally.unjudged, usize::from(open > 0), "never counted as passed");
        }
    }

    /// Whether anybody was answered · what the run exits with.
    #[test]
    fn a_load_that_was_never_answered_concludes_nothing_and_one_that_was_misses_its_thresholds() {
        let at = Place { file: "load.yaml".into(), line: 1, text: String::new() };
        let thresholds = vec![Threshold { text: "errors < 5 %".into(), at }];
        let load = LoadHead { thresholds, ..crate::health::tests::head(Conditions::default()) };
        for (answered, code) in [(false, 3), (true, 1)] {
            let window = |status| Event::Window(crate::steps::tests::window(0, status, &[9000; 9]));
            let answer = answered.then(|| window(200));
            let started = RunStarted { kind: Kind::Load, load: Some(load.clone()), ..head(&[("must", Level::Must)]) };
            let run = fold(started, [window(0), found("must", unjudged()), done()].into_iter().chain(answer));
            assert_eq!((run.exit_code(false), run.load.missed().count()), (code, 1), "{answered}");
        }
    }

    #[test]
    fn what_was_asked_and_throttled_was_not_left_out() {
        let mut started = head(&[("must", Level::Must)]);
        started.cases.push(Case { id: "b".into(), ..started.cases[0].clone() });
        let throttled = |case: &str, evidence: &[&str]| {
            let finding = Finding::Unjudged { because: Because::Throttled, detail: "status 429".into() };
            let Event::Found(one) = found("must", finding) else { panic!("it is a finding") };
            let evidence = evidence.iter().map(|id| (*id).to_owned()).collect();
            Event::Found(Found { case: case.into(), evidence, ..one })
        };
        let run = |shown: &[&str]| fold(started.clone(), [throttled("a", shown), throttled("b", shown), done()]);
        assert_eq!(run(&[]).cut_short(), Some((2, "status 429")));
        assert_eq!(run(&["a#1"]).cut_short(), None);
    }

    #[test]
    fn a_skipped_case_keeps_its_reason_and_a_run_without_an_end_is_interrupted() {
        let skip = Event::Skipped(Skipped { case: "a".into(), because: "no public client".into() });
        let run = fold(head(&[]), [skip]);
        assert_eq!(run.cases[0].verdict, Verdict::Skipped);
        assert_eq!(run.skipped()["no public client"].len(), 1);
        assert_eq!(run.exit_code(false), 130);
    }
}
